//! Authorizing, capturing and voiding: the same reference never moves money twice.

use super::{PaymentsUnderTest, capture, found, paid, pay, refused, request, void};
use crate::contract::MANY;
use futures::future::join_all;
use order_core::money::Amount;
use order_core::order::CaptureMethod::{Automatic, Manual};
use order_core::ports::{ProviderPaymentStatus, ServiceErrorKind};
use order_core::value::ProviderId;

/// Checks that an approved payment is authorized, and not captured.
pub async fn an_approved_payment_is_authorized(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let view = pay(subject, &request(1, 4_498, subject.approved(), Manual))
        .await
        .expect("the provider answers");
    assert_eq!(
        view.status,
        ProviderPaymentStatus::Authorized,
        "it is authorized"
    );
    assert_eq!(view.amount, Amount::new(4_498), "all of it");
}

/// Checks that an approved payment is captured at once if the request says so.
pub async fn an_approved_payment_can_be_captured_at_once(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    let view = pay(subject, &request(1, 4_498, subject.approved(), Automatic))
        .await
        .expect("the provider answers");
    assert_eq!(
        view.status,
        ProviderPaymentStatus::Captured,
        "it is captured"
    );
    assert_eq!(view.amount, Amount::new(4_498), "all of it");
}

/// Checks that a declined payment is an answer, with a code, and stays one.
pub async fn a_declined_payment_is_an_answer(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let request = request(1, 4_498, subject.declined(), Manual);
    let first = pay(subject, &request).await.expect("it is an answer");
    assert!(
        matches!(first.status, ProviderPaymentStatus::Declined { .. }),
        "it is declined"
    );
    let again = pay(subject, &request).await.expect("it is an answer");
    assert_eq!(again, first, "the same reference again: the same answer");
    assert_eq!(found(subject, 1).await, Some(first), "it is found so");
}

/// Checks that a payment is found under its reference, with its current status.
pub async fn a_payment_is_found_by_its_reference(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, Manual).await;
    let status = async || {
        let view = found(subject, 1).await.expect("it is found");
        assert_eq!((view.id, view.amount), (id.clone(), Amount::new(1_000)));
        view.status
    };
    assert_eq!(
        status().await,
        ProviderPaymentStatus::Authorized,
        "it is authorized"
    );
    capture(subject, &id, 400, 1)
        .await
        .expect("the provider answers");
    assert_eq!(
        status().await,
        ProviderPaymentStatus::Captured,
        "captured in part"
    );
}

/// Checks that the absence of a payment under a reference is an answer, not an error.
pub async fn that_there_is_no_such_payment_is_a_definite_answer(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    assert_eq!(found(subject, 1).await, None, "nothing was charged");
    paid(subject, 1_000, Manual).await;
    assert_eq!(
        found(subject, 2).await,
        None,
        "nothing was charged under that"
    );
}

/// Checks that the same reference again returns the existing payment, and charges nothing more.
pub async fn the_same_reference_is_charged_once(subject: &(impl PaymentsUnderTest + ?Sized)) {
    for (no, capture_method) in [(1, Manual), (2, Automatic)] {
        let request = request(no, 1_000, subject.approved(), capture_method);
        let first = pay(subject, &request).await.expect("the provider answers");
        for _again in 0..3 {
            let again = pay(subject, &request).await.expect("the provider answers");
            assert_eq!(again, first, "the same reference is charged once");
        }
    }
}

/// Checks that of many concurrent requests for one payment one takes effect, and all get its answer.
pub async fn of_many_tries_of_one_payment_side_by_side_one_counts(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    let request = request(1, 1_000, subject.approved(), Manual);
    let views = join_all((0..MANY).map(|_| pay(subject, &request))).await;
    let settled = found(subject, 1).await.expect("it is found");
    for view in views {
        match view {
            Ok(view) => assert_eq!(view, settled, "all get the one payment"),
            // The outcome may be unknown while another request is in progress, but never a refusal.
            Err(error) => assert!(error.is_outage(), "no request is refused for good"),
        }
    }
}

/// Checks that payments are identified by their references alone.
pub async fn payments_of_other_references_are_others(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let mut ids: Vec<ProviderId> = Vec::new();
    for no in 1..=3 {
        let view = pay(subject, &request(no, 1_000, subject.approved(), Manual)).await;
        ids.push(view.expect("the provider answers").id);
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "each is a payment of its own");
}

