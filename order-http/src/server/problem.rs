//! Problems: what every answer that is not a success looks like (RFC 9457).
//!
//! A [`Problem`] never carries a secret, a stored value or a panic's message. What went wrong
//! inside is logged; the caller gets a code to act on.

mod complete;
mod order;

pub(crate) use complete::{complete, panicked};
pub(crate) use order::dashed;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use order_core::order::OrderStatus;
use order_core::value::OrderId;
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Duration;

/// The media type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[non_exhaustive]
pub struct FieldError {
    /// Where it stands: `lines[0].quantity`; empty for the body as a whole.
    #[schema(example = "lines[0].quantity")]
    pub field: String,
    /// A stable code: `required`, `wrong-type`, `unknown-field`, `out-of-range`, ...
    #[schema(example = "out-of-range")]
    pub code: String,
    /// The rule it broke, for a person.
    #[schema(example = "a quantity is between 1 and 1000000")]
    pub message: String,
}

impl FieldError {
    /// This field broke this rule.
    #[must_use]
    pub fn new(
        field: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            code: code.into(),
            message: message.into(),
        }
    }
}

/// Why a request was not carried out, as RFC 9457 has it.
///
/// ```
/// use axum::http::StatusCode;
/// use order_http::server::Problem;
///
/// let problem = Problem::new(StatusCode::PAYMENT_REQUIRED, "quota-exceeded")
///     .detail("this storefront has used up its orders for this month")
///     .with("orders", 1_000);
/// assert_eq!(problem.code(), "quota-exceeded");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(Box<Content>);

/// A problem as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Content {
    /// What kind of problem: a stable relative reference, `/problems/<code>`.
    #[serde(rename = "type")]
    #[schema(example = "/problems/already-shipped")]
    kind: String,
    /// The kind of problem in words; the same for every occurrence.
    #[schema(example = "Already shipped")]
    title: String,
    /// The HTTP status.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16, example = 409)]
    status: StatusCode,
    /// What is the matter this time, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/v1/orders/01970000-0000-7000-8000-000000000001/cancel")]
    instance: Option<String>,
    /// The last part of `type`, to be acted upon.
    #[schema(example = "already-shipped")]
    code: String,
    /// What is wrong with the request, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// The order it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    order_id: Option<OrderId>,
    /// Where that order stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<super::dto::schema::OrderStatus>)]
    status_now: Option<OrderStatus>,
    /// When to come back, in seconds; the same as the header `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(flatten)]
    #[schema(ignore)]
    more: Map<String, Value>,
    #[serde(skip)]
    #[schema(ignore)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem of this status and stable code: lower case, words joined by dashes.
    #[must_use]
    pub fn new(status: StatusCode, code: impl Into<String>) -> Self {
        let code = code.into();
        let mut title = code.replace('-', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self(Box::new(Content {
            kind: format!("/problems/{code}"),
            title,
            status,
            detail: None,
            instance: None,
            code,
            errors: Vec::new(),
            order_id: None,
            status_now: None,
            retry_after: None,
            more: Map::new(),
            headers: Vec::new(),
        }))
    }

    /// The request does not say who makes it, or not credibly: 401 with this challenge
    /// (`WWW-Authenticate`, RFC 9110, section 11.6.1).
    #[must_use]
    pub fn unauthenticated(challenge: HeaderValue, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated")
            .detail(detail)
            .header(header::WWW_AUTHENTICATE, challenge)
    }

    /// Whoever makes the request may not: 403.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden").detail(detail)
    }

    /// Something needed is away for a while: 503 with `Retry-After`.
    #[must_use]
    pub fn unavailable(retry_after: Duration, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            .detail(detail)
            .retry_after(retry_after)
    }

    /// There is nothing here, or nothing that this caller may know of: 404.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found").detail(detail)
    }

    /// The request is malformed in these places: 400.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let mut problem =
            Self::new(StatusCode::BAD_REQUEST, "invalid-request").detail(match errors.as_slice() {
                [only] => only.message.clone(),
                many => format!("{} fields are not as they must be", many.len()),
            });
        problem.0.errors = errors;
        problem
    }

    /// We failed: 500. What happened belongs in the log, not here.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal-error")
            .detail("something went wrong here; it was logged under this answer's X-Request-Id")
    }

    /// The same problem, told for a person.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// The same problem with a member of its own.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.more.insert(name.into(), value.into());
        self
    }

    /// The same problem with what is wrong field by field.
    #[must_use]
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The same problem with a header on its answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The same problem, to be tried again after this time: whole seconds, at least one.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.0.retry_after = Some(seconds.max(1));
        self
    }

    pub(crate) fn of_order(mut self, id: OrderId, status: Option<OrderStatus>) -> Self {
        self.0.order_id = Some(id);
        self.0.status_now = status;
        self
    }

    fn at(mut self, path: &str) -> Self {
        self.0.instance = Some(path.to_owned());
        self
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = (
            self.0.status,
            [(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON))],
            body,
        )
            .into_response();
        if let Some(seconds) = self.0.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        for (name, value) in &self.0.headers {
            response.headers_mut().append(name, value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(problem: &Problem) -> Value {
        serde_json::to_value(&problem.0).unwrap()
    }

    #[test]
    fn the_code_gives_type_and_title() {
        let problem = Problem::new(StatusCode::CONFLICT, "already-shipped");
        assert_eq!(
            json(&problem),
            serde_json::json!({
                "type": "/problems/already-shipped", "title": "Already shipped",
                "status": 409, "code": "already-shipped",
            })
        );
    }

    #[test]
    fn a_fraction_of_a_second_is_waited_out() {
        for (wait, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2)] {
            let problem = Problem::unavailable(Duration::from_millis(wait), "");
            assert_eq!(json(&problem)["retry_after"], seconds, "{wait} ms");
            let response = problem.into_response();
            assert_eq!(
                response.headers()["retry-after"],
                HeaderValue::from(seconds)
            );
        }
    }

    #[test]
    fn members_of_its_own_stand_beside_the_standard_ones() {
        let problem = Problem::forbidden("no").with("decline_code", "expired_card");
        assert_eq!(json(&problem)["decline_code"], "expired_card");
    }
}
