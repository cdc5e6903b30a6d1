//! The HTTP API over the real order service, with memory adapters.

#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may stop at what they did not expect"
)]

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use order_core::ports::{Clock, Customers};
use order_core::service::{ExternalServices, OrderService};
use order_core::system::SystemClock;
use order_http::server::Api;
use order_testing::{MemoryCustomers, MemoryInventory, MemoryStore, memory_services};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

fn api(customers: Arc<dyn Customers>) -> Router {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let inventory = MemoryInventory::new(clock.clone()).with("tea", 10, 1_250);
    let services = ExternalServices {
        customers,
        inventory: Arc::new(inventory),
        ..memory_services(&clock)
    };
    // The time budget is large, so that a busy machine finishes all effects within the request.
    let service = OrderService::builder(Arc::new(MemoryStore::new()), services, clock)
        .configure(|config| config.request_time_budget = Duration::from_secs(120));
    Api::new(Arc::new(service.build().unwrap())).router()
}

fn ada() -> Arc<dyn Customers> {
    Arc::new(MemoryCustomers::knowing(["ada"]))
}

struct TestResponse {
    status: u16,
    replayed: bool,
    body: Value,
}

async fn send(app: &Router, method: &str, path: &str, key: &str, body: &Value) -> TestResponse {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .header("if-match", "*")
        .header("x-request-id", "req-1")
        .header("traceparent", TRACE)
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let replayed = response.headers().contains_key("idempotency-replayed");
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    TestResponse {
        status,
        replayed,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    }
}

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn place_order_body(units: u32, token: &str) -> Value {
    json!({
        "customer_id": "ada", "lines": [{"sku": "tea", "quantity": units}],
        "shipping_address": {"line1": "1 Main St", "city": "Sydney", "country": "AU"},
        "contact": {"email": "ada@example.com"},
        "payment": {"token": token},
    })
}

async fn place(app: &Router, key: &str, units: u32) -> TestResponse {
    send(
        app,
        "POST",
        "/v1/orders",
        key,
        &place_order_body(units, "tok_visa"),
    )
    .await
}

#[tokio::test]
async fn an_order_goes_from_placing_to_the_end_of_its_return() {
    let app = api(ada());
    let placed = place(&app, "k", 2).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    assert_eq!(placed.body["status"], "processing");
    assert_eq!(placed.body["payment_status"], "authorized");
    let order = format!("/v1/orders/{}", placed.body["id"].as_str().unwrap());
    let units = json!([{"sku": "tea", "quantity": 1}]);
    for (tail, body, status) in [
        ("/fulfillments", json!({}), 201),
        (
            "/shipments",
            json!({"fulfillment_id": "1", "carrier": "post"}),
            201,
        ),
        ("/shipments/1/deliver", json!({}), 200),
        ("/returns", json!({"lines": units, "reason": "torn"}), 201),
        ("/returns/1/approve", json!({}), 200),
        ("/returns/1/receive", json!({}), 200),
    ] {
        let path = format!("{order}{tail}");
        let response = send(&app, "POST", &path, "k", &body).await;
        assert_eq!(response.status, status, "{tail}: {}", response.body);
        let again = send(&app, "POST", &path, "k", &body).await;
        assert!(again.replayed, "{tail}: {}", again.body);
        assert_eq!(again.status, status, "{tail}");
        assert_eq!(again.body, response.body, "{tail}");
    }
    let read = send(&app, "GET", &order, "", &json!({})).await.body;
    assert_eq!(read["status"], "completed");
    assert_eq!(read["payment_status"], "partially_refunded");
    assert_eq!(read["shipments"][0]["status"], "delivered");
    assert_eq!(read["lines"][0]["returned"], 1);
    let late = send(&app, "POST", &format!("{order}/cancel"), "c", &json!({})).await;
    assert_eq!(
        (late.status, &late.body["code"]),
        (409, &json!("already-shipped"))
    );
}

#[tokio::test]
async fn concurrent_requests_with_one_key_place_one_order() {
    let app = api(ada());
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let app = app.clone();
        calls.spawn(async move { place(&app, "k", 1).await });
    }
    while let Some(response) = calls.join_next().await {
        let response = response.unwrap();
        let in_flight = response.body["code"] == "idempotency-key-in-flight";
        assert!(response.status == 201 || in_flight, "{}", response.body);
    }
    let all = send(&app, "GET", "/v1/orders", "", &json!({})).await;
    assert_eq!(all.body["data"].as_array().unwrap().len(), 1);
    let other = place(&app, "k", 2).await;
    assert_eq!(other.body["code"], "idempotency-key-reused");
}

