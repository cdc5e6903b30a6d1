//! Money that goes back, by itself and by hand.

use crate::case::{Case, capture_at_once, two};
use order_core::advance::next_wake;
use order_core::command::Command;
use order_core::event::Happening;
use order_core::fact::Fact;
use order_core::money::Amount;
use order_core::order::{OrderStatus, PaymentStatus, RefundPurpose, RefundState};
use order_core::refusal::RefusalCode;
use order_core::testing::builders::{code, reason, token};
use order_core::time::after;
use order_core::value::{AttemptNo, ProviderId, RefundNo};
use std::time::Duration;

/// 20.00 are taken, nothing is shipped.
fn paid() -> Case {
    Case::placed_under(capture_at_once(), two()).processing()
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
        reason: None,
    }
}

#[test]
fn a_cancel_gives_back_all_that_was_taken() {
    let case = paid().asked(crate::case::cancel());
    let refund = case.refund(1);
    assert_eq!(refund.amount, Amount::new(2_000));
    assert_eq!(refund.purpose, RefundPurpose::Overpayment);
    assert_eq!(refund.state, RefundState::Requested);
    assert_eq!(refund.attempt, AttemptNo::FIRST);
    let provider_id = ProviderId::parse("re_1").ok();
    let case = case.later(5).told(Fact::RefundSucceeded {
        refund: RefundNo::FIRST,
        provider_id: provider_id.clone(),
    });
    let refund = case.refund(1);
    assert_eq!(refund.state, RefundState::Succeeded);
    assert_eq!(refund.provider_id, provider_id);
    assert_eq!(refund.updated_at, case.now);
    assert!(refund.requested_at < case.now);
    assert_eq!(case.order.payment_status(), PaymentStatus::Refunded);
}

#[test]
fn a_failed_refund_is_tried_again_after_a_minute_then_two_then_four() {
    let mut case = paid().asked(crate::case::cancel());
    for (no, wait) in [(1, 60), (2, 120), (3, 240)] {
        case = case.told(failed(no));
        assert_eq!(case.refund(no).state, RefundState::Failed);
        assert_eq!(case.refund(no).failure, Some(code("no_funds")));
        assert_eq!(case.refund(no).updated_at, case.now);
        let due = after(case.now, Duration::from_secs(wait));
        assert_eq!(next_wake(&case.order, &case.policies), Some(due));
        case = case.later(wait - 1).woken();
        assert!(case.last.is_empty(), "{wait} s have not passed");
        case = case.later(1).woken();
        assert_eq!(case.refund(no + 1).amount, Amount::new(2_000));
        assert_eq!(next_wake(&case.order, &case.policies), None);
    }
}

#[test]
fn a_refund_that_fails_on_and_on_is_tried_every_six_hours() {
    let mut case = paid().asked(crate::case::cancel());
    for no in 1..=20 {
        case = case.told(failed(no)).later(6 * 60 * 60);
        assert!(next_wake(&case.order, &case.policies) <= Some(case.now));
        case = case.woken();
        assert_eq!(case.order.refunds().len(), no as usize + 1);
    }
    let due = after(case.now, Duration::from_secs(6 * 60 * 60));
    let case = case.told(failed(21));
    assert_eq!(next_wake(&case.order, &case.policies), Some(due));
}

#[test]
fn a_cancel_is_stuck_when_its_refunds_have_failed_as_often_as_the_policy_says() {
    let mut policies = capture_at_once();
    policies.stuck_after = 2;
    let case = Case::placed_under(policies, two())
        .processing()
        .asked(refund(100))
        .told(failed(1))
        .asked(crate::case::cancel());
    // What was given away by hand and failed is no failure of the cancel, and delays nothing.
    assert_eq!(case.refund(2).state, RefundState::Requested);
    let stuck = |case: &Case| case.order.cancellation().unwrap().stuck;
    let case = case.told(failed(2));
    assert!(!stuck(&case));
    let case = case.later(60).woken().told(failed(3));
    assert!(stuck(&case));
    // It is tried again all the same, and not said twice.
    let case = case.later(120).woken();
    assert_eq!(case.refund(4).state, RefundState::Requested);
    let case = case.told(failed(4));
    let said = |happening: &Happening| matches!(happening, Happening::CompensationStuck { .. });
    assert!(!case.last.iter().any(said));
}

#[test]
fn a_cancel_that_is_stuck_elsewhere_is_marked_once_and_only_while_it_lasts() {
    let stuck = || Fact::CompensationFailed {
        effect: code("release_stock"),
    };
    let case = paid().told(stuck());
    assert!(case.last.is_empty(), "nothing is being undone");
    let case = case.asked(crate::case::cancel()).told(stuck());
    assert_eq!(case.last.len(), 1);
    let case = case.told(stuck());
    assert!(case.last.is_empty());
}

