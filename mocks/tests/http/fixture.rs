//! The five services over a directory of their own, and the documents that the tests send.

use std::fs;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use order_core::system::SystemClock;
use order_mocks::MockServices;
use order_mocks::http::router;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

/// The five services, with one customer `ada` and ten units of `mug`.
pub(crate) struct Mocks {
    pub(crate) services: MockServices,
    pub(crate) directory: TempDir,
}

impl Mocks {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for part in ["customers", "inventory"] {
            fs::create_dir(directory.path().join(part)).unwrap();
        }
        let services = MockServices::open(directory.path(), Arc::new(SystemClock)).unwrap();
        let mocks = Self {
            services,
            directory,
        };
        mocks.write("customers/ada.json", &customer("ada"));
        mocks.write("inventory/mug.json", &product("mug", 10));
        mocks
    }

    /// Writes a JSON file.
    pub(crate) fn write(&self, path: &str, document: &Value) {
        fs::write(self.directory.path().join(path), document.to_string()).unwrap();
    }

    /// Sends `"METHOD /path"`.
    pub(crate) async fn call(&self, call: &str, body: Value) -> (StatusCode, Value) {
        let (status, _, body) = self.send(call, &[], body).await.unwrap();
        (status, body)
    }

    /// Sends `"METHOD /path"`; `None` when the connection would have closed without an answer.
    pub(crate) async fn send(
        &self,
        call: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Option<(StatusCode, HeaderMap, Value)> {
        let (method, path) = call.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = if body.is_null() {
            request.body(Body::empty())
        } else {
            request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string()))
        };
        let response = router(&self.services)
            .oneshot(request.unwrap())
            .await
            .unwrap();
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.ok()?;
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&bytes)));
        Some((head.status, head.headers, body))
    }
}

pub(crate) fn customer(id: &str) -> Value {
    json!({"id": id, "name": "Ada", "email": "ada@example.com", "status": "active"})
}

pub(crate) fn product(sku: &str, available: u32) -> Value {
    json!({"sku": sku, "name": "Mug", "unit_price": 1450, "currency": "USD", "available": available})
}

pub(crate) fn payment(reference: &str, token: &str) -> Value {
    json!({"reference": reference, "order_id": "o1", "amount": 4498, "currency": "USD",
           "token": token, "capture": false})
}
