//! An order as it is shown, and a page of them.

use super::address::{AddressWire, ContactWire};
use super::lines::AdjustmentWire;
use super::parts::{CancellationView, HoldView, PaymentView, RefundView, ReturnView, ShipmentView};
use crate::server::cursor;
use chrono::{DateTime, Utc};
use order_core::order::{CustomerCheck, Line, Order, Totals};
use order_core::ports::Page;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A line of an order. Counts are units.
#[derive(Serialize, ToSchema)]
#[schema(as = Line)]
pub(crate) struct LineView {
    #[schema(example = "1")]
    id: String,
    #[schema(example = "abc123")]
    sku: String,
    /// The product's name when it was ordered.
    name: Option<String>,
    #[schema(example = 2)]
    quantity: u32,
    /// Minor units; none until the inventory service has quoted it.
    #[schema(example = 1999)]
    unit_price: Option<i64>,
    /// The price of the units still ordered, in minor units.
    #[schema(example = 3998)]
    total: i64,
    cancelled: u32,
    shipped: u32,
    delivered: u32,
    return_requested: u32,
    returned: u32,
    lost: u32,
    /// Shipped although not ordered, or not any more.
    excess: u32,
}

impl From<&Line> for LineView {
    fn from(line: &Line) -> Self {
        Self {
            id: line.id.to_string(),
            sku: line.sku.to_string(),
            name: line.name.clone().map(String::from),
            quantity: line.quantity.get(),
            unit_price: line.unit_price.map(order_core::money::Amount::minor),
            total: line.total().minor(),
            cancelled: line.cancelled,
            shipped: line.shipped,
            delivered: line.delivered,
            return_requested: line.return_requested,
            returned: line.returned,
            lost: line.lost,
            excess: line.excess,
        }
    }
}

/// The figures of an order, in minor units of its currency:
/// `total = lines - discount + shipping + tax + fees`.
#[derive(Serialize, ToSchema)]
#[schema(as = Totals, example = json!({
    "lines": 3998, "discount": 0, "shipping": 500, "tax": 0, "fees": 0, "total": 4498,
    "authorized": 4498, "captured": 0, "refunded": 0, "due": 0
}))]
pub(crate) struct TotalsView {
    lines: i64,
    discount: i64,
    shipping: i64,
    tax: i64,
    fees: i64,
    total: i64,
    /// Authorized and not captured.
    authorized: i64,
    captured: i64,
    refunded: i64,
    /// Still to be covered by a payment.
    due: i64,
}

impl From<Totals> for TotalsView {
    fn from(totals: Totals) -> Self {
        Self {
            lines: totals.lines.minor(),
            discount: totals.discount.minor(),
            shipping: totals.shipping.minor(),
            tax: totals.tax.minor(),
            fees: totals.fees.minor(),
            total: totals.total.minor(),
            authorized: totals.authorized.minor(),
            captured: totals.captured.minor(),
            refunded: totals.refunded.minor(),
            due: totals.due.minor(),
        }
    }
}

/// An order. Amounts are minor units of its currency; times are UTC (RFC 3339).
#[derive(Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderView<'a> {
    #[schema(format = "uuid", example = "01970000-0000-7000-8000-000000000001")]
    id: String,
    #[schema(example = "default")]
    storefront: &'a str,
    /// How many events it is made of; its `ETag`.
    #[schema(example = 4)]
    version: u64,
    /// Where it stands. No request sets it.
    #[schema(value_type = super::schema::OrderStatus)]
    status: &'static str,
    /// Derived from payments and refunds.
    #[schema(value_type = super::schema::PaymentStatus)]
    payment_status: &'static str,
    /// Derived from shipments and the reservation of stock.
    #[schema(value_type = super::schema::FulfillmentStatus)]
    fulfillment_status: &'static str,
    /// Derived from returns.
    #[schema(value_type = super::schema::ReturnStatus)]
    return_status: &'static str,
    /// The outside services it waits for because they could not be reached.
    #[schema(value_type = Vec<super::schema::Dependency>)]
    pending_on: Vec<&'static str>,
    #[schema(example = "cus_123")]
    customer_id: &'a str,
    /// What is known of the customer: `pending`, `verified`, `unverified`.
    #[schema(value_type = String, example = "verified")]
    customer_check: CustomerCheck,
    /// ISO 4217.
    #[schema(example = "USD")]
    currency: &'static str,
    lines: Vec<LineView>,
    /// Whether lines were revised and the stock for them is not yet certain.
    revision_pending: bool,
    adjustments: Vec<AdjustmentWire>,
    totals: TotalsView,
    /// Null once personal data was erased.
    shipping_address: Option<AddressWire>,
    /// Null once personal data was erased.
    contact: Option<ContactWire>,
    payments: Vec<PaymentView>,
    refunds: Vec<RefundView>,
    shipments: Vec<ShipmentView>,
    returns: Vec<ReturnView>,
    holds: Vec<HoldView>,
    /// The caller's own data.
    #[schema(value_type = std::collections::HashMap<String, Value>, example = json!({"channel": "web"}))]
    metadata: &'a Map<String, Value>,
    /// The storefront's own marks.
    labels: Vec<&'a str>,
    /// Its name in the system it was imported from.
    external_reference: Option<&'a str>,
    /// When it expires if it is not released by then.
    deadline: Option<DateTime<Utc>>,
    cancellation: Option<CancellationView>,
    placed_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
    /// When its personal data was erased.
    erased_at: Option<DateTime<Utc>>,
}

impl<'a> From<&'a Order> for OrderView<'a> {
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
            customer_check: order.customer(),
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
                .map(|one| ShipmentView::of(order, one))
                .collect(),
            returns: order
                .returns()
                .iter()
                .map(|one| ReturnView::of(order, one))
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

/// Some orders, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderPage)]
pub(crate) struct PageView<'a> {
    data: Vec<OrderView<'a>>,
    /// What `cursor` takes to go on; null at the end.
    next_cursor: Option<String>,
}

impl<'a> From<&'a Page> for PageView<'a> {
    fn from(page: &'a Page) -> Self {
        Self {
            data: page.orders.iter().map(Into::into).collect(),
            next_cursor: page.next.map(cursor::encode),
        }
    }
}
