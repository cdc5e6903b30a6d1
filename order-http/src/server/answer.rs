//! Answers that show an order.

use super::dto::order::OrderView;
use super::etag::etag;
use super::idempotency::IDEMPOTENCY_REPLAYED;
use super::problem::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use order_core::order::Order;
use order_core::ports::Done;
use serde::Serialize;

/// The bytes that most orders fit.
const USUAL: usize = 2048;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An order with its `ETag`.
pub(crate) fn order(status: StatusCode, order: &Order) -> Response {
    let mut response = json(status, &OrderView::from(order));
    response
        .headers_mut()
        .insert(header::ETAG, etag(order.version()));
    response
}

/// Something as JSON, in one piece of memory where it is of the usual size.
pub(crate) fn json(status: StatusCode, view: &impl Serialize) -> Response {
    let mut text = Vec::with_capacity(USUAL);
    match serde_json::to_writer(&mut text, view) {
        Ok(()) => (status, [(header::CONTENT_TYPE, JSON)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            Problem::internal().into_response()
        }
    }
}

/// What was done: the order, or the problem that came of it. A replay says that it is one.
pub(crate) fn done(done: &Done, outcome: Result<StatusCode, Problem>) -> Response {
    let mut response = match outcome {
        Ok(StatusCode::NO_CONTENT) => StatusCode::NO_CONTENT.into_response(),
        Ok(status) => order(status, &done.order),
        Err(problem) => problem.into_response(),
    };
    if done.replayed {
        response
            .headers_mut()
            .insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// The same with the order's path.
pub(crate) fn at(location: &str, mut response: Response) -> Response {
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
