//! Refunds, automatic and by hand.

use crate::given::{Given, capture_at_once, two};
use order_core::command::Command;
use order_core::event::EventPayload;
use order_core::fact::Fact;
use order_core::money::Amount;
use order_core::order::{OrderStatus, PaymentStatus, RefundKind, RefundPurpose, RefundStatus};
use order_core::reconcile::next_wake;
use order_core::refusal::RefusalCode;
use order_core::time::after;
use order_core::value::{PaymentAttemptNo, ProviderId, RefundNo};
use order_testing::builders::{code, reason, token};
use std::time::Duration;

/// Given an order of which 20.00 are captured and nothing is shipped.
fn paid() -> Given {
    Given::placed_under(capture_at_once(), two()).processing()
}

fn failed(no: u32) -> Fact {
    Fact::RefundFailed {
        refund: RefundNo::new(no),
        code: code("no_funds"),
    }
}

fn refund(amount: i64) -> Command {
    Command::RequestRefund {
        amount: Some(Amount::new(amount)),
        lines: None,
        kind: RefundKind::Goodwill,
        reason: None,
    }
}

#[test]
fn a_cancel_gives_back_all_that_was_taken() {
    let given = paid().execute(crate::given::cancel());
    let refund = given.refund(1);
    assert_eq!(refund.amount, Amount::new(2_000));
    assert_eq!(refund.purpose, RefundPurpose::Overpayment);
    assert_eq!(refund.status, RefundStatus::Requested);
    assert_eq!(refund.attempt, PaymentAttemptNo::FIRST);
    let provider_id = ProviderId::parse("re_1").ok();
    let given = given.later(5).report(Fact::RefundSucceeded {
        refund: RefundNo::FIRST,
        provider_id: provider_id.clone(),
    });
    let refund = given.refund(1);
    assert_eq!(refund.status, RefundStatus::Succeeded);
    assert_eq!(refund.provider_id, provider_id);
    assert_eq!(refund.updated_at, given.now);
    assert!(refund.requested_at < given.now);
    assert_eq!(given.order.payment_status(), PaymentStatus::Refunded);
}

#[test]
fn a_failed_refund_is_tried_again_after_a_minute_then_two_then_four() {
    let mut given = paid().execute(crate::given::cancel());
    for (no, wait) in [(1, 60), (2, 120), (3, 240)] {
        given = given.report(failed(no));
        assert_eq!(given.refund(no).status, RefundStatus::Failed);
        assert_eq!(given.refund(no).failure, Some(code("no_funds")));
        assert_eq!(given.refund(no).updated_at, given.now);
        let due = after(given.now, Duration::from_secs(wait));
        assert_eq!(next_wake(&given.order, &given.policy), Some(due));
        given = given.later(wait - 1).timer_fires();
        assert!(given.last_events.is_empty(), "{wait} s have not passed");
        given = given.later(1).timer_fires();
        assert_eq!(given.refund(no + 1).amount, Amount::new(2_000));
        assert_eq!(next_wake(&given.order, &given.policy), None);
    }
}

#[test]
fn a_refund_that_fails_on_and_on_is_tried_every_six_hours() {
    let mut given = paid().execute(crate::given::cancel());
    for no in 1..=20 {
        given = given.report(failed(no)).later(6 * 60 * 60);
        assert!(next_wake(&given.order, &given.policy) <= Some(given.now));
        given = given.timer_fires();
        assert_eq!(given.order.refunds().len(), no as usize + 1);
    }
    let due = after(given.now, Duration::from_secs(6 * 60 * 60));
    let given = given.report(failed(21));
    assert_eq!(next_wake(&given.order, &given.policy), Some(due));
}

#[test]
fn a_cancel_is_stuck_when_its_refunds_have_failed_as_often_as_the_policy_says() {
    let mut policy = capture_at_once();
    policy.stuck_after = 2;
    let given = Given::placed_under(policy, two())
        .processing()
        .execute(refund(100))
        .report(failed(1))
        .execute(crate::given::cancel());
    // A failed goodwill refund is no failure of the cancel, and delays nothing.
    assert_eq!(given.refund(2).status, RefundStatus::Requested);
    let stuck = |given: &Given| given.order.cancellation().unwrap().stuck;
    let given = given.report(failed(2));
    assert!(!stuck(&given));
    let given = given.later(60).timer_fires().report(failed(3));
    assert!(stuck(&given));
    // It is retried nevertheless, and not marked as stuck twice.
    let given = given.later(120).timer_fires();
    assert_eq!(given.refund(4).status, RefundStatus::Requested);
    let given = given.report(failed(4));
    let is_stuck =
        |payload: &EventPayload| matches!(payload, EventPayload::CompensationStuck { .. });
    assert!(!given.last_events.iter().any(is_stuck));
}

#[test]
fn a_cancel_that_is_stuck_elsewhere_is_marked_once_and_only_while_it_lasts() {
    let stuck = || Fact::CompensationFailed {
        effect: code("release_stock"),
    };
    let given = paid().report(stuck());
    assert!(given.last_events.is_empty(), "nothing is being undone");
    let given = given.execute(crate::given::cancel()).report(stuck());
    assert_eq!(given.last_events.len(), 1);
    let given = given.report(stuck());
    assert!(given.last_events.is_empty());
}

