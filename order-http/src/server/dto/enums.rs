//! OpenAPI schemas of the core's statuses and kinds, generated from the core's own lists, so that the
//! document cannot fall behind.

use order_core::{command, dependency, event, order};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! enum_schemas {
    ($( $(#[$meta:meta])* $name:ident = $core:path, )+) => {$(
        $(#[$meta])*
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                type Core = $core;
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some(Core::ALL.iter().map(|value| value.as_str())))
                    .build()
                    .into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

enum_schemas! {
    /// The status of an order.
    OrderStatus = order::OrderStatus,
    /// The payment status of an order, derived from its payments and refunds.
    PaymentStatus = order::PaymentStatus,
    /// The fulfillment status of an order, derived from its shipments.
    FulfillmentStatus = order::FulfillmentStatus,
    /// The return status of an order, derived from its returns.
    ReturnStatus = order::ReturnStatus,
    /// The kind of an adjustment.
    AdjustmentKind = order::AdjustmentKind,
    /// The status of a payment attempt.
    PaymentAttemptStatus = order::PaymentAttemptStatus,
    /// The status of a capture.
    CaptureStatus = order::CaptureStatus,
    /// The status of a refund.
    RefundStatus = order::RefundStatus,
    /// The purpose of a refund.
    RefundPurpose = order::RefundPurpose,
    /// What a requested refund is.
    RefundKind = order::RefundKind,
    /// The status of a shipment.
    ShipmentStatus = order::ShipmentStatus,
    /// The status of one return.
    ReturnRequestStatus = order::ReturnRequestStatus,
    /// An external service.
    Dependency = dependency::Dependency,
    /// A command that an order may accept.
    Action = command::CommandKind,
    /// The kind of author of an event.
    ActorKind = event::ActorKind,
}

/// The type of an event.
pub(crate) struct EventType;

impl PartialSchema for EventType {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(event::EventPayload::NAMES.iter().copied()))
            .build()
            .into()
    }
}

impl ToSchema for EventType {}
