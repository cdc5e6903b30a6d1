//! Policies per storefront, and their guards.

use crate::given::{Given, cancel, two};
use order_core::Context;
use order_core::command::{Command, CommandKind};
use order_core::decide::decide_new;
use order_core::event::Actor;
use order_core::guard::CommandGuard;
use order_core::order::Order;
use order_core::policy::{PolicySet, StorefrontPolicy};
use order_core::refusal::{Refusal, RefusalCode};
use order_core::value::StorefrontId;
use order_testing::builders::storefront;
use order_testing::builders::{at, place_order, priced};
use std::sync::Arc;

#[test]
fn a_storefront_has_its_own_policies_or_those_of_all() {
    let mut own = StorefrontPolicy::default();
    own.max_lines = 3;
    let policies = PolicySet::new(StorefrontPolicy::default()).with(storefront("shop-b"), own);
    assert_eq!(policies.for_storefront(&storefront("shop-b")).max_lines, 3);
    assert_eq!(
        policies.for_storefront(&StorefrontId::default()).max_lines,
        StorefrontPolicy::default().max_lines
    );
}

/// A guard that refuses cancels, and orders of more than one unit.
struct Strict;

impl CommandGuard for Strict {
    fn check(&self, order: &Order, command: &Command) -> Result<(), Refusal> {
        let kind = command.kind();
        let many = order.lines().iter().any(|line| line.quantity.get() > 1);
        if kind == CommandKind::RequestCancel || (kind == CommandKind::PlaceOrder && many) {
            return Err(Refusal::new(RefusalCode::Vetoed, kind, None, "not here"));
        }
        Ok(())
    }
}

#[test]
fn a_guard_has_its_say_about_new_orders_and_about_commands() {
    let mut policy = StorefrontPolicy::default();
    policy.guards = vec![Arc::new(Strict)];
    let actor = Actor::system();
    let ctx = Context::new(&policy, at(0), &actor);
    let refused = decide_new(&Command::PlaceOrder(Box::new(two())), &ctx);
    assert_eq!(refused.unwrap_err().code, RefusalCode::Vetoed);
    let one = place_order(vec![priced("abc", 1, 1_000)]);
    let given = Given::placed_under(policy.clone(), one);
    assert_eq!(given.expect_refusal(cancel()), RefusalCode::Vetoed);
    let held = given.execute(Command::PlaceHold { reason: None });
    assert!(held.order.is_held());
}
