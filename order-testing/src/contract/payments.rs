//! What a [`Payments`] adapter must do.

mod charging;
mod refunding;

pub use charging::*;
pub use refunding::*;

use crate::builders::{call, order_id, token, usd};
use crate::memory::MemoryPayments;
use async_trait::async_trait;
use order_core::money::Amount;
use order_core::order::CaptureMethod;
use order_core::ports::{
    CallContext, PaymentRequest, Payments, ProviderPayment, ProviderPaymentStatus, ServiceError,
    ServiceErrorKind,
};
use order_core::reference::Reference;
use order_core::value::{CaptureNo, PaymentAttemptNo, ProviderId, RefundNo};

/// A payment provider under test. The checks infer what was moved from what can still be moved.
#[async_trait]
pub trait PaymentsUnderTest: Send + Sync {
    /// Returns the adapter.
    fn payments(&self) -> &dyn Payments;

    /// Returns a token that is approved.
    fn approved(&self) -> &str {
        "tok_visa"
    }

    /// Returns a token that is declined.
    fn declined(&self) -> &str {
        "tok_declined"
    }

    /// Returns a token that is approved and whose first call gets no answer; `None` if there is none.
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

/// Returns the reference of the payment attempt of order 1 with this number.
fn attempt(no: u32) -> Reference {
    Reference::Attempt(order_id(1), PaymentAttemptNo::new(no))
}

/// Returns the reference of a capture of the first attempt.
fn capture_no(no: u32) -> Reference {
    Reference::Capture(order_id(1), PaymentAttemptNo::FIRST, CaptureNo::new(no))
}

fn refund_no(no: u32) -> Reference {
    Reference::Refund(order_id(1), RefundNo::new(no))
}

/// Returns a call whose idempotency key is the operation and the reference.
fn key(what: &str, reference: &Reference) -> CallContext {
    call(&format!("{what}-{reference}"))
}

fn request(no: u32, minor: i64, means: &str, capture_method: CaptureMethod) -> PaymentRequest {
    PaymentRequest::new(
        attempt(no),
        order_id(1),
        usd(minor),
        token(means),
        capture_method,
    )
}

async fn pay(
    subject: &(impl PaymentsUnderTest + ?Sized),
    request: &PaymentRequest,
) -> Result<ProviderPayment, ServiceError> {
    subject
        .payments()
        .authorize(&key("pay", &request.reference), request)
        .await
}

/// Authorizes or captures `minor` under attempt 1, and returns the id of the payment.
async fn paid(
    subject: &(impl PaymentsUnderTest + ?Sized),
    minor: i64,
    capture_method: CaptureMethod,
) -> ProviderId {
    let view = pay(
        subject,
        &request(1, minor, subject.approved(), capture_method),
    )
    .await
    .expect("the provider answers");
    let expected = if capture_method == CaptureMethod::Automatic {
        ProviderPaymentStatus::Captured
    } else {
        ProviderPaymentStatus::Authorized
    };
    assert_eq!(view.status, expected, "the payment is approved");
    view.id
}

async fn found(subject: &(impl PaymentsUnderTest + ?Sized), no: u32) -> Option<ProviderPayment> {
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
) -> Result<(), ServiceError> {
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
) -> Result<(), ServiceError> {
    subject
        .payments()
        .void(&call(&format!("void-{payment}")), payment)
        .await
}

/// Checks that the provider has refused for good, and has not left the outcome unknown.
fn refused<T: std::fmt::Debug>(answer: Result<T, ServiceError>, sentence: &str) {
    let error = answer.expect_err(sentence);
    assert!(
        matches!(error.kind, ServiceErrorKind::Refused { .. }),
        "{sentence}: it is refused, not {:?}",
        error.kind
    );
}
