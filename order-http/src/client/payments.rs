//! The payment provider over HTTP.

use super::answer::{Answer, sanitized};
use super::request::Request;
use super::service::{ServiceClient, connections};
use super::{ClientError, ClientSettings};
use async_trait::async_trait;
use order_core::money::{Amount, Currency};
use order_core::ports::{
    Call, Clock, OutsideError, PaymentRequest, PaymentView, PaymentViewStatus, Payments,
    RefundRequest, RefundView, RefundViewStatus,
};
use order_core::reference::Reference;
use order_core::value::{Code, OrderId, ProviderId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// [`Payments`] over HTTP: `/payments` and `/refunds`.
///
/// A request that may have arrived is never sent again from here: its outcome is
/// [`Unknown`](order_core::ports::OutsideErrorKind::Unknown), and [`find`](Payments::find) or
/// [`find_refund`](Payments::find_refund) tells it. The payment token leaves in the body of one
/// request and appears nowhere else.
#[derive(Debug)]
pub struct HttpPayments {
    service: ServiceClient,
}

#[derive(Serialize)]
struct Pay<'a> {
    reference: String,
    order_id: OrderId,
    amount: Amount,
    currency: Currency,
    token: &'a str,
    capture: bool,
}

#[derive(Serialize)]
struct Capture {
    amount: Amount,
    reference: String,
}

#[derive(Serialize)]
struct Refund<'a> {
    payment_id: &'a ProviderId,
    amount: Amount,
    reference: String,
}

#[derive(Deserialize)]
struct List<T> {
    data: Vec<T>,
}

/// A payment or a refund, as the provider answers.
#[derive(Deserialize)]
struct Made {
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
    /// The payment provider at this address.
    ///
    /// # Errors
    /// [`ClientError`] if the address is none, or TLS cannot be set up.
    pub fn new(
        address: &str,
        settings: &ClientSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        Self::over(connections(settings)?, address, settings, clock)
    }

    pub(super) fn over(
        http: reqwest::Client,
        address: &str,
        settings: &ClientSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        let service = ServiceClient::new("payment", address, http, settings, clock)?;
        Ok(Self { service })
    }

    /// What the provider made under this reference.
    async fn made_as(
        &self,
        call: &Call,
        request: Request,
        reference: &Reference,
    ) -> Result<Option<(Answer, Made)>, OutsideError> {
        let reference = reference.to_string();
        let request = request.query("reference", reference.as_str());
        let answer = self.service.send(call, request).await?;
        answer.done()?;
        let mut list: List<Made> = answer.json()?;
        let was_empty = list.data.is_empty();
        list.data.retain(|made| is_named(made, &reference));
        // A payment that was declined says less than one that was not.
        let likeliest = list.data.into_iter().min_by_key(|made| {
            let hopeless = ["voided", "failed", "declined"];
            hopeless
                .iter()
                .position(|it| *it == made.status)
                .map_or(0, |place| place + 1)
        });
        match likeliest {
            Some(made) => Ok(Some((answer, made))),
            None if was_empty => Ok(None),
            // It answered with something else than was asked for: that says nothing about ours.
            None => Err(answer.asked.unreadable()),
        }
    }
}

#[async_trait]
impl Payments for HttpPayments {
    async fn pay(
        &self,
        call: &Call,
        request: &PaymentRequest,
    ) -> Result<PaymentView, OutsideError> {
        let reference = request.reference.to_string();
        let pay = Request::money("POST /payments", &["payments"]).json(&Pay {
            reference: reference.clone(),
            order_id: request.order,
            amount: request.money.amount(),
            currency: request.money.currency(),
            token: request.token.expose(),
            capture: request.capture,
        });
        let answer = self.service.send(call, pay).await?;
        answer.done()?;
        payment(&answer, named(&answer, &reference)?)
    }

    async fn find(
        &self,
        call: &Call,
        reference: &Reference,
    ) -> Result<Option<PaymentView>, OutsideError> {
        let request = Request::read("GET /payments", &["payments"]);
        let made = self.made_as(call, request, reference).await?;
        made.map(|(answer, made)| payment(&answer, made))
            .transpose()
    }

