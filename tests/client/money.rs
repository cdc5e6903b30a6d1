//! What moves money is sent again only when it surely did not arrive.

use std::sync::Arc;
use std::time::Duration;

use order_core::money::Amount;
use order_core::ports::{
    OutsideError, OutsideErrorKind, PaymentRequest, PaymentView, PaymentViewStatus, Payments,
    RefundRequest,
};
use order_core::reference::Reference;
use order_core::testing::builders::{order_id, token, usd};
use order_core::value::{AttemptNo, CaptureNo, ProviderId, RefundNo};

use super::broken::{Act, Broken, answer, nobody, status};
use super::world::{call, clients, settings};

fn attempt() -> Reference {
    Reference::Attempt(order_id(1), AttemptNo::FIRST)
}

fn payments(url: &str) -> Arc<dyn Payments> {
    clients(settings()).payments(url).unwrap()
}

async fn pay(url: &str) -> Result<PaymentView, OutsideError> {
    let request = PaymentRequest::new(attempt(), order_id(1), usd(4_498), token("tok_visa"), false);
    payments(url).pay(&call("attempt-1"), &request).await
}

async fn refund(url: &str) -> Result<(), OutsideError> {
    let reference = Reference::Refund(order_id(1), RefundNo::FIRST);
    let request = RefundRequest::new(reference, provider_id(), Amount::new(400));
    let refund = payments(url).refund(&call("refund-1"), &request).await;
    refund.map(drop)
}

async fn capture(url: &str) -> Result<(), OutsideError> {
    let reference = Reference::Capture(order_id(1), AttemptNo::FIRST, CaptureNo::FIRST);
    let (id, amount) = (provider_id(), Amount::new(4_498));
    let payments = payments(url);
    payments
        .capture(&call("capture-1"), &id, amount, &reference)
        .await
}

async fn void(url: &str) -> Result<(), OutsideError> {
    payments(url).void(&call("void-1"), &provider_id()).await
}

fn provider_id() -> ProviderId {
    ProviderId::parse("pay_1").unwrap()
}

fn paid() -> Act {
    let body = format!(
        r#"{{"id": "pay_1", "reference": "{}", "status": "authorized", "amount": 4498}}"#,
        attempt()
    );
    answer("201 Created", &[], &body)
}

fn unavailable(seconds: Option<u64>) -> OutsideErrorKind {
    let retry_after = seconds.map(Duration::from_secs);
    OutsideErrorKind::Unavailable { retry_after }
}

#[tokio::test]
async fn whatever_happens_after_it_may_have_arrived_is_unknown_after_one_try() {
    let cut_off = b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"id\":".to_vec();
    let huge = format!("\"{}\"", "x".repeat(2 * 1024 * 1024));
    for act in [
        Act::ResetUnread,
        Act::CloseAfterReading,
        Act::Silence,
        Act::Drip,
        Act::Bytes(cut_off),
        Act::Bytes(b"\x16\x03\x01 not HTTP".to_vec()),
        status(408, None),
        status(500, None),
        status(502, Some("0")),
        status(503, None),
        status(504, Some("0")),
        status(409, Some("0")),
        answer("201 Created", &[], "<html>welcome</html>"),
        answer(
            "201 Created",
            &[],
            r#"{"id": "pay_1", "status": "maybe", "amount": 4498}"#,
        ),
        answer(
            "201 Created",
            &[],
            r#"{"id": "pay_1", "reference": "another", "status": "declined"}"#,
        ),
        answer("201 Created", &[], ""),
        answer("201 Created", &[], &huge),
    ] {
        let broken = Broken::that([act.clone()]).await;
        for error in [
            pay(&broken.url).await.unwrap_err(),
            capture(&broken.url).await.unwrap_err(),
            void(&broken.url).await.unwrap_err(),
            refund(&broken.url).await.unwrap_err(),
        ] {
            assert_eq!(
                error.kind,
                OutsideErrorKind::Unknown,
                "{error} after {act:.60?}"
            );
        }
        assert_eq!(broken.tries(), 4, "one try each: {act:.60?}");
    }
}

#[tokio::test]
async fn where_nobody_listens_it_surely_did_not_arrive() {
    let url = nobody().await;
    assert_eq!(pay(&url).await.unwrap_err().kind, unavailable(None));
    assert_eq!(refund(&url).await.unwrap_err().kind, unavailable(None));
}

