//! `/rates` and `/fulfillments`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::fixture::Mocks;

#[tokio::test]
async fn a_fulfillment_is_quoted_requested_recalled_and_shipped() {
    let mocks = Mocks::new();
    let address = json!({"name": "Ada", "line1": "1 Main St", "city": "Sydney",
                         "postal_code": "2000", "country": "AU"});
    let lines = json!([{"sku": "mug", "quantity": 2}]);
    let (status, rates) = mocks
        .call("POST /rates", json!({"address": address, "lines": lines}))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        rates["data"][0],
        json!({"service": "standard", "amount": 2295, "currency": "USD", "days": 12})
    );

    let fulfillment = |reference: &str| json!({"reference": reference, "order_id": "o1", "address": address, "lines": lines});
    assert_eq!(
        mocks.call("POST /fulfillments", fulfillment("f1")).await.0,
        StatusCode::ACCEPTED
    );
    assert_eq!(
        mocks.call("DELETE /fulfillments/f1", Value::Null).await.0,
        StatusCode::OK
    );
    assert_eq!(
        mocks.call("POST /fulfillments", fulfillment("f2")).await.0,
        StatusCode::ACCEPTED
    );
    let shipped = json!({"carrier": "UPS", "tracking_number": "1Z1"});
    assert_eq!(
        mocks.call("POST /fulfillments/f2/ship", shipped).await.0,
        StatusCode::OK
    );
    let (status, body) = mocks.call("DELETE /fulfillments/f2", Value::Null).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("already_shipped"))
    );
    let (_, found) = mocks.call("GET /fulfillments/f2", Value::Null).await;
    assert_eq!(
        (&found["status"], &found["carrier"]),
        (&json!("shipped"), &json!("UPS"))
    );

    let nowhere = json!({"address": {"country": "Australia"}, "lines": lines});
    assert_eq!(
        mocks.call("POST /rates", nowhere).await.0,
        StatusCode::BAD_REQUEST
    );
}
