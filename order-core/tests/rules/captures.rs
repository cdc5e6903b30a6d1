//! What is taken of a payment: when, how much, and once.

use crate::case::{Case, ship, ship_all, two};
use order_core::command::Command;
use order_core::fact::{CaptureRef, Fact};
use order_core::money::Amount;
use order_core::order::{Adjustment, AdjustmentKind, AttemptState, CaptureState, PaymentStatus};
use order_core::refusal::RefusalCode;
use order_core::testing::builders::{code, units};
use order_core::value::{AttemptNo, CaptureNo, ProviderId, RefundNo};

const ONE: AttemptNo = AttemptNo::FIRST;

fn capture(amount: i64) -> Command {
    Command::CapturePayment {
        amount: Some(Amount::new(amount)),
    }
}

fn theirs(id: &str, amount: i64) -> Fact {
    Fact::PaymentCaptured {
        attempt: ONE,
        capture: CaptureRef::Theirs(ProviderId::parse(id).unwrap()),
        provider_id: None,
        amount: Amount::new(amount),
    }
}

fn shipping(amount: i64) -> Adjustment {
    Adjustment::of_order(AdjustmentKind::Shipping, Amount::new(amount), None)
}

#[test]
fn what_is_shipped_is_captured_with_its_share_of_the_rest() {
    let mut wish = two();
    wish.adjustments = vec![shipping(500)];
    let case = Case::placed(wish).processing();
    assert!(case.order.ledger().capturing == 0);
    let case = case.asked(ship(vec![units("abc", 1)]));
    assert_eq!(case.captures(1), [1_250]);
    assert_eq!(case.order.ledger().capturing, 1_250);
    let case = case.captures_made();
    assert_eq!(case.order.payment_status(), PaymentStatus::PartiallyPaid);
    let case = case.asked(ship_all()).captures_made();
    assert_eq!(case.captures(1), [1_250, 1_250]);
    assert_eq!(case.attempt(1).state, AttemptState::Captured);
    assert_eq!(case.order.payment_status(), PaymentStatus::Paid);
}

#[test]
fn a_goodwill_refund_is_not_captured_again_with_the_rest() {
    let case = Case::placed(two())
        .processing()
        .asked(ship(vec![units("abc", 1)]))
        .captures_made()
        .asked(Command::RequestRefund {
            amount: Some(Amount::new(300)),
            reason: None,
        })
        .told(Fact::RefundSucceeded {
            refund: RefundNo::FIRST,
            provider_id: None,
        })
        .asked(ship_all());
    assert_eq!(case.captures(1), [1_000, 1_000]);
    let case = case.captures_made();
    assert_eq!(case.order.ledger().kept(), 1_700);
    assert_eq!(case.order.ledger().owed, 1_700);
    assert_eq!(case.order.refunds().len(), 1);
}

#[test]
fn by_hand_at_most_what_is_authorized_and_owed_is_captured() {
    let case = Case::placed(two()).processing();
    assert_eq!(case.refuses(capture(0)), RefusalCode::InvalidAmount);
    assert_eq!(case.refuses(capture(2_001)), RefusalCode::ExceedsAuthorized);
    let case = case.asked(capture(500));
    assert_eq!(case.captures(1), [500]);
    assert_eq!(case.refuses(capture(1_501)), RefusalCode::ExceedsAuthorized);
    let rest = Command::CapturePayment { amount: None };
    let case = case.asked(rest.clone());
    assert_eq!(case.captures(1), [500, 1_500]);
    assert_eq!(case.refuses(rest), RefusalCode::NothingDue);
    let case = case.captures_made();
    assert_eq!(case.order.totals().captured, Amount::new(2_000));
    assert_eq!(case.order.totals().authorized, Amount::ZERO);
}

#[test]
fn a_capture_by_hand_takes_from_the_oldest_payment_first() {
    let case = Case::placed(two())
        .confirmed()
        .told(Fact::PaymentDeclined {
            attempt: ONE,
            code: code("do_not_honor"),
        })
        .asked(Command::StartPayment {
            amount: Some(Amount::new(1_200)),
        })
        .authorized(AttemptNo::new(2), 1_200)
        .asked(Command::StartPayment { amount: None })
        .authorized(AttemptNo::new(3), 800)
        .asked(capture(1_500));
    assert_eq!(case.captures(2), [1_200]);
    assert_eq!(case.captures(3), [300]);
}

