//! Idempotency keys of commands.

use super::fake_orders::{FakeOrders, ID};
use super::requests::{TestRequest, api, send};
use order_core::ports::Idempotency;
use std::sync::Arc;

async fn idempotency(fake: &Arc<FakeOrders>, tail: &str, body: &str) -> Idempotency {
    let request = TestRequest::new("POST", &format!("/v1/orders/{ID}{tail}"))
        .header("idempotency-key", "k1")
        .header("content-type", "application/json")
        .body(body.to_owned());
    let response = send(&api(fake), request).await;
    assert!(response.status.is_success(), "{response:?}");
    fake.executed().idempotency.unwrap()
}

#[tokio::test]
async fn the_same_body_is_the_same_request_however_it_is_written() {
    let fake = FakeOrders::plain();
    let first = idempotency(&fake, "/refunds", r#"{"amount": 1, "reason": "x"}"#).await;
    let again = idempotency(&fake, "/refunds", r#"{ "reason":"x","amount":1 }"#).await;
    assert_eq!(first, again);
    let other = idempotency(&fake, "/refunds", r#"{"amount": 2, "reason": "x"}"#).await;
    assert_eq!(first.operation, other.operation);
    assert_ne!(first.fingerprint, other.fingerprint);
    let none = idempotency(&fake, "/cancel", "").await;
    assert_eq!(none, idempotency(&fake, "/cancel", "{}").await);
}

#[tokio::test]
async fn a_cancel_of_lines_is_the_same_operation_as_a_cancel() {
    let fake = FakeOrders::plain();
    let whole = idempotency(&fake, "/cancel", "{}").await;
    let part = idempotency(
        &fake,
        "/cancel",
        r#"{"lines": [{"sku": "tea", "quantity": 1}]}"#,
    )
    .await;
    assert_eq!(whole.operation, part.operation);
    assert_ne!(whole.fingerprint, part.fingerprint);
}

#[tokio::test]
async fn parts_of_an_order_are_operations_of_their_own() {
    let fake = FakeOrders::plain();
    let first = idempotency(&fake, "/returns/1/approve", "").await;
    let second = idempotency(&fake, "/returns/2/approve", "").await;
    assert_ne!(first.operation, second.operation);
    assert!(first.operation.len() <= 64);
}

#[tokio::test]
async fn without_a_key_there_is_no_idempotency() {
    let fake = FakeOrders::plain();
    let request = TestRequest::new("POST", &format!("/v1/orders/{ID}/cancel")).empty();
    send(&api(&fake), request).await;
    assert_eq!(fake.executed().idempotency, None);
}
