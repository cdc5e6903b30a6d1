//! Refunding: never more than was captured, and once per reference.

use super::{PaymentsUnderTest, capture, key, paid, refund_no, refused};
use crate::contract::MANY;
use futures::future::join_all;
use order_core::money::Amount;
use order_core::order::CaptureMethod::{Automatic, Manual};
use order_core::ports::{ProviderRefund, ProviderRefundStatus, RefundRequest, ServiceError};
use order_core::value::ProviderId;

async fn refund(
    subject: &(impl PaymentsUnderTest + ?Sized),
    payment: &ProviderId,
    minor: i64,
    no: u32,
) -> Result<ProviderRefund, ServiceError> {
    let reference = refund_no(no);
    let request = RefundRequest::new(reference, payment.clone(), Amount::new(minor));
    subject
        .payments()
        .refund(&key("refund", &reference), &request)
        .await
}

async fn refunded(
    subject: &(impl PaymentsUnderTest + ?Sized),
    payment: &ProviderId,
    minor: i64,
    no: u32,
    sentence: &str,
) -> ProviderRefund {
    let view = refund(subject, payment, minor, no).await.expect(sentence);
    assert_ne!(view.status, ProviderRefundStatus::Failed, "{sentence}");
    view
}

async fn found(subject: &(impl PaymentsUnderTest + ?Sized), no: u32) -> Option<ProviderRefund> {
    let reference = refund_no(no);
    subject
        .payments()
        .find_refund(&key("find", &reference), &reference)
        .await
        .expect("the provider answers")
}

/// Checks that a captured amount is refunded in parts, also where it was captured in parts.
pub async fn a_captured_amount_is_refunded_bit_by_bit(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, Manual).await;
    for (no, minor) in [(1, 300), (2, 700)] {
        capture(subject, &id, minor, no)
            .await
            .expect("the provider answers");
    }
    for (no, minor) in [(1, 500), (2, 1), (3, 499)] {
        refunded(subject, &id, minor, no, "so much is left").await;
    }
    refused(refund(subject, &id, 1, 4).await, "all of it was refunded");
}

/// Checks that no more is refunded than was captured.
pub async fn no_more_is_refunded_than_was_captured(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, Manual).await;
    capture(subject, &id, 600, 1)
        .await
        .expect("the provider answers");
    refused(refund(subject, &id, 601, 1).await, "more than was captured");
    refunded(subject, &id, 400, 2, "so much is left").await;
    refused(refund(subject, &id, 201, 3).await, "more than is left");
    refunded(subject, &id, 200, 4, "what was refused refunded nothing").await;
}

/// Checks that the same refund again refunds nothing more.
pub async fn the_same_refund_pays_back_once(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, Automatic).await;
    let first = refunded(subject, &id, 600, 1, "so much was captured").await;
    for _again in 0..3 {
        let again = refunded(subject, &id, 600, 1, "again: the same answer").await;
        assert_eq!(again.id, first.id, "it is the same refund");
    }
    refunded(subject, &id, 400, 2, "the same reference refunds once").await;
    refused(refund(subject, &id, 1, 3).await, "nothing is left");
    refunded(subject, &id, 600, 1, "again, when nothing is left").await;
}

/// Checks that of many concurrent requests for one refund one takes effect.
pub async fn of_many_tries_of_one_refund_side_by_side_one_counts(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    let id = paid(subject, 1_000, Automatic).await;
    let views = join_all((0..MANY).map(|_| refund(subject, &id, 600, 1))).await;
    let settled = found(subject, 1).await.expect("it is found");
    for view in views {
        match view {
            Ok(view) => assert_eq!(view.id, settled.id, "all get the one refund"),
            Err(error) => assert!(error.is_outage(), "no request is refused for good"),
        }
    }
    refunded(subject, &id, 400, 2, "one of them counts").await;
    refused(refund(subject, &id, 1, 3).await, "one of them counts");
}

/// Checks that a refund is found under its reference.
pub async fn a_refund_is_found_by_its_reference(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, Automatic).await;
    let made = refunded(subject, &id, 600, 1, "so much was captured").await;
    let view = found(subject, 1).await.expect("it is found");
    assert_eq!(view.id, made.id, "it is the one that was made");
}

/// Checks that the absence of a refund under a reference is an answer, not an error.
pub async fn that_there_is_no_such_refund_is_a_definite_answer(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    assert_eq!(found(subject, 1).await, None, "nothing was refunded");
    let id = paid(subject, 1_000, Automatic).await;
    refunded(subject, &id, 600, 1, "so much was captured").await;
    assert_eq!(
        found(subject, 2).await,
        None,
        "nothing was refunded under that"
    );
}

/// Checks that an authorization that was not captured cannot be refunded.
pub async fn an_authorization_cannot_be_refunded(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, Manual).await;
    refused(refund(subject, &id, 1, 1).await, "nothing was captured");
    let nothing = ProviderId::parse("pay_nothing").expect("it is valid");
    refused(
        refund(subject, &nothing, 1, 2).await,
        "there is no such payment",
    );
    assert_eq!(found(subject, 1).await, None, "there is no refund");
}
