//! Paying back: never more than was taken, and once for each reference.

use super::{PaymentsUnderTest, capture, key, paid, refund_no, refused};
use crate::money::Amount;
use crate::ports::{OutsideError, RefundRequest, RefundView, RefundViewStatus};
use crate::testing::contract::MANY;
use crate::value::ProviderId;
use futures::future::join_all;

async fn refund(
    subject: &(impl PaymentsUnderTest + ?Sized),
    payment: &ProviderId,
    minor: i64,
    no: u32,
) -> Result<RefundView, OutsideError> {
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
) -> RefundView {
    let view = refund(subject, payment, minor, no).await.expect(sentence);
    assert_ne!(view.status, RefundViewStatus::Failed, "{sentence}");
    view
}

async fn found(subject: &(impl PaymentsUnderTest + ?Sized), no: u32) -> Option<RefundView> {
    let reference = refund_no(no);
    subject
        .payments()
        .find_refund(&key("find", &reference), &reference)
        .await
        .expect("the provider answers")
}

/// What was taken is paid back bit by bit, also where it was taken bit by bit.
pub async fn a_captured_amount_is_refunded_bit_by_bit(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, false).await;
    for (no, minor) in [(1, 300), (2, 700)] {
        capture(subject, &id, minor, no)
            .await
            .expect("the provider answers");
    }
    for (no, minor) in [(1, 500), (2, 1), (3, 499)] {
        refunded(subject, &id, minor, no, "there is so much left").await;
    }
    refused(refund(subject, &id, 1, 4).await, "all of it went back");
}

/// No more is paid back than was taken.
pub async fn no_more_is_refunded_than_was_captured(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, false).await;
    capture(subject, &id, 600, 1)
        .await
        .expect("the provider answers");
    refused(refund(subject, &id, 601, 1).await, "more than was taken");
    refunded(subject, &id, 400, 2, "there is so much left").await;
    refused(refund(subject, &id, 201, 3).await, "more than is left");
    refunded(subject, &id, 200, 4, "what was refused paid nothing").await;
}

/// The same refund again pays back nothing more.
pub async fn the_same_refund_pays_back_once(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, true).await;
    let first = refunded(subject, &id, 600, 1, "there is so much").await;
    for _again in 0..3 {
        let again = refunded(subject, &id, 600, 1, "again: the same answer").await;
        assert_eq!(again.id, first.id, "it is the same refund");
    }
    refunded(subject, &id, 400, 2, "the same reference pays back once").await;
    refused(refund(subject, &id, 1, 3).await, "nothing is left");
    refunded(subject, &id, 600, 1, "again, when nothing is left").await;
}

/// Of many tries of one refund side by side one counts.
pub async fn of_many_tries_of_one_refund_side_by_side_one_counts(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    let id = paid(subject, 1_000, true).await;
    let views = join_all((0..MANY).map(|_| refund(subject, &id, 600, 1))).await;
    let settled = found(subject, 1).await.expect("it is found");
    for view in views {
        match view {
            Ok(view) => assert_eq!(view.id, settled.id, "all get the one refund"),
            Err(error) => assert!(error.is_outage(), "no try is refused for good"),
        }
    }
    refunded(subject, &id, 400, 2, "one of them counts").await;
    refused(refund(subject, &id, 1, 3).await, "one of them counts");
}

/// A refund is found under its reference.
pub async fn a_refund_is_found_by_its_reference(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, true).await;
    let made = refunded(subject, &id, 600, 1, "there is so much").await;
    let view = found(subject, 1).await.expect("it is found");
    assert_eq!(view.id, made.id, "it is the one that was made");
}

/// That there is no refund under a reference is an answer, not an error.
pub async fn that_there_is_no_such_refund_is_a_definite_answer(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    assert_eq!(found(subject, 1).await, None, "nothing was paid back");
    let id = paid(subject, 1_000, true).await;
    refunded(subject, &id, 600, 1, "there is so much").await;
    assert_eq!(found(subject, 2).await, None, "nothing under that");
}

/// What was not taken cannot be paid back.
pub async fn an_authorization_cannot_be_refunded(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, false).await;
    refused(refund(subject, &id, 1, 1).await, "nothing was taken");
    let nothing = ProviderId::parse("pay_nothing").expect("it is valid");
    refused(refund(subject, &nothing, 1, 2).await, "nothing is there");
    assert_eq!(found(subject, 1).await, None, "there is no refund");
}
