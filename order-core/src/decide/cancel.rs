//! Cancels some units or the whole order, and deletes it.

use super::ensure::{Denial, ensure, ensure_revision_settled};
use super::lines::{Room, resolve_units};
use super::offsets;
use crate::event::EventPayload;
use crate::order::{LineQuantity, Order, UnitSelection};
use crate::refusal::RefusalCode;
use crate::transition::EventSink;
use crate::value::Reason;

/// Cancels units; the whole order if none remains and nothing was shipped.
pub(super) fn lines(
    sink: &mut EventSink<'_>,
    lines: &[UnitSelection],
    reason: Option<&Reason>,
) -> Result<(), Denial> {
    let order = &sink.order;
    ensure_revision_settled(order)?;
    let units = resolve_units(order, lines, &Room::open(order))?;
    if order.nothing_shipped() && is_all(order, &units) {
        cancel(sink, reason);
    } else {
        let offsets = offsets::of_cancelled(order, &units);
        sink.emit(EventPayload::LinesCancelled {
            lines: units,
            offsets,
            reason: reason.cloned(),
        });
    }
    Ok(())
}

fn is_all(order: &Order, units: &[LineQuantity]) -> bool {
    let cancelled: u64 = units.iter().map(|one| u64::from(one.units)).sum();
    let remaining: u64 = order
        .lines
        .iter()
        .map(|line| u64::from(line.remaining()))
        .sum();
    cancelled >= remaining
}

/// Denies cancelling the whole order once something was shipped, in any status.
pub(super) fn ensure_not_shipped(order: &Order) -> Result<(), Denial> {
    ensure(
        order.status.is_closed() || order.nothing_shipped(),
        RefusalCode::AlreadyShipped,
        "something was shipped: cancel what is open, or have it returned",
    )
}

/// Cancels the whole order. A repetition of an accepted cancel is accepted, and emits nothing.
pub(super) fn order(sink: &mut EventSink<'_>, reason: Option<&Reason>) {
    if !sink.order.status.is_closed() {
        cancel(sink, reason);
    }
}

fn cancel(sink: &mut EventSink<'_>, reason: Option<&Reason>) {
    sink.emit(EventPayload::CancelRequested {
        reason: reason.cloned(),
    });
}

/// Deletes a settled order; requests the deletion of an open one, and cancels it.
pub(super) fn delete(sink: &mut EventSink<'_>) -> Result<(), Denial> {
    let order = &sink.order;
    if order.status.is_terminal() {
        ensure(
            order.is_settled(),
            RefusalCode::NotSettled,
            "money or stock of the order is not settled yet",
        )?;
        ensure(
            !order.has_open_return(),
            RefusalCode::ReturnOpen,
            "a return is open",
        )?;
        sink.emit(EventPayload::OrderDeleted);
        return Ok(());
    }
    ensure(
        order.status.is_closed() || order.nothing_shipped(),
        RefusalCode::AlreadyShipped,
        "something was shipped: the order cannot be cancelled, and so not deleted yet",
    )?;
    let closed = order.status.is_closed();
    if order.deletion.is_none() {
        sink.emit(EventPayload::DeletionRequested);
    }
    if !closed {
        cancel(sink, None);
    }
    Ok(())
}
