//! Entity tags, preconditions, deleted and missing orders.

use super::fake_orders::{FakeOrders, ID, PortCall, order, order_path};
use super::requests::{TestRequest, api, get, send};
use order_core::ports::OrderError;
use order_core::value::Version;
use serde_json::json;

#[tokio::test]
async fn a_current_etag_gets_304() {
    let app = api(&FakeOrders::plain());
    let order = get(&app, &order_path("")).await;
    assert_eq!(order.header("etag"), "\"4\"");
    for (tag, status) in [("\"4\"", 304), ("W/\"4\"", 304), ("\"3\"", 200)] {
        let request = TestRequest::new("GET", &order_path(""))
            .header("if-none-match", tag)
            .empty();
        let response = send(&app, request).await;
        assert_eq!(response.status, status, "{tag}");
        assert_eq!(response.header("etag"), "\"4\"");
        assert_eq!(response.text.is_empty(), status == 304);
    }
}

#[tokio::test]
async fn an_edit_without_if_match_gets_428() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    for (method, tail) in [
        ("PUT", "/lines"),
        ("PUT", "/shipping_address"),
        ("PUT", "/payment_method"),
        ("PUT", "/shipments/1/tracking"),
        ("PATCH", ""),
    ] {
        let response = send(
            &app,
            TestRequest::new(method, &order_path(tail)).json(&json!({})),
        )
        .await;
        assert_eq!(response.problem(428), "if-match-missing", "{method} {tail}");
    }
    assert!(fake.calls().is_empty());
}

#[tokio::test]
async fn the_version_of_if_match_reaches_the_port() {
    for (tag, expected) in [
        ("*", None),
        ("\"7\"", Some(Version::new(7))),
        ("\"3\", \"4\"", Some(Version::new(4))),
    ] {
        let fake = FakeOrders::plain();
        let request = TestRequest::new("PUT", &order_path("/payment_method"))
            .header("if-match", tag)
            .json(&json!({"token": "t"}));
        assert_eq!(send(&api(&fake), request).await.status, 200);
        assert_eq!(fake.executed().expected_version, expected, "{tag}");
    }
}

#[tokio::test]
async fn another_version_gets_412() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    let with = |tag: &str| {
        TestRequest::new("PUT", &order_path("/payment_method"))
            .header("if-match", tag)
            .json(&json!({"token": "t"}))
    };
    for tag in ["W/\"4\"", "\"abc\"", "\"5\", \"6\""] {
        assert_eq!(send(&app, with(tag)).await.problem(412), "stale", "{tag}");
    }
    let response = send(&app, with("4")).await;
    assert_eq!(response.problem(400), "malformed-precondition");
    assert!(fake.calls().is_empty());

    fake.given_error(OrderError::VersionConflict {
        id: ID.parse().unwrap(),
        expected: Version::new(3),
        found: Version::new(4),
    });
    let response = send(&app, with("\"3\"")).await;
    assert_eq!(response.problem(412), "stale");
    assert_eq!(response.body["version"], 4);
}

#[tokio::test]
async fn a_post_may_have_an_if_match() {
    let fake = FakeOrders::plain();
    let request = TestRequest::new("POST", &order_path("/cancel"))
        .header("if-match", "\"4\"")
        .empty();
    send(&api(&fake), request).await;
    assert_eq!(fake.executed().expected_version, Some(Version::new(4)));
}

#[tokio::test]
async fn a_deleted_order_gets_410_and_keeps_its_history() {
    let at = "2026-01-31T12:00:00Z";
    let deletion = json!({"requested_at": at, "deleted_at": at});
    let app = api(&FakeOrders::with(order(json!({ "deletion": deletion }))));
    let response = get(&app, &order_path("")).await;
    assert_eq!(response.problem(410), "deleted");
    assert_eq!(response.body["order_id"], ID);
    assert_eq!(get(&app, &order_path("/history")).await.status, 200);
}

#[tokio::test]
async fn a_missing_order_gets_404() {
    let fake = std::sync::Arc::new(FakeOrders::default());
    let app = api(&fake);
    for tail in ["", "/history", "/actions"] {
        assert_eq!(get(&app, &order_path(tail)).await.problem(404), "not-found");
    }
    let response = send(
        &app,
        TestRequest::new("POST", &order_path("/cancel")).empty(),
    )
    .await;
    assert_eq!(response.problem(404), "not-found");
    assert!(matches!(fake.calls().as_slice(), [PortCall::Execute(_)]));
}
