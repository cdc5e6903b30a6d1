//! Totals of an order.

use order_core::order::Totals;
use serde::Serialize;
use utoipa::ToSchema;

/// The totals of an order, in minor units of its currency:
/// `total = lines - discount + shipping + tax + fees`, `owed = total - credited`, and
/// `due = owed - authorized - (captured - refunded)`, where refunds in progress count as refunded; zero
/// where that is negative.
#[derive(Serialize, ToSchema)]
#[schema(as = Totals, example = json!({
    "lines": 3998, "discount": 0, "shipping": 500, "tax": 0, "fees": 0, "total": 4498,
    "credited": 0, "owed": 4498, "authorized": 4498, "captured": 0, "refunded": 0, "due": 0
}))]
pub(crate) struct TotalsResponse {
    lines: i64,
    discount: i64,
    shipping: i64,
    tax: i64,
    fees: i64,
    total: i64,
    /// Credited to the customer: for returned units and by refunds on request; all of a closed order.
    credited: i64,
    /// Owed by the customer.
    owed: i64,
    /// Authorized and not yet captured.
    authorized: i64,
    captured: i64,
    refunded: i64,
    /// Not yet covered by a payment.
    due: i64,
}

impl From<Totals> for TotalsResponse {
    fn from(totals: Totals) -> Self {
        Self {
            lines: totals.subtotal.minor(),
            discount: totals.discount.minor(),
            shipping: totals.shipping.minor(),
            tax: totals.tax.minor(),
            fees: totals.fees.minor(),
            total: totals.total.minor(),
            credited: totals.credited.minor(),
            owed: totals.owed.minor(),
            authorized: totals.authorized.minor(),
            captured: totals.captured.minor(),
            refunded: totals.refunded.minor(),
            due: totals.due.minor(),
        }
    }
}
