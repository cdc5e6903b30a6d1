//! Applies events about payments and refunds.

use crate::dependency::Dependency;
use crate::event::EventPayload;
use crate::money::Amount;
use crate::order::{
    Capture, CaptureStatus, Order, PaymentAttempt, PaymentAttemptStatus, Refund, RefundOffset,
    RefundStatus,
};
use crate::time::Timestamp;
use crate::value::{CaptureNo, PaymentAttemptNo, ProviderId, RefundNo};

impl Order {
    /// Applies an event about payments or refunds; ignores other events.
    pub(super) fn apply_payment(&mut self, payload: &EventPayload, at: Timestamp) {
        match payload {
            EventPayload::PaymentMethodChanged { personal } => {
                self.overlay(personal);
                self.payment_method_ready = true;
            }
            EventPayload::AttemptStarted {
                attempt,
                amount,
                capture_method,
            } => {
                self.payment_method_ready = false;
                self.payments.push(PaymentAttempt {
                    no: *attempt,
                    amount: *amount,
                    capture_method: *capture_method,
                    status: PaymentAttemptStatus::Created,
                    provider_id: None,
                    authorized: Amount::ZERO,
                    captures: Vec::new(),
                    decline_code: None,
                    voiding: false,
                    started_at: at,
                });
            }
            EventPayload::AttemptDispatched { attempt } => {
                self.set_attempt_status(*attempt, PaymentAttemptStatus::Dispatched);
            }
            EventPayload::AttemptAbandoned { attempt } => {
                self.set_attempt_status(*attempt, PaymentAttemptStatus::Voided);
            }
            EventPayload::PaymentActionRequired {
                attempt,
                provider_id,
            } => {
                self.set_provider_id(*attempt, provider_id.as_ref());
                self.set_attempt_status(*attempt, PaymentAttemptStatus::RequiresAction);
            }
            EventPayload::PaymentAuthorized {
                attempt,
                provider_id,
                amount,
            } => {
                self.set_provider_id(*attempt, provider_id.as_ref());
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    if !attempt.is_open() {
                        attempt.voiding = false;
                    }
                    attempt.authorized = *amount;
                    attempt.status = PaymentAttemptStatus::Authorized;
                }
            }
            EventPayload::PaymentCaptured {
                attempt,
                capture,
                external,
                provider_id,
                amount,
            } => {
                self.set_provider_id(*attempt, provider_id.as_ref());
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    attempt.record_capture(*capture, external.clone(), *amount);
                }
            }
            EventPayload::PaymentDeclined { attempt, code } => {
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    attempt.decline_code = Some(code.clone());
                }
                self.set_attempt_status(*attempt, PaymentAttemptStatus::Declined);
            }
            EventPayload::PaymentUnknown { attempt } => {
                self.set_attempt_status(*attempt, PaymentAttemptStatus::Unknown);
            }
            EventPayload::AuthorizationExpired { attempt } => {
                self.end_authorization(*attempt, PaymentAttemptStatus::Expired);
            }
            EventPayload::PaymentVoided { attempt } => {
                self.end_authorization(*attempt, PaymentAttemptStatus::Voided);
            }
            EventPayload::VoidRequested { attempt } => {
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    attempt.voiding = true;
                }
            }
            EventPayload::CaptureRequested {
                attempt,
                capture,
                amount,
            } => {
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    attempt.captures.push(Capture {
                        no: *capture,
                        amount: *amount,
                        status: CaptureStatus::Requested,
                        external: None,
                        failure: None,
                    });
                }
            }
            EventPayload::CaptureFailed {
                attempt,
                capture,
                code,
            } => {
                if let Some(capture) = self.capture_mut(*attempt, *capture) {
                    capture.status = CaptureStatus::Failed;
                    capture.failure = Some(code.clone());
                }
            }
            EventPayload::CaptureUnknown { attempt, capture } => {
                if let Some(capture) = self.capture_mut(*attempt, *capture) {
                    capture.status = CaptureStatus::Unknown;
                }
            }
            EventPayload::RefundRequested {
                refund,
                attempt,
                amount,
                purpose,
                lines,
                reason,
            } => self.refunds.push(Refund {
                no: *refund,
                attempt: *attempt,
                amount: *amount,
                purpose: *purpose,
                lines: lines.clone(),
                offset: Amount::ZERO,
                reason: reason.clone(),
                status: RefundStatus::Requested,
                provider_id: None,
                failure: None,
                requested_at: at,
                updated_at: at,
            }),
            EventPayload::RefundDispatched { refund } => {
                self.set_refund_status(*refund, RefundStatus::Dispatched, at);
            }
            EventPayload::RefundSucceeded {
                refund,
                provider_id,
            } => {
                self.set_refund_status(*refund, RefundStatus::Succeeded, at);
                if let Some(refund) = self.refunds.iter_mut().find(|one| one.no == *refund) {
                    refund.provider_id.clone_from(provider_id);
                }
            }
            EventPayload::RefundFailed { refund, code } => {
                self.set_refund_status(*refund, RefundStatus::Failed, at);
                if let Some(refund) = self.refunds.iter_mut().find(|one| one.no == *refund) {
                    refund.failure = Some(code.clone());
                }
            }
            EventPayload::RefundUnknown { refund } => {
                self.set_refund_status(*refund, RefundStatus::Unknown, at);
            }
            _ => {}
        }
    }

    fn attempt_mut(&mut self, no: PaymentAttemptNo) -> Option<&mut PaymentAttempt> {
        self.payments.iter_mut().find(|attempt| attempt.no == no)
    }

    fn set_attempt_status(&mut self, no: PaymentAttemptNo, status: PaymentAttemptStatus) {
        if let Some(attempt) = self.attempt_mut(no) {
            attempt.status = status;
        }
        if status != PaymentAttemptStatus::Dispatched {
            self.pending_on.remove(&Dependency::Payments);
        }
    }

    fn set_provider_id(&mut self, no: PaymentAttemptNo, id: Option<&ProviderId>) {
        self.pending_on.remove(&Dependency::Payments);
        if let (Some(attempt), Some(id)) = (self.attempt_mut(no), id) {
            attempt.provider_id = Some(id.clone());
        }
    }

    /// Ends the uncaptured rest of an authorization; what was captured stays.
    fn end_authorization(&mut self, no: PaymentAttemptNo, status: PaymentAttemptStatus) {
        if let Some(attempt) = self.attempt_mut(no) {
            attempt.voiding = false;
            let captured = attempt.captured();
            if captured.is_positive() {
                attempt.authorized = captured;
                attempt.status = PaymentAttemptStatus::Captured;
            } else {
                attempt.status = status;
            }
        }
    }

    fn capture_mut(&mut self, attempt: PaymentAttemptNo, no: CaptureNo) -> Option<&mut Capture> {
        self.attempt_mut(attempt)?
            .captures
            .iter_mut()
            .find(|capture| capture.no == no)
    }

    /// Adds to the offset parts of these refunds.
    pub(super) fn offset_refunds(&mut self, offsets: &[RefundOffset]) {
        for one in offsets {
            let refund = self
                .refunds
                .iter_mut()
                .find(|refund| refund.no == one.refund);
            if let Some(refund) = refund {
                let sum = i128::from(refund.offset.minor()) + i128::from(one.amount.minor());
                refund.offset = Amount::saturating_from(sum);
            }
        }
    }

    fn set_refund_status(&mut self, no: RefundNo, status: RefundStatus, at: Timestamp) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.no == no) {
            refund.status = status;
            refund.updated_at = at;
        }
    }
}

impl PaymentAttempt {
    fn record_capture(&mut self, no: CaptureNo, external: Option<ProviderId>, amount: Amount) {
        let succeeded = Capture {
            no,
            amount,
            status: CaptureStatus::Succeeded,
            external,
            failure: None,
        };
        match self.captures.iter_mut().find(|capture| capture.no == no) {
            Some(capture) => *capture = succeeded,
            None => self.captures.push(succeeded),
        }
        let captured = self.captured();
        let is_complete =
            self.status != PaymentAttemptStatus::Authorized || captured >= self.authorized;
        if is_complete {
            self.authorized = captured;
            self.status = PaymentAttemptStatus::Captured;
            self.voiding = false;
        }
    }
}
