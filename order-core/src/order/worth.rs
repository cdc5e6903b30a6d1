//! What the units of an order are worth: the one allocation of adjustments to lines and units.
//!
//! Capture, cancel, credit and refund all ask a [`Valuation`]; none has a sum of its own. It depends on
//! prices, ordered quantities and adjustments alone, so that it changes only when these do, and nothing
//! of it is stored.
//!
//! 1. A line's discounts come off its goods, then its tax, then its shipping and fees.
//! 2. Discounts of the whole order are allocated to the lines by the worth of their goods after their
//!    own discounts. What exceeds all goods comes off tax, then off shipping and fees.
//! 3. Taxes of the whole order are allocated by the worth of the goods after all discounts; if that is
//!    zero, by the worth before the order's discounts, else by price, else by quantity.
//! 4. Within a line, goods, discounts and tax are shared by its units, by cumulative rounding: the first
//!    k of q units have the rounded k/q of the sum. Units that ship and return are counted from the
//!    front, cancelled ones from the back.
//! 5. Shipping and fees are not shared: those of the order stay while any unit is kept, those of a line
//!    while any unit of the line is.
//!
//! Allocation is by largest remainder ([`allocate`]). The parts always sum to the whole, no unit is
//! worth less than nothing, and the worth of any first units of a line is within half a minor unit of
//! their exact share of the line.

use super::{Adjustment, AdjustmentKind, OrderLine};
use crate::money::{Amount, MoneyError, allocate};
use crate::value::LineNo;

/// The worth of every unit of an order, in minor units.
pub(crate) struct Valuation<'a> {
    lines: &'a [OrderLine],
    /// Parallel to the lines; empty if there are no adjustments.
    shares: Vec<Share>,
    /// The shipping and fees of the whole order, and the discount that comes off them.
    order: Carriage,
}

/// What is allocated to one line.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    /// The discount off goods and tax.
    discount: i128,
    tax: i128,
    /// The line's own shipping and fees.
    carriage: Carriage,
}

/// Shipping and fees, and the discount that comes off them.
#[derive(Debug, Clone, Copy, Default)]
struct Carriage {
    shipping: i128,
    fees: i128,
    discount: i128,
}

impl Carriage {
    const fn worth(&self) -> i128 {
        self.shipping + self.fees - self.discount
    }

    /// Takes at most `discount` off; returns what is left of it.
    fn take_off(&mut self, discount: i128) -> i128 {
        let part = discount.min(self.worth());
        self.discount += part;
        discount - part
    }
}

/// The figures of some units and of the shipping and fees that are due with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) subtotal: i128,
    pub(crate) discount: i128,
    pub(crate) shipping: i128,
    pub(crate) tax: i128,
    pub(crate) fees: i128,
}

impl Figures {
    pub(crate) const fn total(&self) -> i128 {
        self.subtotal - self.discount + self.shipping + self.tax + self.fees
    }

    const fn add_carriage(&mut self, carriage: &Carriage) {
        self.shipping += carriage.shipping;
        self.fees += carriage.fees;
        self.discount += carriage.discount;
    }
}

impl<'a> Valuation<'a> {
    /// Allocates the adjustments to the lines.
    pub(crate) fn new(lines: &'a [OrderLine], adjustments: &[Adjustment]) -> Self {
        if adjustments.is_empty() {
            return Self {
                lines,
                shares: Vec::new(),
                order: Carriage::default(),
            };
        }
        let mut shares = vec![Share::default(); lines.len()];
        let (mut order, mut discount, mut tax) = (Carriage::default(), 0, 0);
        for adjustment in adjustments {
            let amount = i128::from(adjustment.amount.minor());
            match adjustment.line {
                None => match adjustment.kind {
                    AdjustmentKind::Discount => discount += amount,
                    AdjustmentKind::Tax => tax += amount,
                    AdjustmentKind::Shipping => order.shipping += amount,
                    AdjustmentKind::Fee => order.fees += amount,
                },
                Some(id) => {
                    if let Some(share) = index_of(lines, id).and_then(|at| shares.get_mut(at)) {
                        share.add(adjustment.kind, amount);
                    }
                }
            }
        }
        let mut allocation = Self {
            lines,
            shares,
            order,
        };
        discount += allocation.limit_line_discounts();
        allocation.allocate_to_lines(discount, tax);
        allocation
    }

    /// Lets each line's discounts come off what the line has; returns what exceeds it.
    ///
    /// Only lines without a price and orders stored before such discounts were refused have any
    /// excess. It is taken off the rest of the order, as it always was.
    fn limit_line_discounts(&mut self) -> i128 {
        let mut excess = 0;
        for (line, share) in self.lines.iter().zip(&mut self.shares) {
            let beyond_units = (share.discount - gross(line) - share.tax).max(0);
            share.discount -= beyond_units;
            excess += share.carriage.take_off(beyond_units);
        }
        excess
    }

