//! Paying, capturing and voiding: the same reference never moves money twice.

use super::{PaymentsUnderTest, capture, found, paid, pay, refused, request, void};
use crate::money::Amount;
use crate::ports::{OutsideErrorKind, PaymentViewStatus};
use crate::testing::contract::MANY;
use crate::value::ProviderId;
use futures::future::join_all;

/// An approved payment is held for us: authorized, and not taken.
pub async fn an_approved_payment_is_authorized(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let view = pay(subject, &request(1, 4_498, subject.approved(), false))
        .await
        .expect("the provider answers");
    assert_eq!(view.status, PaymentViewStatus::Authorized, "it is held");
    assert_eq!(view.amount, Amount::new(4_498), "all of it");
}

/// An approved payment is taken at once where that was asked for.
pub async fn an_approved_payment_can_be_captured_at_once(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    let view = pay(subject, &request(1, 4_498, subject.approved(), true))
        .await
        .expect("the provider answers");
    assert_eq!(view.status, PaymentViewStatus::Captured, "it is taken");
    assert_eq!(view.amount, Amount::new(4_498), "all of it");
}

/// A declined payment is an answer, with a code, and stays one.
pub async fn a_declined_payment_is_an_answer(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let request = request(1, 4_498, subject.declined(), false);
    let first = pay(subject, &request).await.expect("it is an answer");
    assert!(
        matches!(first.status, PaymentViewStatus::Declined { .. }),
        "it is declined"
    );
    let again = pay(subject, &request).await.expect("it is an answer");
    assert_eq!(again, first, "the same reference again: the same answer");
    assert_eq!(found(subject, 1).await, Some(first), "it is found so");
}

/// A payment is found under its reference, as it stands.
pub async fn a_payment_is_found_by_its_reference(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, false).await;
    let status = async || {
        let view = found(subject, 1).await.expect("it is found");
        assert_eq!((view.id, view.amount), (id.clone(), Amount::new(1_000)));
        view.status
    };
    assert_eq!(status().await, PaymentViewStatus::Authorized, "it is held");
    capture(subject, &id, 400, 1)
        .await
        .expect("the provider answers");
    assert_eq!(status().await, PaymentViewStatus::Captured, "taken in part");
}

/// That there is no payment under a reference is an answer, not an error.
pub async fn that_there_is_no_such_payment_is_a_definite_answer(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    assert_eq!(found(subject, 1).await, None, "nothing was paid");
    paid(subject, 1_000, false).await;
    assert_eq!(found(subject, 2).await, None, "nothing was paid under that");
}

/// The same reference again gets the payment there is, and charges nothing more.
pub async fn the_same_reference_is_charged_once(subject: &(impl PaymentsUnderTest + ?Sized)) {
    for capture_at_once in [false, true] {
        let no = if capture_at_once { 2 } else { 1 };
        let request = request(no, 1_000, subject.approved(), capture_at_once);
        let first = pay(subject, &request).await.expect("the provider answers");
        for _again in 0..3 {
            let again = pay(subject, &request).await.expect("the provider answers");
            assert_eq!(again, first, "the same reference is charged once");
        }
    }
}

/// Of many tries of one payment side by side one counts, and all get its answer.
pub async fn of_many_tries_of_one_payment_side_by_side_one_counts(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    let request = request(1, 1_000, subject.approved(), false);
    let views = join_all((0..MANY).map(|_| pay(subject, &request))).await;
    let settled = found(subject, 1).await.expect("it is found");
    for view in views {
        match view {
            Ok(view) => assert_eq!(view, settled, "all get the one payment"),
            // One may be told that another is being worked on, but not that it failed for good.
            Err(error) => assert!(error.is_outage(), "no try is refused for good"),
        }
    }
}

/// Payments are told apart by their references alone.
pub async fn payments_of_other_references_are_others(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let mut ids: Vec<ProviderId> = Vec::new();
    for no in 1..=3 {
        let view = pay(subject, &request(no, 1_000, subject.approved(), false)).await;
        ids.push(view.expect("the provider answers").id);
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "each is a payment of its own");
}

