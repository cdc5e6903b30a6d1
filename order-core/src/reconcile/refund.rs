//! Rules of refunds: what was captured and is not owed is refunded, with back-off after failures.

use crate::event::EventPayload;
use crate::money::Amount;
use crate::order::{Balance, Order, OrderStatus, RefundPurpose, RefundStatus};
use crate::time::{self, Timestamp};
use crate::transition::EventSink;
use crate::value::{Code, PaymentAttemptNo, RefundNo};
use std::time::Duration;

/// The back-off after the first failure of a refund; it doubles with every failure.
const INITIAL_BACKOFF: Duration = Duration::from_secs(60);
/// The longest back-off.
const MAX_BACKOFF: Duration = Duration::from_secs(6 * 60 * 60);

/// Refunds what was taken for units that came back, and what was captured beyond what is owed, through a
/// payment that has enough left.
pub(super) fn next(sink: &EventSink<'_>, balance: &Balance) -> Option<EventPayload> {
    let order = &sink.order;
    let (repayable, total) = (balance.repayable, balance.refundable());
    if total == 0 || balance.captures_pending > 0 || !is_owed_final(order) {
        return None;
    }
    let failures = failed_refunds(order);
    if let Some(reported) = report_stuck(sink, failures) {
        return Some(reported);
    }
    if retry_at(order).is_some_and(|at| sink.ctx.now < at) {
        return None;
    }
    let (attempt, left) = refundable(order)?;
    Some(EventPayload::RefundRequested {
        refund: next_refund(order),
        attempt,
        amount: Amount::saturating_from(left.min(if repayable > 0 { repayable } else { total })),
        purpose: if repayable > 0 {
            RefundPurpose::Return
        } else {
            RefundPurpose::Overpayment
        },
        lines: Vec::new(),
        reason: None,
    })
}

/// Returns whether what is owed is final: a revision that may still be reverted leaves it open.
pub(super) fn is_owed_final(order: &Order) -> bool {
    order.status.is_closed() || !order.revision_pending()
}

/// Reports a cancel whose refunds failed as often as the policy allows, once.
fn report_stuck(sink: &EventSink<'_>, failures: u32) -> Option<EventPayload> {
    let unreported = sink
        .order
        .cancellation
        .as_ref()
        .is_some_and(|cancellation| !cancellation.stuck);
    (unreported
        && sink.order.status == OrderStatus::Cancelling
        && failures >= sink.ctx.policy.stuck_after)
        .then(|| EventPayload::CompensationStuck {
            effect: Code::literal("refund_payment"),
        })
}

/// Counts the failed refunds, except those that were requested by command.
fn failed_refunds(order: &Order) -> u32 {
    let count = order
        .refunds
        .iter()
        .filter(|refund| refund.status == RefundStatus::Failed && !refund.is_by_command())
        .count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Returns when a failed refund is retried, with exponential back-off; `None` if none has failed.
pub(super) fn retry_at(order: &Order) -> Option<Timestamp> {
    let failed_at = order
        .refunds
        .iter()
        .filter(|refund| refund.status == RefundStatus::Failed && !refund.is_by_command())
        .map(|refund| refund.updated_at)
        .max()?;
    let doublings = failed_refunds(order).saturating_sub(1).min(16);
    let backoff = INITIAL_BACKOFF
        .saturating_mul(1 << doublings)
        .min(MAX_BACKOFF);
    Some(time::after(failed_at, backoff))
}

/// Returns the newest payment that has captured money left to refund, with that amount in minor units.
pub(crate) fn refundable(order: &Order) -> Option<(PaymentAttemptNo, i128)> {
    order
        .payments
        .iter()
        .rev()
        .map(|attempt| {
            let refunded: i128 = order
                .refunds
                .iter()
                .filter(|refund| {
                    refund.attempt == attempt.no && refund.status != RefundStatus::Failed
                })
                .map(|refund| i128::from(refund.amount.minor()))
                .sum();
            (attempt.no, attempt.captured_sum() - refunded)
        })
        .find(|(_, left)| *left > 0)
}

/// Returns the next free refund number.
pub(crate) fn next_refund(order: &Order) -> RefundNo {
    order
        .refunds
        .last()
        .map_or(RefundNo::FIRST, |refund| refund.no.next())
}