/// Checks that a payment whose answer is lost is unknown, never unavailable; it is found by its
/// reference, and a repeated request returns it without charging again.
pub async fn a_lost_answer_is_unknown_and_the_payment_is_found(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    let Some(means) = subject.lost() else { return };
    let request = request(1, 1_000, means, Manual);
    let error = pay(subject, &request)
        .await
        .expect_err("the answer is lost");
    assert_eq!(
        error.kind,
        ServiceErrorKind::Unknown,
        "when it is not certain that a call was not processed, its outcome is unknown"
    );
    let view = found(subject, 1).await.expect("it was charged");
    assert_eq!(
        view.status,
        ProviderPaymentStatus::Authorized,
        "it was charged"
    );
    let again = pay(subject, &request).await.expect("this answer comes");
    assert_eq!(again, view, "a repeated request charges nothing more");
}

/// Checks that an authorized amount is captured in parts.
pub async fn an_authorized_amount_is_captured_bit_by_bit(
    subject: &(impl PaymentsUnderTest + ?Sized),
) {
    let id = paid(subject, 1_000, Manual).await;
    for (no, minor) in [(1, 400), (2, 1), (3, 599)] {
        capture(subject, &id, minor, no)
            .await
            .expect("so much is left");
    }
    refused(capture(subject, &id, 1, 4).await, "all of it is captured");
}

/// Checks that no more is captured than is authorized.
pub async fn no_more_is_captured_than_is_authorized(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, Manual).await;
    refused(
        capture(subject, &id, 1_001, 1).await,
        "more than is authorized",
    );
    capture(subject, &id, 600, 2)
        .await
        .expect("so much is left");
    refused(capture(subject, &id, 401, 3).await, "more than is left");
    capture(subject, &id, 400, 4)
        .await
        .expect("what was refused captured nothing");
}

/// Checks that the same capture again captures nothing more.
pub async fn the_same_capture_takes_money_once(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, Manual).await;
    for _again in 0..3 {
        capture(subject, &id, 600, 1)
            .await
            .expect("again: the same answer");
    }
    join_all((0..4).map(|_| capture(subject, &id, 100, 2))).await;
    capture(subject, &id, 300, 3)
        .await
        .expect("the same reference never captures twice");
    refused(capture(subject, &id, 1, 4).await, "nothing is left");
    capture(subject, &id, 600, 1)
        .await
        .expect("again, when all is captured: the same answer");
}

/// Checks that a voided payment cannot be captured.
pub async fn a_voided_payment_cannot_be_captured(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, Manual).await;
    void(subject, &id).await.expect("the provider answers");
    let view = found(subject, 1).await.expect("it is found");
    assert_eq!(view.status, ProviderPaymentStatus::Voided, "it is voided");
    refused(
        capture(subject, &id, 1, 1).await,
        "nothing is authorized any more",
    );
    let again = pay(subject, &request(1, 1_000, subject.approved(), Manual)).await;
    assert_eq!(
        again.expect("the provider answers").status,
        ProviderPaymentStatus::Voided,
        "the same reference again authorizes nothing"
    );
}

/// Checks that voiding again returns the same answer.
pub async fn voiding_again_gets_the_same_answer(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, Manual).await;
    for _again in 0..3 {
        void(subject, &id).await.expect("again: the same answer");
    }
}

/// Checks that voiding releases what is authorized and not captured, and leaves what was captured.
pub async fn voiding_leaves_what_was_captured(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let id = paid(subject, 1_000, Manual).await;
    capture(subject, &id, 400, 1)
        .await
        .expect("the provider answers");
    for _again in 0..2 {
        void(subject, &id).await.expect("the rest is voided");
    }
    refused(
        capture(subject, &id, 1, 2).await,
        "nothing is authorized any more",
    );
    let view = found(subject, 1).await.expect("it is found");
    assert_eq!(
        view.status,
        ProviderPaymentStatus::Captured,
        "captured in part"
    );
    capture(subject, &id, 400, 1)
        .await
        .expect("a capture that was made stays made");
}

/// Checks that a declined payment cannot be captured.
pub async fn a_declined_payment_cannot_be_captured(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let declined = pay(subject, &request(1, 1_000, subject.declined(), Manual)).await;
    let id = declined.expect("it is an answer").id;
    refused(capture(subject, &id, 1, 1).await, "nothing is authorized");
}

/// Checks that every operation on a payment that does not exist is refused.
pub async fn a_payment_that_is_not_there_is_refused(subject: &(impl PaymentsUnderTest + ?Sized)) {
    let nothing = ProviderId::parse("pay_nothing").expect("it is valid");
    refused(
        capture(subject, &nothing, 1, 1).await,
        "there is no such payment",
    );
    refused(void(subject, &nothing).await, "there is no such payment");
    assert_eq!(found(subject, 1).await, None, "no payment was made");
}
