//! What holds of every order, whatever is asked of it and reported of it, in whatever order.
//!
//! Commands and facts are drawn at random, those that fit the order and those that do not: late,
//! twice, about parts that are not there, of absurd amounts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test does not expect ends the test"
)]

use order_core::command::{Command, CommandKind};
use order_core::decide::proceed;
use order_core::event::wire::{
    event_from_json, event_to_json, order_from_json, order_to_json, personal_from_json,
    personal_to_json,
};
use order_core::event::{Actor, Event};
use order_core::fact::{Fact, FactKind};
use order_core::order::{Order, Reservation};
use order_core::policy::Policies;
use order_core::record::{follow, wake};
use order_core::testing::builders::noon;
use order_core::{Context, advance, apply};
use order_tests::alphabet::{commands, facts, instant};
use order_tests::explore::{beginnings, policies};
use order_tests::invariants::broken;
use proptest::prelude::*;

/// One thing that is done to an order, by its place among those that could be.
#[derive(Debug, Clone, Copy)]
enum Draw {
    Command(usize, usize),
    Fact(usize, usize),
    Time,
}

fn draws() -> impl Strategy<Value = Vec<Draw>> {
    let one = prop_oneof![
        4 => (any::<usize>(), any::<usize>()).prop_map(|(kind, form)| Draw::Command(kind, form)),
        6 => (any::<usize>(), any::<usize>()).prop_map(|(kind, form)| Draw::Fact(kind, form)),
        1 => Just(Draw::Time),
    ];
    prop::collection::vec(one, 1..40)
}

fn pick<T: Clone>(from: &[T], place: usize) -> Option<T> {
    (!from.is_empty()).then(|| from[place % from.len()].clone())
}

/// Does what was drawn. Answers the events it came to, and the fact if it was one.
fn step(
    order: &Order,
    draw: Draw,
    policies: &Policies,
) -> Option<(Order, Vec<Event>, Option<Fact>)> {
    let actor = Actor::system();
    match draw {
        Draw::Command(kind, form) => {
            let kind: CommandKind = pick(CommandKind::ALL, kind)?;
            let command: Command = pick(&commands(kind, order), form)?;
            let ctx = Context::new(policies, instant(order, None), &actor);
            let step = proceed(order.clone(), &command, &ctx).ok()?;
            Some((step.order, step.events, None))
        }
        Draw::Fact(kind, form) => {
            let kind: FactKind = pick(FactKind::ALL, kind)?;
            let fact: Fact = pick(&facts(kind, order), form)?;
            let ctx = Context::new(policies, instant(order, Some(&fact)), &actor);
            let step = follow(order.clone(), std::slice::from_ref(&fact), &ctx);
            Some((step.order, step.events, Some(fact)))
        }
        Draw::Time => {
            let at = advance::next_wake(order, policies)?;
            let ctx = Context::new(policies, at.max(order.updated_at()), &actor);
            let step = wake(order.clone(), &ctx);
            assert!(!step.events.is_empty(), "woken for nothing");
            Some((step.order, step.events, None))
        }
    }
}

/// The same event as it is read after it was stored.
fn stored(event: &Event) -> Event {
    let personal = event.happening.personal().cloned().unwrap_or_default();
    let beside = personal_to_json(&personal).unwrap();
    event_from_json(&event_to_json(event).unwrap())
        .unwrap()
        .with_personal(personal_from_json(beside.as_deref()).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_order_keeps_every_invariant(start in any::<usize>(), rules in any::<usize>(), draws in draws()) {
        let policies = pick(&policies(), rules).unwrap();
        let actor = Actor::system();
        let ctx = Context::new(&policies, noon(), &actor);
        let mut order = pick(&beginnings(&ctx), start).unwrap();
        for draw in draws {
            let Some((next, events, fact)) = step(&order, draw, &policies) else { continue };
            prop_assert_eq!(broken(&next), None, "after {:?}", draw);

            // Versions have no gap, and the order is the fold of its events, as made and as stored.
            let mut folded = Some(order.clone());
            let mut reread = Some(order.clone());
            for event in &events {
                let expected = folded.as_ref().map(|one| one.version().next());
                prop_assert_eq!(Some(event.version), expected);
                folded = apply(folded, event);
                reread = apply(reread, &stored(event));
            }
            prop_assert_eq!(folded.as_ref(), Some(&next));
            prop_assert_eq!(reread.as_ref(), Some(&next));
            let snapshot = order_from_json(&order_to_json(&next).unwrap()).unwrap();
            prop_assert_eq!(snapshot.with_personal(next.personal().clone()), next.clone());

            // What has ended stays so, and what is closed does not go on.
            prop_assert!(!order.status().is_terminal() || order.status() == next.status());
            prop_assert!(!order.status().is_closed() || next.status().is_closed());

            // The same fact again moves neither money nor stock.
            if let Some(fact) = fact {
                let ctx = Context::new(&policies, instant(&next, Some(&fact)), &actor);
                let again = follow(next.clone(), &[fact], &ctx).order;
                prop_assert_eq!(again.ledger(), next.ledger());
                let covers = |order: &Order| order.reservation().map(|one: &Reservation| one.covers.clone());
                prop_assert_eq!(covers(&again), covers(&next));
            }
            order = next;
        }
    }
}
