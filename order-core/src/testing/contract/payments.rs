//! What a [`Payments`] adapter must do.

mod paying;
mod refunding;

pub use paying::*;
pub use refunding::*;

use crate::money::Amount;
use crate::ports::{
    Call, OutsideError, OutsideErrorKind, PaymentRequest, PaymentView, PaymentViewStatus, Payments,
};
use crate::reference::Reference;
use crate::testing::MemoryPayments;
use crate::testing::builders::{call, order_id, token, usd};
use crate::value::{AttemptNo, CaptureNo, ProviderId, RefundNo};
use async_trait::async_trait;

/// A payment provider under test. The checks tell what was moved by what can still be moved.
#[async_trait]
pub trait PaymentsUnderTest: Send + Sync {
    /// The adapter.
    fn payments(&self) -> &dyn Payments;

    /// A token that is approved.
    fn approved(&self) -> &str {
        "tok_visa"
    }

    /// A token that is declined.
    fn declined(&self) -> &str {
        "tok_declined"
    }

    /// A token that is approved, the answer to the first call of which is lost; none if there is no
    /// such token.
    fn lost(&self) -> Option<&str> {
        Some("tok_timeout")
    }
}

#[async_trait]
impl PaymentsUnderTest for MemoryPayments {
    fn payments(&self) -> &dyn Payments {
        self
    }
}

suite! {
    $ payments, payments_contract, PaymentsUnderTest:
    an_approved_payment_is_authorized,
    an_approved_payment_can_be_captured_at_once,
    a_declined_payment_is_an_answer,
    a_payment_is_found_by_its_reference,
    that_there_is_no_such_payment_is_a_definite_answer,
    the_same_reference_is_charged_once,
    of_many_tries_of_one_payment_side_by_side_one_counts,
    payments_of_other_references_are_others,
    a_lost_answer_is_unknown_and_the_payment_is_found,
    an_authorized_amount_is_captured_bit_by_bit,
    no_more_is_captured_than_is_authorized,
    the_same_capture_takes_money_once,
    a_voided_payment_cannot_be_captured,
    voiding_again_gets_the_same_answer,
    voiding_leaves_what_was_captured,
    a_declined_payment_cannot_be_captured,
    a_captured_amount_is_refunded_bit_by_bit,
    no_more_is_refunded_than_was_captured,
    the_same_refund_pays_back_once,
    of_many_tries_of_one_refund_side_by_side_one_counts,
    a_refund_is_found_by_its_reference,
    that_there_is_no_such_refund_is_a_definite_answer,
    an_authorization_cannot_be_refunded,
    a_payment_that_is_not_there_is_refused,
}

/// The attempt of this number of order 1.
fn attempt(no: u32) -> Reference {
    Reference::Attempt(order_id(1), AttemptNo::new(no))
}

/// A capture of the first attempt.
fn capture_no(no: u32) -> Reference {
    Reference::Capture(order_id(1), AttemptNo::FIRST, CaptureNo::new(no))
}

fn refund_no(no: u32) -> Reference {
    Reference::Refund(order_id(1), RefundNo::new(no))
}

/// A call whose key is the reference it is about, and what is done.
fn key(what: &str, reference: &Reference) -> Call {
    call(&format!("{what}-{reference}"))
}

fn request(no: u32, minor: i64, means: &str, capture: bool) -> PaymentRequest {
    PaymentRequest::new(attempt(no), order_id(1), usd(minor), token(means), capture)
}

async fn pay(
    subject: &(impl PaymentsUnderTest + ?Sized),
    request: &PaymentRequest,
) -> Result<PaymentView, OutsideError> {
    subject
        .payments()
        .pay(&key("pay", &request.reference), request)
        .await
}

/// An approved payment of so much under attempt 1.
async fn paid(
    subject: &(impl PaymentsUnderTest + ?Sized),
    minor: i64,
    capture: bool,
) -> ProviderId {
    let view = pay(subject, &request(1, minor, subject.approved(), capture))
        .await
        .expect("the provider answers");
    let expected = if capture {
        PaymentViewStatus::Captured
    } else {
        PaymentViewStatus::Authorized
    };
    assert_eq!(view.status, expected, "the payment is approved");
    view.id
}

async fn found(subject: &(impl PaymentsUnderTest + ?Sized), no: u32) -> Option<PaymentView> {
    subject
        .payments()
        .find(&key("find", &attempt(no)), &attempt(no))
        .await
        .expect("the provider answers")
}

async fn capture(
    subject: &(impl PaymentsUnderTest + ?Sized),
    payment: &ProviderId,
    minor: i64,
    no: u32,
) -> Result<(), OutsideError> {
    let reference = capture_no(no);
    subject
        .payments()
        .capture(
            &key("capture", &reference),
            payment,
            Amount::new(minor),
            &reference,
        )
        .await
}

async fn void(
    subject: &(impl PaymentsUnderTest + ?Sized),
    payment: &ProviderId,
) -> Result<(), OutsideError> {
    subject
        .payments()
        .void(&call(&format!("void-{payment}")), payment)
        .await
}

/// The provider refuses for good, and does not leave it open.
fn refused<T: std::fmt::Debug>(answer: Result<T, OutsideError>, sentence: &str) {
    let error = answer.expect_err(sentence);
    assert!(
        matches!(error.kind, OutsideErrorKind::Refused { .. }),
        "{sentence}: it is refused, not {:?}",
        error.kind
    );
}
