//! The totals of an order.

use super::worth::Valuation;
use super::{LineQuantity, Order};
use crate::money::Amount;
use serde::Serialize;

/// The totals of an order, in minor units of its currency.
///
/// `total = subtotal - discount + shipping + tax + fees`, and never negative: the worth of the units
/// that are not cancelled, with shipping and fees. `owed = total - credited`, and
/// `due = owed - authorized - (captured - refunded)`, where refunds in flight count as refunded; it is
/// zero where that is negative, since what was taken beyond what is owed goes back by itself. Figures
/// saturate; a command whose order would not fit is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// The price of the units not cancelled, before adjustments.
    pub subtotal: Amount,
    /// Subtracted.
    pub discount: Amount,
    /// Added for shipping.
    pub shipping: Amount,
    /// Added for tax.
    pub tax: Amount,
    /// Added for other fees.
    pub fees: Amount,
    /// The price of the order.
    pub total: Amount,
    /// Credited to the customer: for returned units and by refunds on request; all of a closed order.
    pub credited: Amount,
    /// Owed by the customer: the total less what is credited.
    pub owed: Amount,
    /// Authorized and not yet captured.
    pub authorized: Amount,
    /// Captured, including what was refunded later.
    pub captured: Amount,
    /// Refunded.
    pub refunded: Amount,
    /// Not covered by any payment yet.
    pub due: Amount,
}

impl Order {
    /// Computes the totals.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let worth = self.valuation();
        let figures = worth.remaining();
        let balance = self.balance_at(&worth, figures.total());
        Totals {
            subtotal: Amount::saturating_from(figures.subtotal),
            discount: Amount::saturating_from(figures.discount),
            shipping: Amount::saturating_from(figures.shipping),
            tax: Amount::saturating_from(figures.tax),
            fees: Amount::saturating_from(figures.fees),
            total: Amount::saturating_from(figures.total()),
            credited: Amount::saturating_from(balance.credited),
            owed: Amount::saturating_from(balance.owed),
            authorized: Amount::saturating_from(balance.authorized),
            captured: Amount::saturating_from(balance.captured),
            refunded: Amount::saturating_from(balance.refunded),
            due: Amount::saturating_from(balance.due()),
        }
    }

    /// Values the units at the present lines and adjustments.
    pub(crate) fn valuation(&self) -> Valuation<'_> {
        Valuation::new(&self.lines, &self.adjustments)
    }

    /// Returns the worth of these units of each line, the next ones after `from` of the line.
    pub(crate) fn worth_of(
        &self,
        units: &[LineQuantity],
        from: impl Fn(&super::OrderLine) -> u32,
    ) -> i128 {
        let worth = self.valuation();
        units
            .iter()
            .filter_map(|one| {
                let from = from(self.line(one.line)?);
                Some(worth.units(one.line, from, from.saturating_add(one.units)))
            })
            .sum()
    }
}
