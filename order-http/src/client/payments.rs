//! The client of the payment provider.

use super::request::ServiceRequest;
use super::response::{ServiceResponse, normalized_code};
use super::service_client::{ServiceClient, connection_pool};
use super::{ClientConfig, ClientError};
use async_trait::async_trait;
use order_core::money::{Amount, Currency};
use order_core::order::CaptureMethod;
use order_core::ports::{
    CallContext, Clock, PaymentRequest, Payments, ProviderPayment, ProviderPaymentStatus,
    ProviderRefund, ProviderRefundStatus, RefundRequest, ServiceError,
};
use order_core::reference::Reference;
use order_core::value::{Code, OrderId, ProviderId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// [`Payments`] over HTTP: `/payments` and `/refunds`.
///
/// A request that may have arrived is never retried from here: its outcome is
/// [`Unknown`](order_core::ports::ServiceErrorKind::Unknown), and [`find`](Payments::find) or
/// [`find_refund`](Payments::find_refund) finds it out. The payment token is sent in the body of one
/// request and appears nowhere else.
#[derive(Debug)]
pub struct HttpPayments {
    service: ServiceClient,
}

#[derive(Serialize)]
struct PaymentBody<'a> {
    reference: String,
    order_id: OrderId,
    amount: Amount,
    currency: Currency,
    token: &'a str,
    capture: bool,
}

#[derive(Serialize)]
struct CaptureBody {
    amount: Amount,
    reference: String,
}

#[derive(Serialize)]
struct RefundBody<'a> {
    payment_id: &'a ProviderId,
    amount: Amount,
    reference: String,
}

#[derive(Deserialize)]
struct ProviderList {
    data: Vec<ProviderObject>,
}

/// A payment or a refund as the provider describes it.
#[derive(Deserialize)]
struct ProviderObject {
    id: ProviderId,
    #[serde(default)]
    reference: Option<String>,
    status: String,
    #[serde(default)]
    amount: Option<Amount>,
    #[serde(default)]
    decline_code: Option<String>,
}

impl HttpPayments {
    /// Makes the client of the payment provider at this URL, with a connection pool of its own.
    ///
    /// # Errors
    /// [`ClientError`] if the URL is not valid, or TLS cannot be set up.
    pub fn new(
        address: &str,
        config: &ClientConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        Self::with_pool(connection_pool(config)?, address, config, clock)
    }

    pub(super) fn with_pool(
        http: reqwest::Client,
        address: &str,
        config: &ClientConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        let service = ServiceClient::new("payment", address, http, config, clock)?;
        Ok(Self { service })
    }

    /// Returns the payment or refund that the provider has under this reference.
    async fn find_by_reference(
        &self,
        call: &CallContext,
        request: ServiceRequest,
        reference: &Reference,
    ) -> Result<Option<(ServiceResponse, ProviderObject)>, ServiceError> {
        let reference = reference.to_string();
        let request = request.query("reference", reference.as_str());
        let response = self.service.send(call, request).await?;
        response.require_success()?;
        let mut list: ProviderList = response.json()?;
        let was_empty = list.data.is_empty();
        list.data.retain(|object| has_reference(object, &reference));
        // Of several attempts under one reference, one that may still hold money counts most.
        let likeliest = list.data.into_iter().min_by_key(|object| {
            let without_money = ["voided", "failed", "declined"];
            without_money
                .iter()
                .position(|status| *status == object.status)
                .map_or(0, |rank| rank + 1)
        });
        match likeliest {
            Some(object) => Ok(Some((response, object))),
            None if was_empty => Ok(None),
            // Only other references: that says nothing about ours.
            None => Err(response.operation.unreadable()),
        }
    }
}

#[async_trait]
impl Payments for HttpPayments {
    async fn authorize(
        &self,
        call: &CallContext,
        request: &PaymentRequest,
    ) -> Result<ProviderPayment, ServiceError> {
        let reference = request.reference.to_string();
        let pay =
            ServiceRequest::money_movement("POST /payments", &["payments"]).json(&PaymentBody {
                reference: reference.clone(),
                order_id: request.order,
                amount: request.money.amount(),
                currency: request.money.currency(),
                token: request.token.expose(),
                capture: request.capture_method == CaptureMethod::Automatic,
            });
        let response = self.service.send(call, pay).await?;
        response.require_success()?;
        payment(&response, created(&response, &reference)?)
    }

