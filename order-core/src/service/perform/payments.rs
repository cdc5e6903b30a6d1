//! Calls of the payment provider: authorize, capture, void, refund.
//!
//! A call that may have been sent before is queried before it is sent again, and one without an
//! answer is unknown, never failed.

use super::{EffectContext, EffectOutcome};
use crate::fact::{CaptureRef, Fact};
use crate::money::Money;
use crate::order::{
    Capture, CaptureStatus, PaymentAttempt, PaymentAttemptStatus, Refund, RefundStatus,
};
use crate::ports::{
    PaymentRequest, ProviderPayment, ProviderPaymentStatus, ProviderRefund, ProviderRefundStatus,
    RefundRequest, ServiceError, ServiceErrorKind,
};
use crate::reference::Reference;
use crate::value::{CaptureNo, Code, PaymentAttemptNo, ProviderId, RefundNo};

impl EffectContext<'_> {
    pub(super) async fn authorize(&self, no: PaymentAttemptNo) -> EffectOutcome {
        let Some(attempt) = self.order.payment(no) else {
            return EffectOutcome::obsolete();
        };
        let closed = self.order.status().is_closed();
        match attempt.status {
            PaymentAttemptStatus::Created
            | PaymentAttemptStatus::Dispatched
            | PaymentAttemptStatus::Unknown => {}
            PaymentAttemptStatus::RequiresAction
            | PaymentAttemptStatus::Authorized
            | PaymentAttemptStatus::Captured
            | PaymentAttemptStatus::Declined
            | PaymentAttemptStatus::Voided
            | PaymentAttemptStatus::Expired => return EffectOutcome::obsolete(),
        }
        if self.may_have_been_sent() {
            match self.find_payment(no).await {
                Ok(Some(found)) => return EffectOutcome::Done(payment_facts(no, &found)),
                Ok(None) => {}
                Err(error) => return outage(error, Vec::new()),
            }
        }
        let token = self.order.personal().payment_token.clone();
        let (false, Some(token)) = (closed, token) else {
            // Nothing was sent, and nothing will be.
            return EffectOutcome::fact(Fact::PaymentNotFound { attempt: no });
        };
        let request = PaymentRequest::new(
            self.attempt_reference(no),
            self.order.id(),
            Money::new(attempt.amount, self.order.currency()),
            token,
            attempt.capture_method,
        );
        let mut call = self.call.clone();
        call.key = request.reference.to_string();
        let payments = &self.engine.services.payments;
        match payments.authorize(&call, &request).await {
            Ok(answer) => EffectOutcome::Done(payment_facts(no, &answer)),
            Err(error) => match error.kind.clone() {
                ServiceErrorKind::Refused { code } => {
                    EffectOutcome::fact(Fact::PaymentDeclined { attempt: no, code })
                }
                ServiceErrorKind::Unknown => {
                    outage(error, vec![Fact::PaymentUnknown { attempt: no }])
                }
                ServiceErrorKind::Unavailable { .. } => outage(error, Vec::new()),
            },
        }
    }

    pub(super) async fn capture(&self, no: PaymentAttemptNo, capture: CaptureNo) -> EffectOutcome {
        let Some(attempt) = self.order.payment(no) else {
            return EffectOutcome::obsolete();
        };
        let waits = |capture: &&Capture| {
            matches!(
                capture.status,
                CaptureStatus::Requested | CaptureStatus::Unknown
            )
        };
        let Some(wanted) = attempt.capture_with(capture).filter(waits) else {
            return EffectOutcome::obsolete();
        };
        let failed = |code| {
            EffectOutcome::fact(Fact::CaptureFailed {
                attempt: no,
                capture,
                code,
            })
        };
        if self.order.status().is_closed() && !self.may_have_been_sent() {
            return failed(Code::literal("order_closed"));
        }
        let payment = match self.provider_id(attempt).await {
            Ok(Some(id)) => id,
            Ok(None) => return payment_not_found(failed),
            Err(error) => return retry(error, Vec::new()),
        };
        let reference = Reference::Capture(self.order.id(), no, capture);
        let mut call = self.call.clone();
        call.key = reference.to_string();
        let payments = &self.engine.services.payments;
        match payments
            .capture(&call, &payment, wanted.amount, &reference)
            .await
        {
            Ok(()) => EffectOutcome::fact(Fact::PaymentCaptured {
                attempt: no,
                capture: CaptureRef::Requested(capture),
                provider_id: Some(payment),
                amount: wanted.amount,
            }),
            Err(error) => match error.kind.clone() {
                ServiceErrorKind::Refused { code } => failed(code),
                ServiceErrorKind::Unknown => retry(
                    error,
                    vec![Fact::CaptureUnknown {
                        attempt: no,
                        capture,
                    }],
                ),
                ServiceErrorKind::Unavailable { .. } => retry(error, Vec::new()),
            },
        }
    }

    pub(super) async fn void(&self, no: PaymentAttemptNo) -> EffectOutcome {
        let Some(attempt) = self.order.payment(no).filter(|attempt| attempt.voiding) else {
            return EffectOutcome::obsolete();
        };
        let payment = match self.provider_id(attempt).await {
            Ok(Some(id)) => id,
            Ok(None) => return EffectOutcome::fact(Fact::PaymentVoided { attempt: no }),
            Err(error) => return retry(error, Vec::new()),
        };
        let payments = &self.engine.services.payments;
        match payments.void(&self.call, &payment).await {
            Ok(()) => EffectOutcome::fact(Fact::PaymentVoided { attempt: no }),
            Err(error) if error.is_outage() => retry(error, Vec::new()),
            Err(error) => self.after_refused_void(attempt, error).await,
        }
    }

    /// Queries why the provider refused to void: the payment is voided or captured already, or cannot
    /// be voided yet.
    async fn after_refused_void(
        &self,
        attempt: &PaymentAttempt,
        error: ServiceError,
    ) -> EffectOutcome {
        let no = attempt.no;
        match self.find_payment(no).await {
            Ok(None) => EffectOutcome::fact(Fact::PaymentVoided { attempt: no }),
            Ok(Some(found)) => match found.status {
                ProviderPaymentStatus::Voided | ProviderPaymentStatus::Declined { .. } => {
                    EffectOutcome::fact(Fact::PaymentVoided { attempt: no })
                }
                ProviderPaymentStatus::Captured if attempt.captured().is_positive() => {
                    EffectOutcome::fact(Fact::PaymentVoided { attempt: no })
                }
                ProviderPaymentStatus::Captured => EffectOutcome::Done(payment_facts(no, &found)),
                ProviderPaymentStatus::Authorized | ProviderPaymentStatus::RequiresAction => {
                    retry(error, Vec::new())
                }
            },
            Err(error) => retry(error, Vec::new()),
        }
    }

    pub(super) async fn refund(&self, no: RefundNo) -> EffectOutcome {
        let Some(refund) = self.order.refund(no).filter(|refund| refund.is_open()) else {
            return EffectOutcome::obsolete();
        };
        if self.may_have_been_sent() {
            let reference = Reference::Refund(self.order.id(), no);
            let payments = &self.engine.services.payments;
            match payments.find_refund(&self.call, &reference).await {
                Ok(Some(found)) => return refund_outcome(refund, &found),
                Ok(None) => {}
                Err(error) => return retry(error, Vec::new()),
            }
        }
        self.send_refund(refund).await
    }

    async fn send_refund(&self, refund: &Refund) -> EffectOutcome {
        let no = refund.no;
        let failed = |code| EffectOutcome::fact(Fact::RefundFailed { refund: no, code });
        let Some(attempt) = self.order.payment(refund.attempt) else {
            return payment_not_found(failed);
        };
        let payment = match self.provider_id(attempt).await {
            Ok(Some(id)) => id,
            Ok(None) => return payment_not_found(failed),
            Err(error) => return retry(error, Vec::new()),
        };
        let reference = Reference::Refund(self.order.id(), no);
        let mut call = self.call.clone();
        call.key = reference.to_string();
        let request = RefundRequest::new(reference, payment, refund.amount);
        let payments = &self.engine.services.payments;
        match payments.refund(&call, &request).await {
            Ok(answer) => refund_outcome(refund, &answer),
            Err(error) => match error.kind.clone() {
                ServiceErrorKind::Refused { code } => failed(code),
                ServiceErrorKind::Unknown if refund.status != RefundStatus::Unknown => {
                    retry(error, vec![Fact::RefundUnknown { refund: no }])
                }
                ServiceErrorKind::Unknown | ServiceErrorKind::Unavailable { .. } => {
                    retry(error, Vec::new())
                }
            },
        }
    }

    fn attempt_reference(&self, no: PaymentAttemptNo) -> Reference {
        Reference::Attempt(self.order.id(), no)
    }

    async fn find_payment(
        &self,
        no: PaymentAttemptNo,
    ) -> Result<Option<ProviderPayment>, ServiceError> {
        let reference = self.attempt_reference(no);
        self.engine
            .services
            .payments
            .find(&self.call, &reference)
            .await
    }

    /// Returns the provider's id of the payment; queried by our reference if no answer contained it.
    async fn provider_id(
        &self,
        attempt: &PaymentAttempt,
    ) -> Result<Option<ProviderId>, ServiceError> {
        match &attempt.provider_id {
            Some(id) => Ok(Some(id.clone())),
            None => Ok(self.find_payment(attempt.no).await?.map(|found| found.id)),
        }
    }
}

