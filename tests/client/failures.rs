//! What is only asked, and what a key makes repeatable, is tried again; and what it is in the end.

use std::sync::Arc;
use std::time::Duration;

use order_core::effect::Notice;
use order_core::order::Contact;
use order_core::ports::{
    Customers, Inventory, Notification, OutsideError, OutsideErrorKind, Recall, Reserve,
    ReserveOutcome, Shipping,
};
use order_core::reference::Reference;
use order_core::testing::builders::{contact, customer, noon, order_id, units};
use order_core::value::{FulfillmentNo, ReservationNo};
use serde_json::Map;

use super::broken::{Act, Broken, answer, nobody, status};
use super::world::{call, clients, settings};

const UNAVAILABLE: OutsideErrorKind = OutsideErrorKind::Unavailable { retry_after: None };

fn customers(url: &str) -> Arc<dyn Customers> {
    clients(settings()).customers(url).unwrap()
}

async fn find(url: &str) -> Result<bool, OutsideError> {
    let found = customers(url).find(&call("k"), &customer("cus_1")).await;
    found.map(|customer| customer.is_some())
}

fn known() -> Act {
    answer("200 OK", &[], r#"{"id": "cus_1", "status": "active"}"#)
}

fn wish() -> Reserve {
    let id = Reference::Reservation(order_id(1), ReservationNo::FIRST);
    Reserve::new(id, vec![units("tea", 2)], Duration::from_secs(600))
}

async fn reserve(url: &str) -> Result<ReserveOutcome, OutsideError> {
    let inventory: Arc<dyn Inventory> = clients(settings()).inventory(url).unwrap();
    inventory.reserve(&call("reserve-1"), &wish()).await
}

fn reserved() -> Act {
    answer(
        "201 Created",
        &[],
        r#"{"id": "r", "expires_at": "2026-01-02T12:10:00.123456789Z"}"#,
    )
}

#[tokio::test]
async fn a_question_is_asked_up_to_three_times() {
    for act in [
        Act::ResetUnread,
        Act::CloseAfterReading,
        Act::Silence,
        Act::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":".to_vec()),
        status(408, None),
        status(425, None),
        status(429, None),
        status(502, None),
        status(503, None),
        status(504, None),
    ] {
        let broken = Broken::that([act.clone()]).await;
        assert_eq!(
            find(&broken.url).await.unwrap_err().kind,
            UNAVAILABLE,
            "{act:.60?}"
        );
        assert_eq!(broken.tries(), 3, "{act:.60?}");
        let broken = Broken::that([act.clone(), act, known()]).await;
        assert!(find(&broken.url).await.unwrap());
    }
    assert_eq!(find(&nobody().await).await.unwrap_err().kind, UNAVAILABLE);
}