#[test]
fn a_capture_that_failed_is_tried_by_hand_alone() {
    let case = Case::placed(two()).processing().asked(ship_all());
    let capture = CaptureNo::FIRST;
    let failed = Fact::CaptureFailed {
        attempt: ONE,
        capture,
        code: code("try_later"),
    };
    let case = case.told(failed.clone());
    let one = &case.attempt(1).captures[0];
    assert_eq!(one.state, CaptureState::Failed);
    assert_eq!(one.failure, Some(code("try_later")));
    assert_eq!(case.captures(1), [2_000], "it is not tried by itself");
    assert!(case.clone().told(failed).last.is_empty());
    let case = case.asked(Command::CapturePayment { amount: None });
    assert_eq!(case.captures(1), [2_000, 2_000]);
    assert_eq!(case.attempt(1).captures[1].no, CaptureNo::new(2));
    let case = case.captures_made();
    assert_eq!(case.order.payment_status(), PaymentStatus::Paid);
}

#[test]
fn a_capture_in_doubt_is_neither_taken_nor_asked_again() {
    let capture = CaptureNo::FIRST;
    let unknown = || Fact::CaptureUnknown {
        attempt: ONE,
        capture,
    };
    let case = Case::placed(two()).processing();
    assert_eq!(case.order.payment_status(), PaymentStatus::Authorized);
    let case = case.told(unknown());
    assert!(case.last.is_empty(), "no capture was asked for");
    let case = case.asked(ship_all());
    assert_eq!(case.order.payment_status(), PaymentStatus::Authorized);
    let case = case.told(unknown());
    assert_eq!(case.attempt(1).captures[0].state, CaptureState::Unknown);
    assert_eq!(case.order.payment_status(), PaymentStatus::Pending);
    assert_eq!(case.order.ledger().capturing, 2_000);
    assert!(case.clone().told(unknown()).last.is_empty());
    assert!(case.attempt(1).is_capturing());
    // The provider took it.
    let case = case.captured_in_all(ONE, 2_000);
    assert_eq!(case.captures(1), [2_000]);
    assert_eq!(case.attempt(1).captures[0].state, CaptureState::Succeeded);
    assert!(!case.attempt(1).is_capturing());
}

#[test]
fn the_same_capture_is_counted_once_whoever_tells_it() {
    let case = Case::placed(two()).processing().told(theirs("cap_1", 700));
    assert_eq!(case.captures(1), [700]);
    let case = case.told(theirs("cap_1", 700));
    assert!(case.last.is_empty());
    let case = case.told(theirs("cap_2", 700));
    assert_eq!(
        case.captures(1),
        [700, 700],
        "another one of the same amount"
    );
    let ours = |amount| Fact::PaymentCaptured {
        attempt: ONE,
        capture: CaptureRef::Ours(CaptureNo::FIRST),
        provider_id: None,
        amount: Amount::new(amount),
    };
    assert!(case.clone().told(ours(700)).last.is_empty());
    assert!(case.clone().captured_in_all(ONE, 700).last.is_empty());
    assert!(case.clone().captured_in_all(ONE, 0).last.is_empty());
    let case = case.captured_in_all(ONE, 600);
    assert_eq!(case.captures(1), [700, 700, 600]);
    assert_eq!(case.attempt(1).state, AttemptState::Captured);
}

#[test]
fn a_report_that_names_the_payment_alone_means_the_capture_under_way() {
    let case = Case::placed(two()).processing().asked(capture(500));
    // Of another amount: it must be another.
    let other = case.clone().captured_in_all(ONE, 400);
    assert_eq!(other.captures(1), [500, 400]);
    assert_eq!(other.attempt(1).captures[0].state, CaptureState::Requested);
    let case = case.captured_in_all(ONE, 500);
    assert_eq!(case.captures(1), [500]);
    // A second one of that amount is asked for: the same words mean that one now.
    let case = case.asked(capture(500)).captured_in_all(ONE, 500);
    assert_eq!(case.captures(1), [500, 500]);
    assert_eq!(case.order.ledger().captured, 1_000);
}
