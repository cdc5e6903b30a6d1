//! What the payment provider reports.

use super::late::{late, late_if_closed};
use crate::event::EventPayload;
use crate::fact::{CaptureRef, Fact, FactKind};
use crate::money::Amount;
use crate::order::{
    Capture, CaptureStatus, PaymentAttempt, PaymentAttemptStatus, Refund, RefundStatus,
};
use crate::transition::EventSink;
use crate::value::{CaptureNo, PaymentAttemptNo, ProviderId, RefundNo};

/// Records a fact about a payment or refund; ignores other facts.
pub(super) fn record(sink: &mut EventSink<'_>, fact: &Fact) {
    let kind = fact.kind();
    match fact {
        Fact::AttemptDispatched { attempt } => {
            let attempt = *attempt;
            if status(sink, attempt) == Some(PaymentAttemptStatus::Created) {
                sink.emit(EventPayload::AttemptDispatched { attempt });
            }
        }
        Fact::PaymentActionRequired {
            attempt,
            provider_id,
        } => match status(sink, *attempt) {
            Some(
                PaymentAttemptStatus::Created
                | PaymentAttemptStatus::Dispatched
                | PaymentAttemptStatus::Unknown,
            ) => {
                late_if_closed(sink, kind);
                sink.emit(EventPayload::PaymentActionRequired {
                    attempt: *attempt,
                    provider_id: provider_id.clone(),
                });
            }
            Some(_) => {}
            None => late(sink, kind),
        },
        Fact::PaymentAuthorized {
            attempt,
            provider_id,
            amount,
        } => match status(sink, *attempt) {
            Some(PaymentAttemptStatus::Authorized | PaymentAttemptStatus::Captured) => {}
            // An ended authorization cannot become active again: the report is out of order.
            Some(PaymentAttemptStatus::Voided | PaymentAttemptStatus::Expired)
                if was_authorized(sink, *attempt) =>
            {
                late(sink, kind);
            }
            Some(_) => {
                late_if_closed(sink, kind);
                sink.emit(EventPayload::PaymentAuthorized {
                    attempt: *attempt,
                    provider_id: provider_id.clone(),
                    amount: amount.at_least_zero(),
                });
            }
            None => late(sink, kind),
        },
        Fact::PaymentCaptured {
            attempt,
            capture,
            provider_id,
            amount,
        } => captured(
            sink,
            *attempt,
            capture,
            provider_id.as_ref(),
            amount.at_least_zero(),
        ),
        Fact::PaymentDeclined { attempt, code } => match status(sink, *attempt) {
            Some(
                PaymentAttemptStatus::Created
                | PaymentAttemptStatus::Dispatched
                | PaymentAttemptStatus::RequiresAction
                | PaymentAttemptStatus::Unknown,
            ) => sink.emit(EventPayload::PaymentDeclined {
                attempt: *attempt,
                code: code.clone(),
            }),
            Some(PaymentAttemptStatus::Declined) => {}
            // A payment that succeeded cannot have been declined: the report is out of order.
            Some(_) | None => late(sink, kind),
        },
        Fact::PaymentUnknown { attempt } => {
            if let Some(PaymentAttemptStatus::Created | PaymentAttemptStatus::Dispatched) =
                status(sink, *attempt)
            {
                sink.emit(EventPayload::PaymentUnknown { attempt: *attempt });
            }
        }
        Fact::PaymentVoided { attempt } => authorization_ended(
            sink,
            *attempt,
            kind,
            EventPayload::PaymentVoided { attempt: *attempt },
        ),
        Fact::AuthorizationExpired { attempt } => authorization_ended(
            sink,
            *attempt,
            kind,
            EventPayload::AuthorizationExpired { attempt: *attempt },
        ),
        Fact::PaymentNotFound { attempt } => {
            let attempt = *attempt;
            if sink
                .order
                .payment(attempt)
                .is_some_and(PaymentAttempt::is_open)
            {
                sink.emit(EventPayload::AttemptAbandoned { attempt });
            }
        }
        Fact::CaptureFailed {
            attempt,
            capture,
            code,
        } => {
            if is_in_flight(sink, *attempt, *capture) {
                sink.emit(EventPayload::CaptureFailed {
                    attempt: *attempt,
                    capture: *capture,
                    code: code.clone(),
                });
            }
        }
        Fact::CaptureUnknown { attempt, capture } => {
            let requested = sink
                .order
                .payment(*attempt)
                .and_then(|attempt| attempt.capture_with(*capture))
                .is_some_and(|capture| capture.status == CaptureStatus::Requested);
            if requested {
                sink.emit(EventPayload::CaptureUnknown {
                    attempt: *attempt,
                    capture: *capture,
                });
            }
        }
        Fact::RefundDispatched { refund } => {
            if refund_status(sink, *refund) == Some(RefundStatus::Requested) {
                sink.emit(EventPayload::RefundDispatched { refund: *refund });
            }
        }
        Fact::RefundSucceeded {
            refund,
            provider_id,
        } => match refund_status(sink, *refund) {
            Some(RefundStatus::Succeeded) => {}
            Some(_) => sink.emit(EventPayload::RefundSucceeded {
                refund: *refund,
                provider_id: provider_id.clone(),
            }),
            None => late(sink, kind),
        },
        Fact::RefundFailed { refund, code } => match refund_status(sink, *refund) {
            Some(RefundStatus::Requested | RefundStatus::Dispatched | RefundStatus::Unknown) => {
                sink.emit(EventPayload::RefundFailed {
                    refund: *refund,
                    code: code.clone(),
                });
            }
            Some(RefundStatus::Failed) => {}
            Some(RefundStatus::Succeeded) | None => late(sink, kind),
        },
        Fact::RefundUnknown { refund } => {
            if let Some(RefundStatus::Requested | RefundStatus::Dispatched) =
                refund_status(sink, *refund)
            {
                sink.emit(EventPayload::RefundUnknown { refund: *refund });
            }
        }
        _ => {}
    }
}

