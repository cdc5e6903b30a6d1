//! The HTTP routes of the payment service.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::blocking::blocking;
use super::extract::{EmptyBody, JsonBody, PathSegment, idempotency_key, query_value};
use super::fault_layer::{closed_connection, with_faults};
use super::problem::Problem;
use crate::payments::{
    AuthorizeOutcome, LostAnswer, MockPayment, MockPaymentRequest, MockPayments, MockRefund,
    MockRefundRequest, PaymentError,
};

type PaymentState = State<Arc<MockPayments>>;

pub(super) fn routes(payments: Arc<MockPayments>) -> Router {
    let faults = payments.faults().clone();
    let routes = Router::new()
        .route("/payments", get(find).post(authorize))
        .route("/payments/{id}/capture", post(capture))
        .route("/payments/{id}/void", post(void))
        .route("/refunds", get(find_refund).post(refund))
        .with_state(payments);
    with_faults(routes, &faults)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaptureBody {
    amount: i64,
    reference: String,
}

async fn authorize(
    State(payments): PaymentState,
    headers: HeaderMap,
    JsonBody(body): JsonBody<MockPaymentRequest>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?.map(str::to_owned);
    let service = Arc::clone(&payments);
    match blocking(move || service.authorize(&body, key.as_deref())).await? {
        AuthorizeOutcome::Answered(payment) => {
            Ok((StatusCode::CREATED, Json(payment)).into_response())
        }
        AuthorizeOutcome::AnswerLost => {
            if let LostAnswer::Hang(wait) = payments.lost_answer() {
                tokio::time::sleep(wait).await;
            }
            Ok(closed_connection())
        }
    }
}

async fn find(State(payments): PaymentState, uri: Uri) -> Result<Json<Value>, Problem> {
    let reference = query_value(&uri, "reference")?;
    let found = blocking(move || payments.find(&reference)).await?;
    let found: Vec<MockPayment> = found.into_iter().collect();
    Ok(Json(json!({ "data": found })))
}

async fn capture(
    State(payments): PaymentState,
    PathSegment(id): PathSegment,
    headers: HeaderMap,
    JsonBody(body): JsonBody<CaptureBody>,
) -> Result<Json<MockPayment>, Problem> {
    let key = idempotency_key(&headers)?.map(str::to_owned);
    let CaptureBody { amount, reference } = body;
    blocking(move || payments.capture(&id, amount, &reference, key.as_deref()))
        .await
        .map(Json)
}

async fn void(
    State(payments): PaymentState,
    PathSegment(id): PathSegment,
    headers: HeaderMap,
    _: EmptyBody,
) -> Result<Json<MockPayment>, Problem> {
    let key = idempotency_key(&headers)?.map(str::to_owned);
    blocking(move || payments.void(&id, key.as_deref()))
        .await
        .map(Json)
}

async fn refund(
    State(payments): PaymentState,
    headers: HeaderMap,
    JsonBody(body): JsonBody<MockRefundRequest>,
) -> Result<(StatusCode, Json<MockRefund>), Problem> {
    let key = idempotency_key(&headers)?.map(str::to_owned);
    let refund = blocking(move || payments.refund(&body, key.as_deref())).await?;
    Ok((StatusCode::CREATED, Json(refund)))
}

async fn find_refund(State(payments): PaymentState, uri: Uri) -> Result<Json<Value>, Problem> {
    let reference = query_value(&uri, "reference")?;
    let found = blocking(move || payments.find_refund(&reference)).await?;
    let found: Vec<MockRefund> = found.into_iter().collect();
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
            PaymentError::IdempotencyKeyReused => refusal(StatusCode::UNPROCESSABLE_ENTITY),
            PaymentError::TooMuch { available } => {
                refusal(StatusCode::CONFLICT).with("available", available)
            }
            PaymentError::WrongStatus { status } => {
                refusal(StatusCode::CONFLICT).with("status", status)
            }
        }
    }
}
