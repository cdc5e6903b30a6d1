//! Implements the `Payments` port.

use async_trait::async_trait;
use order_core::money::Amount;
use order_core::order::CaptureMethod;
use order_core::ports::{
    self, CallContext, ProviderPayment, ProviderPaymentStatus, ProviderRefund,
    ProviderRefundStatus, ServiceError,
};
use order_core::reference::Reference;
use order_core::value::{Code, ProviderId};

use super::adapter::{InProcess, refused, unreadable};
use crate::payments::{
    AuthorizeOutcome, MockPayment, MockPaymentRequest, MockPaymentStatus, MockPayments, MockRefund,
    MockRefundRequest, MockRefundStatus, PaymentError,
};

#[async_trait]
impl ports::Payments for InProcess<MockPayments> {
    async fn authorize(
        &self,
        call: &CallContext,
        request: &ports::PaymentRequest,
    ) -> Result<ProviderPayment, ServiceError> {
        let body = MockPaymentRequest {
            reference: request.reference.to_string(),
            order_id: request.order.to_string(),
            amount: request.money.amount().minor(),
            currency: request.money.currency().to_string(),
            token: request.token.expose().to_owned(),
            capture: request.capture_method == CaptureMethod::Automatic,
        };
        let (key, faults) = (call.key.clone(), self.service.faults());
        let outcome = self
            .call(call, "POST /payments", faults, move |service| {
                service.authorize(&body, Some(&key))
            })
            .await?
            .map_err(|error| to_service_error(&error))?;
        match outcome {
            AuthorizeOutcome::Answered(payment) => to_provider_payment(payment),
            AuthorizeOutcome::AnswerLost => {
                Err(ServiceError::unknown("no answer (POST /payments)"))
            }
        }
    }

    async fn find(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Option<ProviderPayment>, ServiceError> {
        let (reference, faults) = (reference.to_string(), self.service.faults());
        let found = self
            .call(call, "GET /payments", faults, move |service| {
                service.find(&reference)
            })
            .await?
            .map_err(|_| unreadable())?;
        found.map(to_provider_payment).transpose()
    }

    async fn capture(
        &self,
        call: &CallContext,
        payment: &ProviderId,
        amount: Amount,
        reference: &Reference,
    ) -> Result<(), ServiceError> {
        let (id, reference, key) = (payment.clone(), reference.to_string(), call.key.clone());
        let faults = self.service.faults();
        self.call(
            call,
            "POST /payments/{id}/capture",
            faults,
            move |service| service.capture(id.as_str(), amount.minor(), &reference, Some(&key)),
        )
        .await?
        .map(drop)
        .map_err(|error| to_service_error(&error))
    }

    async fn void(&self, call: &CallContext, payment: &ProviderId) -> Result<(), ServiceError> {
        let (id, key) = (payment.clone(), call.key.clone());
        let faults = self.service.faults();
        self.call(call, "POST /payments/{id}/void", faults, move |service| {
            service.void(id.as_str(), Some(&key))
        })
        .await?
        .map(drop)
        .map_err(|error| to_service_error(&error))
    }

    async fn refund(
        &self,
        call: &CallContext,
        request: &ports::RefundRequest,
    ) -> Result<ProviderRefund, ServiceError> {
        let body = MockRefundRequest {
            payment_id: request.payment.to_string(),
            amount: request.amount.minor(),
            reference: request.reference.to_string(),
        };
        let (key, faults) = (call.key.clone(), self.service.faults());
        let refund = self
            .call(call, "POST /refunds", faults, move |service| {
                service.refund(&body, Some(&key))
            })
            .await?
            .map_err(|error| to_service_error(&error))?;
        to_refund_view(refund)
    }

    async fn find_refund(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Option<ProviderRefund>, ServiceError> {
        let (reference, faults) = (reference.to_string(), self.service.faults());
        let found = self
            .call(call, "GET /refunds", faults, move |service| {
                service.find_refund(&reference)
            })
            .await?
            .map_err(|_| unreadable())?;
        found.map(to_refund_view).transpose()
    }
}

fn to_service_error(error: &PaymentError) -> ServiceError {
    match error {
        PaymentError::NotSaved(_) => ServiceError::unknown("the state file cannot be written"),
        PaymentError::Invalid(_)
        | PaymentError::NotFound { .. }
        | PaymentError::ReferenceReused { .. }
        | PaymentError::IdempotencyKeyReused
        | PaymentError::TooMuch { .. }
        | PaymentError::WrongStatus { .. } => refused(error.code()),
    }
}

fn to_provider_id(text: String) -> Result<ProviderId, ServiceError> {
    ProviderId::parse(text).map_err(|error| ServiceError::unknown("not an id").because(error))
}

fn to_provider_payment(payment: MockPayment) -> Result<ProviderPayment, ServiceError> {
    let status = match payment.status {
        MockPaymentStatus::Authorized => ProviderPaymentStatus::Authorized,
        MockPaymentStatus::Captured => ProviderPaymentStatus::Captured,
        MockPaymentStatus::Declined => {
            let code = Code::parse(
                payment
                    .decline_code
                    .unwrap_or_else(|| "declined".to_owned()),
            );
            let code = code.map_err(|error| ServiceError::unknown("not a code").because(error))?;
            ProviderPaymentStatus::Declined { code }
        }
        MockPaymentStatus::RequiresAction => ProviderPaymentStatus::RequiresAction,
        MockPaymentStatus::Voided => ProviderPaymentStatus::Voided,
    };
    Ok(ProviderPayment::new(
        to_provider_id(payment.id)?,
        status,
        Amount::new(payment.amount),
    ))
}

fn to_refund_view(refund: MockRefund) -> Result<ProviderRefund, ServiceError> {
    let status = match refund.status {
        MockRefundStatus::Succeeded => ProviderRefundStatus::Succeeded,
        MockRefundStatus::Pending => ProviderRefundStatus::Pending,
        MockRefundStatus::Failed => ProviderRefundStatus::Failed,
    };
    Ok(ProviderRefund::new(to_provider_id(refund.id)?, status))
}
