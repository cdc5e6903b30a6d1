//! Reads, and writes with an idempotency key, are retried; and which error a caller gets in the
//! end.

use std::sync::Arc;
use std::time::Duration;

use order_core::effect::NotificationKind;
use order_core::order::Contact;
use order_core::ports::{
    Customers, Inventory, Notification, Recall, ReserveOutcome, ReserveRequest, ServiceError,
    ServiceErrorKind, Shipping,
};
use order_core::reference::Reference;
use order_core::value::{FulfillmentNo, ReservationNo};
use order_testing::builders::{contact, customer, noon, order_id, units};
use serde_json::Map;

use super::fixture::{call, clients, config};
use super::scripted_server::{Behaviour, ScriptedServer, response, status, unused_address};

const UNAVAILABLE: ServiceErrorKind = ServiceErrorKind::Unavailable { retry_after: None };

fn customers(url: &str) -> Arc<dyn Customers> {
    clients(config()).customers(url).unwrap()
}

async fn find(url: &str) -> Result<bool, ServiceError> {
    let found = customers(url).find(&call("k"), &customer("cus_1")).await;
    found.map(|customer| customer.is_some())
}

fn known() -> Behaviour {
    response("200 OK", &[], r#"{"id": "cus_1", "status": "active"}"#)
}

fn reserve_request() -> ReserveRequest {
    let id = Reference::Reservation(order_id(1), ReservationNo::FIRST);
    ReserveRequest::new(id, vec![units("tea", 2)], Duration::from_secs(600))
}

async fn reserve(url: &str) -> Result<ReserveOutcome, ServiceError> {
    let inventory: Arc<dyn Inventory> = clients(config()).inventory(url).unwrap();
    inventory
        .reserve(&call("reserve-1"), &reserve_request())
        .await
}

fn reserved() -> Behaviour {
    response(
        "201 Created",
        &[],
        r#"{"id": "r", "expires_at": "2026-01-02T12:10:00.123456789Z"}"#,
    )
}

#[tokio::test]
async fn a_read_is_attempted_up_to_three_times() {
    for behaviour in [
        Behaviour::ResetUnread,
        Behaviour::CloseAfterReading,
        Behaviour::NeverRespond,
        Behaviour::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":".to_vec()),
        status(408, None),
        status(425, None),
        status(429, None),
        status(502, None),
        status(503, None),
        status(504, None),
    ] {
        let server = ScriptedServer::start([behaviour.clone()]).await;
        assert_eq!(
            find(&server.url).await.unwrap_err().kind,
            UNAVAILABLE,
            "{behaviour:.60?}"
        );
        assert_eq!(server.attempts(), 3, "{behaviour:.60?}");
        let server = ScriptedServer::start([behaviour.clone(), behaviour, known()]).await;
        assert!(find(&server.url).await.unwrap());
    }
    assert_eq!(
        find(&unused_address().await).await.unwrap_err().kind,
        UNAVAILABLE
    );
}

