//! The error response of every route: JSON, also for what axum itself refuses.

use std::fmt::Display;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::unreadable_file::UnreadableFile;
use crate::validate::InvalidField;

/// An error response: `{"code", "message", ...}`.
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

    /// Adds a field that a client can act on.
    pub(super) fn with(mut self, key: &str, value: impl Serialize) -> Self {
        self.body.insert(
            key.to_owned(),
            serde_json::to_value(value).unwrap_or_default(),
        );
        self
    }

    /// Sets `Retry-After`, in seconds.
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

impl From<InvalidField> for Problem {
    fn from(error: InvalidField) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", &error)
    }
}

impl From<UnreadableFile> for Problem {
    fn from(_: UnreadableFile) -> Self {
        // The log has the path and the reason; the caller only learns that it is not their fault.
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "unreadable_file",
            "a file this answer depends on cannot be read; the log says why",
        )
    }
}
