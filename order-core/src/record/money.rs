//! What the payment provider reports.

use super::{late, late_if_closed};
use crate::draft::Draft;
use crate::event::Happening;
use crate::fact::{CaptureRef, Fact, FactKind};
use crate::money::Amount;
use crate::order::{AttemptState, Capture, CaptureState, PaymentAttempt, Refund, RefundState};
use crate::value::{AttemptNo, CaptureNo, ProviderId, RefundNo};

pub(super) fn record(draft: &mut Draft<'_>, fact: &Fact) {
    let kind = fact.kind();
    match fact {
        Fact::AttemptDispatched { attempt } => {
            let attempt = *attempt;
            if state(draft, attempt) == Some(AttemptState::Created) {
                draft.emit(Happening::AttemptDispatched { attempt });
            }
        }
        Fact::PaymentActionRequired {
            attempt,
            provider_id,
        } => match state(draft, *attempt) {
            Some(AttemptState::Created | AttemptState::Dispatched | AttemptState::Unknown) => {
                late_if_closed(draft, kind);
                draft.emit(Happening::PaymentActionRequired {
                    attempt: *attempt,
                    provider_id: provider_id.clone(),
                });
            }
            Some(_) => {}
            None => late(draft, kind),
        },
        Fact::PaymentAuthorized {
            attempt,
            provider_id,
            amount,
        } => match state(draft, *attempt) {
            Some(AttemptState::Authorized | AttemptState::Captured) => {}
            // An authorization that has ended does not come back: a report out of turn.
            Some(AttemptState::Voided | AttemptState::Expired)
                if was_authorized(draft, *attempt) =>
            {
                late(draft, kind);
            }
            Some(_) => {
                late_if_closed(draft, kind);
                draft.emit(Happening::PaymentAuthorized {
                    attempt: *attempt,
                    provider_id: provider_id.clone(),
                    amount: amount.at_least_zero(),
                });
            }
            None => late(draft, kind),
        },
        Fact::PaymentCaptured {
            attempt,
            capture,
            provider_id,
            amount,
        } => captured(
            draft,
            *attempt,
            capture,
            provider_id.as_ref(),
            amount.at_least_zero(),
        ),
        Fact::PaymentDeclined { attempt, code } => match state(draft, *attempt) {
            Some(
                AttemptState::Created
                | AttemptState::Dispatched
                | AttemptState::RequiresAction
                | AttemptState::Unknown,
            ) => draft.emit(Happening::PaymentDeclined {
                attempt: *attempt,
                code: code.clone(),
            }),
            Some(AttemptState::Declined) => {}
            // A payment that was made cannot have been declined: a report out of turn.
            Some(_) | None => late(draft, kind),
        },
        Fact::PaymentUnknown { attempt } => {
            if let Some(AttemptState::Created | AttemptState::Dispatched) = state(draft, *attempt) {
                draft.emit(Happening::PaymentUnknown { attempt: *attempt });
            }
        }
        Fact::PaymentVoided { attempt } => authorization_ended(
            draft,
            *attempt,
            kind,
            Happening::PaymentVoided { attempt: *attempt },
        ),
        Fact::AuthorizationExpired { attempt } => authorization_ended(
            draft,
            *attempt,
            kind,
            Happening::AuthorizationExpired { attempt: *attempt },
        ),
        Fact::PaymentNotFound { attempt } => {
            let attempt = *attempt;
            if draft
                .order
                .payment(attempt)
                .is_some_and(PaymentAttempt::is_open)
            {
                draft.emit(Happening::AttemptAbandoned { attempt });
            }
        }
        Fact::CaptureFailed {
            attempt,
            capture,
            code,
        } => {
            if in_flight(draft, *attempt, *capture) {
                draft.emit(Happening::CaptureFailed {
                    attempt: *attempt,
                    capture: *capture,
                    code: code.clone(),
                });
            }
        }
        Fact::CaptureUnknown { attempt, capture } => {
            let asked = draft
                .order
                .payment(*attempt)
                .and_then(|attempt| attempt.capture_with(*capture))
                .is_some_and(|capture| capture.state == CaptureState::Requested);
            if asked {
                draft.emit(Happening::CaptureUnknown {
                    attempt: *attempt,
                    capture: *capture,
                });
            }
        }
        Fact::RefundDispatched { refund } => {
            if refund_state(draft, *refund) == Some(RefundState::Requested) {
                draft.emit(Happening::RefundDispatched { refund: *refund });
            }
        }
        Fact::RefundSucceeded {
            refund,
            provider_id,
        } => match refund_state(draft, *refund) {
            Some(RefundState::Succeeded) => {}
            Some(_) => draft.emit(Happening::RefundSucceeded {
                refund: *refund,
                provider_id: provider_id.clone(),
            }),
            None => late(draft, kind),
        },
        Fact::RefundFailed { refund, code } => match refund_state(draft, *refund) {
            Some(RefundState::Requested | RefundState::Dispatched | RefundState::Unknown) => {
                draft.emit(Happening::RefundFailed {
                    refund: *refund,
                    code: code.clone(),
                });
            }
            Some(RefundState::Failed) => {}
            Some(RefundState::Succeeded) | None => late(draft, kind),
        },
        Fact::RefundUnknown { refund } => {
            if let Some(RefundState::Requested | RefundState::Dispatched) =
                refund_state(draft, *refund)
            {
                draft.emit(Happening::RefundUnknown { refund: *refund });
            }
        }
        _ => {}
    }
}

