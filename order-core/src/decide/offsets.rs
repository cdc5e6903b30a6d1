//! Offsets: what a cancel, return or revision frees is set against refunds made ahead of it, so that the
//! money goes back once.

use crate::money::Amount;
use crate::order::{
    Adjustment, LineQuantity, Order, OrderLine, Refund, RefundOffset, RefundPurpose, RefundStatus,
    Valuation,
};
use crate::value::LineNo;

/// A sum that is freed: of a line, or of shipping and fees.
struct Freed {
    line: Option<LineNo>,
    left: i128,
}

/// Returns what cancelling these units offsets.
pub(super) fn of_cancelled(order: &Order, units: &[LineQuantity]) -> Vec<RefundOffset> {
    if !order.refunds.iter().any(is_open_correction) {
        return Vec::new();
    }
    let mut lines = order.lines.clone();
    for one in units {
        if let Some(line) = lines.iter_mut().find(|line| line.id == one.line) {
            line.cancelled = line.cancelled.saturating_add(one.units);
        }
    }
    of_change(order, &lines, &order.adjustments)
}

/// Returns what receiving these units offsets.
pub(super) fn of_returned(order: &Order, units: &[LineQuantity]) -> Vec<RefundOffset> {
    let freed = units
        .iter()
        .map(|one| Freed {
            line: Some(one.line),
            left: order.worth_of(std::slice::from_ref(one), |line| line.returned),
        })
        .collect();
    distribute(order, freed)
}

/// Returns what replacing the lines and adjustments offsets: at most what the total falls by.
pub(super) fn of_change(
    order: &Order,
    lines: &[OrderLine],
    adjustments: &[Adjustment],
) -> Vec<RefundOffset> {
    let (before, after) = (order.valuation(), Valuation::new(lines, adjustments));
    let kept = |worth: &Valuation<'_>, lines: &[OrderLine], id: LineNo| {
        let line = lines.iter().find(|line| line.id == id);
        line.map_or(0, |line| worth.units(id, 0, line.remaining()))
    };
    let mut left = before.remaining().total() - after.remaining().total();
    let mut freed = Vec::new();
    for line in &order.lines {
        let fall = kept(&before, &order.lines, line.id) - kept(&after, lines, line.id);
        let part = fall.min(left);
        if part > 0 {
            left -= part;
            freed.push(Freed {
                line: Some(line.id),
                left: part,
            });
        }
    }
    freed.push(Freed { line: None, left });
    distribute(order, freed)
}

/// Sets what is freed against open corrections, oldest first: those that name lines against these lines
/// alone, then the others against what is left.
fn distribute(order: &Order, mut freed: Vec<Freed>) -> Vec<RefundOffset> {
    let mut offsets = Vec::new();
    for names_lines in [true, false] {
        let open = order.refunds.iter().filter(|one| is_open_correction(one));
        for refund in open.filter(|one| one.lines.is_empty() != names_lines) {
            let mut taken = 0;
            for one in &mut freed {
                let is_meant = !names_lines
                    || refund
                        .lines
                        .iter()
                        .any(|units| Some(units.line) == one.line);
                let part = one.left.min(refund.credit() - taken);
                if is_meant && part > 0 {
                    one.left -= part;
                    taken += part;
                }
            }
            if taken > 0 {
                offsets.push(RefundOffset::new(refund.no, Amount::saturating_from(taken)));
            }
        }
    }
    offsets
}

/// Returns whether a refund was made ahead of something that has not offset all of it.
pub(super) fn is_open_correction(refund: &Refund) -> bool {
    refund.purpose == RefundPurpose::Correction
        && refund.status != RefundStatus::Failed
        && refund.credit() > 0
}
