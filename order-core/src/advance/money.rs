//! Money as it should be: what is due is paid, what was shipped is captured, what is not owed goes
//! back, what is not needed is not kept authorized.

use super::stock;
use crate::draft::Draft;
use crate::event::Happening;
use crate::money::Amount;
use crate::order::{
    AttemptState, Ledger, Order, OrderStatus, PaymentAttempt, RefundPurpose, RefundState,
    ReturnState,
};
use crate::policy::{PaymentPolicy, Policies};
use crate::time::{self, Timestamp};
use crate::value::{AttemptNo, Code, RefundNo};
use std::time::Duration;

/// The first wait before a failed refund is tried again; it doubles with every failure.
const REFUND_RETRY: Duration = Duration::from_secs(60);
/// The longest such wait.
const REFUND_RETRY_MAX: Duration = Duration::from_secs(6 * 60 * 60);

pub(super) fn next(draft: &Draft<'_>) -> Option<Happening> {
    let ledger = draft.order.ledger();
    abandon(draft)
        .or_else(|| void(draft, &ledger))
        .or_else(|| refund(draft, &ledger))
        .or_else(|| capture(draft, &ledger))
        .or_else(|| pay(draft, &ledger))
}

/// An attempt that was never sent is dropped when the order will not go on.
fn abandon(draft: &Draft<'_>) -> Option<Happening> {
    let order = &draft.order;
    if !order.status.is_closed() {
        return None;
    }
    order
        .payments
        .iter()
        .find(|attempt| attempt.state == AttemptState::Created)
        .map(|attempt| Happening::AttemptAbandoned {
            attempt: attempt.no,
        })
}

/// What is authorized and not needed is given back.
fn void(draft: &Draft<'_>, ledger: &Ledger) -> Option<Happening> {
    let order = &draft.order;
    // What goes back already is not to spare once more.
    let going_back: i128 = order
        .payments
        .iter()
        .filter(|attempt| attempt.voiding)
        .map(PaymentAttempt::uncaptured_sum)
        .sum();
    let spare = ledger.authorized - going_back + ledger.kept() - ledger.owed;
    let certain = is_owed_for_certain(order);
    order
        .payments
        .iter()
        .filter(|attempt| !attempt.voiding && !attempt.is_capturing())
        .find(|attempt| match attempt.state {
            AttemptState::RequiresAction => {
                order.status.is_closed()
                    || draft.ctx.now >= action_ends(attempt, draft.ctx.policies)
            }
            AttemptState::Authorized => {
                let open = attempt.uncaptured_sum();
                order.status.is_closed()
                    || order.status == OrderStatus::Completed
                    || (attempt.captures.is_empty() && spare >= open && certain)
            }
            AttemptState::Created
            | AttemptState::Dispatched
            | AttemptState::Captured
            | AttemptState::Declined
            | AttemptState::Unknown
            | AttemptState::Voided
            | AttemptState::Expired => false,
        })
        .map(|attempt| Happening::VoidRequested {
            attempt: attempt.no,
        })
}

/// When a customer who has to act has had long enough.
pub(super) fn action_ends(attempt: &PaymentAttempt, policies: &Policies) -> Timestamp {
    time::after(attempt.started_at, policies.attempt_window)
}

/// What was captured beyond what is owed goes back, through a payment that has it.
fn refund(draft: &Draft<'_>, ledger: &Ledger) -> Option<Happening> {
    let order = &draft.order;
    let overpaid = ledger.overpaid();
    if overpaid == 0 || ledger.capturing > 0 || !is_owed_for_certain(order) {
        return None;
    }
    let failures = failed_refunds(order);
    if let Some(stuck) = stuck(draft, failures) {
        return Some(stuck);
    }
    if refund_retry_at(order).is_some_and(|at| draft.ctx.now < at) {
        return None;
    }
    let (attempt, there) = refundable(order)?;
    Some(Happening::RefundRequested {
        refund: next_refund(order),
        attempt,
        amount: Amount::saturating_from(overpaid.min(there)),
        purpose: if order
            .returns
            .iter()
            .any(|one| one.state == ReturnState::Received)
        {
            RefundPurpose::Return
        } else {
            RefundPurpose::Overpayment
        },
        reason: None,
    })
}

/// A revision that may yet be reverted does not say what is owed.
pub(super) fn is_owed_for_certain(order: &Order) -> bool {
    order.status.is_closed() || !order.revision_pending()
}

fn stuck(draft: &Draft<'_>, failures: u32) -> Option<Happening> {
    let new = draft
        .order
        .cancellation
        .as_ref()
        .is_some_and(|cancellation| !cancellation.stuck);
    (new && draft.order.status == OrderStatus::Cancelling
        && failures >= draft.ctx.policies.stuck_after)
        .then(|| Code::parse("refund_payment").ok())
        .flatten()
        .map(|effect| Happening::CompensationStuck { effect })
}

