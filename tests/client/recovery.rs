//! What the server example relies on: a payment of before a restart can be gone on with after it,
//! over the wire and in the same process.

use std::path::Path;
use std::sync::Arc;

use order_core::money::Amount;
use order_core::ports::{
    Clock, OutsideErrorKind, PaymentRequest, PaymentViewStatus, RefundRequest,
};
use order_core::reference::Reference;
use order_core::testing::ManualClock;
use order_core::testing::builders::{order_id, token, usd};
use order_core::value::{AttemptNo, CaptureNo, RefundNo};
use order_examples::in_process::Ports;
use order_examples::outside::{Now, Outside};

use super::world::call;

fn open(folder: &Path) -> Ports {
    let mocks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/mocks");
    let state_file = folder.join("order.mocks.redb");
    let outside = Outside::open_persistent(mocks, state_file, Now::system()).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    Ports::of(&outside, &clock)
}

#[tokio::test]
async fn a_payment_of_before_a_restart_is_captured_and_refunded_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let reference = Reference::Attempt(order_id(1), AttemptNo::FIRST);
    let request = PaymentRequest::new(
        reference,
        order_id(1),
        usd(4_498),
        token("tok_timeout"),
        false,
    );
    let before = open(folder.path());
    let lost = before
        .payments
        .pay(&call("p1"), &request)
        .await
        .unwrap_err();
    assert_eq!(lost.kind, OutsideErrorKind::Unknown);
    drop(before);

    let after = open(folder.path());
    let found = after.payments.find(&call("p1"), &reference).await.unwrap();
    let payment = found.expect("it was charged");
    assert_eq!(payment.status, PaymentViewStatus::Authorized);
    let no = Reference::Capture(order_id(1), AttemptNo::FIRST, CaptureNo::FIRST);
    let (id, amount) = (payment.id, Amount::new(4_498));
    after
        .payments
        .capture(&call("c1"), &id, amount, &no)
        .await
        .unwrap();
    drop(after);

    let later = open(folder.path());
    let refund = Reference::Refund(order_id(1), RefundNo::FIRST);
    let refund = RefundRequest::new(refund, id, amount);
    later.payments.refund(&call("r1"), &refund).await.unwrap();
    let again = later.payments.refund(&call("r1"), &refund).await;
    assert!(again.is_ok(), "and paid back once: {again:?}");
}
