//! Requests to the router, without a socket.

use super::fake::Fake;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use order_http::server::Api;
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// Null where the body is not JSON.
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The code of the problem, which has to be one with this status.
    pub(crate) fn problem(&self, status: u16) -> &str {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["status"], status);
        let code = self.body["code"].as_str().unwrap();
        assert_eq!(self.body["type"], format!("/problems/{code}"));
        assert!(self.body["instance"].is_string(), "{self:?}");
        code
    }

    /// The fields that the problem names, with their codes.
    pub(crate) fn faults(&self) -> Vec<(&str, &str)> {
        self.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| {
                assert!(error["message"].is_string());
                (
                    error["field"].as_str().unwrap(),
                    error["code"].as_str().unwrap(),
                )
            })
            .collect()
    }
}

pub(crate) fn api(fake: &Arc<Fake>) -> Router {
    Api::new(Arc::clone(fake) as Arc<_>).router()
}

pub(crate) struct Ask(axum::http::request::Builder);

pub(crate) fn ask(method: &str, path: &str) -> Ask {
    Ask(Request::builder().method(method).uri(path))
}

impl Ask {
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub(crate) fn json(self, body: &Value) -> Request<Body> {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }

    pub(crate) fn body(self, body: impl Into<Body>) -> Request<Body> {
        self.0.body(body.into()).unwrap()
    }

    pub(crate) fn empty(self) -> Request<Body> {
        self.body(Body::empty())
    }
}

pub(crate) async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_str(&text).unwrap_or(Value::Null),
        text,
    }
}

pub(crate) async fn get(app: &Router, path: &str) -> Answer {
    send(app, ask("GET", path).empty()).await
}

pub(crate) async fn post(app: &Router, path: &str, body: Value) -> Answer {
    send(app, ask("POST", path).json(&body)).await
}

/// PUT or PATCH of any version.
pub(crate) async fn edit(app: &Router, method: &str, path: &str, body: Value) -> Answer {
    send(app, ask(method, path).header("if-match", "*").json(&body)).await
}