/// Refunds that followed by themselves and have failed.
fn failed_refunds(order: &Order) -> u32 {
    let count = order
        .refunds
        .iter()
        .filter(|refund| {
            refund.state == RefundState::Failed && refund.purpose != RefundPurpose::Goodwill
        })
        .count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// When a refund may be tried again that followed by itself and failed; none if none has.
pub(super) fn refund_retry_at(order: &Order) -> Option<Timestamp> {
    let failed_at = order
        .refunds
        .iter()
        .filter(|refund| {
            refund.state == RefundState::Failed && refund.purpose != RefundPurpose::Goodwill
        })
        .map(|refund| refund.updated_at)
        .max()?;
    let doublings = failed_refunds(order).saturating_sub(1).min(16);
    let wait = REFUND_RETRY
        .saturating_mul(1 << doublings)
        .min(REFUND_RETRY_MAX);
    Some(time::after(failed_at, wait))
}

/// The newest payment from which money can go back, and how much.
pub(crate) fn refundable(order: &Order) -> Option<(AttemptNo, i128)> {
    order
        .payments
        .iter()
        .rev()
        .map(|attempt| {
            let gone: i128 = order
                .refunds
                .iter()
                .filter(|refund| {
                    refund.attempt == attempt.no && refund.state != RefundState::Failed
                })
                .map(|refund| i128::from(refund.amount.minor()))
                .sum();
            (attempt.no, attempt.captured_sum() - gone)
        })
        .find(|(_, there)| *there > 0)
}

pub(crate) fn next_refund(order: &Order) -> RefundNo {
    order
        .refunds
        .last()
        .map_or(RefundNo::FIRST, |refund| refund.no.next())
}

/// What the policy wants captured by now is captured.
fn capture(draft: &Draft<'_>, ledger: &Ledger) -> Option<Happening> {
    let order = &draft.order;
    if order.status != OrderStatus::Processing && order.status != OrderStatus::Confirmed {
        return None;
    }
    let wanted = match draft.ctx.policies.payment {
        // What was credited is not taken again for other units that were shipped.
        PaymentPolicy::CaptureOnShip => {
            let credited = order.total_sum() - ledger.owed;
            (order.shipped_sum() - credited).max(0)
        }
        PaymentPolicy::CaptureOnConfirm | PaymentPolicy::Invoice => ledger.owed,
    };
    let missing = wanted - ledger.kept() - ledger.capturing;
    if missing <= 0 {
        return None;
    }
    order
        .payments
        .iter()
        .filter(|attempt| !attempt.capture_failed())
        .find(|attempt| attempt.capturable().is_positive())
        .map(|attempt| Happening::CaptureRequested {
            attempt: attempt.no,
            capture: attempt.next_capture(),
            amount: attempt.capturable().min(Amount::saturating_from(missing)),
        })
}

/// What is due is charged to a payment method that was not tried yet.
fn pay(draft: &Draft<'_>, ledger: &Ledger) -> Option<Happening> {
    let order = &draft.order;
    let wanted = order.payment_method_ready
        && order.personal.payment_token.is_some()
        && ledger.due() > 0
        && !order.is_held()
        && !order.revision_pending()
        && !order.has_open_attempt()
        && may_attempt(order, draft.ctx.policies);
    if !wanted {
        return None;
    }
    let ready = match order.status {
        OrderStatus::Confirmed => stock::covers_target(order) && stock::outlasts_attempt(draft),
        OrderStatus::Processing => true,
        OrderStatus::Pending
        | OrderStatus::Completed
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled
        | OrderStatus::Rejected
        | OrderStatus::Expired => false,
    };
    ready.then(|| attempt_of(draft, Amount::saturating_from(ledger.due())))
}

/// Whether one more attempt is allowed.
pub(crate) fn may_attempt(order: &Order, policies: &Policies) -> bool {
    u32::try_from(order.payments.len()).is_ok_and(|made| made < policies.max_attempts)
}

/// The start of a payment attempt for this amount.
pub(crate) fn attempt_of(draft: &Draft<'_>, amount: Amount) -> Happening {
    Happening::AttemptStarted {
        attempt: draft
            .order
            .payments
            .last()
            .map_or(AttemptNo::FIRST, |attempt| attempt.no.next()),
        amount,
        capture: match draft.ctx.policies.payment {
            PaymentPolicy::CaptureOnShip => false,
            PaymentPolicy::CaptureOnConfirm | PaymentPolicy::Invoice => true,
        },
    }
}
