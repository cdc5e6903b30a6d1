//! Stock as it should be: reserved before release, taken after it, given back when it will not go
//! on. One thing at a time is asked of the inventory service.

use crate::draft::Draft;
use crate::event::Happening;
use crate::order::{Fulfillment, Order, OrderStatus, Reservation, ReservationState};
use crate::time;
use crate::value::ReservationNo;

/// Whether units are set aside or taken for exactly what is ordered, and nothing is under way.
///
/// Only an imported order has no reservation: its stock is the business of the system it came from.
pub(crate) fn covers_target(order: &Order) -> bool {
    order.reservation.as_ref().is_none_or(|reservation| {
        let there = match reservation.state {
            ReservationState::Held | ReservationState::Committed => true,
            ReservationState::Requested
            | ReservationState::Released
            | ReservationState::Expired
            | ReservationState::Rejected => false,
        };
        reservation.work.is_none() && {
            let target = order.stock_target();
            if there {
                reservation.covers == target
            } else {
                target.is_empty()
            }
        }
    })
}

/// Whether the stock is certain for as long as a payment attempt may take.
pub(crate) fn outlasts_attempt(draft: &Draft<'_>) -> bool {
    let until = time::after(draft.ctx.now, draft.ctx.policies.attempt_window);
    draft.order.reservation.as_ref().is_none_or(|reservation| {
        reservation.state == ReservationState::Committed
            || reservation.expires_at.is_some_and(|end| end > until)
    })
}

/// The next thing to ask of the inventory service.
pub(super) fn next(draft: &Draft<'_>) -> Option<Happening> {
    let order = &draft.order;
    if let Some(settled) = settle_revision(order) {
        return Some(settled);
    }
    let reservation = order.reservation.as_ref()?;
    if reservation.work.is_some() {
        return None;
    }
    match order.status {
        OrderStatus::Cancelling
        | OrderStatus::Cancelled
        | OrderStatus::Rejected
        | OrderStatus::Expired => give_back(order, reservation),
        OrderStatus::Pending | OrderStatus::Confirmed => ask_again(order, reservation)
            .or_else(|| match reservation.state {
                ReservationState::Held => revise(order, reservation),
                ReservationState::Requested
                | ReservationState::Committed
                | ReservationState::Released
                | ReservationState::Expired
                | ReservationState::Rejected => None,
            })
            .or_else(|| prolong(draft, reservation)),
        OrderStatus::Processing | OrderStatus::Completed => {
            ask_again(order, reservation).or_else(|| take(order, reservation))
        }
    }
}

/// A revision is settled when its units are covered. It is also settled when units have left: what
/// the lines were before cannot come back then.
fn settle_revision(order: &Order) -> Option<Happening> {
    let settled = order.revision_pending()
        && !order.status.is_closed()
        && (covers_target(order) || !order.nothing_shipped());
    settled.then_some(Happening::RevisionSettled)
}

/// Nothing is kept but what is gone. What is gone is known once the warehouse has answered.
fn give_back(order: &Order, reservation: &Reservation) -> Option<Happening> {
    if order.fulfillments.iter().any(Fulfillment::is_waiting) {
        return None;
    }
    take(order, reservation)
}

/// The units are taken for good, and made those that must be.
fn take(order: &Order, reservation: &Reservation) -> Option<Happening> {
    match reservation.state {
        ReservationState::Held | ReservationState::Committed if order.stock_target().is_empty() => {
            Some(Happening::StockReleaseRequested {
                reservation: reservation.no,
            })
        }
        ReservationState::Held => Some(Happening::StockCommitRequested {
            reservation: reservation.no,
        }),
        ReservationState::Committed => revise(order, reservation),
        ReservationState::Requested
        | ReservationState::Released
        | ReservationState::Expired
        | ReservationState::Rejected => None,
    }
}

/// A reservation that is gone is asked for anew, unless the order is held for want of stock.
fn ask_again(order: &Order, reservation: &Reservation) -> Option<Happening> {
    if reservation.may_hold() || order.is_held() {
        return None;
    }
    let target = order.stock_target();
    (!target.is_empty()).then(|| Happening::ReservationRequested {
        reservation: ReservationNo::next(reservation.no),
        lines: target,
    })
}

/// The units are made those that are ordered. While the order is held, none are added.
fn revise(order: &Order, reservation: &Reservation) -> Option<Happening> {
    let target = order.stock_target();
    let adds = target.iter().any(|wanted| {
        reservation
            .covers
            .iter()
            .find(|have| have.sku == wanted.sku)
            .is_none_or(|have| have.quantity < wanted.quantity)
    });
    let differs = reservation.covers != target;
    (differs && !(adds && order.is_held())).then_some(Happening::ReservationRevisionRequested {
        reservation: reservation.no,
        lines: target,
    })
}

/// Stock that would lapse before the order does is held for longer.
fn prolong(draft: &Draft<'_>, reservation: &Reservation) -> Option<Happening> {
    let lapses_soon = reservation.state == ReservationState::Held
        && reservation.expires_at.is_some()
        && !outlasts_attempt(draft);
    let in_time = draft.order.has_sent_attempt()
        || draft
            .order
            .deadline
            .is_some_and(|deadline| draft.ctx.now < deadline);
    (lapses_soon && in_time).then_some(Happening::ReservationExtensionRequested {
        reservation: reservation.no,
    })
}
