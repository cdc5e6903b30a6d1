//! What became of a command that was accepted.

use super::fake::{Fake, ID, event, order};
use super::http::{Answer, api, ask, edit, post, send};
use order_core::event::Event;
use serde_json::{Value, json};

fn path(tail: &str) -> String {
    format!("/v1/orders/{ID}{tail}")
}

async fn posted(tail: &str, members: Value, events: Vec<Event>) -> Answer {
    let fake = Fake::plain();
    fake.done(order(members), events);
    post(&api(&fake), &path(tail), json!({})).await
}

#[tokio::test]
async fn a_cancel_is_202_until_it_is_done() {
    let cancelling = posted("/cancel", json!({"status": "cancelling"}), vec![]).await;
    assert_eq!(cancelling.status, 202);
    let cancelled = posted("/cancel", json!({"status": "cancelled"}), vec![]).await;
    assert_eq!(cancelled.status, 200);
    assert_eq!(cancelled.body["status"], "cancelled");
}

#[tokio::test]
async fn a_delete_is_204_once_it_is_done() {
    let asked_at = "2026-01-31T12:00:00Z";
    for (deleted_at, status) in [(Value::Null, 202), (json!(asked_at), 204)] {
        let fake = Fake::plain();
        let deletion = json!({"requested_at": asked_at, "deleted_at": deleted_at});
        fake.done(order(json!({ "deletion": deletion })), vec![]);
        let answer = send(&api(&fake), ask("DELETE", &path("")).empty()).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.text.is_empty(), status == 204);
    }
}

#[tokio::test]
async fn lines_without_stock_are_a_problem() {
    let shortage = json!({"sku": "tea", "requested": 9, "available": 2});
    let fake = Fake::plain();
    let reverted = event("revision_reverted", json!({"shortages": [shortage]}));
    fake.done(order(json!({})), vec![reverted]);
    let body = json!({"lines": [{"sku": "tea", "quantity": 9}]});
    let answer = edit(&api(&fake), "PUT", &path("/lines"), body).await;
    assert_eq!(answer.problem(422), "insufficient-stock");
    assert_eq!(answer.body["lines"], json!([shortage]));
}

fn attempt(state: &str) -> Value {
    json!({"no": 2, "amount": 4498, "capture": false, "state": state,
           "started_at": "2026-01-31T12:00:00Z"})
}

#[tokio::test]
async fn a_payment_is_202_while_it_is_open_and_a_problem_if_declined() {
    let declined = || {
        event(
            "payment_declined",
            json!({"attempt": 2, "code": "no_funds"}),
        )
    };
    for (state, status) in [("dispatched", 202), ("unknown", 202), ("authorized", 200)] {
        let answer = posted("/pay", json!({"payments": [attempt(state)]}), vec![]).await;
        assert_eq!(answer.status, status, "{state}");
    }
    let answer = posted(
        "/pay",
        json!({"payments": [attempt("declined")]}),
        vec![declined()],
    )
    .await;
    assert_eq!(answer.problem(422), "payment-declined");
    assert_eq!(answer.body["decline_code"], "no_funds");

    let fake = Fake::plain();
    let order = order(json!({"status": "confirmed", "payments": [attempt("declined")]}));
    fake.done(order, vec![declined()]);
    let body = json!({"token": "tok_declined"});
    let answer = edit(&api(&fake), "PUT", &path("/payment_method"), body).await;
    assert_eq!(answer.problem(422), "payment-declined");
    assert!(!answer.text.contains("tok_declined"));
}

#[tokio::test]
async fn a_payment_declined_earlier_is_not_this_requests_problem() {
    let answer = posted("/pay", json!({"payments": [attempt("declined")]}), vec![]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_capture_is_202_while_the_provider_works() {
    let requested = || {
        let data = json!({"attempt": 1, "capture": 1, "amount": 100});
        vec![event("capture_requested", data)]
    };
    for (state, status) in [("requested", 202), ("unknown", 202), ("succeeded", 200)] {
        let mut payment = attempt("authorized");
        payment["no"] = 1.into();
        payment["captures"] = json!([{"no": 1, "amount": 100, "state": state}]);
        let answer = posted("/capture", json!({"payments": [payment]}), requested()).await;
        assert_eq!(answer.status, status, "{state}");
    }
    let mut payment = attempt("authorized");
    payment["no"] = 1.into();
    payment["captures"] =
        json!([{"no": 1, "amount": 100, "state": "failed", "failure": "expired"}]);
    let answer = posted("/capture", json!({"payments": [payment]}), requested()).await;
    assert_eq!(answer.problem(422), "capture-failed");
    assert_eq!(answer.body["failure_code"], "expired");
}

#[tokio::test]
async fn a_refund_is_202_while_the_provider_works() {
    for (state, status) in [("dispatched", 202), ("unknown", 202), ("succeeded", 200)] {
        let answer = refunded(state).await;
        assert_eq!(answer.status, status, "{state}");
    }
    assert_eq!(refunded("failed").await.problem(422), "refund-failed");
}

async fn refunded(state: &str) -> Answer {
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
        let fake = Fake::plain();
        let one = json!({"no": 1, "state": state, "lines": [], "recalling": recalling});
        fake.done(order(json!({"fulfillments": [one]})), vec![]);
        let answer = send(&api(&fake), ask("DELETE", &path("/fulfillments/1")).empty()).await;
        assert_eq!(answer.status, status, "{state}");
    }
}
