//! The payment provider: pay, capture, void, refund.
//!
//! What may have been sent before is asked for before it is sent again, and what got no answer is
//! unknown, never failed.

use super::{Job, Verdict};
use crate::fact::{CaptureRef, Fact};
use crate::money::Money;
use crate::order::{AttemptState, Capture, CaptureState, PaymentAttempt, Refund, RefundState};
use crate::ports::{
    OutsideError, OutsideErrorKind, PaymentRequest, PaymentView, PaymentViewStatus, RefundRequest,
    RefundView, RefundViewStatus,
};
use crate::reference::Reference;
use crate::value::{AttemptNo, CaptureNo, Code, ProviderId, RefundNo};

impl Job<'_> {
    pub(super) async fn pay(&self, no: AttemptNo) -> Verdict {
        let Some(attempt) = self.order.payment(no) else {
            return Verdict::obsolete();
        };
        let closed = self.order.status().is_closed();
        match attempt.state {
            AttemptState::Created | AttemptState::Dispatched | AttemptState::Unknown => {}
            AttemptState::RequiresAction
            | AttemptState::Authorized
            | AttemptState::Captured
            | AttemptState::Declined
            | AttemptState::Voided
            | AttemptState::Expired => return Verdict::obsolete(),
        }
        if self.may_have_been_tried() {
            match self.payment(no).await {
                Ok(Some(view)) => return Verdict::Done(of_view(no, &view)),
                Ok(None) => {}
                Err(error) => return away(error, Vec::new()),
            }
        }
        let token = self.order.personal().payment_token.clone();
        let (false, Some(token)) = (closed, token) else {
            // Nothing was sent, and nothing will be.
            return Verdict::fact(Fact::PaymentNotFound { attempt: no });
        };
        let request = PaymentRequest::new(
            self.attempt_reference(no),
            self.order.id(),
            Money::new(attempt.amount, self.order.currency()),
            token,
            attempt.capture,
        );
        let mut call = self.call.clone();
        call.key = request.reference.to_string();
        let payments = &self.engine.outside.payments;
        match payments.pay(&call, &request).await {
            Ok(view) => Verdict::Done(of_view(no, &view)),
            Err(error) => match error.kind.clone() {
                OutsideErrorKind::Refused { code } => {
                    Verdict::fact(Fact::PaymentDeclined { attempt: no, code })
                }
                OutsideErrorKind::Unknown => {
                    away(error, vec![Fact::PaymentUnknown { attempt: no }])
                }
                OutsideErrorKind::Unavailable { .. } => away(error, Vec::new()),
            },
        }
    }

    pub(super) async fn capture(&self, no: AttemptNo, capture: CaptureNo) -> Verdict {
        let Some(attempt) = self.order.payment(no) else {
            return Verdict::obsolete();
        };
        let waits = |capture: &&Capture| {
            matches!(
                capture.state,
                CaptureState::Requested | CaptureState::Unknown
            )
        };
        let Some(wanted) = attempt.capture_with(capture).filter(waits) else {
            return Verdict::obsolete();
        };
        let failed = |code| {
            Verdict::fact(Fact::CaptureFailed {
                attempt: no,
                capture,
                code,
            })
        };
        if self.order.status().is_closed() && !self.may_have_been_tried() {
            return match Code::parse("order_closed") {
                Ok(code) => failed(code),
                Err(_) => Verdict::obsolete(),
            };
        }
        let payment = match self.provider_id(attempt).await {
            Ok(Some(id)) => id,
            Ok(None) => return not_there(failed),
            Err(error) => return again(error, Vec::new()),
        };
        let reference = Reference::Capture(self.order.id(), no, capture);
        let mut call = self.call.clone();
        call.key = reference.to_string();
        let payments = &self.engine.outside.payments;
        match payments
            .capture(&call, &payment, wanted.amount, &reference)
            .await
        {
            Ok(()) => Verdict::fact(Fact::PaymentCaptured {
                attempt: no,
                capture: CaptureRef::Ours(capture),
                provider_id: Some(payment),
                amount: wanted.amount,
            }),
            Err(error) => match error.kind.clone() {
                OutsideErrorKind::Refused { code } => failed(code),
                OutsideErrorKind::Unknown => again(
                    error,
                    vec![Fact::CaptureUnknown {
                        attempt: no,
                        capture,
                    }],
                ),
                OutsideErrorKind::Unavailable { .. } => again(error, Vec::new()),
            },
        }
    }

    pub(super) async fn void(&self, no: AttemptNo) -> Verdict {
        let Some(attempt) = self.order.payment(no).filter(|attempt| attempt.voiding) else {
            return Verdict::obsolete();
        };
        let payment = match self.provider_id(attempt).await {
            Ok(Some(id)) => id,
            Ok(None) => return Verdict::fact(Fact::PaymentVoided { attempt: no }),
            Err(error) => return again(error, Vec::new()),
        };
        let payments = &self.engine.outside.payments;
        match payments.void(&self.call, &payment).await {
            Ok(()) => Verdict::fact(Fact::PaymentVoided { attempt: no }),
            Err(error) if error.is_outage() => again(error, Vec::new()),
            Err(error) => self.why_not_void(attempt, error).await,
        }
    }

    /// The provider refuses to void: it has been voided or taken, or it will be possible later.
    async fn why_not_void(&self, attempt: &PaymentAttempt, error: OutsideError) -> Verdict {
        let no = attempt.no;
        match self.payment(no).await {
            Ok(None) => Verdict::fact(Fact::PaymentVoided { attempt: no }),
            Ok(Some(view)) => match view.status {
                PaymentViewStatus::Voided | PaymentViewStatus::Declined { .. } => {
                    Verdict::fact(Fact::PaymentVoided { attempt: no })
                }
                PaymentViewStatus::Captured if attempt.captured().is_positive() => {
                    Verdict::fact(Fact::PaymentVoided { attempt: no })
                }
                PaymentViewStatus::Captured => Verdict::Done(of_view(no, &view)),
                PaymentViewStatus::Authorized | PaymentViewStatus::RequiresAction => {
                    again(error, Vec::new())
                }
            },
            Err(error) => again(error, Vec::new()),
        }
    }

    pub(super) async fn refund(&self, no: RefundNo) -> Verdict {
        let Some(refund) = self.order.refund(no).filter(|refund| refund.is_open()) else {
            return Verdict::obsolete();
        };
        if self.may_have_been_tried() {
            let reference = Reference::Refund(self.order.id(), no);
            let payments = &self.engine.outside.payments;
            match payments.find_refund(&self.call, &reference).await {
                Ok(Some(view)) => return of_refund(refund, &view),
                Ok(None) => {}
                Err(error) => return again(error, Vec::new()),
            }
        }
        self.send_refund(refund).await
    }

    async fn send_refund(&self, refund: &Refund) -> Verdict {
        let no = refund.no;
        let failed = |code| Verdict::fact(Fact::RefundFailed { refund: no, code });
        let Some(attempt) = self.order.payment(refund.attempt) else {
            return not_there(failed);
        };
        let payment = match self.provider_id(attempt).await {
            Ok(Some(id)) => id,
            Ok(None) => return not_there(failed),
            Err(error) => return again(error, Vec::new()),
        };
        let reference = Reference::Refund(self.order.id(), no);
        let mut call = self.call.clone();
        call.key = reference.to_string();
        let request = RefundRequest::new(reference, payment, refund.amount);
        let payments = &self.engine.outside.payments;
        match payments.refund(&call, &request).await {
            Ok(view) => of_refund(refund, &view),
            Err(error) => match error.kind.clone() {
                OutsideErrorKind::Refused { code } => failed(code),
                OutsideErrorKind::Unknown if refund.state != RefundState::Unknown => {
                    again(error, vec![Fact::RefundUnknown { refund: no }])
                }
                OutsideErrorKind::Unknown | OutsideErrorKind::Unavailable { .. } => {
                    again(error, Vec::new())
                }
            },
        }
    }

    fn attempt_reference(&self, no: AttemptNo) -> Reference {
        Reference::Attempt(self.order.id(), no)
    }

    async fn payment(&self, no: AttemptNo) -> Result<Option<PaymentView>, OutsideError> {
        let reference = self.attempt_reference(no);
        self.engine
            .outside
            .payments
            .find(&self.call, &reference)
            .await
    }

    /// What the provider knows the payment by, asked for where we were never told.
    async fn provider_id(
        &self,
        attempt: &PaymentAttempt,
    ) -> Result<Option<ProviderId>, OutsideError> {
        match &attempt.provider_id {
            Some(id) => Ok(Some(id.clone())),
            None => Ok(self.payment(attempt.no).await?.map(|view| view.id)),
        }
    }
}