    async fn find(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Option<ProviderPayment>, ServiceError> {
        let request = ServiceRequest::read("GET /payments", &["payments"]);
        let found = self.find_by_reference(call, request, reference).await?;
        found
            .map(|(response, object)| self::payment(&response, object))
            .transpose()
    }

    async fn capture(
        &self,
        call: &CallContext,
        payment: &ProviderId,
        amount: Amount,
        reference: &Reference,
    ) -> Result<(), ServiceError> {
        let path = ["payments", payment.as_str(), "capture"];
        let capture = ServiceRequest::money_movement("POST /payments/{id}/capture", &path).json(
            &CaptureBody {
                amount,
                reference: reference.to_string(),
            },
        );
        let response = self.service.send(call, capture).await?;
        response.require_success()?;
        require_status(&response, payment, &["captured"])
    }

    async fn void(&self, call: &CallContext, payment: &ProviderId) -> Result<(), ServiceError> {
        let path = ["payments", payment.as_str(), "void"];
        let void = ServiceRequest::money_movement("POST /payments/{id}/void", &path);
        let response = self.service.send(call, void).await?;
        let code = response.refusal_code();
        if response.status == 409 && code.is_some_and(|code| code.as_str() == "already_voided") {
            return Ok(());
        }
        response.require_success()?;
        // Captured: a part was captured before, and the rest is released now.
        require_status(&response, payment, &["voided", "captured"])
    }

    async fn refund(
        &self,
        call: &CallContext,
        request: &RefundRequest,
    ) -> Result<ProviderRefund, ServiceError> {
        let reference = request.reference.to_string();
        let refund =
            ServiceRequest::money_movement("POST /refunds", &["refunds"]).json(&RefundBody {
                payment_id: &request.payment,
                amount: request.amount,
                reference: reference.clone(),
            });
        let response = self.service.send(call, refund).await?;
        response.require_success()?;
        self::refund(&response, created(&response, &reference)?)
    }

    async fn find_refund(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Option<ProviderRefund>, ServiceError> {
        let request = ServiceRequest::read("GET /refunds", &["refunds"]);
        let found = self.find_by_reference(call, request, reference).await?;
        found
            .map(|(response, object)| self::refund(&response, object))
            .transpose()
    }
}

/// Returns whether the object has our reference. The answer to one reference may leave it out.
fn has_reference(object: &ProviderObject, reference: &str) -> bool {
    object.reference.as_deref().is_none_or(|it| it == reference)
}

/// Reads the payment or refund that a request created.
fn created(response: &ServiceResponse, reference: &str) -> Result<ProviderObject, ServiceError> {
    let object: ProviderObject = response.json()?;
    if has_reference(&object, reference) {
        Ok(object)
    } else {
        Err(response.operation.unreadable())
    }
}

/// Requires that the response is this payment in one of these statuses.
fn require_status(
    response: &ServiceResponse,
    id: &ProviderId,
    expected: &[&str],
) -> Result<(), ServiceError> {
    let object: ProviderObject = response.json()?;
    if object.id == *id && expected.contains(&object.status.as_str()) {
        Ok(())
    } else {
        Err(response.operation.unreadable())
    }
}

fn payment(
    response: &ServiceResponse,
    object: ProviderObject,
) -> Result<ProviderPayment, ServiceError> {
    let unreadable = || response.operation.unreadable();
    let status = match object.status.as_str() {
        "authorized" => ProviderPaymentStatus::Authorized,
        "captured" => ProviderPaymentStatus::Captured,
        "declined" => {
            let code = object.decline_code.as_deref().and_then(normalized_code);
            let code = code.or_else(|| Code::parse("declined").ok());
            ProviderPaymentStatus::Declined {
                code: code.ok_or_else(unreadable)?,
            }
        }
        "requires_action" => ProviderPaymentStatus::RequiresAction,
        "voided" => ProviderPaymentStatus::Voided,
        _ => return Err(unreadable()),
    };
    let amount = object.amount.ok_or_else(unreadable)?;
    Ok(ProviderPayment::new(object.id, status, amount))
}

fn refund(
    response: &ServiceResponse,
    object: ProviderObject,
) -> Result<ProviderRefund, ServiceError> {
    let status = match object.status.as_str() {
        "succeeded" => ProviderRefundStatus::Succeeded,
        "pending" => ProviderRefundStatus::Pending,
        "failed" => ProviderRefundStatus::Failed,
        _ => return Err(response.operation.unreadable()),
    };
    Ok(ProviderRefund::new(object.id, status))
}
