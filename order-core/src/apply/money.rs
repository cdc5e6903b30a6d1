//! What an event about money makes of an order.

use crate::event::Happening;
use crate::money::Amount;
use crate::order::{
    AttemptState, Capture, CaptureState, Order, PaymentAttempt, Refund, RefundState,
};
use crate::policy::Dependency;
use crate::time::Timestamp;
use crate::value::{AttemptNo, CaptureNo, ProviderId, RefundNo};

impl Order {
    pub(super) fn take_in_money(&mut self, happening: &Happening, at: Timestamp) {
        match happening {
            Happening::PaymentMethodChanged { personal } => {
                self.overlay(personal);
                self.payment_method_ready = true;
            }
            Happening::AttemptStarted {
                attempt,
                amount,
                capture,
            } => {
                self.payment_method_ready = false;
                self.payments.push(PaymentAttempt {
                    no: *attempt,
                    amount: *amount,
                    capture: *capture,
                    state: AttemptState::Created,
                    provider_id: None,
                    authorized: Amount::ZERO,
                    captures: Vec::new(),
                    decline_code: None,
                    voiding: false,
                    started_at: at,
                });
            }
            Happening::AttemptDispatched { attempt } => {
                self.attempt_is(*attempt, AttemptState::Dispatched);
            }
            Happening::AttemptAbandoned { attempt } => {
                self.attempt_is(*attempt, AttemptState::Voided);
            }
            Happening::PaymentActionRequired {
                attempt,
                provider_id,
            } => {
                self.known_at_provider(*attempt, provider_id.as_ref());
                self.attempt_is(*attempt, AttemptState::RequiresAction);
            }
            Happening::PaymentAuthorized {
                attempt,
                provider_id,
                amount,
            } => {
                self.known_at_provider(*attempt, provider_id.as_ref());
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    if !attempt.is_open() {
                        attempt.voiding = false;
                    }
                    attempt.authorized = *amount;
                    attempt.state = AttemptState::Authorized;
                }
            }
            Happening::PaymentCaptured {
                attempt,
                capture,
                external,
                provider_id,
                amount,
            } => {
                self.known_at_provider(*attempt, provider_id.as_ref());
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    attempt.capture_succeeded(*capture, external.clone(), *amount);
                }
            }
            Happening::PaymentDeclined { attempt, code } => {
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    attempt.decline_code = Some(code.clone());
                }
                self.attempt_is(*attempt, AttemptState::Declined);
            }
            Happening::PaymentUnknown { attempt } => {
                self.attempt_is(*attempt, AttemptState::Unknown);
            }
            Happening::AuthorizationExpired { attempt } => {
                self.authorization_ended(*attempt, AttemptState::Expired);
            }
            Happening::PaymentVoided { attempt } => {
                self.authorization_ended(*attempt, AttemptState::Voided);
            }
            Happening::VoidRequested { attempt } => {
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    attempt.voiding = true;
                }
            }
            Happening::CaptureRequested {
                attempt,
                capture,
                amount,
            } => {
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    attempt.captures.push(Capture {
                        no: *capture,
                        amount: *amount,
                        state: CaptureState::Requested,
                        external: None,
                        failure: None,
                    });
                }
            }
            Happening::CaptureFailed {
                attempt,
                capture,
                code,
            } => {
                if let Some(capture) = self.capture_mut(*attempt, *capture) {
                    capture.state = CaptureState::Failed;
                    capture.failure = Some(code.clone());
                }
            }
            Happening::CaptureUnknown { attempt, capture } => {
                if let Some(capture) = self.capture_mut(*attempt, *capture) {
                    capture.state = CaptureState::Unknown;
                }
            }
            Happening::RefundRequested {
                refund,
                attempt,
                amount,
                purpose,
                reason,
            } => self.refunds.push(Refund {
                no: *refund,
                attempt: *attempt,
                amount: *amount,
                purpose: *purpose,
                reason: reason.clone(),
                state: RefundState::Requested,
                provider_id: None,
                failure: None,
                requested_at: at,
                updated_at: at,
            }),
            Happening::RefundDispatched { refund } => {
                self.refund_is(*refund, RefundState::Dispatched, at);
            }
            Happening::RefundSucceeded {
                refund,
                provider_id,
            } => {
                self.refund_is(*refund, RefundState::Succeeded, at);
                if let Some(refund) = self.refunds.iter_mut().find(|one| one.no == *refund) {
                    refund.provider_id.clone_from(provider_id);
                }
            }
            Happening::RefundFailed { refund, code } => {
                self.refund_is(*refund, RefundState::Failed, at);
                if let Some(refund) = self.refunds.iter_mut().find(|one| one.no == *refund) {
                    refund.failure = Some(code.clone());
                }
            }
            Happening::RefundUnknown { refund } => {
                self.refund_is(*refund, RefundState::Unknown, at);
            }
            _ => {}
        }
    }

    fn attempt_mut(&mut self, no: AttemptNo) -> Option<&mut PaymentAttempt> {
        self.payments.iter_mut().find(|attempt| attempt.no == no)
    }

    fn attempt_is(&mut self, no: AttemptNo, state: AttemptState) {
        if let Some(attempt) = self.attempt_mut(no) {
            attempt.state = state;
        }
        if state != AttemptState::Dispatched {
            self.pending_on.remove(&Dependency::Payments);
        }
    }

    fn known_at_provider(&mut self, no: AttemptNo, id: Option<&ProviderId>) {
        self.pending_on.remove(&Dependency::Payments);
        if let (Some(attempt), Some(id)) = (self.attempt_mut(no), id) {
            attempt.provider_id = Some(id.clone());
        }
    }

    /// What is left of an authorization is gone; what was captured stays.
    fn authorization_ended(&mut self, no: AttemptNo, state: AttemptState) {
        if let Some(attempt) = self.attempt_mut(no) {
            attempt.voiding = false;
            let captured = attempt.captured();
            if captured.is_positive() {
                attempt.authorized = captured;
                attempt.state = AttemptState::Captured;
            } else {
                attempt.state = state;
            }
        }
    }

    fn capture_mut(&mut self, attempt: AttemptNo, no: CaptureNo) -> Option<&mut Capture> {
        self.attempt_mut(attempt)?
            .captures
            .iter_mut()
            .find(|capture| capture.no == no)
    }

    fn refund_is(&mut self, no: RefundNo, state: RefundState, at: Timestamp) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.no == no) {
            refund.state = state;
            refund.updated_at = at;
        }
    }
}

impl PaymentAttempt {
    fn capture_succeeded(&mut self, no: CaptureNo, external: Option<ProviderId>, amount: Amount) {
        let succeeded = Capture {
            no,
            amount,
            state: CaptureState::Succeeded,
            external,
            failure: None,
        };
        match self.captures.iter_mut().find(|capture| capture.no == no) {
            Some(capture) => *capture = succeeded,
            None => self.captures.push(succeeded),
        }
        let captured = self.captured();
        let fully = self.state != AttemptState::Authorized || captured >= self.authorized;
        if fully {
            self.authorized = captured;
            self.state = AttemptState::Captured;
            self.voiding = false;
        }
    }
}
