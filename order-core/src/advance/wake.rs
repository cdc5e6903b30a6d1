//! What time alone brings.

use super::money::{action_ends, is_owed_for_certain, refund_retry_at};
use crate::fact::Fact;
use crate::order::{AttemptState, Order, OrderStatus, ReservationState};
use crate::policy::Policies;
use crate::time::{Timestamp, between};
use std::time::Duration;

/// When an order should be looked at again although nothing is reported; none: never.
///
/// Looking at it at that instant or later ([`record::wake`](crate::record::wake)) makes something
/// happen, so that this instant always moves on.
#[must_use]
pub fn next_wake(order: &Order, policies: &Policies) -> Option<Timestamp> {
    [
        deadline(order),
        stock_lapses(order, policies),
        action_lapses(order, policies),
        refund_is_due(order),
    ]
    .into_iter()
    .flatten()
    .min()
}

/// The facts that time alone makes true.
pub(crate) fn wake_facts(order: &Order, now: Timestamp) -> Vec<Fact> {
    if deadline(order).is_some_and(|at| at <= now) {
        vec![Fact::DeadlinePassed]
    } else {
        Vec::new()
    }
}

/// An order expires at its deadline, unless a payment was sent: then its outcome decides.
fn deadline(order: &Order) -> Option<Timestamp> {
    match order.status {
        OrderStatus::Pending | OrderStatus::Confirmed if !order.has_sent_attempt() => {
            order.deadline
        }
        OrderStatus::Pending
        | OrderStatus::Confirmed
        | OrderStatus::Processing
        | OrderStatus::Completed
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled
        | OrderStatus::Rejected
        | OrderStatus::Expired => None,
    }
}

/// Stock of an order that is not released yet is prolonged before it lapses.
fn stock_lapses(order: &Order, policies: &Policies) -> Option<Timestamp> {
    let waiting = matches!(order.status, OrderStatus::Pending | OrderStatus::Confirmed);
    let reservation = order.reservation.as_ref()?;
    let ends = reservation.expires_at?;
    let due = earlier(ends, policies.attempt_window);
    let in_time = order.deadline.is_some_and(|deadline| due < deadline);
    (waiting
        && in_time
        && reservation.state == ReservationState::Held
        && reservation.work.is_none())
    .then_some(due)
}

/// A customer who has to act does not have for ever.
fn action_lapses(order: &Order, policies: &Policies) -> Option<Timestamp> {
    order
        .payments
        .iter()
        .filter(|attempt| attempt.state == AttemptState::RequiresAction && !attempt.voiding)
        .map(|attempt| action_ends(attempt, policies))
        .min()
}

/// A failed refund is tried again.
fn refund_is_due(order: &Order) -> Option<Timestamp> {
    let ledger = order.ledger();
    (ledger.overpaid() > 0 && ledger.capturing == 0 && is_owed_for_certain(order))
        .then(|| refund_retry_at(order))
        .flatten()
}

fn earlier(instant: Timestamp, span: Duration) -> Timestamp {
    chrono::TimeDelta::from_std(span)
        .ok()
        .and_then(|delta| instant.checked_sub_signed(delta))
        .unwrap_or(instant)
}

/// How long a reservation should be held when it is prolonged: past the deadline, so that the
/// order expires first.
#[must_use]
pub fn prolonged_for(order: &Order, policies: &Policies, now: Timestamp) -> Duration {
    let rest = order
        .deadline
        .map_or(Duration::ZERO, |deadline| between(now, deadline));
    rest.saturating_add(policies.attempt_window.saturating_mul(2))
        .max(policies.reservation_ttl)
}