    fn allocate_to_lines(&mut self, discount: i128, tax: i128) {
        let own: Vec<i128> = self
            .pairs()
            .map(|(line, share)| (gross(line) - share.discount).max(0))
            .collect();
        let off_goods = discount.min(own.iter().sum());
        let discounts = split(off_goods, &own);
        let after: Vec<i128> = own.iter().zip(&discounts).map(|(w, d)| w - d).collect();
        for (share, part) in self.shares.iter_mut().zip(&discounts) {
            share.discount += part;
        }
        self.allocate_tax(tax, &after, &own);
        self.take_off_the_rest(discount - off_goods);
    }

    fn allocate_tax(&mut self, tax: i128, after: &[i128], own: &[i128]) {
        if tax == 0 {
            return;
        }
        let is_positive = |weights: &[i128]| weights.iter().any(|weight| *weight > 0);
        let taxes = if is_positive(after) {
            split(tax, after)
        } else if is_positive(own) {
            split(tax, own)
        } else {
            let by_price: Vec<i128> = self.lines.iter().map(gross).collect();
            let by_quantity = || -> Vec<i128> {
                let quantities = self.lines.iter().map(|line| line.quantity.get());
                quantities.map(i128::from).collect()
            };
            if is_positive(&by_price) {
                split(tax, &by_price)
            } else {
                split(tax, &by_quantity())
            }
        };
        for (share, part) in self.shares.iter_mut().zip(taxes) {
            share.tax += part;
        }
    }

