//! Whatever was answered is there after a restart, and can be continued.

use std::fs;

use super::fixture::{StateDir, TTL, free_mugs, fulfillment, mugs, payment_request};
use crate::inventory::MockReservationStatus;
use crate::payments::{AuthorizeOutcome, MockPaymentRequest, MockPaymentStatus, MockRefundRequest};
use crate::shipping::MockFulfillmentStatus;

#[test]
fn what_was_answered_before_a_restart_can_be_continued_after_it() {
    let dir = StateDir::new();
    let before = dir.open();
    for token in ["tok_visa", "tok_timeout"] {
        let _ = before
            .payments
            .authorize(&payment_request(token, token), Some(token));
    }
    before.inventory.reserve("r1", &mugs(4), TTL).unwrap();
    before.inventory.reserve("r2", &mugs(3), TTL).unwrap();
    before.inventory.commit("r2").unwrap();
    before.inventory.release("never").unwrap();
    before.shipping.request(&fulfillment("f1")).unwrap();
    before.shipping.recall("f2").unwrap();
    drop(before);

    let after = dir.open();
    // Payments are captured and refunded, and nothing is charged twice.
    for token in ["tok_visa", "tok_timeout"] {
        let known = after.payments.find(token).unwrap().unwrap();
        let again = after
            .payments
            .authorize(&payment_request(token, token), Some(token));
        assert_eq!(
            again,
            Ok(AuthorizeOutcome::Answered(known.clone())),
            "{token}"
        );
        let captured = after
            .payments
            .capture(&known.id, 1000, &format!("{token}-c1"), None);
        assert_eq!(captured.unwrap().status, MockPaymentStatus::Captured);
        let refund = MockRefundRequest {
            payment_id: known.id,
            amount: 400,
            reference: format!("{token}-r1"),
        };
        after.payments.refund(&refund, None).unwrap();
    }
    assert_eq!(free_mugs(&after), 3);
    after.inventory.release("r2").unwrap();
    after.inventory.commit("r1").unwrap();
    assert!(after.inventory.reserve("never", &mugs(1), TTL).is_err());
    after.shipping.mark_shipped("f1", "UPS", "1Z1").unwrap();
    assert!(after.shipping.request(&fulfillment("f2")).is_err());
    drop(after);

    let later = dir.open();
    let payment = later.payments.find("tok_visa").unwrap().unwrap();
    assert_eq!((payment.captured, payment.refunded), (1000, 400));
    assert!(later.payments.find_refund("tok_visa-r1").unwrap().is_some());
    // A key and a reference still serve one request only.
    let capture = |reference, amount| later.payments.capture(&payment.id, amount, reference, None);
    assert_eq!(capture("tok_visa-c1", 1000).as_ref(), Ok(&payment));
    assert!(capture("tok_visa-c1", 1).is_err());
    let other = MockPaymentRequest {
        amount: 1,
        ..payment_request("tok_visa", "tok_visa")
    };
    assert!(later.payments.authorize(&other, Some("tok_visa")).is_err());
    assert_eq!(
        later.inventory.find("r1").unwrap().unwrap().status,
        MockReservationStatus::Committed
    );
    assert_eq!(free_mugs(&later), 6);
    assert_eq!(
        later.shipping.find("f1").unwrap().unwrap().status,
        MockFulfillmentStatus::Shipped
    );
}

#[test]
fn what_was_answered_survives_a_crash() {
    let dir = StateDir::new();
    let before = dir.open();
    before.inventory.reserve("r1", &mugs(4), TTL).unwrap();
    let _ = before
        .payments
        .authorize(&payment_request("p1", "tok_visa"), Some("k1"))
        .unwrap();
    // A killed process leaves the file as it is at that moment.
    let left = fs::read(dir.state_file()).unwrap();
    drop(before);
    fs::write(dir.state_file(), left).unwrap();
    let after = dir.open();
    assert!(after.inventory.find("r1").unwrap().is_some());
    assert_eq!(free_mugs(&after), 6);
    let paid = after.payments.find("p1").unwrap().unwrap();
    after.payments.void(&paid.id, None).unwrap();
}

#[test]
fn the_state_file_contains_no_token() {
    let dir = StateDir::new();
    let services = dir.open();
    let _ = services
        .payments
        .authorize(&payment_request("p1", "tok_secret"), Some("k1"))
        .unwrap();
    let has = |text: &[u8]| {
        let file = fs::read(dir.state_file()).unwrap();
        file.windows(text.len()).any(|part| part == text)
    };
    assert!(has(b"order-1"), "and it is not hidden from this test");
    assert!(!has(b"tok_secret"));
}