fn state(draft: &Draft<'_>, attempt: AttemptNo) -> Option<AttemptState> {
    draft.order.payment(attempt).map(|attempt| attempt.state)
}

fn was_authorized(draft: &Draft<'_>, attempt: AttemptNo) -> bool {
    draft
        .order
        .payment(attempt)
        .is_some_and(|attempt| attempt.authorized.is_positive())
}

fn refund_state(draft: &Draft<'_>, refund: RefundNo) -> Option<RefundState> {
    draft
        .order
        .refund(refund)
        .map(|refund: &Refund| refund.state)
}

fn in_flight(draft: &Draft<'_>, attempt: AttemptNo, capture: CaptureNo) -> bool {
    draft
        .order
        .payment(attempt)
        .and_then(|attempt| attempt.capture_with(capture))
        .is_some_and(Capture::is_in_flight)
}

/// What was authorized and not captured is gone.
fn authorization_ended(
    draft: &mut Draft<'_>,
    attempt: AttemptNo,
    kind: FactKind,
    happening: Happening,
) {
    match state(draft, attempt) {
        Some(
            AttemptState::Created
            | AttemptState::Dispatched
            | AttemptState::RequiresAction
            | AttemptState::Unknown
            | AttemptState::Authorized,
        ) => draft.emit(happening),
        Some(AttemptState::Voided | AttemptState::Expired | AttemptState::Declined) => {}
        // All of it was captured before: there was nothing left to end.
        Some(AttemptState::Captured) | None => late(draft, kind),
    }
}

/// An amount was taken. The same capture is counted once, however often and by whom it is told.
fn captured(
    draft: &mut Draft<'_>,
    no: AttemptNo,
    which: &CaptureRef,
    provider_id: Option<&ProviderId>,
    amount: Amount,
) {
    let Some(attempt) = draft.order.payment(no) else {
        late(draft, FactKind::PaymentCaptured);
        return;
    };
    if !amount.is_positive() {
        return;
    }
    let Some((capture, external)) = identify(attempt, which, amount) else {
        return;
    };
    late_if_closed(draft, FactKind::PaymentCaptured);
    draft.emit(Happening::PaymentCaptured {
        attempt: no,
        capture,
        external,
        provider_id: provider_id.cloned(),
        amount,
    });
}

/// Which capture a report is about; none if that one is counted already.
///
/// A report that names the payment alone is about the capture under way of the same amount, if
/// there is one; else about one counted already of the same amount; else about a new one.
fn identify(
    attempt: &PaymentAttempt,
    which: &CaptureRef,
    amount: Amount,
) -> Option<(CaptureNo, Option<ProviderId>)> {
    let new = attempt.next_capture();
    match which {
        CaptureRef::Ours(no) => match attempt.capture_with(*no) {
            Some(capture) if capture.state == CaptureState::Succeeded => None,
            Some(_) | None => Some((*no, None)),
        },
        CaptureRef::Theirs(id) => {
            let known = attempt
                .captures
                .iter()
                .any(|capture| capture.external.as_ref() == Some(id));
            (!known).then(|| (new, Some(id.clone())))
        }
        CaptureRef::AtOnce => {
            let alike = |state: fn(&Capture) -> bool| {
                attempt
                    .captures
                    .iter()
                    .find(|capture| capture.amount == amount && state(capture))
            };
            if let Some(capture) = alike(Capture::is_in_flight) {
                return Some((capture.no, None));
            }
            let counted = alike(|capture| capture.state == CaptureState::Succeeded).is_some();
            (!counted).then_some((new, None))
        }
    }
}
