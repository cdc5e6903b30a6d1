//! Entity tags, and an order that is deleted.

use super::fake::{Asked, Fake, ID, order};
use super::http::{api, ask, get, send};
use order_core::ports::OrderError;
use order_core::value::Version;
use serde_json::json;

fn path(tail: &str) -> String {
    format!("/v1/orders/{ID}{tail}")
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let app = api(&Fake::plain());
    let order = get(&app, &path("")).await;
    assert_eq!(order.header("etag"), "\"4\"");
    for (tag, status) in [("\"4\"", 304), ("W/\"4\"", 304), ("\"3\"", 200)] {
        let request = ask("GET", &path("")).header("if-none-match", tag).empty();
        let answer = send(&app, request).await;
        assert_eq!(answer.status, status, "{tag}");
        assert_eq!(answer.header("etag"), "\"4\"");
        assert_eq!(answer.text.is_empty(), status == 304);
    }
}

#[tokio::test]
async fn an_edit_says_which_version_it_is_of() {
    let fake = Fake::plain();
    let app = api(&fake);
    for (method, tail) in [
        ("PUT", "/lines"),
        ("PUT", "/shipping_address"),
        ("PUT", "/payment_method"),
        ("PUT", "/shipments/1/tracking"),
        ("PATCH", ""),
    ] {
        let answer = send(&app, ask(method, &path(tail)).json(&json!({}))).await;
        assert_eq!(answer.problem(428), "if-match-missing", "{method} {tail}");
    }
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn the_version_reaches_the_port() {
    for (tag, expected) in [
        ("*", None),
        ("\"7\"", Some(Version::new(7))),
        ("\"3\", \"4\"", Some(Version::new(4))),
    ] {
        let fake = Fake::plain();
        let request = ask("PUT", &path("/payment_method"))
            .header("if-match", tag)
            .json(&json!({"token": "t"}));
        assert_eq!(send(&api(&fake), request).await.status, 200);
        assert_eq!(fake.executed().expected, expected, "{tag}");
    }
}

#[tokio::test]
async fn another_version_is_a_failed_precondition() {
    let fake = Fake::plain();
    let app = api(&fake);
    let with = |tag: &str| {
        ask("PUT", &path("/payment_method"))
            .header("if-match", tag)
            .json(&json!({"token": "t"}))
    };
    for tag in ["W/\"4\"", "\"abc\"", "\"5\", \"6\""] {
        assert_eq!(send(&app, with(tag)).await.problem(412), "stale", "{tag}");
    }
    let answer = send(&app, with("4")).await;
    assert_eq!(answer.problem(400), "malformed-precondition");
    assert!(fake.asked().is_empty());

    fake.fails(OrderError::Stale {
        id: ID.parse().unwrap(),
        expected: Version::new(3),
        found: Version::new(4),
    });
    let answer = send(&app, with("\"3\"")).await;
    assert_eq!(answer.problem(412), "stale");
    assert_eq!(answer.body["version"], 4);
}

#[tokio::test]
async fn a_post_may_say_a_version_too() {
    let fake = Fake::plain();
    let request = ask("POST", &path("/cancel"))
        .header("if-match", "\"4\"")
        .empty();
    send(&api(&fake), request).await;
    assert_eq!(fake.executed().expected, Some(Version::new(4)));
}

#[tokio::test]
async fn a_deleted_order_is_gone_but_for_its_history() {
    let at = "2026-01-31T12:00:00Z";
    let deletion = json!({"requested_at": at, "deleted_at": at});
    let app = api(&Fake::with(order(json!({ "deletion": deletion }))));
    let answer = get(&app, &path("")).await;
    assert_eq!(answer.problem(410), "deleted");
    assert_eq!(answer.body["order_id"], ID);
    assert_eq!(get(&app, &path("/history")).await.status, 200);
}

#[tokio::test]
async fn an_order_that_is_not_there_is_not_found() {
    let fake = std::sync::Arc::new(Fake::default());
    let app = api(&fake);
    for tail in ["", "/history", "/actions"] {
        assert_eq!(get(&app, &path(tail)).await.problem(404), "not-found");
    }
    let answer = send(&app, ask("POST", &path("/cancel")).empty()).await;
    assert_eq!(answer.problem(404), "not-found");
    assert!(matches!(fake.asked().as_slice(), [Asked::Execute(_)]));
}
