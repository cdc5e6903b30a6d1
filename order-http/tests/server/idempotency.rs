//! Keys of requests to an order.

use super::fake::{Fake, ID};
use super::http::{api, ask, send};
use order_core::ports::Idempotency;
use std::sync::Arc;

async fn promise(fake: &Arc<Fake>, tail: &str, body: &str) -> Idempotency {
    let request = ask("POST", &format!("/v1/orders/{ID}{tail}"))
        .header("idempotency-key", "k1")
        .header("content-type", "application/json")
        .body(body.to_owned());
    let answer = send(&api(fake), request).await;
    assert!(answer.status.is_success(), "{answer:?}");
    fake.executed().idempotency.unwrap()
}

#[tokio::test]
async fn the_same_body_is_the_same_request_however_it_is_written() {
    let fake = Fake::plain();
    let first = promise(&fake, "/refunds", r#"{"amount": 1, "reason": "x"}"#).await;
    let again = promise(&fake, "/refunds", r#"{ "reason":"x","amount":1 }"#).await;
    assert_eq!(first, again);
    let other = promise(&fake, "/refunds", r#"{"amount": 2, "reason": "x"}"#).await;
    assert_eq!(first.operation, other.operation);
    assert_ne!(first.fingerprint, other.fingerprint);
    let none = promise(&fake, "/cancel", "").await;
    assert_eq!(none, promise(&fake, "/cancel", "{}").await);
}

#[tokio::test]
async fn a_cancel_of_lines_is_the_same_operation_as_a_cancel() {
    let fake = Fake::plain();
    let whole = promise(&fake, "/cancel", "{}").await;
    let part = promise(
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
    let fake = Fake::plain();
    let first = promise(&fake, "/returns/1/approve", "").await;
    let second = promise(&fake, "/returns/2/approve", "").await;
    assert_ne!(first.operation, second.operation);
    assert!(first.operation.len() <= 64);
}

#[tokio::test]
async fn without_a_key_nothing_is_promised() {
    let fake = Fake::plain();
    let request = ask("POST", &format!("/v1/orders/{ID}/cancel")).empty();
    send(&api(&fake), request).await;
    assert_eq!(fake.executed().idempotency, None);
}
