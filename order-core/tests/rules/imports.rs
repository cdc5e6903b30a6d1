//! Orders imported from another system: contradictory data is refused, everything else is taken over
//! unchanged.

use order_core::Context;
use order_core::command::{Command, ImportOrder};
use order_core::decide::decide_new;
use order_core::event::Actor;
use order_core::money::Amount;
use order_core::order::{Order, OrderStatus, RefundPurpose, RefundStatus};
use order_core::policy::{PaymentPolicy, StorefrontPolicy};
use order_core::refusal::{Refusal, RefusalCode};
use order_testing::builders::{at, import_order, line, noon, units};

fn import(request: ImportOrder) -> Result<Order, Refusal> {
    let mut policy = StorefrontPolicy::default();
    policy.payment = PaymentPolicy::CaptureOnConfirm;
    let actor = Actor::system();
    let ctx = Context::new(&policy, noon(), &actor);
    let command = Command::ImportOrder(Box::new(request));
    decide_new(&command, &ctx).map(|transition| transition.order)
}

/// Imports a completed order of two units at 10.00, delivered and paid, with this change.
fn completed(change: impl FnOnce(&mut ImportOrder)) -> Result<Order, Refusal> {
    let mut request = import_order(OrderStatus::Completed);
    change(&mut request);
    import(request)
}

#[test]
fn what_contradicts_itself_is_refused_and_says_why() {
    let wrong = [
        (
            completed(|request| request.order.order.lines = vec![line("abc", 2)]),
            "every line needs a unit price",
        ),
        (
            completed(|request| request.status = OrderStatus::Pending),
            "an order is imported as",
        ),
        (
            completed(|request| request.status = OrderStatus::Cancelling),
            "an order is imported as",
        ),
        (
            completed(|request| request.captured = Amount::new(-1)),
            "amounts must not be negative",
        ),
        (
            completed(|request| request.refunded = Amount::new(-1)),
            "amounts must not be negative",
        ),
        (
            completed(|request| request.refunded = Amount::new(2_001)),
            "more is refunded than was captured",
        ),
        (
            completed(|request| request.placed_at = at(1)),
            "it was placed in the future",
        ),
        (
            completed(|request| request.cancelled = vec![units("abc", 3)]),
            "more units are cancelled than were ordered",
        ),
        (
            completed(|request| request.cancelled = vec![units("abc", 1)]),
            "more units are shipped than are ordered and not cancelled",
        ),
        (
            completed(|request| request.shipped = vec![units("other", 1)]),
            "more units are shipped than are ordered and not cancelled",
        ),
        (
            completed(|request| request.shipped = vec![units("abc", 1)]),
            "more units are delivered than were shipped",
        ),
        (
            completed(|request| request.cancelled = vec![units("abc", 1), units("abc", 2)]),
            "more units are cancelled than were ordered",
        ),
        (
            completed(|request| request.delivered = vec![units("abc", 1), units("abc", 2)]),
            "more units are delivered than were shipped",
        ),
        (
            completed(|request| request.captured = Amount::new(1_999)),
            "an order that has ended must be settled",
        ),
        (
            completed(|request| request.delivered = vec![units("abc", 1)]),
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
        assert_eq!(order.reservation(), None, "its stock is not reserved here");
        let waits = status == OrderStatus::Confirmed;
        assert_eq!(order.deadline().is_some(), waits, "{status}");
    }
}

#[test]
fn what_was_paid_back_there_is_an_overpayment_or_was_given_away() {
    let given_away = completed(|request| request.refunded = Amount::new(300)).unwrap();
    let overpaid = completed(|request| {
        request.captured = Amount::new(2_300);
        request.refunded = Amount::new(300);
    })
    .unwrap();
    for (order, purpose, owed) in [
        (given_away, RefundPurpose::Goodwill, 1_700),
        (overpaid, RefundPurpose::Overpayment, 2_000),
    ] {
        let refund = &order.refunds()[0];
        assert_eq!(
            (refund.purpose, refund.status),
            (purpose, RefundStatus::Succeeded)
        );
        assert_eq!(refund.amount, Amount::new(300));
        let balance = order.balance();
        assert_eq!((balance.owed, balance.net_captured()), (owed, owed));
        assert!(order.is_settled());
    }
}