#[tokio::test]
async fn one_who_is_busy_and_says_when_to_come_back_is_asked_again_under_the_same_key() {
    let broken = Broken::that([status(503, Some("0")), status(429, Some("0")), paid()]).await;
    let view = pay(&broken.url).await.unwrap();
    assert_eq!(view.status, PaymentViewStatus::Authorized);
    let sent = broken.sent();
    assert_eq!(sent.len(), 3);
    for one in &sent {
        assert_eq!(one.line(), "POST /payments");
        assert_eq!(one.header("idempotency-key"), Some("attempt-1"));
        assert_eq!(one.body, sent[0].body);
        assert_eq!(one.header("x-request-id"), sent[0].header("x-request-id"));
    }
}

#[tokio::test]
async fn after_three_tries_one_who_is_busy_is_unavailable() {
    let broken = Broken::that([status(503, Some("0"))]).await;
    assert_eq!(
        pay(&broken.url).await.unwrap_err().kind,
        unavailable(Some(0))
    );
    assert_eq!(broken.tries(), 3);
}

#[tokio::test]
async fn a_wait_that_outlasts_the_deadline_is_left_to_the_caller() {
    for (act, wait) in [
        (status(503, Some("3600")), Some(3_600)),
        (
            status(429, Some("Fri, 02 Jan 2026 14:00:00 GMT")),
            Some(7_200),
        ),
        (status(429, None), None),
    ] {
        let broken = Broken::that([act]).await;
        assert_eq!(pay(&broken.url).await.unwrap_err().kind, unavailable(wait));
        assert_eq!(broken.tries(), 1);
    }
}

#[tokio::test]
async fn a_try_of_unknown_outcome_is_the_last_one() {
    let broken = Broken::that([status(503, Some("0")), Act::CloseAfterReading, paid()]).await;
    assert_eq!(
        pay(&broken.url).await.unwrap_err().kind,
        OutsideErrorKind::Unknown
    );
    assert_eq!(broken.tries(), 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Broken::that([paid()]).await;
    for code in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let location = format!("location: {}/payments", elsewhere.url);
        let broken = Broken::that([answer(code, &[&location], "")]).await;
        assert_eq!(
            pay(&broken.url).await.unwrap_err().kind,
            OutsideErrorKind::Unknown
        );
        assert_eq!(broken.tries(), 1);
    }
    assert_eq!(elsewhere.tries(), 0);
}

#[tokio::test]
async fn credentials_that_have_lapsed_decline_no_payment() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let body = r#"{"code": "card_declined"}"#;
        let broken = Broken::that([answer(status, &[], body)]).await;
        let error = pay(&broken.url).await.unwrap_err();
        let away = OutsideErrorKind::Unavailable { retry_after: None };
        assert_eq!(error.kind, away, "{status}");
        assert_eq!(broken.tries(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_refusal_is_definite_and_has_a_code() {
    for (act, code) in [
        (
            answer("409 Conflict", &[], r#"{"code": "amount_too_large"}"#),
            "amount_too_large",
        ),
        (answer("402 Payment Required", &[], ""), "http_402"),
        (answer("406 Not Acceptable", &[], "<html>"), "http_406"),
        (
            answer("422 No", &[], r#"{"code": "Idempotency Key Reused"}"#),
            "idempotency_key_reused",
        ),
    ] {
        let broken = Broken::that([act]).await;
        for error in [
            pay(&broken.url).await.unwrap_err(),
            void(&broken.url).await.unwrap_err(),
        ] {
            let OutsideErrorKind::Refused { code: given } = error.kind else {
                panic!("{error}");
            };
            assert_eq!(given.as_str(), code);
        }
        assert_eq!(broken.tries(), 2);
    }
}

#[tokio::test]
async fn what_was_voided_before_is_void() {
    let voided = answer("409 Conflict", &[], r#"{"code": "already_voided"}"#);
    void(&Broken::that([voided]).await.url).await.unwrap();
}

#[tokio::test]
async fn an_answer_about_another_reference_does_not_say_that_there_is_none() {
    let others =
        r#"{"data": [{"id": "p", "reference": "another", "status": "captured", "amount": 1}]}"#;
    let broken = Broken::that([answer("200 OK", &[], others)]).await;
    let found = payments(&broken.url).find(&call("k"), &attempt()).await;
    assert_eq!(found.unwrap_err().kind, unavailable(None));
    let nothing = Broken::that([answer("200 OK", &[], r#"{"data": []}"#)]).await;
    let found = payments(&nothing.url).find(&call("k"), &attempt()).await;
    assert_eq!(found.unwrap(), None);
}