    async fn capture(
        &self,
        call: &Call,
        payment: &ProviderId,
        amount: Amount,
        reference: &Reference,
    ) -> Result<(), OutsideError> {
        let path = ["payments", payment.as_str(), "capture"];
        let capture = Request::money("POST /payments/{id}/capture", &path).json(&Capture {
            amount,
            reference: reference.to_string(),
        });
        let answer = self.service.send(call, capture).await?;
        answer.done()?;
        stands_as(&answer, payment, &["captured"])
    }

    async fn void(&self, call: &Call, payment: &ProviderId) -> Result<(), OutsideError> {
        let path = ["payments", payment.as_str(), "void"];
        let void = Request::money("POST /payments/{id}/void", &path);
        let answer = self.service.send(call, void).await?;
        let code = answer.given_code();
        if answer.status == 409 && code.is_some_and(|code| code.as_str() == "already_voided") {
            return Ok(());
        }
        answer.done()?;
        // Captured: a part of it was taken before, and the rest is free now.
        stands_as(&answer, payment, &["voided", "captured"])
    }

    async fn refund(
        &self,
        call: &Call,
        request: &RefundRequest,
    ) -> Result<RefundView, OutsideError> {
        let reference = request.reference.to_string();
        let refund = Request::money("POST /refunds", &["refunds"]).json(&Refund {
            payment_id: &request.payment,
            amount: request.amount,
            reference: reference.clone(),
        });
        let answer = self.service.send(call, refund).await?;
        answer.done()?;
        refund_view(&answer, named(&answer, &reference)?)
    }

    async fn find_refund(
        &self,
        call: &Call,
        reference: &Reference,
    ) -> Result<Option<RefundView>, OutsideError> {
        let request = Request::read("GET /refunds", &["refunds"]);
        let made = self.made_as(call, request, reference).await?;
        made.map(|(answer, made)| refund_view(&answer, made))
            .transpose()
    }
}

/// Whether it is the one we mean. Who asked for one reference may get it without its name.
fn is_named(made: &Made, reference: &str) -> bool {
    made.reference.as_deref().is_none_or(|it| it == reference)
}

fn named(answer: &Answer, reference: &str) -> Result<Made, OutsideError> {
    let made: Made = answer.json()?;
    if is_named(&made, reference) {
        Ok(made)
    } else {
        Err(answer.asked.unreadable())
    }
}

/// Nothing, if the answer is this payment and it stands as one of these.
fn stands_as(answer: &Answer, id: &ProviderId, expected: &[&str]) -> Result<(), OutsideError> {
    let made: Made = answer.json()?;
    if made.id == *id && expected.contains(&made.status.as_str()) {
        Ok(())
    } else {
        Err(answer.asked.unreadable())
    }
}

fn payment(answer: &Answer, made: Made) -> Result<PaymentView, OutsideError> {
    let unreadable = || answer.asked.unreadable();
    let status = match made.status.as_str() {
        "authorized" => PaymentViewStatus::Authorized,
        "captured" => PaymentViewStatus::Captured,
        "declined" => {
            let code = made.decline_code.as_deref().and_then(sanitized);
            let code = code.or_else(|| Code::parse("declined").ok());
            PaymentViewStatus::Declined {
                code: code.ok_or_else(unreadable)?,
            }
        }
        "requires_action" => PaymentViewStatus::RequiresAction,
        "voided" => PaymentViewStatus::Voided,
        _ => return Err(unreadable()),
    };
    let amount = made.amount.ok_or_else(unreadable)?;
    Ok(PaymentView::new(made.id, status, amount))
}

fn refund_view(answer: &Answer, made: Made) -> Result<RefundView, OutsideError> {
    let status = match made.status.as_str() {
        "succeeded" => RefundViewStatus::Succeeded,
        "pending" => RefundViewStatus::Pending,
        "failed" => RefundViewStatus::Failed,
        _ => return Err(answer.asked.unreadable()),
    };
    Ok(RefundView::new(made.id, status))
}
