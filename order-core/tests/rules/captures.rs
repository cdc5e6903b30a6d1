//! Captures: when, how much, and once.

use crate::given::{Given, ship, ship_all, two};
use order_core::command::Command;
use order_core::fact::{CaptureRef, Fact};
use order_core::money::Amount;
use order_core::order::{
    Adjustment, AdjustmentKind, CaptureStatus, PaymentAttemptStatus, PaymentStatus, RefundKind,
};
use order_core::refusal::RefusalCode;
use order_core::value::{CaptureNo, PaymentAttemptNo, ProviderId, RefundNo};
use order_testing::builders::{code, units};

const ONE: PaymentAttemptNo = PaymentAttemptNo::FIRST;

fn capture(amount: i64) -> Command {
    Command::CapturePayment {
        amount: Some(Amount::new(amount)),
    }
}

fn theirs(id: &str, amount: i64) -> Fact {
    Fact::PaymentCaptured {
        attempt: ONE,
        capture: CaptureRef::External(ProviderId::parse(id).unwrap()),
        provider_id: None,
        amount: Amount::new(amount),
    }
}

fn shipping(amount: i64) -> Adjustment {
    Adjustment::of_order(AdjustmentKind::Shipping, Amount::new(amount), None)
}

#[test]
fn what_is_shipped_is_captured_with_its_share_of_the_rest() {
    let mut request = two();
    request.order.adjustments = vec![shipping(500)];
    let given = Given::placed(request).processing();
    assert!(given.order.balance().captures_pending == 0);
    let given = given.execute(ship(vec![units("abc", 1)]));
    assert_eq!(given.captures(1), [1_250]);
    assert_eq!(given.order.balance().captures_pending, 1_250);
    let given = given.captures_succeeded();
    assert_eq!(given.order.payment_status(), PaymentStatus::PartiallyPaid);
    let given = given.execute(ship_all()).captures_succeeded();
    assert_eq!(given.captures(1), [1_250, 1_250]);
    assert_eq!(given.attempt(1).status, PaymentAttemptStatus::Captured);
    assert_eq!(given.order.payment_status(), PaymentStatus::Paid);
}

#[test]
fn a_goodwill_refund_is_not_captured_again_with_the_rest() {
    let given = Given::placed(two())
        .processing()
        .execute(ship(vec![units("abc", 1)]))
        .captures_succeeded()
        .execute(Command::RequestRefund {
            amount: Some(Amount::new(300)),
            lines: None,
            kind: RefundKind::Goodwill,
            reason: None,
        })
        .report(Fact::RefundSucceeded {
            refund: RefundNo::FIRST,
            provider_id: None,
        })
        .execute(ship_all());
    assert_eq!(given.captures(1), [1_000, 1_000]);
    let given = given.captures_succeeded();
    assert_eq!(given.order.balance().net_captured(), 1_700);
    assert_eq!(given.order.balance().owed, 1_700);
    assert_eq!(given.order.refunds().len(), 1);
}

#[test]
fn by_hand_at_most_what_is_authorized_and_owed_is_captured() {
    let given = Given::placed(two()).processing();
    assert_eq!(given.expect_refusal(capture(0)), RefusalCode::InvalidAmount);
    assert_eq!(
        given.expect_refusal(capture(2_001)),
        RefusalCode::ExceedsAuthorized
    );
    let given = given.execute(capture(500));
    assert_eq!(given.captures(1), [500]);
    assert_eq!(
        given.expect_refusal(capture(1_501)),
        RefusalCode::ExceedsAuthorized
    );
    let rest = Command::CapturePayment { amount: None };
    let given = given.execute(rest.clone());
    assert_eq!(given.captures(1), [500, 1_500]);
    assert_eq!(given.expect_refusal(rest), RefusalCode::NothingDue);
    let given = given.captures_succeeded();
    assert_eq!(given.order.totals().captured, Amount::new(2_000));
    assert_eq!(given.order.totals().authorized, Amount::ZERO);
}

#[test]
fn a_capture_by_hand_takes_from_the_oldest_payment_first() {
    let given = Given::placed(two())
        .confirmed()
        .report(Fact::PaymentDeclined {
            attempt: ONE,
            code: code("do_not_honor"),
        })
        .execute(Command::StartPayment {
            amount: Some(Amount::new(1_200)),
        })
        .payment_authorized(PaymentAttemptNo::new(2), 1_200)
        .execute(Command::StartPayment { amount: None })
        .payment_authorized(PaymentAttemptNo::new(3), 800)
        .execute(capture(1_500));
    assert_eq!(given.captures(2), [1_200]);
    assert_eq!(given.captures(3), [300]);
}

