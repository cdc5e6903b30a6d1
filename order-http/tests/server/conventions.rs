//! Conventions of every request: problems, bodies, request ids, nesting, health.

use super::fake_orders::{FakeOrders, ID};
use super::requests::{TestRequest, api, edit, get, post, send};
use axum::Router;
use order_core::ports::{OrderError, StoreError};
use order_http::server::Api;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn an_unknown_path_is_a_problem() {
    let app = api(&FakeOrders::plain());
    for path in ["/", "/v1", "/v1/order", "/v1/orders/", "/docs/nothing.js"] {
        let response = get(&app, path).await;
        assert_eq!(response.problem(404), "not-found");
        assert_eq!(response.body["instance"], path);
    }
}

#[tokio::test]
async fn a_method_that_is_not_allowed_lists_those_that_are() {
    let app = api(&FakeOrders::plain());
    let response = send(&app, TestRequest::new("DELETE", "/v1/orders").empty()).await;
    assert_eq!(response.problem(405), "method-not-allowed");
    let mut allowed: Vec<_> = response.header("allow").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_a_problem() {
    let app = api(&FakeOrders::plain());
    let cancel = format!("/v1/orders/{ID}/cancel");
    let reason = "x".repeat(256 * 1024);
    let response = post(&app, &cancel, json!({ "reason": reason })).await;
    assert_eq!(response.problem(413), "body-too-large");
}

#[tokio::test]
async fn a_body_of_another_type_is_a_problem() {
    let app = api(&FakeOrders::plain());
    let cancel = format!("/v1/orders/{ID}/cancel");
    for request in [
        TestRequest::new("POST", &cancel).body("{}"),
        TestRequest::new("POST", &cancel)
            .header("content-type", "text/plain")
            .body("{}"),
    ] {
        let response = send(&app, request).await;
        assert_eq!(response.problem(415), "unsupported-media-type");
    }
    let none = send(&app, TestRequest::new("POST", &cancel).empty()).await;
    assert_eq!(none.status, 200, "no body at all is an empty object");
}

#[tokio::test]
async fn a_malformed_body_names_the_position() {
    let app = api(&FakeOrders::plain());
    for body in ["{\"reason\": \"secret", "{\"reason\": secret}", "\u{1}"] {
        let request = TestRequest::new("POST", &format!("/v1/orders/{ID}/cancel"))
            .header("content-type", "application/json")
            .body(body);
        let response = send(&app, request).await;
        assert_eq!(response.problem(400), "malformed-json");
        assert!(response.body["detail"].as_str().unwrap().contains("line 1"));
        assert!(!response.text.contains("secret"));
    }
}

#[tokio::test]
async fn a_member_of_the_wrong_type_is_named_without_its_value() {
    let app = api(&FakeOrders::plain());
    let cancel = format!("/v1/orders/{ID}/cancel");
    let of = |body| post(&app, &cancel, body);
    for (body, field, code) in [
        (json!({"reason": 4_711}), "reason", "wrong-type"),
        (json!({"reason": ["s3cr3t"]}), "reason", "wrong-type"),
        (json!({"lines": {"s3cr3t": 1}}), "lines", "wrong-type"),
        (json!({"lines": ["s3cr3t"]}), "lines[0]", "wrong-type"),
        (
            json!({"lines": [{"sku": "a", "quantity": 1}, {"sku": "a", "quantity": "s3cr3t"}]}),
            "lines[1].quantity",
            "wrong-type",
        ),
        (
            json!({"lines": [{"sku": "a", "quantity": 1.5}]}),
            "lines[0].quantity",
            "wrong-type",
        ),
        (json!({"status": "cancelled"}), "status", "unknown-field"),
        (
            json!({"lines": [{"sku": "a", "quantity": 1, "price": 1}]}),
            "lines[0].price",
            "unknown-field",
        ),
        (json!(["s3cr3t"]), "", "wrong-type"),
        (json!("s3cr3t"), "", "wrong-type"),
        (json!([]), "", "wrong-type"),
        (json!({"lines": [["a", 1]]}), "lines[0]", "wrong-type"),
    ] {
        let response = of(body.clone()).await;
        assert_eq!(response.problem(400), "invalid-request", "{body}");
        assert_eq!(response.field_errors(), [(field, code)], "{body}");
        assert!(!response.text.contains("s3cr3t") && !response.text.contains("4711"));
        assert!(!response.text.contains("expected"), "{}", response.text);
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_without_its_message() {
    let fake = FakeOrders::plain();
    fake.given_result(|| panic!("the password is hunter2"));
    let app = api(&fake);
    let response = post(&app, &format!("/v1/orders/{ID}/cancel"), json!({})).await;
    assert_eq!(response.problem(500), "internal-error");
    assert!(!response.text.contains("hunter2"));
    assert!(!response.header("x-request-id").is_empty());
    assert_eq!(get(&app, &format!("/v1/orders/{ID}")).await.status, 200);
}

#[tokio::test]
async fn an_unavailable_store_gets_503_and_a_failing_store_500() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    let cancel = format!("/v1/orders/{ID}/cancel");
    fake.given_error(OrderError::Store(StoreError::Unavailable(
        "db.internal".into(),
    )));
    let response = post(&app, &cancel, json!({})).await;
    assert_eq!(response.problem(503), "unavailable");
    assert_eq!(response.header("retry-after"), "1");
    assert_eq!(response.body["retry_after"], 1);
    assert!(!response.text.contains("db.internal"));

    fake.given_error(OrderError::Store(StoreError::Failed("db.internal".into())));
    let response = post(&app, &cancel, json!({})).await;
    assert_eq!(response.problem(500), "internal-error");
    assert!(!response.text.contains("db.internal"));
}

#[tokio::test]
async fn a_valid_request_id_is_kept_and_any_other_replaced() {
    let app = api(&FakeOrders::plain());
    let with = |id: &str| {
        TestRequest::new("GET", "/livez")
            .header("x-request-id", id)
            .empty()
    };
    let kept = send(&app, with("Ab-1_2.3")).await;
    assert_eq!(kept.header("x-request-id"), "Ab-1_2.3");
    for id in ["", "a b", "a\"b"] {
        let made = send(&app, with(id)).await;
        assert_eq!(made.header("x-request-id").len(), 36, "{id}");
    }
    let made = get(&app, "/nowhere").await;
    assert_eq!(made.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn a_write_outlives_a_caller_who_disconnects() {
    let fake = FakeOrders::slow(Duration::from_millis(50));
    let app = api(&fake);
    let path = format!("/v1/orders/{ID}/cancel");
    let request = post(&app, &path, json!({}));
    let gone = tokio::time::timeout(Duration::from_millis(10), request).await;
    assert!(gone.is_err());
    assert!(!fake.finished.load(Ordering::SeqCst));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(fake.finished.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_nested_api_knows_its_path() {
    let fake = FakeOrders::plain();
    let api = Api::new(Arc::clone(&fake) as Arc<_>).router();
    let app = Router::new()
        .route("/", axum::routing::get(|| async { "the shop" }))
        .nest("/shops/{id}/sales", api);

    let order = get(&app, &format!("/shops/7/sales/v1/orders/{ID}")).await;
    assert_eq!(order.body["id"], ID);

    let placed = TestRequest::new("POST", "/shops/7/sales/v1/orders")
        .header("idempotency-key", "k")
        .json(&json!({"customer_id": "c", "lines": [{"sku": "a", "quantity": 1}]}));
    let location = format!("/shops/7/sales/v1/orders/{ID}");
    assert_eq!(send(&app, placed).await.header("location"), location);

    let missing = get(&app, "/shops/7/sales/nowhere").await;
    assert_eq!(missing.problem(404), "not-found");
    assert_eq!(missing.body["instance"], "/shops/7/sales/nowhere");

    let document = get(&app, "/shops/7/sales/openapi.json").await;
    assert_eq!(document.body["servers"][0]["url"], "/shops/7/sales");
    let docs = get(&app, "/shops/7/sales/docs").await;
    assert_eq!(docs.header("location"), "/shops/7/sales/docs/");
}

#[tokio::test]
async fn a_malformed_id_is_a_malformed_request() {
    let app = api(&FakeOrders::plain());
    let response = get(&app, "/v1/orders/1").await;
    assert_eq!(response.problem(400), "invalid-request");
    assert_eq!(response.field_errors(), [("id", "not-a-uuid")]);
    let part = format!("/v1/orders/{ID}/shipments/one/tracking");
    let response = edit(&app, "PUT", &part, json!({"carrier": "dhl"})).await;
    assert_eq!(response.field_errors(), [("shipment_id", "not-a-number")]);
    let raw = get(&app, "/v1/orders/%ff").await;
    assert!(raw.status.is_client_error());
    raw.problem(raw.status.as_u16());
}

#[tokio::test]
async fn without_a_store_the_service_is_alive_but_not_ready() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    assert_eq!(get(&app, "/readyz").await.status, 200);
    fake.down.store(true, Ordering::SeqCst);
    assert_eq!(get(&app, "/livez").await.body, json!({"status": "ok"}));
    let response = get(&app, "/readyz").await;
    assert_eq!(response.problem(503), "not-ready");
    assert!(!response.header("retry-after").is_empty());
}