fn status(sink: &EventSink<'_>, attempt: PaymentAttemptNo) -> Option<PaymentAttemptStatus> {
    sink.order.payment(attempt).map(|attempt| attempt.status)
}

fn was_authorized(sink: &EventSink<'_>, attempt: PaymentAttemptNo) -> bool {
    sink.order
        .payment(attempt)
        .is_some_and(|attempt| attempt.authorized.is_positive())
}

fn refund_status(sink: &EventSink<'_>, refund: RefundNo) -> Option<RefundStatus> {
    sink.order
        .refund(refund)
        .map(|refund: &Refund| refund.status)
}

fn is_in_flight(sink: &EventSink<'_>, attempt: PaymentAttemptNo, capture: CaptureNo) -> bool {
    sink.order
        .payment(attempt)
        .and_then(|attempt| attempt.capture_with(capture))
        .is_some_and(Capture::is_in_flight)
}

/// Ends the uncaptured rest of an authorization.
fn authorization_ended(
    sink: &mut EventSink<'_>,
    attempt: PaymentAttemptNo,
    kind: FactKind,
    payload: EventPayload,
) {
    match status(sink, attempt) {
        Some(
            PaymentAttemptStatus::Created
            | PaymentAttemptStatus::Dispatched
            | PaymentAttemptStatus::RequiresAction
            | PaymentAttemptStatus::Unknown
            | PaymentAttemptStatus::Authorized,
        ) => sink.emit(payload),
        Some(
            PaymentAttemptStatus::Voided
            | PaymentAttemptStatus::Expired
            | PaymentAttemptStatus::Declined,
        ) => {}
        // All of it was captured before: there is no authorization left to end.
        Some(PaymentAttemptStatus::Captured) | None => late(sink, kind),
    }
}

/// Records a capture. The same capture counts once, however often and by whomever it is reported.
fn captured(
    sink: &mut EventSink<'_>,
    no: PaymentAttemptNo,
    reference: &CaptureRef,
    provider_id: Option<&ProviderId>,
    amount: Amount,
) {
    let Some(attempt) = sink.order.payment(no) else {
        late(sink, FactKind::PaymentCaptured);
        return;
    };
    if !amount.is_positive() {
        return;
    }
    let Some((capture, external)) = identify(attempt, reference, amount) else {
        return;
    };
    late_if_closed(sink, FactKind::PaymentCaptured);
    sink.emit(EventPayload::PaymentCaptured {
        attempt: no,
        capture,
        external,
        provider_id: provider_id.cloned(),
        amount,
    });
}

/// Identifies the capture that a report is about; `None` if it is recorded already.
///
/// A report without a capture is matched by amount: with a capture in flight, else with one recorded
/// already, else it is a new one.
fn identify(
    attempt: &PaymentAttempt,
    reference: &CaptureRef,
    amount: Amount,
) -> Option<(CaptureNo, Option<ProviderId>)> {
    let new = attempt.next_capture();
    match reference {
        CaptureRef::Requested(no) => match attempt.capture_with(*no) {
            Some(capture) if capture.status == CaptureStatus::Succeeded => None,
            Some(_) | None => Some((*no, None)),
        },
        CaptureRef::External(id) => {
            let known = attempt
                .captures
                .iter()
                .any(|capture| capture.external.as_ref() == Some(id));
            (!known).then(|| (new, Some(id.clone())))
        }
        CaptureRef::Immediate => {
            let same_amount = |status: fn(&Capture) -> bool| {
                attempt
                    .captures
                    .iter()
                    .find(|capture| capture.amount == amount && status(capture))
            };
            if let Some(capture) = same_amount(Capture::is_in_flight) {
                return Some((capture.no, None));
            }
            let recorded =
                same_amount(|capture| capture.status == CaptureStatus::Succeeded).is_some();
            (!recorded).then_some((new, None))
        }
    }
}