/// The order waits for the provider, and shows it.
fn away(error: OutsideError, facts: Vec<Fact>) -> Verdict {
    Verdict::Outage { error, facts }
}

fn again(error: OutsideError, facts: Vec<Fact>) -> Verdict {
    Verdict::Again { error, facts }
}

/// The provider has no such payment: what was to be done with it cannot be.
fn not_there(failed: impl FnOnce(Code) -> Verdict) -> Verdict {
    match Code::parse("payment_not_found") {
        Ok(code) => failed(code),
        Err(_) => Verdict::obsolete(),
    }
}

/// What the provider says of a payment, as facts.
fn of_view(attempt: AttemptNo, view: &PaymentView) -> Vec<Fact> {
    let provider_id = Some(view.id.clone());
    let fact = match &view.status {
        PaymentViewStatus::Authorized => Fact::PaymentAuthorized {
            attempt,
            provider_id,
            amount: view.amount,
        },
        PaymentViewStatus::Captured => Fact::PaymentCaptured {
            attempt,
            capture: CaptureRef::AtOnce,
            provider_id,
            amount: view.amount,
        },
        PaymentViewStatus::Declined { code } => Fact::PaymentDeclined {
            attempt,
            code: code.clone(),
        },
        PaymentViewStatus::RequiresAction => Fact::PaymentActionRequired {
            attempt,
            provider_id,
        },
        PaymentViewStatus::Voided => Fact::PaymentVoided { attempt },
    };
    vec![fact]
}

/// What the provider says of a refund.
fn of_refund(refund: &Refund, view: &RefundView) -> Verdict {
    match view.status {
        RefundViewStatus::Succeeded => Verdict::fact(Fact::RefundSucceeded {
            refund: refund.no,
            provider_id: Some(view.id.clone()),
        }),
        RefundViewStatus::Pending => {
            Verdict::UnderWay("the provider is still working on the refund")
        }
        RefundViewStatus::Failed => Verdict::Done(
            Code::parse("refund_failed")
                .map(|code| Fact::RefundFailed {
                    refund: refund.no,
                    code,
                })
                .into_iter()
                .collect(),
        ),
    }
}
