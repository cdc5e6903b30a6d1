//! What the searches begin with: policies, and orders that were just made.

use order_core::Context;
use order_core::command::Command;
use order_core::decide::decide_new;
use order_core::order::{Order, OrderStatus};
use order_core::policy::{FulfillmentPolicy, PaymentPolicy, StorefrontPolicy};
use order_testing::builders::{import_order, line, place_order, priced};

/// Returns the policies under which orders are explored.
pub(crate) fn policies() -> Vec<StorefrontPolicy> {
    [
        (PaymentPolicy::CaptureOnShip, FulfillmentPolicy::Manual),
        (
            PaymentPolicy::CaptureOnConfirm,
            FulfillmentPolicy::Automatic,
        ),
        (PaymentPolicy::Invoice, FulfillmentPolicy::Manual),
    ]
    .into_iter()
    .map(|(payment, fulfillment)| {
        let mut policy = StorefrontPolicy::default();
        policy.payment = payment;
        policy.fulfillment = fulfillment;
        policy.max_attempts = 2;
        policy.stuck_after = 1;
        policy
    })
    .collect()
}

/// Returns orders that were just made: of one line, of two, without prices, and imported ones.
///
/// # Panics
/// If one of them is refused.
pub(crate) fn new_orders(ctx: &Context<'_>) -> Vec<Order> {
    let placed = [
        vec![priced("abc", 2, 1_000)],
        vec![priced("abc", 1, 1_000), priced("other", 1, 1)],
        vec![priced("abc", 1, 0)],
        vec![line("abc", 2)],
    ]
    .map(|lines| Command::PlaceOrder(Box::new(place_order(lines))));
    let imported = [
        OrderStatus::Confirmed,
        OrderStatus::Processing,
        OrderStatus::Completed,
        OrderStatus::Cancelled,
    ]
    .map(|status| Command::ImportOrder(Box::new(import_order(status))));
    placed
        .iter()
        .chain(&imported)
        .map(|command| decide_new(command, ctx).expect("an order begins").order)
        .collect()
}
