//! Problems: the body of every response that is not a success (RFC 9457).
//!
//! A [`Problem`] never carries a secret, a stored value or a panic's message. The cause of an internal
//! failure is logged; the caller gets a code to act on.

mod field_error;
mod middleware;
mod order_error;
mod refusal;

pub use field_error::FieldError;
pub(crate) use field_error::{IntoFieldError, kebab_case};
pub(crate) use middleware::{complete, from_panic};

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use order_core::order::OrderStatus;
use order_core::value::OrderId;
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Duration;

/// The media type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request failed, as a problem document of RFC 9457.
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
pub struct Problem(Box<ProblemDetails>);

/// The problem document of a failed request (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDetails {
    /// The kind of problem: a stable relative reference, `/problems/<code>`.
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
    /// The cause of this occurrence, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/v1/orders/01970000-0000-7000-8000-000000000001/cancel")]
    instance: Option<String>,
    /// The last part of `type`: the code to act on.
    #[schema(example = "already-shipped")]
    code: String,
    /// The invalid fields of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// The order that the problem is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    order_id: Option<OrderId>,
    /// The status of that order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<super::dto::enums::OrderStatus>)]
    status_now: Option<OrderStatus>,
    /// When to retry, in seconds; the same as the header `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(flatten)]
    #[schema(ignore)]
    extensions: Map<String, Value>,
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
    /// Makes a problem with this status and stable code: lower case, words joined by dashes.
    #[must_use]
    pub fn new(status: StatusCode, code: impl Into<String>) -> Self {
        let code = code.into();
        let mut title = code.replace('-', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self(Box::new(ProblemDetails {
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
            extensions: Map::new(),
            headers: Vec::new(),
        }))
    }

    /// Makes a 401 with this challenge (`WWW-Authenticate`, RFC 9110, section 11.6.1): the credentials
    /// are missing or invalid.
    #[must_use]
    pub fn unauthenticated(challenge: HeaderValue, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated")
            .detail(detail)
            .header(header::WWW_AUTHENTICATE, challenge)
    }

    /// Makes a 403: the caller lacks a permission.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden").detail(detail)
    }

    /// Makes a 503 with `Retry-After`: something that is needed cannot be reached.
    #[must_use]
    pub fn unavailable(retry_after: Duration, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            .detail(detail)
            .retry_after(retry_after)
    }

    /// Makes a 404: nothing is here, or nothing that this caller may see.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found").detail(detail)
    }

    /// Makes a 400: these fields are invalid.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let mut problem =
            Self::new(StatusCode::BAD_REQUEST, "invalid-request").detail(match errors.as_slice() {
                [only] => only.message.clone(),
                many => format!("{} fields are not as they must be", many.len()),
            });
        problem.0.errors = errors;
        problem
    }

    /// Makes a 500. The cause belongs in the log, not here.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal-error")
            .detail("something went wrong here; it was logged under this answer's X-Request-Id")
    }

    /// Sets the detail, for people.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds an extension member.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.extensions.insert(name.into(), value.into());
        self
    }

    /// Sets the invalid fields.
    #[must_use]
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// Adds a header to the response.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Sets `Retry-After`, rounded up to whole seconds, at least one.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.0.retry_after = Some(seconds.max(1));
        self
    }

    /// Names the order that the problem is about, and its status where it is known.
    pub(crate) fn about_order(mut self, id: OrderId, status: Option<OrderStatus>) -> Self {
        self.0.order_id = Some(id);
        self.0.status_now = status;
        self
    }

    fn with_instance(mut self, path: &str) -> Self {
        self.0.instance = Some(path.to_owned());
        self
    }

    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// Returns the HTTP status.
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
    fn type_and_title_are_made_of_the_code() {
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
    fn retry_after_is_rounded_up_to_whole_seconds() {
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
    fn extension_members_stand_beside_the_standard_ones() {
        let problem = Problem::forbidden("no").with("decline_code", "expired_card");
        assert_eq!(json(&problem)["decline_code"], "expired_card");
    }
}
