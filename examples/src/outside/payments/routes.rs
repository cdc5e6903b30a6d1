//! The payment service on the wire.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Answer, LostAnswer, Payment, PaymentError, PaymentRequest, Payments, Refund, RefundRequest,
};
use crate::outside::faults::no_answer;
use crate::outside::wire::{self, Body, NoBody, Problem, Segment};

type Pay = State<Arc<Payments>>;

/// This service alone, as a router.
pub fn router(payments: Arc<Payments>) -> Router {
    wire::with_fallbacks(routes(payments))
}

pub(in crate::outside) fn routes(payments: Arc<Payments>) -> Router {
    let faults = payments.faults().clone();
    let routes = Router::new()
        .route("/payments", get(find).post(authorize))
        .route("/payments/{id}/capture", post(capture))
        .route("/payments/{id}/void", post(void))
        .route("/refunds", get(find_refund).post(refund))
        .with_state(payments);
    wire::with_faults(routes, &faults)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Capture {
    amount: i64,
    reference: String,
}

async fn authorize(
    State(payments): Pay,
    headers: HeaderMap,
    Body(body): Body<PaymentRequest>,
) -> Result<Response, Problem> {
    let key = wire::idempotency_key(&headers)?.map(str::to_owned);
    let service = Arc::clone(&payments);
    match wire::blocking(move || service.authorize(&body, key.as_deref())).await? {
        Answer::Given(payment) => Ok((StatusCode::CREATED, Json(payment)).into_response()),
        Answer::Lost => {
            if let LostAnswer::Hang(wait) = payments.lost_answer() {
                tokio::time::sleep(wait).await;
            }
            Ok(no_answer())
        }
    }
}

async fn find(State(payments): Pay, uri: Uri) -> Result<Json<Value>, Problem> {
    let reference = wire::parameter(&uri, "reference")?;
    let found = wire::blocking(move || payments.find(&reference)).await?;
    let found: Vec<Payment> = found.into_iter().collect();
    Ok(Json(json!({ "data": found })))
}

async fn capture(
    State(payments): Pay,
    Segment(id): Segment,
    headers: HeaderMap,
    Body(body): Body<Capture>,
) -> Result<Json<Payment>, Problem> {
    let key = wire::idempotency_key(&headers)?.map(str::to_owned);
    let Capture { amount, reference } = body;
    wire::blocking(move || payments.capture(&id, amount, &reference, key.as_deref()))
        .await
        .map(Json)
}

async fn void(
    State(payments): Pay,
    Segment(id): Segment,
    headers: HeaderMap,
    _: NoBody,
) -> Result<Json<Payment>, Problem> {
    let key = wire::idempotency_key(&headers)?.map(str::to_owned);
    wire::blocking(move || payments.void(&id, key.as_deref()))
        .await
        .map(Json)
}

async fn refund(
    State(payments): Pay,
    headers: HeaderMap,
    Body(body): Body<RefundRequest>,
) -> Result<(StatusCode, Json<Refund>), Problem> {
    let key = wire::idempotency_key(&headers)?.map(str::to_owned);
    let refund = wire::blocking(move || payments.refund(&body, key.as_deref())).await?;
    Ok((StatusCode::CREATED, Json(refund)))
}

async fn find_refund(State(payments): Pay, uri: Uri) -> Result<Json<Value>, Problem> {
    let reference = wire::parameter(&uri, "reference")?;
    let found = wire::blocking(move || payments.find_refund(&reference)).await?;
    let found: Vec<Refund> = found.into_iter().collect();
    Ok(Json(json!({ "data": found })))
}

impl From<PaymentError> for Problem {
    fn from(error: PaymentError) -> Self {
        let refusal = |status| Self::new(status, error.code(), &error);
        match &error {
            PaymentError::Invalid(invalid) => invalid.clone().into(),
            PaymentError::NotSaved(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR),
            PaymentError::NotFound { .. } => refusal(StatusCode::NOT_FOUND),
            PaymentError::ReferenceReused { .. } => refusal(StatusCode::CONFLICT),
            PaymentError::KeyReused => refusal(StatusCode::UNPROCESSABLE_ENTITY),
            PaymentError::TooMuch { available } => {
                refusal(StatusCode::CONFLICT).with("available", available)
            }
            PaymentError::WrongStatus { status } => {
                refusal(StatusCode::CONFLICT).with("status", status)
            }
        }
    }
}
