//! Timers: when an order is due although nothing is reported, and what time alone makes true.
//!
//! The current instant is an argument; nothing here waits.

use super::payment::action_expires_at;
use super::refund::{is_owed_final, retry_at};
use crate::fact::Fact;
use crate::order::{Order, OrderStatus, PaymentAttemptStatus, ReservationStatus};
use crate::policy::StorefrontPolicy;
use crate::time::{Timestamp, between};
use std::time::Duration;

/// Returns when the next timer of the order is due; `None` if none is set.
///
/// [`record::on_timer`](crate::record::on_timer) at that instant or later emits at least one event, so
/// that the timer always moves on.
#[must_use]
pub fn next_wake(order: &Order, policy: &StorefrontPolicy) -> Option<Timestamp> {
    [
        deadline(order),
        reservation_extension_at(order, policy),
        action_expiry(order, policy),
        refund_retry_at(order),
    ]
    .into_iter()
    .flatten()
    .min()
}

/// Returns the facts that are true because time has passed.
pub(crate) fn due_facts(order: &Order, now: Timestamp) -> Vec<Fact> {
    if deadline(order).is_some_and(|at| at <= now) {
        vec![Fact::DeadlinePassed]
    } else {
        Vec::new()
    }
}

/// Returns when the order expires; `None` while the outcome of a payment that was sent is open.
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

/// Returns when the reservation of an order that is not released has to be extended.
fn reservation_extension_at(order: &Order, policy: &StorefrontPolicy) -> Option<Timestamp> {
    let waiting = matches!(order.status, OrderStatus::Pending | OrderStatus::Confirmed);
    let reservation = order.reservation.as_ref()?;
    let ends = reservation.expires_at?;
    let due = earlier(ends, policy.attempt_window);
    let in_time = order.deadline.is_some_and(|deadline| due < deadline);
    (waiting
        && in_time
        && reservation.status == ReservationStatus::Held
        && reservation.pending_operation.is_none())
    .then_some(due)
}

/// Returns when the time for a customer to act ends; `None` if none has to.
fn action_expiry(order: &Order, policy: &StorefrontPolicy) -> Option<Timestamp> {
    order
        .payments
        .iter()
        .filter(|attempt| {
            attempt.status == PaymentAttemptStatus::RequiresAction && !attempt.voiding
        })
        .map(|attempt| action_expires_at(attempt, policy))
        .min()
}

/// Returns when a failed refund is retried; `None` if nothing is left to refund.
fn refund_retry_at(order: &Order) -> Option<Timestamp> {
    let balance = order.balance();
    (balance.refundable() > 0 && balance.captures_pending == 0 && is_owed_final(order))
        .then(|| retry_at(order))
        .flatten()
}

/// Returns the instant `span` before `instant`, or `instant` if that cannot be represented.
fn earlier(instant: Timestamp, span: Duration) -> Timestamp {
    chrono::TimeDelta::from_std(span)
        .ok()
        .and_then(|delta| instant.checked_sub_signed(delta))
        .unwrap_or(instant)
}

/// Returns how long an extended reservation should last from `now` on: beyond the deadline, so that
/// the order expires first.
#[must_use]
pub fn reservation_extension(order: &Order, policy: &StorefrontPolicy, now: Timestamp) -> Duration {
    let remaining = order
        .deadline
        .map_or(Duration::ZERO, |deadline| between(now, deadline));
    remaining
        .saturating_add(policy.attempt_window.saturating_mul(2))
        .max(policy.reservation_ttl)
}
