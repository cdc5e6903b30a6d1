//! Extractors: read bodies, paths, queries and headers, and refuse invalid ones with a [`Problem`].

use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Json, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::validate::InvalidField;

/// A JSON body.
#[derive(Debug)]
pub(super) struct JsonBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
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

/// An empty body, or an empty JSON object.
#[derive(Debug)]
pub(super) struct EmptyBody;

impl<S: Send + Sync> FromRequest<S> for EmptyBody {
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
            Err(InvalidField::new("body", "must be empty").into())
        }
    }
}

/// The variable segment of a path, percent-decoded.
#[derive(Debug)]
pub(super) struct PathSegment(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for PathSegment {
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

/// Returns all values of the query parameter `name`, and refuses any other parameter.
pub(super) fn query_values(uri: &Uri, name: &str) -> Result<Vec<String>, Problem> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|r| Problem::new(StatusCode::BAD_REQUEST, "invalid_request", &r.body_text()))?;
    pairs
        .into_iter()
        .map(|(key, value)| {
            if key == name {
                Ok(value)
            } else {
                Err(InvalidField::new("query", format!("unknown parameter {key:?}")).into())
            }
        })
        .collect()
}

/// Returns the value of the query parameter `name`, which must be given once.
pub(super) fn query_value(uri: &Uri, name: &'static str) -> Result<String, Problem> {
    let mut values = query_values(uri, name)?;
    match values.pop() {
        Some(value) if values.is_empty() => Ok(value),
        _ => Err(InvalidField::new(name, "must be given once, in the query").into()),
    }
}

/// Returns the `Idempotency-Key` header, if it is sent.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    match headers.get("idempotency-key").map(|value| value.to_str()) {
        None => Ok(None),
        Some(Ok(key)) if (1..=255).contains(&key.len()) => Ok(Some(key)),
        Some(_) => {
            Err(InvalidField::new("Idempotency-Key", "must be 1 to 255 ASCII characters").into())
        }
    }
}
