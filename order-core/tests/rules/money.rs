//! Payments: what is asked, when, how much, and what is given back.

use crate::case::{Case, DAY, capture_at_once, ship, ship_all, two, wish};
use order_core::advance::next_wake;
use order_core::command::Command;
use order_core::fact::Fact;
use order_core::money::Amount;
use order_core::order::{AttemptState, OrderStatus, PaymentStatus, StockWork};
use order_core::policy::{PaymentPolicy, Policies};
use order_core::refusal::RefusalCode;
use order_core::testing::builders::{at, code, noon, priced, token, units};
use order_core::value::{AttemptNo, ProviderId};

const ONE: AttemptNo = AttemptNo::FIRST;

fn declined(attempt: u32) -> Fact {
    Fact::PaymentDeclined {
        attempt: AttemptNo::new(attempt),
        code: code("do_not_honor"),
    }
}

fn start(amount: i64) -> Command {
    Command::StartPayment {
        amount: Some(Amount::new(amount)),
    }
}

const START: Command = Command::StartPayment { amount: None };

fn other_card() -> Command {
    Command::ChangePaymentMethod {
        token: token("tok_other"),
    }
}

#[test]
fn a_payment_method_is_used_once_by_itself() {
    let case = Case::placed(two());
    assert!(case.order.payment_method_ready());
    let case = case.confirmed();
    assert!(!case.order.payment_method_ready());
    assert_eq!(case.attempt(1).amount, Amount::new(2_000));
    assert!(!case.attempt(1).capture, "it is captured when shipped");
    let case = case.told(declined(1));
    assert_eq!(case.attempt(1).decline_code, Some(code("do_not_honor")));
    assert_eq!(case.order.payments().len(), 1, "it is not tried again");
    assert_eq!(case.order.payment_status(), PaymentStatus::Failed);
    let case = case.asked(other_card());
    assert_eq!(case.attempt(2).amount, Amount::new(2_000));
    let case = case.told(declined(2)).asked(START);
    assert_eq!(case.attempt(3).amount, Amount::new(2_000));
}

#[test]
fn only_so_many_attempts_are_made() {
    let mut policies = Policies::default();
    policies.max_attempts = 2;
    let case = Case::placed_under(policies, two())
        .confirmed()
        .told(declined(1))
        .asked(other_card())
        .told(declined(2));
    assert_eq!(case.refuses(START), RefusalCode::TooManyAttempts);
    let case = case.asked(other_card());
    assert_eq!(case.order.payments().len(), 2);
}

#[test]
fn a_part_may_be_paid_but_not_more_than_is_due() {
    let case = Case::placed(two()).confirmed().told(declined(1));
    assert_eq!(case.refuses(start(0)), RefusalCode::InvalidAmount);
    assert_eq!(case.refuses(start(2_001)), RefusalCode::InvalidAmount);
    let case = case.asked(start(1_200));
    assert_eq!(case.refuses(start(100)), RefusalCode::PaymentInProgress);
    let case = case.authorized(AttemptNo::new(2), 1_200);
    assert_eq!(case.order.totals().due, Amount::new(800));
    assert_eq!(case.order.totals().authorized, Amount::new(1_200));
    assert_eq!(case.order.status(), OrderStatus::Confirmed);
    assert_eq!(case.refuses(start(801)), RefusalCode::InvalidAmount);
    let case = case.asked(start(800)).authorized(AttemptNo::new(3), 800);
    assert_eq!(case.order.status(), OrderStatus::Processing);
    assert_eq!(case.refuses(START), RefusalCode::NothingDue);
}

