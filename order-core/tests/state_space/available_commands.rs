//! `available_commands` offers what `decide` accepts.
//!
//! It decides one small command of each kind. Here its answers are compared with every form of every
//! command that the explorer tries, on orders of every shape.

use crate::alphabet::{commands, instant};
use crate::beginnings::policies;
use crate::shapes::orders_of_every_shape;
use order_core::Context;
use order_core::command::{Command, CommandKind};
use order_core::decide::{available_commands, decide};
use order_core::event::Actor;
use order_core::order::Order;
use order_core::policy::StorefrontPolicy;
use order_core::ports::CommandAvailability;
use order_core::refusal::RefusalCode;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Returns what is wrong with the answer for one kind of command on an order.
fn mismatch(answer: &CommandAvailability, order: &Order, ctx: &Context<'_>) -> Option<String> {
    let kind = answer.command;
    let forms = commands(kind, order);
    let decided: Vec<(Command, Option<RefusalCode>)> = forms
        .into_iter()
        .map(|form| {
            let refusal = decide(Some(order), &form, ctx).err();
            (form, refusal.map(|refusal| refusal.code))
        })
        .collect();
    let accepted = decided.iter().find(|(_, refusal)| refusal.is_none());
    match (&answer.refusal, accepted) {
        (None, Some(_)) => None,
        (None, None) => Some(format!("{kind} is offered, and refused in every form")),
        (Some(refusal), Some((form, _))) => Some(format!(
            "{kind} is not offered ({}), and accepted as {form:?}",
            refusal.code
        )),
        (Some(refusal), None) => {
            let known = decided.iter().any(|(_, code)| *code == Some(refusal.code));
            let fits = refusal.command == kind && refusal.status == Some(order.status());
            (!known || !fits).then(|| format!("{kind} is reported as refused: {refusal:?}"))
        }
    }
}

/// Orders of every shape under every policy.
static ORDERS: LazyLock<Vec<(StorefrontPolicy, Vec<Order>)>> = LazyLock::new(|| {
    let explored = |policy: StorefrontPolicy| (policy.clone(), orders_of_every_shape(&policy));
    policies().into_iter().map(explored).collect()
});

/// Every kind of command but those that make an order.
fn asked_of_an_order() -> impl Iterator<Item = CommandKind> {
    let makes_one =
        |kind: &CommandKind| matches!(kind, CommandKind::PlaceOrder | CommandKind::ImportOrder);
    CommandKind::ALL
        .iter()
        .copied()
        .filter(move |kind| !makes_one(kind))
}

#[test]
fn a_command_is_offered_exactly_if_some_form_of_it_is_accepted() {
    let actor = Actor::system();
    let mut seen = BTreeSet::new();
    for (policy, orders) in ORDERS.iter() {
        for order in orders {
            let ctx = Context::new(policy, instant(order, None), &actor);
            for answer in available_commands(order, &ctx) {
                if let Some(mismatch) = mismatch(&answer, order, &ctx) {
                    panic!("{mismatch}, on {order:#?}");
                }
                seen.insert((answer.command, answer.refusal.is_none()));
            }
        }
    }
    for kind in asked_of_an_order() {
        assert!(seen.contains(&(kind, true)), "{kind} was never offered");
        assert!(seen.contains(&(kind, false)), "{kind} was always offered");
    }
}

#[test]
fn every_command_on_an_order_is_answered_for_once() {
    let actor = Actor::system();
    for (policy, orders) in ORDERS.iter() {
        for order in orders {
            let ctx = Context::new(policy, instant(order, None), &actor);
            let answers = available_commands(order, &ctx)
                .into_iter()
                .map(|one| one.command);
            assert!(answers.eq(asked_of_an_order()), "on {order:#?}");
        }
    }
}