#[tokio::test]
async fn a_failed_outcome_is_replayed_too() {
    let app = api(ada());
    let declined = place_order_body(1, "tok_declined");
    for (key, body, code) in [
        ("a", &place_order_body(99, "tok_visa"), "insufficient-stock"),
        ("b", &declined, "payment-declined"),
    ] {
        let first = send(&app, "POST", "/v1/orders", key, body).await;
        assert_eq!(first.body["code"], code, "{}", first.body);
        let again = send(&app, "POST", "/v1/orders", key, body).await;
        assert!(again.replayed);
        assert_eq!((again.status, again.body), (first.status, first.body));
    }
    let mut unknown = place_order_body(1, "tok_visa");
    unknown["customer_id"] = "bob".into();
    let response = send(&app, "POST", "/v1/orders", "c", &unknown).await;
    assert_eq!(
        response.body["code"], "unknown-customer",
        "{}",
        response.body
    );
    unknown["customer_id"] = "ada".into();
    unknown["lines"][0]["sku"] = "coal".into();
    let response = send(&app, "POST", "/v1/orders", "d", &unknown).await;
    assert_eq!(response.body["code"], "unknown-sku", "{}", response.body);
}

#[tokio::test]
async fn an_order_is_changed_cancelled_deleted_and_erased() {
    let app = api(ada());
    let placed = place(&app, "k", 2).await;
    let order = format!("/v1/orders/{}", placed.body["id"].as_str().unwrap());
    let lines = json!({"lines": [{"sku": "tea", "quantity": 3}]});
    let revised = send(&app, "PUT", &format!("{order}/lines"), "", &lines).await;
    assert_eq!(revised.status, 200, "{}", revised.body);
    assert_eq!(revised.body["totals"]["total"], 3_750);
    let too_many = json!({"lines": [{"sku": "tea", "quantity": 30}]});
    let refused = send(&app, "PUT", &format!("{order}/lines"), "", &too_many).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(refused.body["code"], "insufficient-stock");

    let patch = json!({"contact": {"phone": "123"}, "metadata": {"a": 1}, "labels": ["vip"]});
    let patched = send(&app, "PATCH", &order, "", &patch).await;
    assert_eq!(patched.body["contact"]["email"], "ada@example.com");
    assert_eq!(patched.body["contact"]["phone"], "123");
    assert_eq!(patched.body["labels"], json!(["vip"]));

    let preview = json!({"action": "cancel"});
    let preview = send(&app, "POST", &format!("{order}/preview"), "p", &preview).await;
    assert!(["cancelling", "cancelled"].contains(&preview.body["status"].as_str().unwrap()));
    let deleted = send(&app, "DELETE", &order, "", &json!({})).await;
    assert!([202, 204].contains(&deleted.status), "{}", deleted.body);
    assert_eq!(send(&app, "GET", &order, "", &json!({})).await.status, 410);
    let again = send(&app, "DELETE", &order, "", &json!({})).await;
    assert_eq!(
        (again.status, &again.body["code"]),
        (410, &json!("already-deleted"))
    );
    let history = send(&app, "GET", &format!("{order}/history"), "", &json!({})).await;
    let history = history.body["data"].as_array().unwrap().clone();
    assert_eq!(history[0]["type"], "order_placed");
    assert!(!json!(history).to_string().contains("ada@example.com"));
}

/// With the clients in the build, the request context reaches the external services.
#[cfg(feature = "client")]
mod with_clients {
    use super::*;
    use axum::Json;
    use axum::extract::State;
    use axum::http::HeaderMap;
    use order_http::client::{ClientConfig, HttpCustomers};
    use std::sync::Mutex;

    type Seen = Arc<Mutex<Vec<HeaderMap>>>;

    async fn found(State(seen): State<Seen>, headers: HeaderMap) -> Json<Value> {
        seen.lock().unwrap().push(headers);
        Json(json!({"id": "ada", "name": "Ada", "status": "active"}))
    }

    #[tokio::test]
    async fn calls_made_for_a_request_carry_its_id_and_its_trace() {
        let seen = Seen::default();
        let service = Router::new()
            .route("/customers/{id}", axum::routing::get(found))
            .with_state(Arc::clone(&seen));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });

        let settings = ClientConfig::default();
        let customers = HttpCustomers::new(&address, &settings, Arc::new(SystemClock)).unwrap();
        let placed = place(&api(Arc::new(customers)), "k", 1).await;
        assert_eq!(placed.status, 201, "{}", placed.body);
        let seen = seen.lock().unwrap();
        assert_eq!(seen[0]["x-request-id"], "req-1");
        assert_eq!(seen[0]["traceparent"], TRACE);
        assert_eq!(seen[0]["x-storefront"], "default");
    }
}
