//! The parts of an order as it is shown: payments, refunds, shipments, returns, holds.

use super::lines::SkuUnitsWire;
use chrono::{DateTime, Utc};
use order_core::order::{
    Cancellation, Capture, Fulfillment, Hold, HoldOrigin, LineUnits, Order, PaymentAttempt, Refund,
    Return, SkuUnits,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Units by SKU, as the order's lines have it.
fn by_sku(order: &Order, units: &[LineUnits]) -> Vec<SkuUnitsWire> {
    units
        .iter()
        .filter_map(|units| {
            let line = order.line(units.line)?;
            Some(SkuUnitsWire {
                sku: Some(line.sku.to_string()),
                quantity: Some(i64::from(units.units)),
            })
        })
        .collect()
}

fn excess(units: &[SkuUnits]) -> Vec<SkuUnitsWire> {
    units
        .iter()
        .map(|units| SkuUnitsWire {
            sku: Some(units.sku.to_string()),
            quantity: Some(i64::from(units.quantity)),
        })
        .collect()
}

fn text<T: ToString>(value: Option<&T>) -> Option<String> {
    value.map(ToString::to_string)
}

/// An attempt to take payment.
#[derive(Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentView {
    #[schema(example = "1")]
    id: String,
    #[schema(value_type = super::schema::PaymentState)]
    status: &'static str,
    /// Minor units asked for.
    amount: i64,
    /// Minor units the provider has authorized.
    authorized: i64,
    /// Minor units taken.
    captured: i64,
    captures: Vec<CaptureView>,
    /// The provider's id of it.
    provider_id: Option<String>,
    /// Why the provider declined it.
    decline_code: Option<String>,
    started_at: DateTime<Utc>,
}

/// An amount taken, or to be taken, from a payment.
#[derive(Serialize, ToSchema)]
#[schema(as = Capture)]
pub(crate) struct CaptureView {
    #[schema(example = "1")]
    id: String,
    #[schema(value_type = super::schema::CaptureState)]
    status: &'static str,
    /// Minor units.
    amount: i64,
    /// Why the provider refused it.
    failure_code: Option<String>,
}

impl From<&Capture> for CaptureView {
    fn from(capture: &Capture) -> Self {
        Self {
            id: capture.no.to_string(),
            status: capture.state.as_str(),
            amount: capture.amount.minor(),
            failure_code: text(capture.failure.as_ref()),
        }
    }
}

impl From<&PaymentAttempt> for PaymentView {
    fn from(attempt: &PaymentAttempt) -> Self {
        Self {
            id: attempt.no.to_string(),
            status: attempt.state.as_str(),
            amount: attempt.amount.minor(),
            authorized: attempt.authorized.minor(),
            captured: attempt.captured().minor(),
            captures: attempt.captures.iter().map(Into::into).collect(),
            provider_id: text(attempt.provider_id.as_ref()),
            decline_code: text(attempt.decline_code.as_ref()),
            started_at: attempt.started_at,
        }
    }
}

