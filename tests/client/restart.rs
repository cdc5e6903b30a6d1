//! A restart of the mocks: a payment authorized before it can be captured and refunded after it, as the
//! server example requires.

use std::path::Path;
use std::sync::Arc;

use order_core::money::Amount;
use order_core::order::CaptureMethod;
use order_core::ports::{
    Clock, PaymentRequest, ProviderPaymentStatus, RefundRequest, ServiceErrorKind,
};
use order_core::reference::Reference;
use order_core::service::ExternalServices;
use order_core::value::{CaptureNo, PaymentAttemptNo, RefundNo};
use order_mocks::MockServices;
use order_mocks::ports::in_process;
use order_testing::ManualClock;
use order_testing::builders::{order_id, token, usd};

use super::fixture::call;

fn open(directory: &Path) -> ExternalServices {
    let mocks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/mocks");
    let state_file = directory.join("order.mocks.redb");
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let services = MockServices::open_persistent(mocks, state_file, clock.clone()).unwrap();
    in_process(&services, &clock)
}

#[tokio::test]
async fn a_payment_authorized_before_a_restart_is_captured_and_refunded_after_it() {
    let directory = tempfile::tempdir().unwrap();
    let reference = Reference::Attempt(order_id(1), PaymentAttemptNo::FIRST);
    let request = PaymentRequest::new(
        reference,
        order_id(1),
        usd(4_498),
        token("tok_timeout"),
        CaptureMethod::Manual,
    );
    let before = open(directory.path());
    let lost = before
        .payments
        .authorize(&call("p1"), &request)
        .await
        .unwrap_err();
    assert_eq!(lost.kind, ServiceErrorKind::Unknown);
    drop(before);

    let after = open(directory.path());
    let found = after.payments.find(&call("p1"), &reference).await.unwrap();
    let payment = found.expect("it was charged");
    assert_eq!(payment.status, ProviderPaymentStatus::Authorized);
    let capture = Reference::Capture(order_id(1), PaymentAttemptNo::FIRST, CaptureNo::FIRST);
    let (id, amount) = (payment.id, Amount::new(4_498));
    after
        .payments
        .capture(&call("c1"), &id, amount, &capture)
        .await
        .unwrap();
    drop(after);

    let restarted = open(directory.path());
    let refund = Reference::Refund(order_id(1), RefundNo::FIRST);
    let refund = RefundRequest::new(refund, id, amount);
    restarted
        .payments
        .refund(&call("r1"), &refund)
        .await
        .unwrap();
    let again = restarted.payments.refund(&call("r1"), &refund).await;
    assert!(again.is_ok(), "and refunded once: {again:?}");
}
