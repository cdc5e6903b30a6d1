//! Calls that move money are retried only if they surely did not arrive.

use std::sync::Arc;
use std::time::Duration;

use order_core::money::Amount;
use order_core::order::CaptureMethod;
use order_core::ports::{
    PaymentRequest, Payments, ProviderPayment, ProviderPaymentStatus, RefundRequest, ServiceError,
    ServiceErrorKind,
};
use order_core::reference::Reference;
use order_core::value::{CaptureNo, PaymentAttemptNo, ProviderId, RefundNo};
use order_testing::builders::{order_id, token, usd};

use super::fixture::{call, clients, config};
use super::scripted_server::{Behaviour, ScriptedServer, response, status, unused_address};

fn attempt() -> Reference {
    Reference::Attempt(order_id(1), PaymentAttemptNo::FIRST)
}

fn payments(url: &str) -> Arc<dyn Payments> {
    clients(config()).payments(url).unwrap()
}

async fn pay(url: &str) -> Result<ProviderPayment, ServiceError> {
    let request = PaymentRequest::new(
        attempt(),
        order_id(1),
        usd(4_498),
        token("tok_visa"),
        CaptureMethod::Manual,
    );
    payments(url).authorize(&call("attempt-1"), &request).await
}

async fn refund(url: &str) -> Result<(), ServiceError> {
    let reference = Reference::Refund(order_id(1), RefundNo::FIRST);
    let request = RefundRequest::new(reference, provider_id(), Amount::new(400));
    let refund = payments(url).refund(&call("refund-1"), &request).await;
    refund.map(drop)
}

async fn capture(url: &str) -> Result<(), ServiceError> {
    let reference = Reference::Capture(order_id(1), PaymentAttemptNo::FIRST, CaptureNo::FIRST);
    let (id, amount) = (provider_id(), Amount::new(4_498));
    let payments = payments(url);
    payments
        .capture(&call("capture-1"), &id, amount, &reference)
        .await
}

async fn void(url: &str) -> Result<(), ServiceError> {
    payments(url).void(&call("void-1"), &provider_id()).await
}

fn provider_id() -> ProviderId {
    ProviderId::parse("pay_1").unwrap()
}

fn paid() -> Behaviour {
    let body = format!(
        r#"{{"id": "pay_1", "reference": "{}", "status": "authorized", "amount": 4498}}"#,
        attempt()
    );
    response("201 Created", &[], &body)
}

fn unavailable(seconds: Option<u64>) -> ServiceErrorKind {
    let retry_after = seconds.map(Duration::from_secs);
    ServiceErrorKind::Unavailable { retry_after }
}

#[tokio::test]
async fn a_payment_that_may_have_arrived_is_unknown_after_one_attempt() {
    let cut_off = b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"id\":".to_vec();
    let huge = format!("\"{}\"", "x".repeat(2 * 1024 * 1024));
    for behaviour in [
        Behaviour::ResetUnread,
        Behaviour::CloseAfterReading,
        Behaviour::NeverRespond,
        Behaviour::Drip,
        Behaviour::Bytes(cut_off),
        Behaviour::Bytes(b"\x16\x03\x01 not HTTP".to_vec()),
        status(408, None),
        status(500, None),
        status(502, Some("0")),
        status(503, None),
        status(504, Some("0")),
        status(409, Some("0")),
        response("201 Created", &[], "<html>welcome</html>"),
        response(
            "201 Created",
            &[],
            r#"{"id": "pay_1", "status": "maybe", "amount": 4498}"#,
        ),
        response(
            "201 Created",
            &[],
            r#"{"id": "pay_1", "reference": "another", "status": "declined"}"#,
        ),
        response("201 Created", &[], ""),
        response("201 Created", &[], &huge),
    ] {
        let server = ScriptedServer::start([behaviour.clone()]).await;
        for error in [
            pay(&server.url).await.unwrap_err(),
            capture(&server.url).await.unwrap_err(),
            void(&server.url).await.unwrap_err(),
            refund(&server.url).await.unwrap_err(),
        ] {
            assert_eq!(
                error.kind,
                ServiceErrorKind::Unknown,
                "{error} after {behaviour:.60?}"
            );
        }
        assert_eq!(server.attempts(), 4, "one attempt each: {behaviour:.60?}");
    }
}

#[tokio::test]
async fn a_refused_connection_means_it_did_not_arrive() {
    let url = unused_address().await;
    assert_eq!(pay(&url).await.unwrap_err().kind, unavailable(None));
    assert_eq!(refund(&url).await.unwrap_err().kind, unavailable(None));
}

