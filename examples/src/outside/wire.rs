//! How the routers read requests and say no: JSON in, JSON out, also for what axum refuses.

use std::fmt::Display;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Json, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{BadFile, Faults, Invalid, faults};

/// The largest body that is read.
const MAX_BODY: usize = 256 * 1024;

/// A refusal: `{"code", "message", ...}`.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    body: Map<String, Value>,
    retry_after: Option<u32>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &str, message: &(impl Display + ?Sized)) -> Self {
        let mut body = Map::new();
        body.insert("code".to_owned(), code.into());
        body.insert("message".to_owned(), message.to_string().into());
        Self {
            status,
            body,
            retry_after: None,
        }
    }

    /// Adds data a client can act on.
    pub(super) fn with(mut self, key: &str, value: impl Serialize) -> Self {
        self.body.insert(
            key.to_owned(),
            serde_json::to_value(value).unwrap_or_default(),
        );
        self
    }

    pub(super) fn retry_after(mut self, seconds: Option<u32>) -> Self {
        self.retry_after = seconds;
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<Invalid> for Problem {
    fn from(error: Invalid) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", &error)
    }
}

impl From<BadFile> for Problem {
    fn from(_: BadFile) -> Self {
        // What is wrong, and where, is in the log; the caller only learns that it is not their fault.
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "unreadable_file",
            "a file this answer depends on cannot be read; the log says why",
        )
    }
}

/// A JSON body.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => {
                let (status, code) = match &rejection {
                    JsonRejection::JsonDataError(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
                    JsonRejection::JsonSyntaxError(_) => {
                        (StatusCode::BAD_REQUEST, "malformed_json")
                    }
                    JsonRejection::MissingJsonContentType(_) => {
                        (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
                    }
                    other => (other.status(), "unreadable_body"),
                };
                Err(Problem::new(status, code, &rejection.body_text()))
            }
        }
    }
}

/// No body, or an empty object: a call that says all in its path.
#[derive(Debug)]
pub(super) struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|r| Problem::new(r.status(), "unreadable_body", &r.body_text()))?;
        let empty = bytes.trim_ascii().is_empty()
            || serde_json::from_slice::<Map<String, Value>>(&bytes).is_ok_and(|m| m.is_empty());
        if empty {
            Ok(Self)
        } else {
            Err(Invalid::new("body", "must be empty").into())
        }
    }
}

/// The one variable part of a path, decoded.
#[derive(Debug)]
pub(super) struct Segment(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(r) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                &r.body_text(),
            )),
        }
    }
}

/// All values of the query parameter `name`. Any other parameter is refused.
pub(super) fn parameters(uri: &Uri, name: &str) -> Result<Vec<String>, Problem> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|r| Problem::new(StatusCode::BAD_REQUEST, "invalid_request", &r.body_text()))?;
    pairs
        .into_iter()
        .map(|(key, value)| {
            if key == name {
                Ok(value)
            } else {
                Err(Invalid::new("query", format!("unknown parameter {key:?}")).into())
            }
        })
        .collect()
}

/// The one value of the query parameter `name`.
pub(super) fn parameter(uri: &Uri, name: &'static str) -> Result<String, Problem> {
    let mut values = parameters(uri, name)?;
    match values.pop() {
        Some(value) if values.is_empty() => Ok(value),
        _ => Err(Invalid::new(name, "must be given once, in the query").into()),
    }
}

/// The `Idempotency-Key`, where one is sent.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    match headers.get("idempotency-key").map(|value| value.to_str()) {
        None => Ok(None),
        Some(Ok(key)) if (1..=255).contains(&key.len()) => Ok(Some(key)),
        Some(_) => Err(Invalid::new("Idempotency-Key", "must be 1 to 255 ASCII characters").into()),
    }
}

/// Runs what reads files where it may block.
pub(super) async fn blocking<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Into<Problem> + Send + 'static,
{
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(work)).await {
        Ok(result) => result.map_err(Into::into),
        Err(error) => {
            tracing::error!(%error, "a call did not finish");
            Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "broken",
                "the call did not finish",
            ))
        }
    }
}

/// Makes the calls of one service fail when its switches say so.
pub(super) fn with_faults(routes: Router, faults: &Faults) -> Router {
    routes.route_layer(middleware::from_fn_with_state(
        faults.clone(),
        faults::inject,
    ))
}

/// What no route answers, and how much is read.
pub(super) fn with_fallbacks(routes: Router) -> Router {
    routes
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "not_found", "no such path"))
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "not with this path",
            )
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
}
