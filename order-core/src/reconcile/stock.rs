//! Rules of stock: reserved before the order is released, committed afterwards, released once the
//! order is closed. At most one operation on the reservation is pending at a time.

use crate::event::EventPayload;
use crate::order::{Fulfillment, Order, OrderStatus, Reservation, ReservationStatus};
use crate::time;
use crate::transition::EventSink;
use crate::value::ReservationNo;

/// Returns whether exactly the ordered units are reserved or committed, and no operation is pending.
///
/// Only an imported order has no reservation: the system it came from handles its stock.
pub(crate) fn covers_target(order: &Order) -> bool {
    order.reservation.as_ref().is_none_or(|reservation| {
        let has_units = match reservation.status {
            ReservationStatus::Held | ReservationStatus::Committed => true,
            ReservationStatus::Requested
            | ReservationStatus::Released
            | ReservationStatus::Expired
            | ReservationStatus::Rejected => false,
        };
        reservation.pending_operation.is_none() && {
            let target = order.stock_target();
            if has_units {
                reservation.lines == target
            } else {
                target.is_empty()
            }
        }
    })
}

/// Returns whether the reservation lasts for at least as long as a payment attempt may take.
pub(crate) fn outlasts_attempt(sink: &EventSink<'_>) -> bool {
    let until = time::after(sink.ctx.now, sink.ctx.policy.attempt_window);
    sink.order.reservation.as_ref().is_none_or(|reservation| {
        reservation.status == ReservationStatus::Committed
            || reservation.expires_at.is_some_and(|end| end > until)
    })
}

/// Returns the next operation to request from the inventory service, if one is due.
pub(super) fn next(sink: &EventSink<'_>) -> Option<EventPayload> {
    let order = &sink.order;
    if let Some(settled) = settle_revision(order) {
        return Some(settled);
    }
    let reservation = order.reservation.as_ref()?;
    if reservation.pending_operation.is_some() {
        return None;
    }
    match order.status {
        OrderStatus::Cancelling
        | OrderStatus::Cancelled
        | OrderStatus::Rejected
        | OrderStatus::Expired => release(order, reservation),
        OrderStatus::Pending | OrderStatus::Confirmed => request_again(order, reservation)
            .or_else(|| match reservation.status {
                ReservationStatus::Held => revise(order, reservation),
                ReservationStatus::Requested
                | ReservationStatus::Committed
                | ReservationStatus::Released
                | ReservationStatus::Expired
                | ReservationStatus::Rejected => None,
            })
            .or_else(|| extend(sink, reservation)),
        OrderStatus::Processing | OrderStatus::Completed => {
            request_again(order, reservation).or_else(|| commit(order, reservation))
        }
    }
}

/// Settles a revision once its units are reserved. It is also settled once units have shipped,
/// because it cannot be reverted then.
fn settle_revision(order: &Order) -> Option<EventPayload> {
    let settled = order.revision_pending()
        && !order.status.is_closed()
        && (covers_target(order) || !order.nothing_shipped());
    settled.then_some(EventPayload::RevisionSettled)
}

/// Releases the units of a closed order, except those that shipped. Which ones shipped is known once
/// the warehouse has answered every recall.
fn release(order: &Order, reservation: &Reservation) -> Option<EventPayload> {
    if order.fulfillments.iter().any(Fulfillment::is_waiting) {
        return None;
    }
    commit(order, reservation)
}

/// Commits the reservation, and adapts its units to those that are needed.
fn commit(order: &Order, reservation: &Reservation) -> Option<EventPayload> {
    match reservation.status {
        ReservationStatus::Held | ReservationStatus::Committed
            if order.stock_target().is_empty() =>
        {
            Some(EventPayload::StockReleaseRequested {
                reservation: reservation.no,
            })
        }
        ReservationStatus::Held => Some(EventPayload::StockCommitRequested {
            reservation: reservation.no,
        }),
        ReservationStatus::Committed => revise(order, reservation),
        ReservationStatus::Requested
        | ReservationStatus::Released
        | ReservationStatus::Expired
        | ReservationStatus::Rejected => None,
    }
}

/// Requests a new reservation in place of one that holds nothing, unless the order is on hold.
fn request_again(order: &Order, reservation: &Reservation) -> Option<EventPayload> {
    if reservation.may_hold() || order.is_held() {
        return None;
    }
    let target = order.stock_target();
    (!target.is_empty()).then(|| EventPayload::ReservationRequested {
        reservation: ReservationNo::next(reservation.no),
        lines: target,
    })
}

/// Adapts the units of the reservation to those ordered. No units are added while the order is on
/// hold.
fn revise(order: &Order, reservation: &Reservation) -> Option<EventPayload> {
    let target = order.stock_target();
    let adds = target.iter().any(|wanted| {
        reservation
            .lines
            .iter()
            .find(|reserved| reserved.sku == wanted.sku)
            .is_none_or(|reserved| reserved.quantity < wanted.quantity)
    });
    let differs = reservation.lines != target;
    (differs && !(adds && order.is_held())).then_some(EventPayload::ReservationRevisionRequested {
        reservation: reservation.no,
        lines: target,
    })
}

/// Extends a reservation that would expire before the order does.
fn extend(sink: &EventSink<'_>, reservation: &Reservation) -> Option<EventPayload> {
    let expires_soon = reservation.status == ReservationStatus::Held
        && reservation.expires_at.is_some()
        && !outlasts_attempt(sink);
    let in_time = sink.order.has_sent_attempt()
        || sink
            .order
            .deadline
            .is_some_and(|deadline| sink.ctx.now < deadline);
    (expires_soon && in_time).then_some(EventPayload::ReservationExtensionRequested {
        reservation: reservation.no,
    })
}
