//! History, actions and dead letters.

use super::fake_orders::{FakeOrders, LETTER, PortCall, order_path};
use super::requests::{api, get, post};
use serde_json::json;

#[tokio::test]
async fn history_and_actions_are_lists() {
    let app = api(&FakeOrders::plain());
    let history = get(&app, &order_path("/history")).await;
    assert_eq!(
        history.body["data"][0],
        json!({"version": 2, "type": "customer_verified", "at": "2026-09-21T14:13:20Z",
               "actor": {"kind": "system", "id": null}, "data": {}})
    );
    assert_eq!(
        history.body["data"][1]["data"],
        json!({"dependency": "inventory"})
    );
    let actions = get(&app, &order_path("/actions")).await;
    assert_eq!(
        actions.body["data"],
        json!([{"action": "cancel", "allowed": true},
               {"action": "ship", "allowed": false,
                "reason": {"code": "not-paid", "message": "pay first"}}])
    );
}

#[tokio::test]
async fn dead_letters_are_listed_and_retried() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    let page = get(&app, &format!("/v1/dead_letters?limit=2&cursor={LETTER}")).await;
    assert_eq!(page.body["data"][0]["id"], LETTER);
    assert_eq!(page.body["data"][0]["dependency"], "customers");
    assert_eq!(page.body["next_cursor"], LETTER);
    let calls = fake.calls();
    assert!(matches!(
        calls.as_slice(),
        [PortCall::DeadLetters(Some(_), 2)]
    ));

    let retried = post(&app, &format!("/v1/dead_letters/{LETTER}/retry"), json!({})).await;
    assert_eq!(retried.status, 202);
    let other = LETTER.replace("e3", "e4");
    let missing = post(&app, &format!("/v1/dead_letters/{other}/retry"), json!({})).await;
    assert_eq!(missing.problem(404), "not-found");
    let junk = post(&app, "/v1/dead_letters/junk/retry", json!({})).await;
    assert_eq!(junk.field_errors(), [("id", "not-a-reference")]);
}
