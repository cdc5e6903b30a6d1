//! `POST /notifications`.

use axum::http::StatusCode;
use serde_json::json;

use super::fixture::Mocks;

#[tokio::test]
async fn a_notification_is_accepted() {
    let mocks = Mocks::new();
    let body = json!({"id": "n1", "kind": "order_shipped", "order_id": "o1",
                      "to": "ada@example.com", "data": {"carrier": "UPS"}});
    assert_eq!(
        mocks.call("POST /notifications", body).await.0,
        StatusCode::ACCEPTED
    );
    assert_eq!(
        mocks.services.notifications.accepted()[0].kind,
        "order_shipped"
    );
}