#[tokio::test]
async fn a_busy_service_with_retry_after_is_retried_under_the_same_key() {
    let server =
        ScriptedServer::start([status(503, Some("0")), status(429, Some("0")), paid()]).await;
    let view = pay(&server.url).await.unwrap();
    assert_eq!(view.status, ProviderPaymentStatus::Authorized);
    let sent = server.requests();
    assert_eq!(sent.len(), 3);
    for one in &sent {
        assert_eq!(one.line(), "POST /payments");
        assert_eq!(one.header("idempotency-key"), Some("attempt-1"));
        assert_eq!(one.body, sent[0].body);
        assert_eq!(one.header("x-request-id"), sent[0].header("x-request-id"));
    }
}

#[tokio::test]
async fn a_busy_service_is_unavailable_after_three_attempts() {
    let server = ScriptedServer::start([status(503, Some("0"))]).await;
    assert_eq!(
        pay(&server.url).await.unwrap_err().kind,
        unavailable(Some(0))
    );
    assert_eq!(server.attempts(), 3);
}

#[tokio::test]
async fn a_retry_after_beyond_the_deadline_is_returned_to_the_caller() {
    for (behaviour, wait) in [
        (status(503, Some("3600")), Some(3_600)),
        (
            status(429, Some("Fri, 02 Jan 2026 14:00:00 GMT")),
            Some(7_200),
        ),
        (status(429, None), None),
    ] {
        let server = ScriptedServer::start([behaviour]).await;
        assert_eq!(pay(&server.url).await.unwrap_err().kind, unavailable(wait));
        assert_eq!(server.attempts(), 1);
    }
}

#[tokio::test]
async fn an_attempt_of_unknown_outcome_is_the_last_one() {
    let server =
        ScriptedServer::start([status(503, Some("0")), Behaviour::CloseAfterReading, paid()]).await;
    assert_eq!(
        pay(&server.url).await.unwrap_err().kind,
        ServiceErrorKind::Unknown
    );
    assert_eq!(server.attempts(), 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = ScriptedServer::start([paid()]).await;
    for code in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let location = format!("location: {}/payments", elsewhere.url);
        let server = ScriptedServer::start([response(code, &[&location], "")]).await;
        assert_eq!(
            pay(&server.url).await.unwrap_err().kind,
            ServiceErrorKind::Unknown
        );
        assert_eq!(server.attempts(), 1);
    }
    assert_eq!(elsewhere.attempts(), 0);
}

#[tokio::test]
async fn expired_credentials_decline_no_payment() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let body = r#"{"code": "card_declined"}"#;
        let server = ScriptedServer::start([response(status, &[], body)]).await;
        let error = pay(&server.url).await.unwrap_err();
        let outage = ServiceErrorKind::Unavailable { retry_after: None };
        assert_eq!(error.kind, outage, "{status}");
        assert_eq!(server.attempts(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_refusal_is_definite_and_has_a_code() {
    for (behaviour, code) in [
        (
            response("409 Conflict", &[], r#"{"code": "amount_too_large"}"#),
            "amount_too_large",
        ),
        (response("402 Payment Required", &[], ""), "http_402"),
        (response("406 Not Acceptable", &[], "<html>"), "http_406"),
        (
            response("422 No", &[], r#"{"code": "Idempotency Key Reused"}"#),
            "idempotency_key_reused",
        ),
    ] {
        let server = ScriptedServer::start([behaviour]).await;
        for error in [
            pay(&server.url).await.unwrap_err(),
            void(&server.url).await.unwrap_err(),
        ] {
            let ServiceErrorKind::Refused { code: given } = error.kind else {
                panic!("{error}");
            };
            assert_eq!(given.as_str(), code);
        }
        assert_eq!(server.attempts(), 2);
    }
}

#[tokio::test]
async fn an_already_voided_payment_counts_as_voided() {
    let voided = response("409 Conflict", &[], r#"{"code": "already_voided"}"#);
    void(&ScriptedServer::start([voided]).await.url)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_answer_about_another_reference_is_no_proof_of_absence() {
    let others =
        r#"{"data": [{"id": "p", "reference": "another", "status": "captured", "amount": 1}]}"#;
    let server = ScriptedServer::start([response("200 OK", &[], others)]).await;
    let found = payments(&server.url).find(&call("k"), &attempt()).await;
    assert_eq!(found.unwrap_err().kind, unavailable(None));
    let nothing = ScriptedServer::start([response("200 OK", &[], r#"{"data": []}"#)]).await;
    let found = payments(&nothing.url).find(&call("k"), &attempt()).await;
    assert_eq!(found.unwrap(), None);
}