#[test]
fn by_hand_at_most_what_is_kept_goes_back() {
    let given = paid();
    assert_eq!(
        given.expect_refusal(refund(2_001)),
        RefusalCode::ExceedsCaptured
    );
    assert_eq!(given.expect_refusal(refund(0)), RefusalCode::InvalidAmount);
    let given = given.execute(Command::RequestRefund {
        amount: Some(Amount::new(500)),
        lines: None,
        kind: RefundKind::Goodwill,
        reason: Some(reason("late")),
    });
    let first = given.refund(1);
    assert_eq!(first.amount, Amount::new(500));
    assert_eq!(first.purpose, RefundPurpose::Goodwill);
    assert_eq!(first.reason, Some(reason("late")));
    // A pending refund no longer counts as captured.
    assert_eq!(
        given.expect_refusal(refund(1_501)),
        RefusalCode::ExceedsCaptured
    );
    let given = given.execute(Command::RequestRefund {
        amount: None,
        lines: None,
        kind: RefundKind::Goodwill,
        reason: None,
    });
    assert_eq!(given.refund(2).amount, Amount::new(1_500));
    assert_eq!(
        given.expect_refusal(refund(1)),
        RefusalCode::ExceedsCaptured
    );
    // The amount of a failed refund counts as captured again.
    let given = given.report(failed(1));
    assert_eq!(
        given.expect_refusal(refund(501)),
        RefusalCode::ExceedsCaptured
    );
    let given = given.execute(refund(500));
    assert_eq!(given.refund(3).amount, Amount::new(500));
}

/// Given an order of which 12.00 are captured by one payment and 8.00 by another.
fn paid_in_two() -> Given {
    let declined = Fact::PaymentDeclined {
        attempt: PaymentAttemptNo::FIRST,
        code: code("do_not_honor"),
    };
    Given::placed_under(capture_at_once(), two())
        .confirmed()
        .report(declined)
        .execute(Command::StartPayment {
            amount: Some(Amount::new(1_200)),
        })
        .payment_captured(PaymentAttemptNo::new(2), 1_200)
        .execute(Command::ChangePaymentMethod {
            token: token("tok_other"),
        })
        .payment_captured(PaymentAttemptNo::new(3), 800)
}

#[test]
fn a_refund_goes_through_the_newest_payment_first() {
    let given = paid_in_two();
    assert_eq!(given.order.status(), OrderStatus::Processing);
    assert_eq!(given.attempt(3).amount, Amount::new(800));
    let given = given.execute(refund(1_500));
    let parts: Vec<_> = given
        .order
        .refunds()
        .iter()
        .map(|one| (one.attempt, one.amount.minor()))
        .collect();
    assert_eq!(
        parts,
        [
            (PaymentAttemptNo::new(3), 800),
            (PaymentAttemptNo::new(2), 700)
        ],
        "each up to its captured amount"
    );
}

#[test]
fn a_cancel_gives_back_through_every_payment_what_it_took() {
    let mut given = paid_in_two().execute(crate::given::cancel());
    assert_eq!(given.refund(1).amount, Amount::new(800));
    assert_eq!(given.refund(2).amount, Amount::new(1_200));
    for no in [1, 2] {
        given = given.report(Fact::RefundSucceeded {
            refund: RefundNo::new(no),
            provider_id: None,
        });
    }
    assert_eq!(given.order.refunds().len(), 2);
    assert_eq!(given.order.status(), OrderStatus::Cancelling);
    let reservation = given.order.reservation().unwrap().no;
    let given = given.report(Fact::StockReleased { reservation });
    assert_eq!(given.order.status(), OrderStatus::Cancelled);
}

#[test]
fn a_refund_is_counted_by_what_is_known_of_it() {
    let given = paid().execute(refund(500));
    let balance = given.order.balance();
    assert_eq!((balance.refunds_pending, balance.refunded), (500, 0));
    assert_eq!((balance.owed, balance.net_captured()), (1_500, 1_500));
    let refund = RefundNo::FIRST;
    let given = given.report(Fact::RefundDispatched { refund });
    assert_eq!(given.refund(1).status, RefundStatus::Dispatched);
    let given = given.report(Fact::RefundUnknown { refund });
    assert_eq!(given.refund(1).status, RefundStatus::Unknown);
    assert_eq!(given.order.balance().refunds_pending, 500);
    assert!(given.refund(1).is_open());
    let given = given.report(Fact::RefundSucceeded {
        refund,
        provider_id: None,
    });
    let balance = given.order.balance();
    assert_eq!((balance.refunds_pending, balance.refunded), (0, 500));
    assert!(!given.refund(1).is_open());
    assert_eq!(given.order.totals().refunded, Amount::new(500));
    assert_eq!(
        given.order.payment_status(),
        PaymentStatus::PartiallyRefunded
    );
    // A report out of order changes nothing more.
    let given = given.report(Fact::RefundUnknown { refund });
    assert!(given.last_events.is_empty());
    let given = given.report(failed(1));
    assert_eq!(given.refund(1).status, RefundStatus::Succeeded);
    assert_eq!(given.last_events.len(), 1, "it is recorded as late");
}
