//! The names the core gives to statuses and kinds, as schemas: read from the core's own lists, so
//! that the document cannot fall behind.

use order_core::{command, event, order, policy};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! names {
    ($( $(#[$meta:meta])* $name:ident = $core:path, )+) => {$(
        $(#[$meta])*
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                type Core = $core;
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some(Core::ALL.iter().map(|one| one.as_str())))
                    .build()
                    .into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

names! {
    /// Where an order stands.
    OrderStatus = order::OrderStatus,
    /// What payments and refunds add up to.
    PaymentStatus = order::PaymentStatus,
    /// What fulfillments add up to.
    FulfillmentStatus = order::FulfillmentStatus,
    /// What returns add up to.
    ReturnStatus = order::ReturnStatus,
    /// What an adjustment is for.
    AdjustmentKind = order::AdjustmentKind,
    /// Where a payment attempt stands.
    PaymentState = order::AttemptState,
    /// Where a capture stands.
    CaptureState = order::CaptureState,
    /// Where a refund stands.
    RefundState = order::RefundState,
    /// What a refund is for.
    RefundPurpose = order::RefundPurpose,
    /// Where a shipment stands.
    ShipmentState = order::FulfillmentState,
    /// Where a return stands.
    ReturnState = order::ReturnState,
    /// An outside service.
    Dependency = policy::Dependency,
    /// Something that can be asked of an order.
    Action = command::CommandKind,
    /// What kind of author an event has.
    ActorKind = event::ActorKind,
}

/// The stable names of events.
pub(crate) struct EventType;

impl PartialSchema for EventType {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(event::Happening::NAMES.iter().copied()))
            .build()
            .into()
    }
}

impl ToSchema for EventType {}
