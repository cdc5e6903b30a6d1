//! `/products` and `/reservations`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::fixture::{Mocks, product};

#[tokio::test]
async fn a_reservation_is_made_revised_extended_committed_and_released() {
    let mocks = Mocks::new();
    let (status, body) = mocks
        .call("GET /products?sku=mug&sku=hat&sku=mug", Value::Null)
        .await;
    assert_eq!(
        (status, body),
        (StatusCode::OK, json!({"data": [product("mug", 10)]}))
    );

    let reserve = json!({"id": "r1", "lines": [{"sku": "mug", "quantity": 4}], "ttl_seconds": 900});
    let (status, reserved) = mocks.call("POST /reservations", reserve.clone()).await;
    assert_eq!(
        (status, &reserved["id"]),
        (StatusCode::CREATED, &json!("r1"))
    );
    assert!(reserved["expires_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(reserved.as_object().unwrap().len(), 2);
    assert_eq!(
        mocks.call("POST /reservations", reserve).await,
        (StatusCode::CREATED, reserved)
    );

    let (status, held) = mocks.call("GET /reservations/r1", Value::Null).await;
    assert_eq!((status, &held["status"]), (StatusCode::OK, &json!("held")));
    assert_eq!(held["lines"], json!([{"sku": "mug", "quantity": 4}]));

    let more = json!({"lines": [{"sku": "mug", "quantity": 11}]});
    let (status, body) = mocks.call("PUT /reservations/r1", more).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("insufficient_stock"))
    );
    assert_eq!(
        body["lines"],
        json!([{"sku": "mug", "requested": 11, "available": 10}])
    );
    let fewer = json!({"lines": [{"sku": "mug", "quantity": 1}]});
    assert_eq!(
        mocks.call("PUT /reservations/r1", fewer).await.0,
        StatusCode::OK
    );

    let longer = json!({"ttl_seconds": 1800});
    assert_eq!(
        mocks.call("POST /reservations/r1/extend", longer).await.0,
        StatusCode::OK
    );
    for body in [Value::Null, json!({})] {
        let (status, committed) = mocks.call("POST /reservations/r1/commit", body).await;
        assert_eq!(
            (status, &committed["status"]),
            (StatusCode::OK, &json!("committed"))
        );
    }
    let (_, body) = mocks.call("GET /products?sku=mug", Value::Null).await;
    assert_eq!(body["data"][0]["available"], 9);
    let (status, released) = mocks
        .call("POST /reservations/r1/release", Value::Null)
        .await;
    assert_eq!(
        (status, &released["status"]),
        (StatusCode::OK, &json!("released"))
    );
    let (status, body) = mocks
        .call("POST /reservations/r1/commit", Value::Null)
        .await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("reservation_released"))
    );
    let (status, _) = mocks.call("GET /reservations/r2", Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_new_product_file_can_be_ordered_at_once() {
    let mocks = Mocks::new();
    let reserve = json!({"id": "r1", "lines": [{"sku": "hat", "quantity": 1}], "ttl_seconds": 900});
    let (status, body) = mocks.call("POST /reservations", reserve.clone()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        (&body["code"], &body["skus"]),
        (&json!("unknown_sku"), &json!(["hat"]))
    );
    mocks.write("inventory/hat.json", &product("hat", 1));
    assert_eq!(
        mocks.call("POST /reservations", reserve).await.0,
        StatusCode::CREATED
    );
}
