//! Cancelling some units, the whole order, and deleting it.

use super::Refused;
use super::lines::share;
use crate::draft::Draft;
use crate::event::Happening;
use crate::order::{LineUnits, Order, SkuUnits};
use crate::refusal::{Refusal, RefusalCode};
use crate::value::Reason;

pub(super) fn lines(
    draft: &mut Draft<'_>,
    lines: &[SkuUnits],
    reason: Option<&Reason>,
    refused: &Refused,
) -> Result<(), Refusal> {
    let order = &draft.order;
    refused.unless(
        !order.revision_pending(),
        RefusalCode::StockNotSettled,
        "stock for the last revision is not settled yet",
    )?;
    let units = share(order, lines, |line| order.open_units(line), refused)?;
    if order.nothing_shipped() && is_all(order, &units) {
        cancel(draft, reason);
    } else {
        draft.emit(Happening::LinesCancelled {
            lines: units,
            reason: reason.cloned(),
        });
    }
    Ok(())
}

fn is_all(order: &Order, units: &[LineUnits]) -> bool {
    let cancelled: u64 = units.iter().map(|one| u64::from(one.units)).sum();
    let active: u64 = order
        .lines
        .iter()
        .map(|line| u64::from(line.active()))
        .sum();
    cancelled >= active
}

/// A cancel that was accepted before is accepted again, and changes nothing.
pub(super) fn order(
    draft: &mut Draft<'_>,
    reason: Option<&Reason>,
    _refused: &Refused,
) -> Result<(), Refusal> {
    if !draft.order.status.is_closed() {
        cancel(draft, reason);
    }
    Ok(())
}

fn cancel(draft: &mut Draft<'_>, reason: Option<&Reason>) {
    draft.emit(Happening::CancelRequested {
        reason: reason.cloned(),
    });
}

pub(super) fn delete(draft: &mut Draft<'_>, refused: &Refused) -> Result<(), Refusal> {
    let order = &draft.order;
    if order.status.is_terminal() {
        refused.unless(
            order.is_settled(),
            RefusalCode::NotSettled,
            "money or stock of the order is not settled yet",
        )?;
        refused.unless(
            !order.has_open_return(),
            RefusalCode::ReturnOpen,
            "a return is open",
        )?;
        draft.emit(Happening::OrderDeleted);
        return Ok(());
    }
    refused.unless(
        order.status.is_closed() || order.nothing_shipped(),
        RefusalCode::AlreadyShipped,
        "something was shipped: the order cannot be cancelled, and so not deleted yet",
    )?;
    let closed = order.status.is_closed();
    if order.deletion.is_none() {
        draft.emit(Happening::DeletionRequested);
    }
    if !closed {
        cancel(draft, None);
    }
    Ok(())
}
