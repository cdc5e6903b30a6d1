//! `/payments` and `/refunds`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::fixture::{Mocks, payment};

#[tokio::test]
async fn a_payment_is_authorized_captured_voided_and_refunded() {
    let mocks = Mocks::new();
    let (status, authorized) = mocks
        .call("POST /payments", payment("a1", "tok_visa"))
        .await;
    assert_eq!(
        (status, &authorized["status"]),
        (StatusCode::CREATED, &json!("authorized"))
    );
    assert_eq!(
        (&authorized["amount"], &authorized["reference"]),
        (&json!(4498), &json!("a1"))
    );
    assert!(authorized.get("decline_code").is_none());
    let (status, found) = mocks.call("GET /payments?reference=a1", Value::Null).await;
    assert_eq!(
        (status, found),
        (StatusCode::OK, json!({"data": [authorized]}))
    );
    let (_, none) = mocks.call("GET /payments?reference=a2", Value::Null).await;
    assert_eq!(none, json!({"data": []}));

    let id = authorized["id"].as_str().unwrap();
    let part = json!({"amount": 1000, "reference": "c1"});
    let (status, captured) = mocks
        .call(&format!("POST /payments/{id}/capture"), part)
        .await;
    assert_eq!(
        (status, &captured["status"]),
        (StatusCode::OK, &json!("captured"))
    );
    assert_eq!(
        (&captured["captured"], &captured["amount"]),
        (&json!(1000), &json!(4498))
    );
    let (status, _) = mocks
        .call(&format!("POST /payments/{id}/void"), Value::Null)
        .await;
    assert_eq!(status, StatusCode::OK);

    let refund = json!({"payment_id": id, "amount": 1000, "reference": "r1"});
    let (status, refunded) = mocks.call("POST /refunds", refund.clone()).await;
    assert_eq!(
        (status, &refunded["status"]),
        (StatusCode::CREATED, &json!("succeeded"))
    );
    assert_eq!(mocks.call("POST /refunds", refund).await.1, refunded);
    let (_, found) = mocks.call("GET /refunds?reference=r1", Value::Null).await;
    assert_eq!(found, json!({"data": [refunded]}));
    let more = json!({"payment_id": id, "amount": 1, "reference": "r2"});
    let (status, body) = mocks.call("POST /refunds", more).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("amount_too_large"))
    );

    let (status, declined) = mocks
        .call("POST /payments", payment("a3", "tok_declined"))
        .await;
    assert_eq!(
        (status, &declined["status"]),
        (StatusCode::CREATED, &json!("declined"))
    );
    assert_eq!(declined["decline_code"], "card_declined");
}

#[tokio::test]
async fn an_idempotency_key_serves_one_request() {
    let mocks = Mocks::new();
    let key = [("idempotency-key", "k1")];
    let first = mocks
        .send("POST /payments", &key, payment("a1", "tok_visa"))
        .await
        .unwrap();
    let again = mocks
        .send("POST /payments", &key, payment("a1", "tok_visa"))
        .await
        .unwrap();
    assert_eq!((first.0, &first.2), (again.0, &again.2));
    let (status, _, body) = mocks
        .send("POST /payments", &key, payment("a2", "tok_visa"))
        .await
        .unwrap();
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(body["code"], "idempotency_key_reused");
    assert_eq!(mocks.services.payments.all().unwrap().len(), 1);
}
