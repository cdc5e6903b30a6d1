//! An order, and a page of orders.

use super::cancellation::CancellationResponse;
use super::holds::HoldResponse;
use super::line::LineResponse;
use super::payments::{PaymentResponse, RefundResponse};
use super::returns::ReturnResponse;
use super::shipments::ShipmentResponse;
use super::totals::TotalsResponse;
use crate::server::cursor;
use crate::server::dto::address::{AddressDto, ContactDto};
use crate::server::dto::adjustment::AdjustmentDto;
use crate::server::dto::enums;
use chrono::{DateTime, Utc};
use order_core::order::{CustomerVerification, Order};
use order_core::ports::Page;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// An order. Amounts are in minor units of its currency; times are UTC (RFC 3339).
#[derive(Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderResponse<'a> {
    #[schema(format = "uuid", example = "01970000-0000-7000-8000-000000000001")]
    id: String,
    #[schema(example = "default")]
    storefront: &'a str,
    /// The number of its events; the value of its `ETag`.
    #[schema(example = 4)]
    version: u64,
    /// The status. Events move it, and no request sets it.
    #[schema(value_type = enums::OrderStatus)]
    status: &'static str,
    /// Derived from payments and refunds.
    #[schema(value_type = enums::PaymentStatus)]
    payment_status: &'static str,
    /// Derived from shipments and the reservation of stock.
    #[schema(value_type = enums::FulfillmentStatus)]
    fulfillment_status: &'static str,
    /// Derived from returns.
    #[schema(value_type = enums::ReturnStatus)]
    return_status: &'static str,
    /// The external services it waits for because they could not be reached.
    #[schema(value_type = Vec<enums::Dependency>)]
    pending_on: Vec<&'static str>,
    #[schema(example = "cus_123")]
    customer_id: &'a str,
    /// Whether the customer was verified: `pending`, `verified`, `unverified`.
    #[schema(value_type = String, example = "verified")]
    customer_check: CustomerVerification,
    /// ISO 4217.
    #[schema(example = "USD")]
    currency: &'static str,
    lines: Vec<LineResponse>,
    /// Whether the lines were revised and the stock for them is not reserved yet.
    revision_pending: bool,
    adjustments: Vec<AdjustmentDto>,
    totals: TotalsResponse,
    /// Null once personal data was erased.
    shipping_address: Option<AddressDto>,
    /// Null once personal data was erased.
    contact: Option<ContactDto>,
    payments: Vec<PaymentResponse>,
    refunds: Vec<RefundResponse>,
    shipments: Vec<ShipmentResponse>,
    returns: Vec<ReturnResponse>,
    holds: Vec<HoldResponse>,
    /// The caller's own data.
    #[schema(value_type = std::collections::HashMap<String, Value>, example = json!({"channel": "web"}))]
    metadata: &'a Map<String, Value>,
    /// The storefront's own labels.
    labels: Vec<&'a str>,
    /// Its id in the system it was imported from; null if it was placed here.
    external_reference: Option<&'a str>,
    /// When the order expires unless it is released before; null if it does not expire.
    deadline: Option<DateTime<Utc>>,
    cancellation: Option<CancellationResponse>,
    placed_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
    /// When the personal data was erased.
    erased_at: Option<DateTime<Utc>>,
}

impl<'a> From<&'a Order> for OrderResponse<'a> {
    fn from(order: &'a Order) -> Self {
        let personal = order.personal();
        Self {
            id: order.id().to_string(),
            storefront: order.storefront().as_str(),
            version: order.version().get(),
            status: order.status().as_str(),
            payment_status: order.payment_status().as_str(),
            fulfillment_status: order.fulfillment_status().as_str(),
            return_status: order.return_status().as_str(),
            pending_on: order.pending_on().iter().map(|one| one.as_str()).collect(),
            customer_id: order.customer_id().as_str(),
            customer_check: order.customer_verification(),
            currency: order.currency().code(),
            lines: order.lines().iter().map(Into::into).collect(),
            revision_pending: order.revision_pending(),
            adjustments: order.adjustments().iter().map(Into::into).collect(),
            totals: order.totals().into(),
            shipping_address: personal.shipping_address.as_ref().map(Into::into),
            contact: personal.contact.as_ref().map(Into::into),
            payments: order.payments().iter().map(Into::into).collect(),
            refunds: order.refunds().iter().map(Into::into).collect(),
            shipments: order
                .fulfillments()
                .iter()
                .map(|one| ShipmentResponse::new(order, one))
                .collect(),
            returns: order
                .returns()
                .iter()
                .map(|one| ReturnResponse::new(order, one))
                .collect(),
            holds: order.holds().iter().map(Into::into).collect(),
            metadata: order.metadata().entries(),
            labels: order.labels().iter().map(|label| label.as_str()).collect(),
            external_reference: order.external_reference().map(AsRef::as_ref),
            deadline: order.deadline(),
            cancellation: order.cancellation().map(Into::into),
            placed_at: order.placed_at(),
            updated_at: order.updated_at(),
            deleted_at: order.deleted_at(),
            erased_at: order.erased_at(),
        }
    }
}

/// A page of orders, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderPage)]
pub(crate) struct OrderPageResponse<'a> {
    data: Vec<OrderResponse<'a>>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<String>,
}

impl<'a> From<&'a Page> for OrderPageResponse<'a> {
    fn from(page: &'a Page) -> Self {
        Self {
            data: page.orders.iter().map(Into::into).collect(),
            next_cursor: page.next.map(cursor::encode),
        }
    }
}
