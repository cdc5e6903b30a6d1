//! `POST /v1/orders/{id}/preview`.

use super::fake_orders::{FakeOrders, PortCall, order_path};
use super::requests::{api, post};
use order_core::command::CommandKind;
use serde_json::json;

#[tokio::test]
async fn a_preview_reads_each_action_as_its_endpoint_does() {
    let units = json!([{"sku": "tea", "quantity": 1}]);
    let bodies = [
        ("start_payment", json!({})),
        ("hold", json!({"reason": "x"})),
        ("release_hold", json!({})),
        ("revise_lines", json!({"lines": units})),
        (
            "change_address",
            json!({"line1": "1", "city": "Sydney", "country": "AU"}),
        ),
        ("change_payment_method", json!({"token": "t"})),
        ("update", json!({"metadata": {"a": 1}})),
        ("plan_fulfillment", json!({})),
        ("release_fulfillment", json!({"fulfillment_id": "1"})),
        ("recall_fulfillment", json!({"fulfillment_id": "1"})),
        ("ship", json!({"carrier": "dhl"})),
        (
            "update_tracking",
            json!({"shipment_id": "1", "carrier": "dhl"}),
        ),
        ("deliver", json!({"shipment_id": "1"})),
        ("cancel_lines", json!({"lines": units})),
        ("cancel", json!({"reason": "x"})),
        ("capture", json!({"amount": 1})),
        ("refund", json!({})),
        ("request_return", json!({"lines": units})),
        ("approve_return", json!({"return_id": "1"})),
        ("reject_return", json!({"return_id": "1"})),
        ("receive_return", json!({"return_id": "1", "restock": true})),
        ("cancel_return", json!({"return_id": "1"})),
        ("delete", json!({})),
        ("erase", json!({})),
    ];
    assert_eq!(
        bodies.len(),
        CommandKind::ALL.len() - 2,
        "all but place and import"
    );
    let fake = FakeOrders::plain();
    let app = api(&fake);
    for (action, mut body) in bodies {
        body["action"] = action.into();
        let response = post(&app, &order_path("/preview"), body).await;
        assert_eq!(response.status, 200, "{action}: {response:?}");
        assert_eq!(response.header("etag"), "");
        let calls = fake.calls();
        let [PortCall::Preview(execute)] = calls.as_slice() else {
            panic!("{calls:?}")
        };
        assert_eq!(execute.command.kind().as_str(), action);
        assert_eq!(execute.idempotency, None);
    }
}

#[tokio::test]
async fn a_preview_is_checked_as_its_endpoint_does() {
    let app = api(&FakeOrders::plain());
    for (body, field, code) in [
        (json!({}), "action", "required"),
        (json!({"action": "fly"}), "action", "unknown-name"),
        (json!({"action": 1}), "action", "unknown-name"),
        (json!({"action": "place"}), "action", "not-previewed"),
        (json!({"action": "ship"}), "carrier", "required"),
        (json!({"action": "deliver"}), "shipment_id", "required"),
        (
            json!({"action": "deliver", "shipment_id": 1}),
            "shipment_id",
            "not-a-number",
        ),
        (
            json!({"action": "delete", "reason": "x"}),
            "reason",
            "unknown-field",
        ),
    ] {
        let response = post(&app, &order_path("/preview"), body.clone()).await;
        assert_eq!(response.problem(400), "invalid-request", "{body}");
        assert_eq!(response.field_errors(), [(field, code)], "{body}");
    }
}