#[test]
fn stock_that_lapses_before_a_payment_could_end_is_prolonged_first() {
    // The stock is there for ten minutes, a payment may take fifteen.
    let case = Case::placed(two())
        .told(Fact::CustomerVerified)
        .stocked(at(600));
    assert!(case.order.payments().is_empty());
    assert_eq!(
        case.order.reservation().unwrap().work,
        Some(StockWork::Extend)
    );
    assert_eq!(case.refuses(start(500)), RefusalCode::StockNotSettled);
    let reservation = case.order.reservation().unwrap().no;
    let extended = |expires_at| Fact::StockExtended {
        reservation,
        expires_at,
    };
    // To the second as long as the payment may take is not long enough.
    let short = case.clone().told(extended(at(900)));
    assert!(short.order.payments().is_empty());
    let case = case.told(extended(at(901)));
    assert_eq!(case.order.payments().len(), 1);
    assert_eq!(case.order.reservation().unwrap().expires_at, Some(at(901)));
}

#[test]
fn what_was_taken_twice_is_no_longer_needed_from_the_second_payment() {
    let case = Case::placed(two())
        .confirmed()
        .told(declined(1))
        .asked(other_card())
        .authorized(AttemptNo::new(2), 2_000);
    assert!(!case.attempt(2).voiding);
    // The first payment was made after all.
    let case = case.captured_in_all(ONE, 2_000);
    assert!(case.attempt(2).voiding);
    assert!(case.order.refunds().is_empty());
    let case = case.told(Fact::PaymentVoided {
        attempt: AttemptNo::new(2),
    });
    assert_eq!(case.attempt(2).state, AttemptState::Voided);
    assert!(!case.attempt(2).voiding);
    assert_eq!(case.order.payment_status(), PaymentStatus::Paid);
}

#[test]
fn of_two_payments_to_spare_only_as_much_as_is_not_needed_is_given_back() {
    let case = Case::placed(two())
        .confirmed()
        .told(declined(1))
        .asked(other_card())
        .authorized(AttemptNo::new(2), 2_000)
        .authorized(ONE, 2_000);
    let voiding = |case: &Case| [1, 2].map(|no| case.attempt(no).voiding);
    assert_eq!(voiding(&case), [true, false], "one of them is needed");
}

#[test]
fn an_authorization_that_ends_leaves_what_was_captured() {
    let ended = |fact: fn(AttemptNo) -> Fact| {
        Case::placed(two())
            .processing()
            .asked(ship(vec![units("abc", 1)]))
            .captures_made()
            .told(fact(ONE))
    };
    for case in [
        ended(|attempt| Fact::AuthorizationExpired { attempt }),
        ended(|attempt| Fact::PaymentVoided { attempt }),
    ] {
        assert_eq!(case.attempt(1).state, AttemptState::Captured);
        assert_eq!(case.attempt(1).authorized, Amount::new(1_000));
        assert_eq!(case.order.totals().due, Amount::new(1_000));
    }
    let untouched = Case::placed(two()).processing();
    let expired = untouched.told(Fact::AuthorizationExpired { attempt: ONE });
    assert_eq!(expired.attempt(1).state, AttemptState::Expired);
    assert_eq!(expired.order.payment_status(), PaymentStatus::Voided);
    // That authorization does not come back.
    let expired = expired.authorized(ONE, 2_000);
    assert_eq!(expired.attempt(1).state, AttemptState::Expired);
    assert_eq!(expired.last.len(), 1, "it is recorded as late");
}

#[test]
fn a_customer_who_has_to_act_has_as_long_as_an_attempt_may_take() {
    let action = Fact::PaymentActionRequired {
        attempt: ONE,
        provider_id: ProviderId::parse("pay_1").ok(),
    };
    let case = Case::placed(two()).confirmed().told(action);
    assert_eq!(case.attempt(1).state, AttemptState::RequiresAction);
    assert_eq!(case.attempt(1).provider_id, ProviderId::parse("pay_1").ok());
    let ends = at(15 * 60);
    assert_eq!(next_wake(&case.order, &case.policies), Some(ends));
    let case = case.later(15 * 60 - 1).woken();
    assert!(case.last.is_empty());
    let case = case.later(1).woken();
    assert!(case.attempt(1).voiding);
    assert_eq!(next_wake(&case.order, &case.policies), None);
    // In time for the provider, just.
    let case = case.authorized(ONE, 2_000);
    assert_eq!(case.attempt(1).state, AttemptState::Authorized);
}