#[tokio::test]
async fn a_read_whose_failure_is_permanent_is_not_retried() {
    let huge = format!("\"{}\"", "x".repeat(2 * 1024 * 1024));
    for behaviour in [
        status(500, None),
        status(302, None),
        response("200 OK", &[], "<html>welcome</html>"),
        response("200 OK", &[], r#"{"id": "cus_1", "status": "asleep"}"#),
        response("200 OK", &[], r#"{"id": "cus_2", "status": "active"}"#),
        response("200 OK", &[], &huge),
    ] {
        let server = ScriptedServer::start([behaviour.clone()]).await;
        assert_eq!(
            find(&server.url).await.unwrap_err().kind,
            UNAVAILABLE,
            "{behaviour:.60?}"
        );
        assert_eq!(server.attempts(), 1, "{behaviour:.60?}");
    }
}

#[tokio::test]
async fn an_html_404_is_no_missing_customer() {
    let page = "HTTP/1.1 404 Not Found\r\ncontent-type: text/html; charset=utf-8\r\n\
                content-length: 6\r\n\r\n<html>";
    let server = ScriptedServer::start([Behaviour::Bytes(page.into())]).await;
    assert_eq!(find(&server.url).await.unwrap_err().kind, UNAVAILABLE);
    let server = ScriptedServer::start([response("404 Not Found", &[], "")]).await;
    assert!(!find(&server.url).await.unwrap());
}

#[tokio::test]
async fn a_keyed_write_is_retried_under_its_key() {
    let behaviours = [Behaviour::CloseAfterReading, status(503, None), reserved()];
    let server = ScriptedServer::start(behaviours).await;
    let ReserveOutcome::Reserved { expires_at } = reserve(&server.url).await.unwrap() else {
        panic!("it is reserved");
    };
    assert_eq!(expires_at.to_rfc3339(), "2026-01-02T12:10:00.123456+00:00");
    let sent = server.requests();
    assert_eq!(sent.len(), 3);
    for one in sent {
        assert_eq!(one.header("idempotency-key"), Some("reserve-1"));
        assert_eq!(one.line(), "POST /reservations");
    }
}

#[tokio::test]
async fn a_write_is_unknown_if_any_attempt_may_have_arrived() {
    let busy = || status(503, Some("0"));
    let retry_after = Some(Duration::ZERO);
    let was_busy = ServiceErrorKind::Unavailable { retry_after };
    for (behaviours, kind, attempts) in [
        (vec![busy()], was_busy, 3),
        (
            vec![Behaviour::CloseAfterReading, busy()],
            ServiceErrorKind::Unknown,
            3,
        ),
        (
            vec![busy(), Behaviour::CloseAfterReading, busy()],
            ServiceErrorKind::Unknown,
            3,
        ),
        (
            vec![busy(), status(500, None)],
            ServiceErrorKind::Unknown,
            2,
        ),
        (vec![status(409, Some("0"))], ServiceErrorKind::Unknown, 3),
        (
            vec![response("201 Created", &[], "{}")],
            ServiceErrorKind::Unknown,
            1,
        ),
    ] {
        let server = ScriptedServer::start(behaviours.clone()).await;
        assert_eq!(
            reserve(&server.url).await.unwrap_err().kind,
            kind,
            "{behaviours:.60?}"
        );
        assert_eq!(server.attempts(), attempts, "{behaviours:.60?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_once_the_deadline_has_passed() {
    let server = ScriptedServer::start([known()]).await;
    let mut call = call("k");
    call.deadline = noon();
    let error = customers(&server.url)
        .find(&call, &customer("cus_1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, UNAVAILABLE);
    assert_eq!(server.attempts(), 0);
}

#[tokio::test]
async fn a_retry_budget_limits_the_retries_of_all_calls() {
    let server = ScriptedServer::start([status(503, None)]).await;
    let config = config().with_retry_budget(10, 0, 2);
    let customers = clients(config).customers(&server.url).unwrap();
    for _ in 0..40 {
        let found = customers.find(&call("k"), &customer("cus_1")).await;
        assert_eq!(found.unwrap_err().kind, UNAVAILABLE);
    }
    // The budget starts with two retries, and every ten calls add one.
    let retries = server.attempts() - 40;
    assert!((4..=6).contains(&retries), "{retries}");
}

#[tokio::test]
async fn a_request_that_cannot_be_encoded_is_refused_and_no_outage() {
    let server = ScriptedServer::start([known()]).await;
    for id in [".", ".."] {
        let error = customers(&server.url)
            .find(&call("k"), &customer(id))
            .await
            .unwrap_err();
        assert!(!error.is_outage(), "{error}");
    }
    let inventory = clients(config()).inventory(&server.url).unwrap();
    let error = inventory
        .reserve(&call("a\r\nb"), &reserve_request())
        .await
        .unwrap_err();
    assert!(!error.is_outage(), "{error}");
    let notifications = clients(config()).notifications(&server.url).unwrap();
    let to_nobody = |to: Contact| {
        Notification::new(
            "n1".to_owned(),
            NotificationKind::Shipped,
            order_id(1),
            to,
            Map::new(),
        )
    };
    let error = notifications
        .notify(&call("k"), &to_nobody(Contact::default()))
        .await;
    assert!(!error.unwrap_err().is_outage());
    assert_eq!(server.attempts(), 0);
    notifications
        .notify(&call("k"), &to_nobody(contact()))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_recall_of_an_unknown_fulfillment_counts_as_recalled() {
    for (behaviour, expected) in [
        (response("200 OK", &[], "{}"), Some(Recall::Recalled)),
        (response("204 No Content", &[], ""), Some(Recall::Recalled)),
        (response("404 Not Found", &[], ""), Some(Recall::Recalled)),
        (
            response("409 Conflict", &[], ""),
            Some(Recall::AlreadyShipped),
        ),
        (
            response("409 Conflict", &[], r#"{"code": "already_shipped"}"#),
            Some(Recall::AlreadyShipped),
        ),
        (
            response("409 Conflict", &[], r#"{"code": "reference_reused"}"#),
            None,
        ),
    ] {
        let server = ScriptedServer::start([behaviour]).await;
        let shipping: Arc<dyn Shipping> = clients(config()).shipping(&server.url).unwrap();
        let reference = Reference::Fulfillment(order_id(1), FulfillmentNo::FIRST);
        let recalled = shipping.recall(&call("k"), &reference).await;
        assert_eq!(recalled.ok(), expected);
        let sent = server.requests().remove(0);
        assert_eq!(sent.line(), format!("DELETE /fulfillments/{reference}"));
        assert_eq!(sent.header("idempotency-key"), Some("k"));
    }
}
