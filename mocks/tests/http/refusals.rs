//! Invalid requests are refused with a JSON problem, also where axum itself refuses them.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use order_mocks::http::router;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::fixture::Mocks;

#[tokio::test]
async fn every_refusal_is_json() {
    let mocks = Mocks::new();
    let reserve = json!({"id": "r1", "lines": [{"sku": "mug", "quantity": 1}], "ttl_seconds": 9});
    let with = |key: &str, value: Value| {
        let mut body = reserve.clone();
        body[key] = value;
        body
    };
    for (call, body, status, code) in [
        (
            "POST /reservations",
            with("colour", json!("red")),
            400,
            "invalid_request",
        ),
        (
            "POST /reservations",
            with("ttl_seconds", json!(-1)),
            400,
            "invalid_request",
        ),
        (
            "POST /reservations",
            with("lines", json!([])),
            400,
            "invalid_request",
        ),
        (
            "POST /reservations",
            with("lines", json!([{"sku": "mug", "quantity": 0}])),
            400,
            "invalid_request",
        ),
        (
            "POST /reservations",
            with("lines", json!([{"sku": "mug", "quantity": 1, "price": 2}])),
            400,
            "invalid_request",
        ),
        (
            "POST /reservations",
            Value::Null,
            415,
            "unsupported_media_type",
        ),
        (
            "POST /reservations",
            json!("x".repeat(300 * 1024)),
            413,
            "unreadable_body",
        ),
        (
            "POST /reservations/r1/commit",
            json!({"force": true}),
            400,
            "invalid_request",
        ),
        (
            "GET /products?sku=mug&color=red",
            Value::Null,
            400,
            "invalid_request",
        ),
        ("GET /payments", Value::Null, 400, "invalid_request"),
        (
            "GET /payments?reference=a&reference=b",
            Value::Null,
            400,
            "invalid_request",
        ),
        (
            "POST /payments/pay_nobody/void",
            Value::Null,
            404,
            "unknown_payment",
        ),
        (
            "POST /customers/ada",
            Value::Null,
            405,
            "method_not_allowed",
        ),
        ("GET /nothing", Value::Null, 404, "not_found"),
        ("GET /customers/%FF", Value::Null, 400, "invalid_request"),
    ] {
        let (got, problem) = mocks.call(call, body).await;
        assert_eq!(
            (got.as_u16(), &problem["code"]),
            (status, &json!(code)),
            "{call}: {problem}"
        );
        assert!(!problem["message"].as_str().unwrap().is_empty(), "{call}");
    }
    let request = Request::post("/payments")
        .header("content-type", "application/json")
        .body(Body::from("{"))
        .unwrap();
    let response = router(&mocks.services).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}
