//! The mock payment service, as a port.

use async_trait::async_trait;
use order_core::money::Amount;
use order_core::ports::{
    self, Call, OutsideError, PaymentView, PaymentViewStatus, RefundView, RefundViewStatus,
};
use order_core::reference::Reference;
use order_core::value::{Code, ProviderId};

use super::{InProcess, refused, unreadable};
use crate::outside::Payments;
use crate::outside::payments::{
    Answer, Payment, PaymentError, PaymentRequest, PaymentStatus, Refund, RefundRequest,
    RefundStatus,
};

#[async_trait]
impl ports::Payments for InProcess<Payments> {
    async fn pay(
        &self,
        call: &Call,
        request: &ports::PaymentRequest,
    ) -> Result<PaymentView, OutsideError> {
        let asked = PaymentRequest {
            reference: request.reference.to_string(),
            order_id: request.order.to_string(),
            amount: request.money.amount().minor(),
            currency: request.money.currency().to_string(),
            token: request.token.expose().to_owned(),
            capture: request.capture,
        };
        let (key, faults) = (call.key.clone(), self.service.faults());
        let answer = self
            .call(call, "POST /payments", faults, move |service| {
                service.authorize(&asked, Some(&key))
            })
            .await?
            .map_err(|error| no(&error))?;
        match answer {
            Answer::Given(payment) => view(payment),
            Answer::Lost => Err(OutsideError::unknown("no answer (POST /payments)")),
        }
    }

    async fn find(
        &self,
        call: &Call,
        reference: &Reference,
    ) -> Result<Option<PaymentView>, OutsideError> {
        let (reference, faults) = (reference.to_string(), self.service.faults());
        let found = self
            .call(call, "GET /payments", faults, move |service| {
                service.find(&reference)
            })
            .await?
            .map_err(|_| unreadable())?;
        found.map(view).transpose()
    }

    async fn capture(
        &self,
        call: &Call,
        payment: &ProviderId,
        amount: Amount,
        reference: &Reference,
    ) -> Result<(), OutsideError> {
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
        .map_err(|error| no(&error))
    }

    async fn void(&self, call: &Call, payment: &ProviderId) -> Result<(), OutsideError> {
        let (id, key) = (payment.clone(), call.key.clone());
        let faults = self.service.faults();
        self.call(call, "POST /payments/{id}/void", faults, move |service| {
            service.void(id.as_str(), Some(&key))
        })
        .await?
        .map(drop)
        .map_err(|error| no(&error))
    }

    async fn refund(
        &self,
        call: &Call,
        request: &ports::RefundRequest,
    ) -> Result<RefundView, OutsideError> {
        let asked = RefundRequest {
            payment_id: request.payment.to_string(),
            amount: request.amount.minor(),
            reference: request.reference.to_string(),
        };
        let (key, faults) = (call.key.clone(), self.service.faults());
        let refund = self
            .call(call, "POST /refunds", faults, move |service| {
                service.refund(&asked, Some(&key))
            })
            .await?
            .map_err(|error| no(&error))?;
        refund_view(refund)
    }

    async fn find_refund(
        &self,
        call: &Call,
        reference: &Reference,
    ) -> Result<Option<RefundView>, OutsideError> {
        let (reference, faults) = (reference.to_string(), self.service.faults());
        let found = self
            .call(call, "GET /refunds", faults, move |service| {
                service.find_refund(&reference)
            })
            .await?
            .map_err(|_| unreadable())?;
        found.map(refund_view).transpose()
    }
}

fn no(error: &PaymentError) -> OutsideError {
    match error {
        PaymentError::NotSaved(_) => OutsideError::unknown("the state file cannot be written"),
        PaymentError::Invalid(_)
        | PaymentError::NotFound { .. }
        | PaymentError::ReferenceReused { .. }
        | PaymentError::KeyReused
        | PaymentError::TooMuch { .. }
        | PaymentError::WrongStatus { .. } => refused(error.code()),
    }
}

fn id(text: String) -> Result<ProviderId, OutsideError> {
    ProviderId::parse(text).map_err(|error| OutsideError::unknown("not an id").because(error))
}

fn view(payment: Payment) -> Result<PaymentView, OutsideError> {
    let status = match payment.status {
        PaymentStatus::Authorized => PaymentViewStatus::Authorized,
        PaymentStatus::Captured => PaymentViewStatus::Captured,
        PaymentStatus::Declined => {
            let code = Code::parse(
                payment
                    .decline_code
                    .unwrap_or_else(|| "declined".to_owned()),
            );
            let code = code.map_err(|error| OutsideError::unknown("not a code").because(error))?;
            PaymentViewStatus::Declined { code }
        }
        PaymentStatus::RequiresAction => PaymentViewStatus::RequiresAction,
        PaymentStatus::Voided => PaymentViewStatus::Voided,
    };
    Ok(PaymentView::new(
        id(payment.id)?,
        status,
        Amount::new(payment.amount),
    ))
}

fn refund_view(refund: Refund) -> Result<RefundView, OutsideError> {
    let status = match refund.status {
        RefundStatus::Succeeded => RefundViewStatus::Succeeded,
        RefundStatus::Pending => RefundViewStatus::Pending,
        RefundStatus::Failed => RefundViewStatus::Failed,
    };
    Ok(RefundView::new(id(refund.id)?, status))
}