#[test]
fn a_payment_under_way_is_waited_for_without_a_wake() {
    let case = Case::placed(two()).confirmed();
    assert!(case.order.has_open_attempt());
    assert!(!case.order.has_sent_attempt());
    // Not sent: the order expires at its deadline.
    let deadline = Some(at(3 * DAY));
    assert_eq!(case.order.deadline(), deadline);
    assert_eq!(next_wake(&case.order, &case.policies), deadline);
    let case = case.told(Fact::AttemptDispatched { attempt: ONE });
    assert!(case.order.has_sent_attempt());
    assert_eq!(next_wake(&case.order, &case.policies), None);
    let late = case.clone().later(4 * DAY).woken();
    assert_eq!(late.order.status(), OrderStatus::Confirmed);
    let case = case.told(Fact::PaymentUnknown { attempt: ONE });
    assert_eq!(case.attempt(1).state, AttemptState::Unknown);
    assert_eq!(case.order.payment_status(), PaymentStatus::Pending);
    let case = case.told(Fact::PaymentNotFound { attempt: ONE });
    assert_eq!(case.attempt(1).state, AttemptState::Voided);
    assert!(!case.order.has_open_attempt());
}

#[test]
fn an_order_for_nothing_needs_no_payment() {
    let case = Case::placed(wish(vec![priced("gift", 1, 0)])).confirmed();
    assert_eq!(case.order.status(), OrderStatus::Processing);
    assert!(case.order.payments().is_empty());
    assert_eq!(case.order.payment_status(), PaymentStatus::NotRequired);
    assert_eq!(case.order.placed_at(), noon());
}

#[test]
fn an_invoice_is_released_unpaid_and_completed_when_paid() {
    let mut policies = Policies::default();
    policies.payment = PaymentPolicy::Invoice;
    let mut wish = two();
    wish.personal.payment_token = None;
    let case = Case::placed_under(policies, wish).confirmed().committed();
    assert_eq!(case.order.status(), OrderStatus::Processing);
    assert_eq!(case.order.payment_status(), PaymentStatus::Unpaid);
    assert_eq!(case.refuses(START), RefusalCode::NoPaymentMethod);
    let case = case
        .asked(ship_all())
        .asked(crate::case::deliver(crate::case::FIRST));
    assert_eq!(case.order.status(), OrderStatus::Processing);
    let case = case.asked(other_card());
    assert!(case.attempt(1).capture);
    let case = case.captured_in_all(ONE, 1_999);
    assert_eq!(case.order.status(), OrderStatus::Processing);
    let case = case.captured_in_all(ONE, 1);
    assert_eq!(case.order.status(), OrderStatus::Completed);
}

#[test]
fn a_shop_that_is_paid_first_sends_nothing_before_all_of_it_is_taken() {
    let case = Case::placed_under(capture_at_once(), two()).confirmed();
    assert!(case.attempt(1).capture);
    assert_eq!(case.order.status(), OrderStatus::Confirmed);
    let case = case.captured_in_all(ONE, 1_999);
    assert_eq!(case.order.status(), OrderStatus::Confirmed);
    let case = case.captured_in_all(ONE, 1);
    assert_eq!(case.order.status(), OrderStatus::Processing);
    let case = case.committed().asked(ship_all());
    assert_eq!(case.order.lines()[0].shipped, 2);
    assert_eq!(case.captures(1), [1_999, 1], "nothing more is taken");
}

#[test]
fn money_beyond_what_is_owed_is_overpaid() {
    let case = Case::placed_under(capture_at_once(), two())
        .confirmed()
        .captured_in_all(ONE, 2_300);
    assert_eq!(case.refund(1).amount, Amount::new(300));
    assert_eq!(case.order.status(), OrderStatus::Processing);
    assert_eq!(case.order.payment_status(), PaymentStatus::Paid);
    let case = case.told(Fact::RefundFailed {
        refund: order_core::value::RefundNo::FIRST,
        code: code("no_funds"),
    });
    assert_eq!(case.order.payment_status(), PaymentStatus::Overpaid);
}
