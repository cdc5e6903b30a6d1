//! Requests to the router, without a socket.

use super::fake_orders::FakeOrders;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use order_http::server::Api;
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;

/// A response whose body is read to its end.
#[derive(Debug)]
pub(crate) struct TestResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// Null where the body is not JSON.
    pub(crate) body: Value,
}

impl TestResponse {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Expects a problem with this status, and returns its code.
    pub(crate) fn problem(&self, status: u16) -> &str {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["status"], status);
        let code = self.body["code"].as_str().unwrap();
        assert_eq!(self.body["type"], format!("/problems/{code}"));
        assert!(self.body["instance"].is_string(), "{self:?}");
        code
    }

    /// Returns the invalid fields of the problem, with their codes.
    pub(crate) fn field_errors(&self) -> Vec<(&str, &str)> {
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

pub(crate) fn api(fake: &Arc<FakeOrders>) -> Router {
    Api::new(Arc::clone(fake) as Arc<_>).router()
}

/// A request that is being built.
pub(crate) struct TestRequest(axum::http::request::Builder);

impl TestRequest {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self(Request::builder().method(method).uri(path))
    }

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

pub(crate) async fn send(app: &Router, request: Request<Body>) -> TestResponse {
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    TestResponse {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_str(&text).unwrap_or(Value::Null),
        text,
    }
}

pub(crate) async fn get(app: &Router, path: &str) -> TestResponse {
    send(app, TestRequest::new("GET", path).empty()).await
}

pub(crate) async fn post(app: &Router, path: &str, body: Value) -> TestResponse {
    send(app, TestRequest::new("POST", path).json(&body)).await
}

/// Sends a PUT or PATCH of any version.
pub(crate) async fn edit(app: &Router, method: &str, path: &str, body: Value) -> TestResponse {
    send(
        app,
        TestRequest::new(method, path)
            .header("if-match", "*")
            .json(&body),
    )
    .await
}
