//! Responses that show something: an order, the outcome of a command, a page. The shapes are in
//! `dto`, the statuses in `outcome`.

use super::dto::response::OrderResponse;
use super::etag;
use super::idempotency;
use super::problem::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use order_core::order::Order;
use order_core::ports::CommandOutcome;
use serde::Serialize;

/// The capacity that a body starts with, in bytes: most orders fit.
const USUAL_BODY_BYTES: usize = 2048;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Renders an order with its `ETag`.
pub(crate) fn order(status: StatusCode, order: &Order) -> Response {
    let mut response = json(status, &OrderResponse::from(order));
    etag::set(&mut response, order.version());
    response
}

/// Renders a body as JSON, in one allocation where it is of the usual size.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let mut text = Vec::with_capacity(USUAL_BODY_BYTES);
    match serde_json::to_writer(&mut text, body) {
        Ok(()) => (status, [(header::CONTENT_TYPE, JSON)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a response cannot be written as JSON");
            Problem::internal().into_response()
        }
    }
}

/// Renders the outcome of a command: the order, or the problem that it ended in. A replay is marked as
/// one.
pub(crate) fn outcome(done: &CommandOutcome, status: Result<StatusCode, Problem>) -> Response {
    let mut response = match status {
        Ok(StatusCode::NO_CONTENT) => StatusCode::NO_CONTENT.into_response(),
        Ok(status) => order(status, &done.order),
        Err(problem) => problem.into_response(),
    };
    if done.replayed {
        idempotency::mark_replayed(&mut response);
    }
    response
}

/// Adds a `Location`.
pub(crate) fn with_location(location: &str, mut response: Response) -> Response {
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