/// Makes the outcome of an outage, after which the order waits for the provider.
fn outage(error: ServiceError, facts: Vec<Fact>) -> EffectOutcome {
    EffectOutcome::Outage { error, facts }
}

fn retry(error: ServiceError, facts: Vec<Fact>) -> EffectOutcome {
    EffectOutcome::Retry { error, facts }
}

/// Makes the failure of an operation on a payment that the provider does not know.
fn payment_not_found(failed: impl FnOnce(Code) -> EffectOutcome) -> EffectOutcome {
    failed(Code::literal("payment_not_found"))
}

/// Converts a payment, as the provider stores it, into facts.
fn payment_facts(attempt: PaymentAttemptNo, payment: &ProviderPayment) -> Vec<Fact> {
    let provider_id = Some(payment.id.clone());
    let fact = match &payment.status {
        ProviderPaymentStatus::Authorized => Fact::PaymentAuthorized {
            attempt,
            provider_id,
            amount: payment.amount,
        },
        ProviderPaymentStatus::Captured => Fact::PaymentCaptured {
            attempt,
            capture: CaptureRef::Immediate,
            provider_id,
            amount: payment.amount,
        },
        ProviderPaymentStatus::Declined { code } => Fact::PaymentDeclined {
            attempt,
            code: code.clone(),
        },
        ProviderPaymentStatus::RequiresAction => Fact::PaymentActionRequired {
            attempt,
            provider_id,
        },
        ProviderPaymentStatus::Voided => Fact::PaymentVoided { attempt },
    };
    vec![fact]
}

/// Converts a refund, as the provider stores it, into an outcome.
fn refund_outcome(refund: &Refund, answer: &ProviderRefund) -> EffectOutcome {
    match answer.status {
        ProviderRefundStatus::Succeeded => EffectOutcome::fact(Fact::RefundSucceeded {
            refund: refund.no,
            provider_id: Some(answer.id.clone()),
        }),
        ProviderRefundStatus::Pending => {
            EffectOutcome::InProgress("the provider is still working on the refund")
        }
        ProviderRefundStatus::Failed => EffectOutcome::fact(Fact::RefundFailed {
            refund: refund.no,
            code: Code::literal("refund_failed"),
        }),
    }
}
