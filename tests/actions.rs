//! What `actions` says of an order is what `decide` does with it.
//!
//! `actions` tries one small command of each kind. Here every form of every command that is tried
//! in the search is held against its answer, on every shape of order.

use order_core::Context;
use order_core::command::{Command, CommandKind};
use order_core::decide::{actions, decide};
use order_core::event::Actor;
use order_core::order::Order;
use order_core::policy::Policies;
use order_core::ports::ActionState;
use order_core::refusal::RefusalCode;
use order_tests::alphabet::{commands, instant};
use order_tests::explore::{policies, reached};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What is wrong with what is said of one kind of command on an order, if anything is.
fn trouble(answer: &ActionState, order: &Order, ctx: &Context<'_>) -> Option<String> {
    let kind = answer.action;
    let forms = commands(kind, order);
    let tried: Vec<(Command, Option<RefusalCode>)> = forms
        .into_iter()
        .map(|form| {
            let refusal = decide(Some(order), &form, ctx).err();
            (form, refusal.map(|refusal| refusal.code))
        })
        .collect();
    let accepted = tried.iter().find(|(_, refusal)| refusal.is_none());
    match (&answer.refusal, accepted) {
        (None, Some(_)) => None,
        (None, None) => Some(format!("{kind} is offered, and refused in every form")),
        (Some(refusal), Some((form, _))) => Some(format!(
            "{kind} is not offered ({}), and accepted as {form:?}",
            refusal.code
        )),
        (Some(refusal), None) => {
            let known = tried.iter().any(|(_, code)| *code == Some(refusal.code));
            let fits = refusal.command == kind && refusal.status == Some(order.status());
            (!known || !fits).then(|| format!("{kind} is said to be refused: {refusal:?}"))
        }
    }
}

/// Every shape of order under every set of policies.
static ORDERS: LazyLock<Vec<(Policies, Vec<Order>)>> = LazyLock::new(|| {
    let reached = |policies: Policies| (policies.clone(), reached(&policies));
    policies().into_iter().map(reached).collect()
});

/// Every command but those that make an order.
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
    for (policies, orders) in ORDERS.iter() {
        for order in orders {
            let ctx = Context::new(policies, instant(order, None), &actor);
            for answer in actions(order, &ctx) {
                if let Some(trouble) = trouble(&answer, order, &ctx) {
                    panic!("{trouble}, on {order:#?}");
                }
                seen.insert((answer.action, answer.refusal.is_none()));
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
    for (policies, orders) in ORDERS.iter() {
        for order in orders {
            let ctx = Context::new(policies, instant(order, None), &actor);
            let answers = actions(order, &ctx).into_iter().map(|one| one.action);
            assert!(answers.eq(asked_of_an_order()), "on {order:#?}");
        }
    }
}