#[test]
fn a_capture_that_failed_is_tried_by_hand_alone() {
    let given = Given::placed(two()).processing().execute(ship_all());
    let capture = CaptureNo::FIRST;
    let failed = Fact::CaptureFailed {
        attempt: ONE,
        capture,
        code: code("try_later"),
    };
    let given = given.report(failed.clone());
    let one = &given.attempt(1).captures[0];
    assert_eq!(one.status, CaptureStatus::Failed);
    assert_eq!(one.failure, Some(code("try_later")));
    assert_eq!(
        given.captures(1),
        [2_000],
        "it is not retried automatically"
    );
    assert!(given.clone().report(failed).last_events.is_empty());
    let given = given.execute(Command::CapturePayment { amount: None });
    assert_eq!(given.captures(1), [2_000, 2_000]);
    assert_eq!(given.attempt(1).captures[1].no, CaptureNo::new(2));
    let given = given.captures_succeeded();
    assert_eq!(given.order.payment_status(), PaymentStatus::Paid);
}

#[test]
fn a_capture_in_doubt_is_neither_taken_nor_asked_again() {
    let capture = CaptureNo::FIRST;
    let unknown = || Fact::CaptureUnknown {
        attempt: ONE,
        capture,
    };
    let given = Given::placed(two()).processing();
    assert_eq!(given.order.payment_status(), PaymentStatus::Authorized);
    let given = given.report(unknown());
    assert!(given.last_events.is_empty(), "no capture was requested");
    let given = given.execute(ship_all());
    assert_eq!(given.order.payment_status(), PaymentStatus::Authorized);
    let given = given.report(unknown());
    assert_eq!(given.attempt(1).captures[0].status, CaptureStatus::Unknown);
    assert_eq!(given.order.payment_status(), PaymentStatus::Pending);
    assert_eq!(given.order.balance().captures_pending, 2_000);
    assert!(given.clone().report(unknown()).last_events.is_empty());
    assert!(given.attempt(1).is_capturing());
    // The provider did capture it.
    let given = given.payment_captured(ONE, 2_000);
    assert_eq!(given.captures(1), [2_000]);
    assert_eq!(
        given.attempt(1).captures[0].status,
        CaptureStatus::Succeeded
    );
    assert!(!given.attempt(1).is_capturing());
}

#[test]
fn the_same_capture_is_counted_once_whoever_tells_it() {
    let given = Given::placed(two())
        .processing()
        .report(theirs("cap_1", 700));
    assert_eq!(given.captures(1), [700]);
    let given = given.report(theirs("cap_1", 700));
    assert!(given.last_events.is_empty());
    let given = given.report(theirs("cap_2", 700));
    assert_eq!(
        given.captures(1),
        [700, 700],
        "another one of the same amount"
    );
    let ours = |amount| Fact::PaymentCaptured {
        attempt: ONE,
        capture: CaptureRef::Requested(CaptureNo::FIRST),
        provider_id: None,
        amount: Amount::new(amount),
    };
    assert!(given.clone().report(ours(700)).last_events.is_empty());
    assert!(
        given
            .clone()
            .payment_captured(ONE, 700)
            .last_events
            .is_empty()
    );
    assert!(
        given
            .clone()
            .payment_captured(ONE, 0)
            .last_events
            .is_empty()
    );
    let given = given.payment_captured(ONE, 600);
    assert_eq!(given.captures(1), [700, 700, 600]);
    assert_eq!(given.attempt(1).status, PaymentAttemptStatus::Captured);
}

#[test]
fn a_report_that_names_the_payment_alone_means_the_capture_under_way() {
    let given = Given::placed(two()).processing().execute(capture(500));
    // Of another amount: it must be another capture.
    let other = given.clone().payment_captured(ONE, 400);
    assert_eq!(other.captures(1), [500, 400]);
    assert_eq!(
        other.attempt(1).captures[0].status,
        CaptureStatus::Requested
    );
    let given = given.payment_captured(ONE, 500);
    assert_eq!(given.captures(1), [500]);
    // A second capture of that amount is requested: the same report means that one now.
    let given = given.execute(capture(500)).payment_captured(ONE, 500);
    assert_eq!(given.captures(1), [500, 500]);
    assert_eq!(given.order.balance().captured, 1_000);
}