#[tokio::test]
async fn what_would_be_the_same_again_is_asked_once() {
    let huge = format!("\"{}\"", "x".repeat(2 * 1024 * 1024));
    for act in [
        status(500, None),
        status(302, None),
        answer("200 OK", &[], "<html>welcome</html>"),
        answer("200 OK", &[], r#"{"id": "cus_1", "status": "asleep"}"#),
        answer("200 OK", &[], r#"{"id": "cus_2", "status": "active"}"#),
        answer("200 OK", &[], &huge),
    ] {
        let broken = Broken::that([act.clone()]).await;
        assert_eq!(
            find(&broken.url).await.unwrap_err().kind,
            UNAVAILABLE,
            "{act:.60?}"
        );
        assert_eq!(broken.tries(), 1, "{act:.60?}");
    }
}

#[tokio::test]
async fn a_page_that_is_not_found_is_no_customer_that_is_not_there() {
    let page = "HTTP/1.1 404 Not Found\r\ncontent-type: text/html; charset=utf-8\r\n\
                content-length: 6\r\n\r\n<html>";
    let broken = Broken::that([Act::Bytes(page.into())]).await;
    assert_eq!(find(&broken.url).await.unwrap_err().kind, UNAVAILABLE);
    let broken = Broken::that([answer("404 Not Found", &[], "")]).await;
    assert!(!find(&broken.url).await.unwrap());
}

#[tokio::test]
async fn a_keyed_write_is_sent_again_under_its_key() {
    let acts = [Act::CloseAfterReading, status(503, None), reserved()];
    let broken = Broken::that(acts).await;
    let ReserveOutcome::Reserved { expires_at } = reserve(&broken.url).await.unwrap() else {
        panic!("it is reserved");
    };
    assert_eq!(expires_at.to_rfc3339(), "2026-01-02T12:10:00.123456+00:00");
    let sent = broken.sent();
    assert_eq!(sent.len(), 3);
    for one in sent {
        assert_eq!(one.header("idempotency-key"), Some("reserve-1"));
        assert_eq!(one.line(), "POST /reservations");
    }
}

#[tokio::test]
async fn a_write_is_unknown_if_any_try_may_have_arrived() {
    let busy = || status(503, Some("0"));
    let retry_after = Some(Duration::ZERO);
    let was_busy = OutsideErrorKind::Unavailable { retry_after };
    for (acts, kind, tries) in [
        (vec![busy()], was_busy, 3),
        (
            vec![Act::CloseAfterReading, busy()],
            OutsideErrorKind::Unknown,
            3,
        ),
        (
            vec![busy(), Act::CloseAfterReading, busy()],
            OutsideErrorKind::Unknown,
            3,
        ),
        (
            vec![busy(), status(500, None)],
            OutsideErrorKind::Unknown,
            2,
        ),
        (vec![status(409, Some("0"))], OutsideErrorKind::Unknown, 3),
        (
            vec![answer("201 Created", &[], "{}")],
            OutsideErrorKind::Unknown,
            1,
        ),
    ] {
        let broken = Broken::that(acts.clone()).await;
        assert_eq!(
            reserve(&broken.url).await.unwrap_err().kind,
            kind,
            "{acts:.60?}"
        );
        assert_eq!(broken.tries(), tries, "{acts:.60?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_once_the_deadline_has_passed() {
    let broken = Broken::that([known()]).await;
    let mut call = call("k");
    call.deadline = noon();
    let error = customers(&broken.url)
        .find(&call, &customer("cus_1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, UNAVAILABLE);
    assert_eq!(broken.tries(), 0);
}

#[tokio::test]
async fn all_calls_together_cause_few_retries() {
    let broken = Broken::that([status(503, None)]).await;
    let settings = settings().with_retry_budget(10, 0, 2);
    let customers = clients(settings).customers(&broken.url).unwrap();
    for _ in 0..40 {
        let found = customers.find(&call("k"), &customer("cus_1")).await;
        assert_eq!(found.unwrap_err().kind, UNAVAILABLE);
    }
    // Two were saved up at first, and every ten calls brought one.
    let retries = broken.tries() - 40;
    assert!((4..=6).contains(&retries), "{retries}");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_no_outage() {
    let broken = Broken::that([known()]).await;
    for id in [".", ".."] {
        let error = customers(&broken.url)
            .find(&call("k"), &customer(id))
            .await
            .unwrap_err();
        assert!(!error.is_outage(), "{error}");
    }
    let inventory = clients(settings()).inventory(&broken.url).unwrap();
    let error = inventory
        .reserve(&call("a\r\nb"), &wish())
        .await
        .unwrap_err();
    assert!(!error.is_outage(), "{error}");
    let notifications = clients(settings()).notifications(&broken.url).unwrap();
    let to_nobody = |to: Contact| {
        Notification::new(
            "n1".to_owned(),
            Notice::Shipped,
            order_id(1),
            to,
            Map::new(),
        )
    };
    let error = notifications
        .notify(&call("k"), &to_nobody(Contact::default()))
        .await;
    assert!(!error.unwrap_err().is_outage());
    assert_eq!(broken.tries(), 0);
    notifications
        .notify(&call("k"), &to_nobody(contact()))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_recall_of_what_is_not_there_is_a_recall() {
    for (act, expected) in [
        (answer("200 OK", &[], "{}"), Some(Recall::Recalled)),
        (answer("204 No Content", &[], ""), Some(Recall::Recalled)),
        (answer("404 Not Found", &[], ""), Some(Recall::Recalled)),
        (
            answer("409 Conflict", &[], ""),
            Some(Recall::AlreadyShipped),
        ),
        (
            answer("409 Conflict", &[], r#"{"code": "already_shipped"}"#),
            Some(Recall::AlreadyShipped),
        ),
        (
            answer("409 Conflict", &[], r#"{"code": "reference_reused"}"#),
            None,
        ),
    ] {
        let broken = Broken::that([act]).await;
        let shipping: Arc<dyn Shipping> = clients(settings()).shipping(&broken.url).unwrap();
        let reference = Reference::Fulfillment(order_id(1), FulfillmentNo::FIRST);
        let recalled = shipping.recall(&call("k"), &reference).await;
        assert_eq!(recalled.ok(), expected);
        let sent = broken.sent().remove(0);
        assert_eq!(sent.line(), format!("DELETE /fulfillments/{reference}"));
        assert_eq!(sent.header("idempotency-key"), Some("k"));
    }
}
