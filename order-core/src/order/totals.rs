//! The totals of an order, and the share of adjustments that units of a line have.

use super::{Adjustment, AdjustmentKind, Order, OrderLine};
use crate::money::{Amount, MoneyError, allocate};
use serde::Serialize;

/// The totals of an order, in minor units of its currency.
///
/// `total = subtotal - discount + shipping + tax + fees`, and never negative. All but the last four
/// cover the units that are not cancelled. Figures saturate; a command whose order would not fit is
/// refused.
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
    /// Authorized and not yet captured.
    pub authorized: Amount,
    /// Captured, including what was refunded later.
    pub captured: Amount,
    /// Refunded.
    pub refunded: Amount,
    /// Not covered by any payment yet.
    pub due: Amount,
}

/// Returns the part of a line's adjustment that belongs to `units` of the line's quantity.
///
/// The parts of all units sum to the whole.
fn prorated(adjustment: &Adjustment, line: &OrderLine, units: u32) -> i128 {
    let whole = line.quantity.get();
    let part = units.min(whole);
    let weights = [u64::from(part), u64::from(whole - part)];
    allocate(adjustment.amount, &weights)
        .ok()
        .and_then(|parts| parts.first().copied())
        .map_or(0, |amount| i128::from(amount.minor()))
}

impl Order {
    /// Computes the totals.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let balance = self.balance();
        let kind = |kind| Amount::saturating_from(self.adjusted(kind));
        Totals {
            subtotal: Amount::saturating_from(self.subtotal_sum()),
            discount: kind(AdjustmentKind::Discount),
            shipping: kind(AdjustmentKind::Shipping),
            tax: kind(AdjustmentKind::Tax),
            fees: kind(AdjustmentKind::Fee),
            total: Amount::saturating_from(self.total_sum()),
            authorized: Amount::saturating_from(balance.authorized),
            captured: Amount::saturating_from(balance.captured),
            refunded: Amount::saturating_from(balance.refunded),
            due: Amount::saturating_from(balance.due()),
        }
    }

    fn subtotal_sum(&self) -> i128 {
        self.lines
            .iter()
            .map(|line| line.value_of(line.remaining()))
            .sum()
    }

    fn adjusted(&self, kind: AdjustmentKind) -> i128 {
        self.adjustments
            .iter()
            .filter(|adjustment| adjustment.kind == kind)
            .map(|adjustment| self.adjustment_now(adjustment))
            .sum()
    }

    /// Returns an adjustment's amount for the units not cancelled.
    fn adjustment_now(&self, adjustment: &Adjustment) -> i128 {
        match adjustment.line {
            None => i128::from(adjustment.amount.minor()),
            Some(id) => self
                .line(id)
                .map_or(0, |line| prorated(adjustment, line, line.remaining())),
        }
    }

    /// Returns the price of the units not cancelled with all adjustments, never negative.
    pub(crate) fn total_sum(&self) -> i128 {
        let adjustments: i128 = self
            .adjustments
            .iter()
            .map(|adjustment| adjustment.signed(self.adjustment_now(adjustment)))
            .sum();
        (self.subtotal_sum() + adjustments).max(0)
    }

    /// Returns the worth of a number of units of a line with the line's own adjustments.
    pub(crate) fn worth_of(&self, line: &OrderLine, units: u32) -> i128 {
        let own: i128 = self
            .adjustments
            .iter()
            .filter(|adjustment| adjustment.line == Some(line.id))
            .map(|adjustment| adjustment.signed(prorated(adjustment, line, units)))
            .sum();
        line.value_of(units) + own
    }

    /// Returns the worth of the units shipped so far with their share of the order's adjustments;
    /// the total once all units have shipped.
    pub(crate) fn shipped_sum(&self) -> i128 {
        let total = self.total_sum();
        if self.lines.iter().all(|line| line.unshipped() == 0) {
            return total;
        }
        let (mut shipped, mut whole) = (0_i128, 0_i128);
        for line in &self.lines {
            shipped += self.worth_of(line, line.shipped);
            whole += self.worth_of(line, line.remaining());
        }
        if whole <= 0 {
            return 0;
        }
        (total.saturating_mul(shipped) / whole).clamp(0, total)
    }
}

/// Returns whether lines and adjustments make a total that is not negative.
///
/// # Errors
/// [`MoneyError::Overflow`] if a sum does not fit; `Ok(false)` if discounts exceed the rest.
pub(crate) fn totals_fit(
    lines: &[OrderLine],
    adjustments: &[Adjustment],
) -> Result<bool, MoneyError> {
    let subtotal: i128 = lines
        .iter()
        .map(|line| line.value_of(line.quantity.get()))
        .sum();
    let (mut added, mut discounts) = (0_i128, 0_i128);
    for adjustment in adjustments {
        let amount = i128::from(adjustment.amount.minor());
        match adjustment.kind {
            AdjustmentKind::Discount => discounts += amount,
            AdjustmentKind::Shipping | AdjustmentKind::Tax | AdjustmentKind::Fee => added += amount,
        }
    }
    Amount::try_from(subtotal)?;
    Amount::try_from(subtotal + added)?;
    Amount::try_from(discounts)?;
    let unpriced = lines.iter().any(|line| line.unit_price.is_none());
    Ok(unpriced || subtotal + added >= discounts)
}
