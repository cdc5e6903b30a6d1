//! The command that each endpoint sends, and the validation of its body.

use super::fake_orders::{FakeOrders, ID, PortCall, event, order, order_path};
use super::requests::{TestRequest, TestResponse, api, post, send};
use order_core::command::{Command, CommandKind};
use order_core::money::Amount;
use order_core::ports::OrderError;
use order_core::refusal::{Refusal, RefusalCode};
use order_core::value::{FulfillmentNo, HoldNo, ReturnNo, Version};
use serde_json::{Value, json};

async fn sent(method: &str, tail: &str, body: Value) -> (TestResponse, Command) {
    let fake = FakeOrders::plain();
    let request = TestRequest::new(method, &order_path(tail))
        .header("if-match", "*")
        .json(&body);
    let response = send(&api(&fake), request).await;
    assert!(response.status.is_success(), "{tail}: {response:?}");
    (response, fake.executed().command)
}

#[tokio::test]
async fn each_endpoint_sends_its_command() {
    let units = json!([{"sku": "tea", "quantity": 1}]);
    for (method, tail, body, status, kind) in [
        (
            "PUT",
            "/lines",
            json!({"lines": units}),
            200,
            "revise_lines",
        ),
        (
            "PUT",
            "/shipping_address",
            json!({"line1": "1 Main St", "city": "Sydney", "country": "AU"}),
            200,
            "change_address",
        ),
        (
            "PUT",
            "/payment_method",
            json!({"token": "tok_visa"}),
            200,
            "change_payment_method",
        ),
        ("PATCH", "", json!({"metadata": {"a": 1}}), 200, "update"),
        ("POST", "/cancel", json!({"reason": "no"}), 200, "cancel"),
        (
            "POST",
            "/cancel",
            json!({"lines": units}),
            200,
            "cancel_lines",
        ),
        ("DELETE", "", json!({}), 202, "delete"),
        ("POST", "/hold", json!({"reason": "fraud?"}), 200, "hold"),
        (
            "POST",
            "/release_hold",
            json!({"reason": "no"}),
            200,
            "release_hold",
        ),
        ("POST", "/shipments", json!({"carrier": "dhl"}), 201, "ship"),
        (
            "PUT",
            "/shipments/2/tracking",
            json!({"tracking_number": "JD1"}),
            200,
            "update_tracking",
        ),
        ("POST", "/shipments/2/deliver", json!({}), 200, "deliver"),
        (
            "DELETE",
            "/fulfillments/2",
            json!({}),
            200,
            "recall_fulfillment",
        ),
        ("POST", "/pay", json!({}), 200, "start_payment"),
        ("POST", "/capture", json!({"amount": 1}), 200, "capture"),
        (
            "POST",
            "/refunds",
            json!({"amount": 1, "reason": "sorry"}),
            200,
            "refund",
        ),
        (
            "POST",
            "/returns",
            json!({"lines": units}),
            201,
            "request_return",
        ),
        (
            "POST",
            "/returns/3/approve",
            json!({}),
            200,
            "approve_return",
        ),
        (
            "POST",
            "/returns/3/reject",
            json!({"reason": "worn"}),
            200,
            "reject_return",
        ),
        (
            "POST",
            "/returns/3/receive",
            json!({}),
            200,
            "receive_return",
        ),
        ("POST", "/returns/3/cancel", json!({}), 200, "cancel_return"),
        ("POST", "/erase", json!({}), 200, "erase"),
    ] {
        let (response, command) = sent(method, tail, body).await;
        assert_eq!(command.kind().as_str(), kind);
        assert_eq!(response.status, status, "{method} {tail}");
    }
}

#[tokio::test]
async fn path_and_body_are_in_the_command() {
    let second = FulfillmentNo::new(2);
    let (_, command) = sent("POST", "/shipments/2/deliver", json!({})).await;
    let deliver = Command::ConfirmDelivery {
        fulfillment: second,
    };
    assert_eq!(command, deliver);

    let (_, command) = sent("POST", "/release_hold", json!({"hold_id": "1"})).await;
    let hold = Some(HoldNo::new(1));
    assert_eq!(command, Command::ReleaseHold { hold });

    let (_, command) = sent("POST", "/returns/3/receive", json!({"restock": false})).await;
    let receive = Command::ReceiveReturn {
        return_no: ReturnNo::new(3),
        restock: false,
    };
    assert_eq!(command, receive);

    let ship = json!({
        "fulfillment_id": "2", "carrier": "dhl", "tracking_number": "JD1",
        "tracking_url": "https://dhl.example/JD1", "lines": [{"sku": "tea", "quantity": 1}],
    });
    let (_, command) = sent("POST", "/shipments", ship).await;
    let Command::ConfirmShipment {
        fulfillment,
        lines,
        tracking,
    } = command
    else {
        panic!("{command:?}")
    };
    assert_eq!(fulfillment, Some(second));
    assert_eq!(lines.unwrap()[0].quantity, 1);
    assert_eq!(tracking.url.unwrap().as_str(), "https://dhl.example/JD1");

    let (_, command) = sent("POST", "/capture", json!({"amount": 4498})).await;
    let amount = Some(Amount::new(4498));
    assert_eq!(command, Command::CapturePayment { amount });
}