    /// Takes a discount that exceeds all goods off tax, then off shipping and fees.
    ///
    /// Nothing is left of it after that, except while prices are unknown: an order whose discounts
    /// exceed all the rest is refused, or rejected once it is priced.
    fn take_off_the_rest(&mut self, excess: i128) {
        if excess == 0 {
            return;
        }
        let worths: Vec<i128> = self
            .pairs()
            .map(|(line, share)| gross(line) + share.tax - share.discount)
            .collect();
        let off_tax = excess.min(worths.iter().sum());
        for (share, part) in self.shares.iter_mut().zip(split(off_tax, &worths)) {
            share.discount += part;
        }
        let mut left = self.order.take_off(excess - off_tax);
        for share in &mut self.shares {
            left = share.carriage.take_off(left);
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (&OrderLine, &Share)> {
        self.lines.iter().zip(&self.shares)
    }

    fn share(&self, at: usize) -> Option<&Share> {
        self.shares.get(at)
    }

    /// Returns the figures of the units that are not cancelled.
    pub(crate) fn remaining(&self) -> Figures {
        let mut figures = Figures::default();
        let mut keeps_any = false;
        for (at, line) in self.lines.iter().enumerate() {
            let units = line.remaining();
            if units == 0 {
                continue;
            }
            keeps_any = true;
            figures.subtotal += line.value_of(units);
            if let Some(share) = self.share(at) {
                let tax = part_of(share.tax, units, line);
                figures.tax += tax;
                figures.discount += tax - part_of(share.tax - share.discount, units, line);
                figures.add_carriage(&share.carriage);
            }
        }
        if keeps_any {
            figures.add_carriage(&self.order);
        }
        figures
    }

    /// Returns the worth of the first `units` of the line at this index.
    fn first_units(&self, at: usize, line: &OrderLine, units: u32) -> i128 {
        let adjusted = self
            .share(at)
            .map_or(0, |share| part_of(share.tax - share.discount, units, line));
        line.value_of(units) + adjusted
    }

    /// Returns the worth of the units of a line from number `from` up to, not including, `to`; zero
    /// for an unknown line.
    pub(crate) fn units(&self, id: LineNo, from: u32, to: u32) -> i128 {
        index_of(self.lines, id)
            .and_then(|at| Some((at, self.lines.get(at)?)))
            .map_or(0, |(at, line)| {
                self.first_units(at, line, to) - self.first_units(at, line, from)
            })
    }

    /// Returns the worth of the units shipped, with their share of the shipping and fees that are
    /// still due: all of these once no unit is left to ship.
    pub(crate) fn shipped(&self) -> i128 {
        let (mut shipped, mut remaining) = (0, 0);
        let mut is_all = true;
        for (at, line) in self.lines.iter().enumerate() {
            shipped += self.first_units(at, line, line.shipped);
            remaining += self.first_units(at, line, line.remaining());
            is_all &= line.unshipped() == 0;
        }
        if self.shares.is_empty() {
            return shipped;
        }
        let carriage = self.remaining().total() - remaining;
        if is_all {
            shipped + carriage
        } else if remaining == 0 {
            0
        } else {
            shipped + carriage * shipped / remaining
        }
    }

    /// Returns whether a unit of one line is worth what a unit of the other is.
    ///
    /// Only prices and the lines' own adjustments count: adjustments of the order are allocated alike.
    pub(crate) fn are_alike(
        one: &OrderLine,
        other: &OrderLine,
        adjustments: &[Adjustment],
    ) -> bool {
        let own = |line: &OrderLine| {
            let mut share = Share::default();
            for adjustment in adjustments {
                if adjustment.line == Some(line.id) {
                    share.add(adjustment.kind, i128::from(adjustment.amount.minor()));
                }
            }
            share
        };
        let (one_share, other_share) = (own(one), own(other));
        let units = |line: &OrderLine| i128::from(line.quantity.get());
        let per_unit =
            |of_one: i128, of_other: i128| of_one * units(other) == of_other * units(one);
        one.unit_price == other.unit_price
            && per_unit(one_share.tax, other_share.tax)
            && per_unit(one_share.discount, other_share.discount)
            && one_share.carriage.worth() == 0
            && other_share.carriage.worth() == 0
    }
}

impl Share {
    const fn add(&mut self, kind: AdjustmentKind, amount: i128) {
        match kind {
            AdjustmentKind::Discount => self.discount += amount,
            AdjustmentKind::Tax => self.tax += amount,
            AdjustmentKind::Shipping => self.carriage.shipping += amount,
            AdjustmentKind::Fee => self.carriage.fees += amount,
        }
    }
}

/// Returns the price of all units of a line, including those cancelled.
fn gross(line: &OrderLine) -> i128 {
    line.value_of(line.quantity.get())
}

/// Returns the index of a line. Lines are numbered in their order, unless they were revised.
fn index_of(lines: &[OrderLine], id: LineNo) -> Option<usize> {
    let expected = usize::try_from(id.get()).ok()?.checked_sub(1)?;
    if lines.get(expected).is_some_and(|line| line.id == id) {
        return Some(expected);
    }
    lines.iter().position(|line| line.id == id)
}

/// Returns the part of a line's sum that its first `units` have: the exact share, rounded half away
/// from zero.
fn part_of(sum: i128, units: u32, line: &OrderLine) -> i128 {
    let whole = i128::from(line.quantity.get());
    let part = i128::from(units).min(whole);
    let rounded = (sum.abs() * part * 2 + whole) / (whole * 2);
    if sum < 0 { -rounded } else { rounded }
}

/// Splits a sum by weights, which are not negative and not all zero unless the sum is.
fn split(sum: i128, weights: &[i128]) -> Vec<i128> {
    let zeros = || vec![0; weights.len()];
    if sum == 0 {
        return zeros();
    }
    let weights: Vec<u64> = weights
        .iter()
        .map(|weight| u64::try_from(*weight).unwrap_or(u64::MAX))
        .collect();
    allocate(Amount::saturating_from(sum), &weights).map_or_else(
        |_| zeros(),
        |parts| parts.iter().map(|part| i128::from(part.minor())).collect(),
    )
}

/// Why lines and adjustments make no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SumsError {
    /// A sum does not fit an [`Amount`].
    Overflow,
    /// This adjustment, a discount, exceeds what is left of what it is taken off.
    DiscountTooLarge {
        /// The index of the adjustment.
        adjustment: usize,
    },
}

impl From<MoneyError> for SumsError {
    fn from(_: MoneyError) -> Self {
        Self::Overflow
    }
}

/// Checks that every sum fits, and that no discount exceeds what it is taken off: one of a line the
/// line with its own tax, shipping and fees; one of the order all of it. What has no price yet is
/// checked once it has.
///
/// # Errors
/// The first adjustment that exceeds what is left, or a sum that does not fit.
pub(crate) fn check_sums(lines: &[OrderLine], adjustments: &[Adjustment]) -> Result<(), SumsError> {
    let mut left_of_lines: Vec<i128> = lines.iter().map(gross).collect();
    let subtotal: i128 = left_of_lines.iter().sum();
    let (mut added, mut discounts) = (0_i128, 0_i128);
    for adjustment in adjustments {
        let amount = i128::from(adjustment.amount.minor());
        if adjustment.kind == AdjustmentKind::Discount {
            discounts += amount;
            continue;
        }
        added += amount;
        let at = adjustment.line.and_then(|id| index_of(lines, id));
        if let Some(left) = at.and_then(|at| left_of_lines.get_mut(at)) {
            *left += amount;
        }
    }
    Amount::try_from(subtotal)?;
    Amount::try_from(subtotal + added)?;
    Amount::try_from(discounts)?;
    let is_priced = lines.iter().all(|line| line.unit_price.is_some());
    let mut left_of_order = subtotal + added;
    for of_order in [false, true] {
        for (index, adjustment) in adjustments.iter().enumerate() {
            if adjustment.kind != AdjustmentKind::Discount || adjustment.line.is_none() != of_order
            {
                continue;
            }
            let amount = i128::from(adjustment.amount.minor());
            left_of_order -= amount;
            let at = adjustment.line.and_then(|id| index_of(lines, id));
            let exceeds_line = at.is_some_and(|at| {
                let priced = lines.get(at).is_some_and(|line| line.unit_price.is_some());
                left_of_lines.get_mut(at).is_some_and(|left| {
                    *left -= amount;
                    priced && *left < 0
                })
            });
            if exceeds_line || (of_order && is_priced && left_of_order < 0) {
                return Err(SumsError::DiscountTooLarge { adjustment: index });
            }
        }
    }
    Ok(())
}
