//! Rules of payments: what is due is charged, what shipped is captured, what is authorized and not
//! needed is voided, what was captured and is not owed is refunded.

use super::refund::{self, is_owed_final};
use super::stock;
use crate::event::EventPayload;
use crate::money::Amount;
use crate::order::{
    Balance, CaptureMethod, Order, OrderStatus, PaymentAttempt, PaymentAttemptStatus,
};
use crate::policy::{PaymentPolicy, StorefrontPolicy};
use crate::time::{self, Timestamp};
use crate::transition::EventSink;
use crate::value::PaymentAttemptNo;

/// Returns the next event about payments or refunds, if one is due.
pub(super) fn next(sink: &EventSink<'_>) -> Option<EventPayload> {
    let balance = sink.order.balance();
    abandon(sink)
        .or_else(|| void(sink, &balance))
        .or_else(|| refund::next(sink, &balance))
        .or_else(|| capture(sink, &balance))
        .or_else(|| start_attempt(sink, &balance))
}

/// Abandons an attempt that was never sent, once the order is closed.
fn abandon(sink: &EventSink<'_>) -> Option<EventPayload> {
    let order = &sink.order;
    if !order.status.is_closed() {
        return None;
    }
    order
        .payments
        .iter()
        .find(|attempt| attempt.status == PaymentAttemptStatus::Created)
        .map(|attempt| EventPayload::AttemptAbandoned {
            attempt: attempt.no,
        })
}

/// Voids an authorization that is not needed.
fn void(sink: &EventSink<'_>, balance: &Balance) -> Option<EventPayload> {
    let order = &sink.order;
    // Authorizations that are being voided already do not count as spare again.
    let voiding: i128 = order
        .payments
        .iter()
        .filter(|attempt| attempt.voiding)
        .map(PaymentAttempt::uncaptured_sum)
        .sum();
    // Money that is to be paid back covers nothing.
    let spare =
        balance.authorized - voiding + balance.net_captured() - balance.repayable - balance.owed;
    let owed_is_final = is_owed_final(order);
    order
        .payments
        .iter()
        .filter(|attempt| !attempt.voiding && !attempt.is_capturing())
        .find(|attempt| match attempt.status {
            PaymentAttemptStatus::RequiresAction => {
                order.status.is_closed()
                    || sink.ctx.now >= action_expires_at(attempt, sink.ctx.policy)
            }
            PaymentAttemptStatus::Authorized => {
                let open = attempt.uncaptured_sum();
                order.status.is_closed()
                    || order.status == OrderStatus::Completed
                    || (spare >= open && owed_is_final)
            }
            PaymentAttemptStatus::Created
            | PaymentAttemptStatus::Dispatched
            | PaymentAttemptStatus::Captured
            | PaymentAttemptStatus::Declined
            | PaymentAttemptStatus::Unknown
            | PaymentAttemptStatus::Voided
            | PaymentAttemptStatus::Expired => false,
        })
        .map(|attempt| EventPayload::VoidRequested {
            attempt: attempt.no,
        })
}

/// Returns when the time for the customer to act ends.
pub(super) fn action_expires_at(attempt: &PaymentAttempt, policy: &StorefrontPolicy) -> Timestamp {
    time::after(attempt.started_at, policy.attempt_window)
}

/// Returns whether the order is paid or authorized as far as the policy requires before release.
pub(crate) fn is_paid_first(order: &Order, policy: PaymentPolicy) -> bool {
    let balance = order.balance();
    match policy {
        PaymentPolicy::Invoice => true,
        PaymentPolicy::CaptureOnShip => balance.due() == 0,
        PaymentPolicy::CaptureOnConfirm => balance.unpaid() == 0,
    }
}

/// Captures what the policy requires to be captured by now.
fn capture(sink: &EventSink<'_>, balance: &Balance) -> Option<EventPayload> {
    let order = &sink.order;
    if order.status != OrderStatus::Processing && order.status != OrderStatus::Confirmed {
        return None;
    }
    let wanted = match sink.ctx.policy.payment {
        // A credit reduces what is captured for other units that ship later.
        PaymentPolicy::CaptureOnShip => order.valuation().shipped() - balance.credited,
        PaymentPolicy::CaptureOnConfirm | PaymentPolicy::Invoice => balance.owed,
    };
    let missing = wanted - balance.net_captured() - balance.captures_pending;
    if missing <= 0 {
        return None;
    }
    order
        .payments
        .iter()
        .filter(|attempt| !attempt.capture_failed())
        .find(|attempt| attempt.capturable().is_positive())
        .map(|attempt| EventPayload::CaptureRequested {
            attempt: attempt.no,
            capture: attempt.next_capture(),
            amount: attempt.capturable().min(Amount::saturating_from(missing)),
        })
}

/// Starts an attempt for what is due, if there is a payment method that was not used yet.
fn start_attempt(sink: &EventSink<'_>, balance: &Balance) -> Option<EventPayload> {
    let order = &sink.order;
    let wanted = order.payment_method_ready
        && order.personal.payment_token.is_some()
        && balance.due() > 0
        && !order.is_held()
        && !order.revision_pending()
        && !order.has_open_attempt()
        && may_attempt(order, sink.ctx.policy);
    if !wanted {
        return None;
    }
    let ready = match order.status {
        OrderStatus::Confirmed => stock::covers_target(order) && stock::outlasts_attempt(sink),
        OrderStatus::Processing => true,
        OrderStatus::Pending
        | OrderStatus::Completed
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled
        | OrderStatus::Rejected
        | OrderStatus::Expired => false,
    };
    ready.then(|| attempt_of(sink, Amount::saturating_from(balance.due())))
}

/// Returns whether the policy allows one more attempt.
pub(crate) fn may_attempt(order: &Order, policy: &StorefrontPolicy) -> bool {
    u32::try_from(order.payments.len()).is_ok_and(|made| made < policy.max_attempts)
}

/// Returns the event that starts a payment attempt for this amount.
pub(crate) fn attempt_of(sink: &EventSink<'_>, amount: Amount) -> EventPayload {
    EventPayload::AttemptStarted {
        attempt: sink
            .order
            .payments
            .last()
            .map_or(PaymentAttemptNo::FIRST, |attempt| attempt.no.next()),
        amount,
        capture_method: match sink.ctx.policy.payment {
            PaymentPolicy::CaptureOnShip => CaptureMethod::Manual,
            PaymentPolicy::CaptureOnConfirm | PaymentPolicy::Invoice => CaptureMethod::Automatic,
        },
    }
}