#[test]
fn by_hand_at_most_what_is_kept_goes_back() {
    let case = paid();
    assert_eq!(case.refuses(refund(2_001)), RefusalCode::ExceedsCaptured);
    assert_eq!(case.refuses(refund(0)), RefusalCode::InvalidAmount);
    let case = case.asked(Command::RequestRefund {
        amount: Some(Amount::new(500)),
        reason: Some(reason("late")),
    });
    let first = case.refund(1);
    assert_eq!(first.amount, Amount::new(500));
    assert_eq!(first.purpose, RefundPurpose::Goodwill);
    assert_eq!(first.reason, Some(reason("late")));
    // What is on its way back is not kept any more.
    assert_eq!(case.refuses(refund(1_501)), RefusalCode::ExceedsCaptured);
    let case = case.asked(Command::RequestRefund {
        amount: None,
        reason: None,
    });
    assert_eq!(case.refund(2).amount, Amount::new(1_500));
    assert_eq!(case.refuses(refund(1)), RefusalCode::ExceedsCaptured);
    // What failed is kept after all.
    let case = case.told(failed(1));
    assert_eq!(case.refuses(refund(501)), RefusalCode::ExceedsCaptured);
    let case = case.asked(refund(500));
    assert_eq!(case.refund(3).amount, Amount::new(500));
}

/// 12.00 are taken by one payment, then 8.00 by another.
fn paid_in_two() -> Case {
    let declined = Fact::PaymentDeclined {
        attempt: AttemptNo::FIRST,
        code: code("do_not_honor"),
    };
    Case::placed_under(capture_at_once(), two())
        .confirmed()
        .told(declined)
        .asked(Command::StartPayment {
            amount: Some(Amount::new(1_200)),
        })
        .captured_in_all(AttemptNo::new(2), 1_200)
        .asked(Command::ChangePaymentMethod {
            token: token("tok_other"),
        })
        .captured_in_all(AttemptNo::new(3), 800)
}

#[test]
fn a_refund_goes_through_the_newest_payment_first() {
    let case = paid_in_two();
    assert_eq!(case.order.status(), OrderStatus::Processing);
    assert_eq!(case.attempt(3).amount, Amount::new(800));
    let case = case.asked(refund(1_500));
    let parts: Vec<_> = case
        .order
        .refunds()
        .iter()
        .map(|one| (one.attempt, one.amount.minor()))
        .collect();
    assert_eq!(
        parts,
        [(AttemptNo::new(3), 800), (AttemptNo::new(2), 700)],
        "each as far as it goes"
    );
}

#[test]
fn a_cancel_gives_back_through_every_payment_what_it_took() {
    let mut case = paid_in_two().asked(crate::case::cancel());
    assert_eq!(case.refund(1).amount, Amount::new(800));
    assert_eq!(case.refund(2).amount, Amount::new(1_200));
    for no in [1, 2] {
        case = case.told(Fact::RefundSucceeded {
            refund: RefundNo::new(no),
            provider_id: None,
        });
    }
    assert_eq!(case.order.refunds().len(), 2);
    assert_eq!(case.order.status(), OrderStatus::Cancelling);
    let reservation = case.order.reservation().unwrap().no;
    let case = case.told(Fact::StockReleased { reservation });
    assert_eq!(case.order.status(), OrderStatus::Cancelled);
}

#[test]
fn a_refund_is_counted_by_what_is_known_of_it() {
    let case = paid().asked(refund(500));
    let ledger = case.order.ledger();
    assert_eq!((ledger.refunding, ledger.refunded), (500, 0));
    assert_eq!((ledger.owed, ledger.kept()), (1_500, 1_500));
    let refund = RefundNo::FIRST;
    let case = case.told(Fact::RefundDispatched { refund });
    assert_eq!(case.refund(1).state, RefundState::Dispatched);
    let case = case.told(Fact::RefundUnknown { refund });
    assert_eq!(case.refund(1).state, RefundState::Unknown);
    assert_eq!(case.order.ledger().refunding, 500);
    assert!(case.refund(1).is_open());
    let case = case.told(Fact::RefundSucceeded {
        refund,
        provider_id: None,
    });
    let ledger = case.order.ledger();
    assert_eq!((ledger.refunding, ledger.refunded), (0, 500));
    assert!(!case.refund(1).is_open());
    assert_eq!(case.order.totals().refunded, Amount::new(500));
    assert_eq!(
        case.order.payment_status(),
        PaymentStatus::PartiallyRefunded
    );
    // A report out of turn changes nothing more.
    let case = case.told(Fact::RefundUnknown { refund });
    assert!(case.last.is_empty());
    let case = case.told(failed(1));
    assert_eq!(case.refund(1).state, RefundState::Succeeded);
    assert_eq!(case.last.len(), 1, "it is recorded as late");
}