/// Money that goes back.
#[derive(Serialize, ToSchema)]
#[schema(as = Refund)]
pub(crate) struct RefundView {
    #[schema(example = "1")]
    id: String,
    /// The payment it goes back through.
    #[schema(example = "1")]
    payment_id: String,
    #[schema(value_type = super::schema::RefundState)]
    status: &'static str,
    /// Minor units.
    amount: i64,
    #[schema(value_type = super::schema::RefundPurpose)]
    purpose: &'static str,
    reason: Option<String>,
    /// The provider's id of it.
    provider_id: Option<String>,
    /// Why the provider refused it.
    failure_code: Option<String>,
    requested_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<&Refund> for RefundView {
    fn from(refund: &Refund) -> Self {
        Self {
            id: refund.no.to_string(),
            payment_id: refund.attempt.to_string(),
            status: refund.state.as_str(),
            amount: refund.amount.minor(),
            purpose: refund.purpose.as_str(),
            reason: text(refund.reason.as_ref()),
            provider_id: text(refund.provider_id.as_ref()),
            failure_code: text(refund.failure.as_ref()),
            requested_at: refund.requested_at,
            updated_at: refund.updated_at,
        }
    }
}

/// Units sent together: a fulfillment, from its planning on.
#[derive(Serialize, ToSchema)]
#[schema(as = Shipment)]
pub(crate) struct ShipmentView {
    /// What `shipment_id` and `fulfillment_id` name.
    #[schema(example = "1")]
    id: String,
    #[schema(value_type = super::schema::ShipmentState)]
    status: &'static str,
    lines: Vec<SkuUnitsWire>,
    /// Units sent although not ordered, or not any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    excess: Vec<SkuUnitsWire>,
    carrier: Option<String>,
    tracking_number: Option<String>,
    tracking_url: Option<String>,
    /// Whether the warehouse was asked to call it back.
    recalling: bool,
    shipped_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
}

impl ShipmentView {
    pub(crate) fn of(order: &Order, fulfillment: &Fulfillment) -> Self {
        Self {
            id: fulfillment.no.to_string(),
            status: fulfillment.state.as_str(),
            lines: by_sku(order, &fulfillment.lines),
            excess: excess(&fulfillment.excess),
            carrier: text(fulfillment.tracking.carrier.as_ref()),
            tracking_number: text(fulfillment.tracking.number.as_ref()),
            tracking_url: text(fulfillment.tracking.url.as_ref()),
            recalling: fulfillment.recalling,
            shipped_at: fulfillment.shipped_at,
            delivered_at: fulfillment.delivered_at,
        }
    }
}

/// Units that come back together.
#[derive(Serialize, ToSchema)]
#[schema(as = Return)]
pub(crate) struct ReturnView {
    #[schema(example = "1")]
    id: String,
    #[schema(value_type = super::schema::ReturnState)]
    status: &'static str,
    lines: Vec<SkuUnitsWire>,
    reason: Option<String>,
    /// Minor units the customer is credited, once it is received.
    credit: i64,
    /// Whether the units went into stock again.
    restocked: bool,
    requested_at: DateTime<Utc>,
}

impl ReturnView {
    pub(crate) fn of(order: &Order, one: &Return) -> Self {
        Self {
            id: one.no.to_string(),
            status: one.state.as_str(),
            lines: by_sku(order, &one.lines),
            reason: text(one.reason.as_ref()),
            credit: one.credit.minor(),
            restocked: one.restocked,
            requested_at: one.requested_at,
        }
    }
}

/// What keeps an order from going on, or did.
#[derive(Serialize, ToSchema)]
#[schema(as = Hold)]
pub(crate) struct HoldView {
    #[schema(example = "1")]
    id: String,
    /// Who placed it.
    #[schema(value_type = String, example = "requested")]
    origin: HoldOrigin,
    reason: Option<String>,
    placed_at: DateTime<Utc>,
    /// None while it holds.
    released_at: Option<DateTime<Utc>>,
}

impl From<&Hold> for HoldView {
    fn from(hold: &Hold) -> Self {
        Self {
            id: hold.no.to_string(),
            origin: hold.origin,
            reason: text(hold.reason.as_ref()),
            placed_at: hold.placed_at,
            released_at: hold.released_at,
        }
    }
}

/// An accepted cancel.
#[derive(Serialize, ToSchema)]
#[schema(as = Cancellation)]
pub(crate) struct CancellationView {
    reason: Option<String>,
    requested_at: DateTime<Utc>,
    /// Whether undoing it has failed so often that a person should look. It goes on being tried.
    stuck: bool,
}

impl From<&Cancellation> for CancellationView {
    fn from(cancellation: &Cancellation) -> Self {
        Self {
            reason: text(cancellation.reason.as_ref()),
            requested_at: cancellation.requested_at,
            stuck: cancellation.stuck,
        }
    }
}
