//! What an order costs, and what of it is covered, as one table of figures.

use super::{Adjustment, AdjustmentKind, Line, Order};
use crate::money::{Amount, MoneyError, allocate};
use serde::Serialize;

/// The figures of an order, in minor units of its currency.
///
/// `total = lines - discount + shipping + tax + fees`, and never below nothing. All but the last
/// four are of the units still ordered. Figures that would not fit are cut to what does; a command
/// whose order would not fit is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// Units still ordered at their prices.
    pub lines: Amount,
    /// Taken off.
    pub discount: Amount,
    /// Added for shipping.
    pub shipping: Amount,
    /// Added for tax.
    pub tax: Amount,
    /// Added for other fees.
    pub fees: Amount,
    /// What the order costs.
    pub total: Amount,
    /// Authorized and not captured.
    pub authorized: Amount,
    /// Captured.
    pub captured: Amount,
    /// Paid back.
    pub refunded: Amount,
    /// Still to be covered by a payment.
    pub due: Amount,
}

/// The part of a line's adjustment that belongs to `units` of the line's quantity.
///
/// The parts of all units sum to the whole.
fn prorated(adjustment: &Adjustment, line: &Line, units: u32) -> i128 {
    let whole = line.quantity.get();
    let part = units.min(whole);
    let weights = [u64::from(part), u64::from(whole - part)];
    allocate(adjustment.amount, &weights)
        .ok()
        .and_then(|parts| parts.first().copied())
        .map_or(0, |amount| i128::from(amount.minor()))
}

impl Order {
    /// What it costs and what is covered.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let ledger = self.ledger();
        let kind = |kind| Amount::saturating_from(self.adjusted(kind));
        Totals {
            lines: Amount::saturating_from(self.goods_sum()),
            discount: kind(AdjustmentKind::Discount),
            shipping: kind(AdjustmentKind::Shipping),
            tax: kind(AdjustmentKind::Tax),
            fees: kind(AdjustmentKind::Fee),
            total: Amount::saturating_from(self.total_sum()),
            authorized: Amount::saturating_from(ledger.authorized),
            captured: Amount::saturating_from(ledger.captured),
            refunded: Amount::saturating_from(ledger.refunded),
            due: Amount::saturating_from(ledger.due()),
        }
    }

    fn goods_sum(&self) -> i128 {
        self.lines
            .iter()
            .map(|line| line.value_of(line.active()))
            .sum()
    }

    fn adjusted(&self, kind: AdjustmentKind) -> i128 {
        self.adjustments
            .iter()
            .filter(|adjustment| adjustment.kind == kind)
            .map(|adjustment| self.adjustment_now(adjustment))
            .sum()
    }

    /// An adjustment's amount for the units still ordered.
    fn adjustment_now(&self, adjustment: &Adjustment) -> i128 {
        match adjustment.line {
            None => i128::from(adjustment.amount.minor()),
            Some(id) => self
                .line(id)
                .map_or(0, |line| prorated(adjustment, line, line.active())),
        }
    }

    /// The price of the units still ordered with all adjustments, never below nothing.
    pub(crate) fn total_sum(&self) -> i128 {
        let adjustments: i128 = self
            .adjustments
            .iter()
            .map(|adjustment| adjustment.signed(self.adjustment_now(adjustment)))
            .sum();
        (self.goods_sum() + adjustments).max(0)
    }

    /// What so many units of a line are worth with the line's own adjustments.
    pub(crate) fn worth_of(&self, line: &Line, units: u32) -> i128 {
        let own: i128 = self
            .adjustments
            .iter()
            .filter(|adjustment| adjustment.line == Some(line.id))
            .map(|adjustment| adjustment.signed(prorated(adjustment, line, units)))
            .sum();
        line.value_of(units) + own
    }

    /// What the units shipped so far are worth, with their share of what concerns the whole order:
    /// everything once all units have left.
    pub(crate) fn shipped_sum(&self) -> i128 {
        let total = self.total_sum();
        if self.lines.iter().all(|line| line.unshipped() == 0) {
            return total;
        }
        let (mut shipped, mut whole) = (0_i128, 0_i128);
        for line in &self.lines {
            shipped += self.worth_of(line, line.shipped);
            whole += self.worth_of(line, line.active());
        }
        if whole <= 0 {
            return 0;
        }
        (total.saturating_mul(shipped) / whole).clamp(0, total)
    }
}

/// Checks that lines and adjustments make a total that can be counted and is not negative.
///
/// # Errors
/// [`MoneyError::Overflow`] if a sum does not fit; `Ok(false)` if discounts exceed the rest.
pub(crate) fn totals_fit(lines: &[Line], adjustments: &[Adjustment]) -> Result<bool, MoneyError> {
    let goods: i128 = lines
        .iter()
        .map(|line| line.value_of(line.quantity.get()))
        .sum();
    let (mut added, mut taken_off) = (0_i128, 0_i128);
    for adjustment in adjustments {
        let amount = i128::from(adjustment.amount.minor());
        match adjustment.kind {
            AdjustmentKind::Discount => taken_off += amount,
            AdjustmentKind::Shipping | AdjustmentKind::Tax | AdjustmentKind::Fee => added += amount,
        }
    }
    Amount::try_from(goods)?;
    Amount::try_from(goods + added)?;
    Amount::try_from(taken_off)?;
    let unpriced = lines.iter().any(|line| line.unit_price.is_none());
    Ok(unpriced || goods + added >= taken_off)
}