#[tokio::test]
async fn bodies_of_commands_are_checked() {
    let app = api(&FakeOrders::plain());
    for (method, tail, body, faults) in [
        (
            "POST",
            "/cancel",
            json!({"lines": []}),
            vec![("lines", "empty")],
        ),
        (
            "POST",
            "/capture",
            json!({"amount": 0}),
            vec![("amount", "out-of-range")],
        ),
        (
            "POST",
            "/refunds",
            json!({"amount": -1}),
            vec![("amount", "out-of-range")],
        ),
        (
            "POST",
            "/shipments",
            json!({}),
            vec![("carrier", "required")],
        ),
        (
            "POST",
            "/shipments",
            json!({"carrier": " ", "tracking_url": "ftp://x", "fulfillment_id": "x"}),
            vec![
                ("fulfillment_id", "not-a-number"),
                ("carrier", "empty"),
                ("tracking_url", "not-a-web-address"),
            ],
        ),
        (
            "PUT",
            "/shipments/1/tracking",
            json!({}),
            vec![("", "empty")],
        ),
        ("POST", "/returns", json!({}), vec![("lines", "required")]),
        (
            "POST",
            "/shipments/1/deliver",
            json!({"x": 1}),
            vec![("x", "unknown-field")],
        ),
        (
            "PUT",
            "/payment_method",
            json!({"token": null}),
            vec![("token", "required")],
        ),
        (
            "PATCH",
            "",
            json!({"status": "completed"}),
            vec![("status", "unknown-field")],
        ),
        (
            "PATCH",
            "",
            json!({"contact": {"email": "x"}, "labels": ["", "ok"]}),
            vec![("contact.email", "not-an-email"), ("labels[0]", "empty")],
        ),
    ] {
        let request = TestRequest::new(method, &order_path(tail))
            .header("if-match", "*")
            .json(&body);
        let response = send(&app, request).await;
        assert_eq!(response.problem(400), "invalid-request", "{method} {tail}");
        assert_eq!(response.field_errors(), faults, "{method} {tail}");
    }
}

#[tokio::test]
async fn a_fulfillment_is_planned_and_released() {
    let fake = FakeOrders::plain();
    let lines = json!([{"line": "1", "units": 1}]);
    let planned = event(
        "fulfillment_planned",
        json!({"fulfillment": 2, "lines": lines}),
    );
    fake.given_outcome(order(json!({})), vec![planned]);
    let request = TestRequest::new("POST", &order_path("/fulfillments"))
        .header("idempotency-key", "k1")
        .header("if-match", "\"4\"")
        .json(&json!({"lines": [{"sku": "tea", "quantity": 1}]}));
    let response = send(&api(&fake), request).await;
    assert_eq!(response.status, 201);
    let calls = fake.calls();
    let [PortCall::Execute(plan), PortCall::Execute(release)] = calls.as_slice() else {
        panic!("{calls:?}")
    };
    assert_eq!(plan.command.kind(), CommandKind::PlanFulfillment);
    assert_eq!(plan.expected_version, Some(Version::new(4)));
    let fulfillment = FulfillmentNo::new(2);
    assert_eq!(release.command, Command::ReleaseFulfillment { fulfillment });
    assert_eq!(
        release.expected_version, None,
        "the plan has moved the version"
    );
    let keys = [plan, release].map(|one| one.idempotency.clone().unwrap());
    assert_eq!(keys[0].key, keys[1].key);
    assert_ne!(keys[0].operation, keys[1].operation);
}

#[tokio::test]
async fn a_refusal_shows_the_status_of_the_order() {
    let fake = FakeOrders::plain();
    fake.given_error(OrderError::Refused {
        id: Some(ID.parse().unwrap()),
        refusal: Refusal::new(
            RefusalCode::AlreadyShipped,
            CommandKind::RequestCancel,
            Some(order_core::order::OrderStatus::Processing),
            "units have left already",
        ),
    });
    let response = post(&api(&fake), &order_path("/cancel"), json!({})).await;
    assert_eq!(response.problem(409), "already-shipped");
    assert_eq!(response.body["status_now"], "processing");
    assert_eq!(response.body["order_id"], ID);
    assert_eq!(response.body["detail"], "units have left already");
    assert_eq!(response.body["title"], "Already shipped");
}
