//! Payments: when one is started, for which amount, and what is voided.

use crate::given::{DAY, Given, capture_at_once, ship, ship_all, two};
use order_core::command::Command;
use order_core::fact::Fact;
use order_core::money::Amount;
use order_core::order::{
    CaptureMethod, OrderStatus, PaymentAttemptStatus, PaymentStatus, ReservationOperation,
};
use order_core::policy::{PaymentPolicy, StorefrontPolicy};
use order_core::reconcile::next_wake;
use order_core::refusal::RefusalCode;
use order_core::value::{PaymentAttemptNo, ProviderId};
use order_testing::builders::{at, code, noon, place_order, priced, token, units};

const ONE: PaymentAttemptNo = PaymentAttemptNo::FIRST;

fn declined(attempt: u32) -> Fact {
    Fact::PaymentDeclined {
        attempt: PaymentAttemptNo::new(attempt),
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
    let given = Given::placed(two());
    assert!(given.order.payment_method_ready());
    let given = given.confirmed();
    assert!(!given.order.payment_method_ready());
    assert_eq!(given.attempt(1).amount, Amount::new(2_000));
    assert_eq!(
        given.attempt(1).capture_method,
        CaptureMethod::Manual,
        "it is captured when shipped"
    );
    let given = given.report(declined(1));
    assert_eq!(given.attempt(1).decline_code, Some(code("do_not_honor")));
    assert_eq!(given.order.payments().len(), 1, "it is not retried");
    assert_eq!(given.order.payment_status(), PaymentStatus::Failed);
    let given = given.execute(other_card());
    assert_eq!(given.attempt(2).amount, Amount::new(2_000));
    let given = given.report(declined(2)).execute(START);
    assert_eq!(given.attempt(3).amount, Amount::new(2_000));
}

#[test]
fn only_so_many_attempts_are_made() {
    let mut policy = StorefrontPolicy::default();
    policy.max_attempts = 2;
    let given = Given::placed_under(policy, two())
        .confirmed()
        .report(declined(1))
        .execute(other_card())
        .report(declined(2));
    assert_eq!(given.expect_refusal(START), RefusalCode::TooManyAttempts);
    let given = given.execute(other_card());
    assert_eq!(given.order.payments().len(), 2);
}

#[test]
fn a_part_may_be_paid_but_not_more_than_is_due() {
    let given = Given::placed(two()).confirmed().report(declined(1));
    assert_eq!(given.expect_refusal(start(0)), RefusalCode::InvalidAmount);
    assert_eq!(
        given.expect_refusal(start(2_001)),
        RefusalCode::InvalidAmount
    );
    let given = given.execute(start(1_200));
    assert_eq!(
        given.expect_refusal(start(100)),
        RefusalCode::PaymentInProgress
    );
    let given = given.payment_authorized(PaymentAttemptNo::new(2), 1_200);
    assert_eq!(given.order.totals().due, Amount::new(800));
    assert_eq!(given.order.totals().authorized, Amount::new(1_200));
    assert_eq!(given.order.status(), OrderStatus::Confirmed);
    assert_eq!(given.expect_refusal(start(801)), RefusalCode::InvalidAmount);
    let given = given
        .execute(start(800))
        .payment_authorized(PaymentAttemptNo::new(3), 800);
    assert_eq!(given.order.status(), OrderStatus::Processing);
    assert_eq!(given.expect_refusal(START), RefusalCode::NothingDue);
}

#[test]
fn stock_that_lapses_before_a_payment_could_end_is_prolonged_first() {
    // The stock is reserved for ten minutes, a payment may take fifteen.
    let given = Given::placed(two())
        .report(Fact::CustomerVerified)
        .stock_reserved(at(600));
    assert!(given.order.payments().is_empty());
    assert_eq!(
        given.order.reservation().unwrap().pending_operation,
        Some(ReservationOperation::Extend)
    );
    assert_eq!(
        given.expect_refusal(start(500)),
        RefusalCode::StockNotSettled
    );
    let reservation = given.order.reservation().unwrap().no;
    let extended = |expires_at| Fact::StockExtended {
        reservation,
        expires_at,
    };
    // A reservation that lasts exactly as long as the payment may take is too short.
    let short = given.clone().report(extended(at(900)));
    assert!(short.order.payments().is_empty());
    let given = given.report(extended(at(901)));
    assert_eq!(given.order.payments().len(), 1);
    assert_eq!(given.order.reservation().unwrap().expires_at, Some(at(901)));
}

#[test]
fn what_was_taken_twice_is_no_longer_needed_from_the_second_payment() {
    let given = Given::placed(two())
        .confirmed()
        .report(declined(1))
        .execute(other_card())
        .payment_authorized(PaymentAttemptNo::new(2), 2_000);
    assert!(!given.attempt(2).voiding);
    // The first payment was captured after all.
    let given = given.payment_captured(ONE, 2_000);
    assert!(given.attempt(2).voiding);
    assert!(given.order.refunds().is_empty());
    let given = given.report(Fact::PaymentVoided {
        attempt: PaymentAttemptNo::new(2),
    });
    assert_eq!(given.attempt(2).status, PaymentAttemptStatus::Voided);
    assert!(!given.attempt(2).voiding);
    assert_eq!(given.order.payment_status(), PaymentStatus::Paid);
}

#[test]
fn of_two_payments_to_spare_only_as_much_as_is_not_needed_is_given_back() {
    let given = Given::placed(two())
        .confirmed()
        .report(declined(1))
        .execute(other_card())
        .payment_authorized(PaymentAttemptNo::new(2), 2_000)
        .payment_authorized(ONE, 2_000);
    let voiding = |given: &Given| [1, 2].map(|no| given.attempt(no).voiding);
    assert_eq!(voiding(&given), [true, false], "one of them is needed");
}

#[test]
fn an_authorization_that_ends_leaves_what_was_captured() {
    let ended = |fact: fn(PaymentAttemptNo) -> Fact| {
        Given::placed(two())
            .processing()
            .execute(ship(vec![units("abc", 1)]))
            .captures_succeeded()
            .report(fact(ONE))
    };
    for given in [
        ended(|attempt| Fact::AuthorizationExpired { attempt }),
        ended(|attempt| Fact::PaymentVoided { attempt }),
    ] {
        assert_eq!(given.attempt(1).status, PaymentAttemptStatus::Captured);
        assert_eq!(given.attempt(1).authorized, Amount::new(1_000));
        assert_eq!(given.order.totals().due, Amount::new(1_000));
    }
    let untouched = Given::placed(two()).processing();
    let expired = untouched.report(Fact::AuthorizationExpired { attempt: ONE });
    assert_eq!(expired.attempt(1).status, PaymentAttemptStatus::Expired);
    assert_eq!(expired.order.payment_status(), PaymentStatus::Voided);
    // A second expiry of the authorization changes nothing.
    let expired = expired.payment_authorized(ONE, 2_000);
    assert_eq!(expired.attempt(1).status, PaymentAttemptStatus::Expired);
    assert_eq!(expired.last_events.len(), 1, "it is recorded as late");
}

#[test]
fn a_customer_who_has_to_act_has_as_long_as_an_attempt_may_take() {
    let action = Fact::PaymentActionRequired {
        attempt: ONE,
        provider_id: ProviderId::parse("pay_1").ok(),
    };
    let given = Given::placed(two()).confirmed().report(action);
    assert_eq!(
        given.attempt(1).status,
        PaymentAttemptStatus::RequiresAction
    );
    assert_eq!(
        given.attempt(1).provider_id,
        ProviderId::parse("pay_1").ok()
    );
    let ends = at(15 * 60);
    assert_eq!(next_wake(&given.order, &given.policy), Some(ends));
    let given = given.later(15 * 60 - 1).timer_fires();
    assert!(given.last_events.is_empty());
    let given = given.later(1).timer_fires();
    assert!(given.attempt(1).voiding);
    assert_eq!(next_wake(&given.order, &given.policy), None);
    // Just in time for the provider.
    let given = given.payment_authorized(ONE, 2_000);
    assert_eq!(given.attempt(1).status, PaymentAttemptStatus::Authorized);
}

#[test]
fn a_payment_under_way_is_waited_for_without_a_wake() {
    let given = Given::placed(two()).confirmed();
    assert!(given.order.has_open_attempt());
    assert!(!given.order.has_sent_attempt());
    // Not sent: the order expires at its deadline.
    let deadline = Some(at(3 * DAY));
    assert_eq!(given.order.deadline(), deadline);
    assert_eq!(next_wake(&given.order, &given.policy), deadline);
    let given = given.report(Fact::AttemptDispatched { attempt: ONE });
    assert!(given.order.has_sent_attempt());
    assert_eq!(next_wake(&given.order, &given.policy), None);
    let late = given.clone().later(4 * DAY).timer_fires();
    assert_eq!(late.order.status(), OrderStatus::Confirmed);
    let given = given.report(Fact::PaymentUnknown { attempt: ONE });
    assert_eq!(given.attempt(1).status, PaymentAttemptStatus::Unknown);
    assert_eq!(given.order.payment_status(), PaymentStatus::Pending);
    let given = given.report(Fact::PaymentNotFound { attempt: ONE });
    assert_eq!(given.attempt(1).status, PaymentAttemptStatus::Voided);
    assert!(!given.order.has_open_attempt());
}

#[test]
fn an_order_for_nothing_needs_no_payment() {
    let given = Given::placed(place_order(vec![priced("gift", 1, 0)])).confirmed();
    assert_eq!(given.order.status(), OrderStatus::Processing);
    assert!(given.order.payments().is_empty());
    assert_eq!(given.order.payment_status(), PaymentStatus::NotRequired);
    assert_eq!(given.order.placed_at(), noon());
}

#[test]
fn an_invoice_is_released_unpaid_and_completed_when_paid() {
    let mut policy = StorefrontPolicy::default();
    policy.payment = PaymentPolicy::Invoice;
    let mut request = two();
    request.order.personal.payment_token = None;
    let given = Given::placed_under(policy, request)
        .confirmed()
        .stock_committed();
    assert_eq!(given.order.status(), OrderStatus::Processing);
    assert_eq!(given.order.payment_status(), PaymentStatus::Unpaid);
    assert_eq!(given.expect_refusal(START), RefusalCode::NoPaymentMethod);
    let given = given
        .execute(ship_all())
        .execute(crate::given::deliver(crate::given::FIRST));
    assert_eq!(given.order.status(), OrderStatus::Processing);
    let given = given.execute(other_card());
    assert_eq!(given.attempt(1).capture_method, CaptureMethod::Automatic);
    let given = given.payment_captured(ONE, 1_999);
    assert_eq!(given.order.status(), OrderStatus::Processing);
    let given = given.payment_captured(ONE, 1);
    assert_eq!(given.order.status(), OrderStatus::Completed);
}

#[test]
fn a_shop_that_is_paid_first_sends_nothing_before_all_of_it_is_taken() {
    let given = Given::placed_under(capture_at_once(), two()).confirmed();
    assert_eq!(given.attempt(1).capture_method, CaptureMethod::Automatic);
    assert_eq!(given.order.status(), OrderStatus::Confirmed);
    let given = given.payment_captured(ONE, 1_999);
    assert_eq!(given.order.status(), OrderStatus::Confirmed);
    let given = given.payment_captured(ONE, 1);
    assert_eq!(given.order.status(), OrderStatus::Processing);
    let given = given.stock_committed().execute(ship_all());
    assert_eq!(given.order.lines()[0].shipped, 2);
    assert_eq!(given.captures(1), [1_999, 1], "nothing more is captured");
}

#[test]
fn money_beyond_what_is_owed_is_overpaid() {
    let given = Given::placed_under(capture_at_once(), two())
        .confirmed()
        .payment_captured(ONE, 2_300);
    assert_eq!(given.refund(1).amount, Amount::new(300));
    assert_eq!(given.order.status(), OrderStatus::Processing);
    assert_eq!(given.order.payment_status(), PaymentStatus::Paid);
    let given = given.report(Fact::RefundFailed {
        refund: order_core::value::RefundNo::FIRST,
        code: code("no_funds"),
    });
    assert_eq!(given.order.payment_status(), PaymentStatus::Overpaid);
}