/// A payment whose answer is lost is unknown, never unavailable; it is found by its reference, and
/// asking again gets it without charging again.
pub async fn a_lost_answer_is_unknown_and_the_payment_is_found(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    let Some(means) = subject.lost() else { return };
    let request = request(1, 1_000, means, false);
    let error = pay(subject, &request)
        .await
        .expect_err("the answer is lost");
    assert_eq!(
        error.kind,
        OutsideErrorKind::Unknown,
        "when it is not certain that a call was not processed, its outcome is unknown"
    );
    let view = found(subject, 1).await.expect("it was charged");
    assert_eq!(view.status, PaymentViewStatus::Authorized, "it was charged");
    let again = pay(subject, &request).await.expect("this answer comes");
    assert_eq!(again, view, "asking again charges nothing more");
}

/// An authorized amount is taken bit by bit.
pub async fn an_authorized_amount_is_captured_bit_by_bit(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    let id = paid(subject, 1_000, false).await;
    for (no, minor) in [(1, 400), (2, 1), (3, 599)] {
        capture(subject, &id, minor, no)
            .await
            .expect("there is so much left");
    }
    refused(capture(subject, &id, 1, 4).await, "all of it is taken");
}

/// No more is taken than is authorized.
pub async fn no_more_is_captured_than_is_authorized(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, false).await;
    refused(capture(subject, &id, 1_001, 1).await, "more than is held");
    capture(subject, &id, 600, 2)
        .await
        .expect("there is so much left");
    refused(capture(subject, &id, 401, 3).await, "more than is left");
    capture(subject, &id, 400, 4)
        .await
        .expect("what was refused took nothing");
}

/// The same capture again takes nothing more.
pub async fn the_same_capture_takes_money_once(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, false).await;
    for _again in 0..3 {
        capture(subject, &id, 600, 1)
            .await
            .expect("again: the same answer");
    }
    join_all((0..4).map(|_| capture(subject, &id, 100, 2))).await;
    capture(subject, &id, 300, 3)
        .await
        .expect("the same reference never takes money twice");
    refused(capture(subject, &id, 1, 4).await, "nothing is left");
    capture(subject, &id, 600, 1)
        .await
        .expect("again, when all is taken: the same answer");
}

/// What was given back cannot be taken.
pub async fn a_voided_payment_cannot_be_captured(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, false).await;
    void(subject, &id).await.expect("the provider answers");
    let view = found(subject, 1).await.expect("it is found");
    assert_eq!(view.status, PaymentViewStatus::Voided, "it is given back");
    refused(
        capture(subject, &id, 1, 1).await,
        "nothing is held any more",
    );
    let again = pay(subject, &request(1, 1_000, subject.approved(), false)).await;
    assert_eq!(
        again.expect("the provider answers").status,
        PaymentViewStatus::Voided,
        "the same reference again does not hold it again"
    );
}

/// Voiding again gets the same answer.
pub async fn voiding_again_gets_the_same_answer(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, false).await;
    for _again in 0..3 {
        void(subject, &id).await.expect("again: the same answer");
    }
}

/// Voiding gives back what is held and not taken, and leaves what was taken.
pub async fn voiding_leaves_what_was_captured(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, false).await;
    capture(subject, &id, 400, 1)
        .await
        .expect("the provider answers");
    for _again in 0..2 {
        void(subject, &id).await.expect("the rest is given back");
    }
    refused(
        capture(subject, &id, 1, 2).await,
        "nothing is held any more",
    );
    let view = found(subject, 1).await.expect("it is found");
    assert_eq!(view.status, PaymentViewStatus::Captured, "taken in part");
    capture(subject, &id, 400, 1)
        .await
        .expect("a capture that was made stays made");
}

/// What was declined cannot be taken.
pub async fn a_declined_payment_cannot_be_captured(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let declined = pay(subject, &request(1, 1_000, subject.declined(), false)).await;
    let id = declined.expect("it is an answer").id;
    refused(capture(subject, &id, 1, 1).await, "nothing is held");
}

/// What is not there is refused, whatever is asked of it.
pub async fn a_payment_that_is_not_there_is_refused(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let nothing = ProviderId::parse("pay_nothing").expect("it is valid");
    refused(capture(subject, &nothing, 1, 1).await, "nothing is there");
    refused(void(subject, &nothing).await, "nothing is there");
    assert_eq!(found(subject, 1).await, None, "nothing came of it");
}
