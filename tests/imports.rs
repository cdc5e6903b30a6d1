//! Orders taken over from another system: what contradicts itself is refused, the rest stands as it
//! stood there.

#![allow(
    clippy::unwrap_used,
    reason = "what a test does not expect ends the test"
)]

use order_core::Context;
use order_core::command::{Command, ImportOrder};
use order_core::decide::begin;
use order_core::event::Actor;
use order_core::money::Amount;
use order_core::order::{Order, OrderStatus, RefundPurpose, RefundState};
use order_core::policy::{PaymentPolicy, Policies};
use order_core::refusal::{Refusal, RefusalCode};
use order_core::testing::builders::{at, line, noon, units};
use order_tests::alphabet::import_order;

fn import(wish: ImportOrder) -> Result<Order, Refusal> {
    let mut policies = Policies::default();
    policies.payment = PaymentPolicy::CaptureOnConfirm;
    let actor = Actor::system();
    let ctx = Context::new(&policies, noon(), &actor);
    let command = Command::ImportOrder(Box::new(wish));
    begin(&command, &ctx).map(|step| step.order)
}

/// A completed order of two units at 10.00, delivered and paid, with this change.
fn completed(change: impl FnOnce(&mut ImportOrder)) -> Result<Order, Refusal> {
    let mut wish = import_order(OrderStatus::Completed);
    change(&mut wish);
    import(wish)
}

#[test]
fn what_contradicts_itself_is_refused_and_says_why() {
    let wrong = [
        (
            completed(|wish| wish.order.lines = vec![line("abc", 2)]),
            "every line needs a unit price",
        ),
        (
            completed(|wish| wish.status = OrderStatus::Pending),
            "an order is imported as",
        ),
        (
            completed(|wish| wish.status = OrderStatus::Cancelling),
            "an order is imported as",
        ),
        (
            completed(|wish| wish.captured = Amount::new(-1)),
            "amounts must not be negative",
        ),
        (
            completed(|wish| wish.refunded = Amount::new(-1)),
            "amounts must not be negative",
        ),
        (
            completed(|wish| wish.refunded = Amount::new(2_001)),
            "more is refunded than was captured",
        ),
        (
            completed(|wish| wish.placed_at = at(1)),
            "it was placed in the future",
        ),
        (
            completed(|wish| wish.cancelled = vec![units("abc", 3)]),
            "more units are cancelled than were ordered",
        ),
        (
            completed(|wish| wish.cancelled = vec![units("abc", 1)]),
            "more units are shipped than are ordered and not cancelled",
        ),
        (
            completed(|wish| wish.shipped = vec![units("other", 1)]),
            "more units are shipped than are ordered and not cancelled",
        ),
        (
            completed(|wish| wish.shipped = vec![units("abc", 1)]),
            "more units are delivered than were shipped",
        ),
        (
            completed(|wish| wish.cancelled = vec![units("abc", 1), units("abc", 2)]),
            "more units are cancelled than were ordered",
        ),
        (
            completed(|wish| wish.delivered = vec![units("abc", 1), units("abc", 2)]),
            "more units are delivered than were shipped",
        ),
        (
            completed(|wish| wish.captured = Amount::new(1_999)),
            "an order that has ended must be settled",
        ),
        (
            completed(|wish| wish.delivered = vec![units("abc", 1)]),
            "a completed order has every unit delivered or cancelled",
        ),
    ];
    for (answer, why) in wrong {
        let refusal = answer.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::InconsistentImport, "{why}");
        assert!(refusal.message.starts_with(why), "{}", refusal.message);
    }
}

#[test]
fn every_status_an_order_can_rest_in_is_taken_over() {
    for status in [
        OrderStatus::Confirmed,
        OrderStatus::Processing,
        OrderStatus::Completed,
        OrderStatus::Cancelled,
        OrderStatus::Rejected,
        OrderStatus::Expired,
    ] {
        let order = import(import_order(status)).unwrap();
        assert_eq!(order.status(), status);
        assert_eq!(order.reservation(), None, "its stock is not ours");
        let waits = status == OrderStatus::Confirmed;
        assert_eq!(order.deadline().is_some(), waits, "{status}");
    }
}

#[test]
fn what_was_paid_back_there_is_an_overpayment_or_was_given_away() {
    let given_away = completed(|wish| wish.refunded = Amount::new(300)).unwrap();
    let overpaid = completed(|wish| {
        wish.captured = Amount::new(2_300);
        wish.refunded = Amount::new(300);
    })
    .unwrap();
    for (order, purpose, owed) in [
        (given_away, RefundPurpose::Goodwill, 1_700),
        (overpaid, RefundPurpose::Overpayment, 2_000),
    ] {
        let refund = &order.refunds()[0];
        assert_eq!(
            (refund.purpose, refund.state),
            (purpose, RefundState::Succeeded)
        );
        assert_eq!(refund.amount, Amount::new(300));
        let ledger = order.ledger();
        assert_eq!((ledger.owed, ledger.kept()), (owed, owed));
        assert!(order.is_settled());
    }
}
