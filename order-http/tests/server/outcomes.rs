//! The status of an accepted command.

use super::fake_orders::{FakeOrders, event, order, order_path};
use super::requests::{TestRequest, TestResponse, api, edit, post, send};
use order_core::event::Event;
use serde_json::{Value, json};

async fn posted(tail: &str, members: Value, events: Vec<Event>) -> TestResponse {
    let fake = FakeOrders::plain();
    fake.given_outcome(order(members), events);
    post(&api(&fake), &order_path(tail), json!({})).await
}

#[tokio::test]
async fn a_cancellation_is_202_until_it_is_complete() {
    let cancelling = posted("/cancel", json!({"status": "cancelling"}), vec![]).await;
    assert_eq!(cancelling.status, 202);
    let cancelled = posted("/cancel", json!({"status": "cancelled"}), vec![]).await;
    assert_eq!(cancelled.status, 200);
    assert_eq!(cancelled.body["status"], "cancelled");
}

#[tokio::test]
async fn a_deletion_is_204_once_it_is_complete() {
    let asked_at = "2026-01-31T12:00:00Z";
    for (deleted_at, status) in [(Value::Null, 202), (json!(asked_at), 204)] {
        let fake = FakeOrders::plain();
        let deletion = json!({"requested_at": asked_at, "deleted_at": deleted_at});
        fake.given_outcome(order(json!({ "deletion": deletion })), vec![]);
        let response = send(
            &api(&fake),
            TestRequest::new("DELETE", &order_path("")).empty(),
        )
        .await;
        assert_eq!(response.status, status);
        assert_eq!(response.text.is_empty(), status == 204);
    }
}

#[tokio::test]
async fn a_revision_without_stock_is_a_problem() {
    let shortage = json!({"sku": "tea", "requested": 9, "available": 2});
    let fake = FakeOrders::plain();
    let reverted = event("revision_reverted", json!({"shortages": [shortage]}));
    fake.given_outcome(order(json!({})), vec![reverted]);
    let body = json!({"lines": [{"sku": "tea", "quantity": 9}]});
    let response = edit(&api(&fake), "PUT", &order_path("/lines"), body).await;
    assert_eq!(response.problem(422), "insufficient-stock");
    assert_eq!(response.body["lines"], json!([shortage]));
}

fn attempt(state: &str) -> Value {
    json!({"no": 2, "amount": 4498, "capture": false, "state": state,
           "started_at": "2026-01-31T12:00:00Z"})
}

#[tokio::test]
async fn a_payment_is_202_while_in_progress_and_a_problem_if_declined() {
    let declined = || {
        event(
            "payment_declined",
            json!({"attempt": 2, "code": "no_funds"}),
        )
    };
    for (state, status) in [("dispatched", 202), ("unknown", 202), ("authorized", 200)] {
        let response = posted("/pay", json!({"payments": [attempt(state)]}), vec![]).await;
        assert_eq!(response.status, status, "{state}");
    }
    let response = posted(
        "/pay",
        json!({"payments": [attempt("declined")]}),
        vec![declined()],
    )
    .await;
    assert_eq!(response.problem(422), "payment-declined");
    assert_eq!(response.body["decline_code"], "no_funds");

    let fake = FakeOrders::plain();
    let order = order(json!({"status": "confirmed", "payments": [attempt("declined")]}));
    fake.given_outcome(order, vec![declined()]);
    let body = json!({"token": "tok_declined"});
    let response = edit(&api(&fake), "PUT", &order_path("/payment_method"), body).await;
    assert_eq!(response.problem(422), "payment-declined");
    assert!(!response.text.contains("tok_declined"));
}

#[tokio::test]
async fn a_payment_declined_earlier_is_no_problem_of_this_request() {
    let response = posted("/pay", json!({"payments": [attempt("declined")]}), vec![]).await;
    assert_eq!(response.status, 200);
}

#[tokio::test]
async fn a_capture_is_202_while_in_progress() {
    let requested = || {
        let data = json!({"attempt": 1, "capture": 1, "amount": 100});
        vec![event("capture_requested", data)]
    };
    for (state, status) in [("requested", 202), ("unknown", 202), ("succeeded", 200)] {
        let mut payment = attempt("authorized");
        payment["no"] = 1.into();
        payment["captures"] = json!([{"no": 1, "amount": 100, "state": state}]);
        let response = posted("/capture", json!({"payments": [payment]}), requested()).await;
        assert_eq!(response.status, status, "{state}");
    }
    let mut payment = attempt("authorized");
    payment["no"] = 1.into();
    payment["captures"] =
        json!([{"no": 1, "amount": 100, "state": "failed", "failure": "expired"}]);
    let response = posted("/capture", json!({"payments": [payment]}), requested()).await;
    assert_eq!(response.problem(422), "capture-failed");
    assert_eq!(response.body["failure_code"], "expired");
}

#[tokio::test]
async fn a_refund_is_202_while_in_progress() {
    for (state, status) in [("dispatched", 202), ("unknown", 202), ("succeeded", 200)] {
        let response = refunded(state).await;
        assert_eq!(response.status, status, "{state}");
    }
    assert_eq!(refunded("failed").await.problem(422), "refund-failed");
}

async fn refunded(state: &str) -> TestResponse {
    let now = "2026-01-31T12:00:00Z";
    let refund = json!({"no": 1, "attempt": 1, "amount": 100, "purpose": "goodwill",
                        "state": state, "requested_at": now, "updated_at": now});
    let data = json!({"refund": 1, "attempt": 1, "amount": 100, "purpose": "goodwill"});
    let events = vec![event("refund_requested", data)];
    posted("/refunds", json!({"refunds": [refund]}), events).await
}

#[tokio::test]
async fn a_recall_is_202_until_the_warehouse_has_answered() {
    for (state, recalling, status) in [("released", true, 202), ("cancelled", false, 200)] {
        let fake = FakeOrders::plain();
        let one = json!({"no": 1, "state": state, "lines": [], "recalling": recalling});
        fake.given_outcome(order(json!({"fulfillments": [one]})), vec![]);
        let response = send(
            &api(&fake),
            TestRequest::new("DELETE", &order_path("/fulfillments/1")).empty(),
        )
        .await;
        assert_eq!(response.status, status, "{state}");
    }
}
