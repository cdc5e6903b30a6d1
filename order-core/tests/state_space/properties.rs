//! Properties of orders under random sequences of commands and facts.
//!
//! Those that fit the order are drawn as well as those that do not: late, repeated, about parts that
//! do not exist, of absurd amounts.

use crate::alphabet::{commands, facts, instant};
use crate::beginnings::{new_orders, policies};
use crate::invariants::{transition_violation, violation};
use order_core::command::{Command, CommandKind};
use order_core::decide::decide_on;
use order_core::event::{Actor, Event};
use order_core::fact::{Fact, FactKind};
use order_core::order::{Order, Reservation};
use order_core::policy::StorefrontPolicy;
use order_core::record::{on_timer, record_all};
use order_core::stored_json::{
    event_from_json, event_to_json, order_from_json, order_to_json, personal_from_json,
    personal_to_json,
};
use order_core::{Context, apply, reconcile};
use order_testing::builders::noon;
use proptest::prelude::*;

/// A random choice: an index into the kinds, and one into the forms of the kind.
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

fn pick<T: Clone>(from: &[T], index: usize) -> Option<T> {
    (!from.is_empty()).then(|| from[index % from.len()].clone())
}

/// Applies what was drawn. Returns the order after it, its events, and the fact if it was one.
fn step(
    order: &Order,
    draw: Draw,
    policy: &StorefrontPolicy,
) -> Option<(Order, Vec<Event>, Option<Fact>)> {
    let actor = Actor::system();
    match draw {
        Draw::Command(kind, form) => {
            let kind: CommandKind = pick(CommandKind::ALL, kind)?;
            let command: Command = pick(&commands(kind, order), form)?;
            let ctx = Context::new(policy, instant(order, None), &actor);
            let transition = decide_on(order.clone(), &command, &ctx).ok()?;
            Some((transition.order, transition.events, None))
        }
        Draw::Fact(kind, form) => {
            let kind: FactKind = pick(FactKind::ALL, kind)?;
            let fact: Fact = pick(&facts(kind, order), form)?;
            let ctx = Context::new(policy, instant(order, Some(&fact)), &actor);
            let transition = record_all(order.clone(), std::slice::from_ref(&fact), &ctx);
            Some((transition.order, transition.events, Some(fact)))
        }
        Draw::Time => {
            let at = reconcile::next_wake(order, policy)?;
            let ctx = Context::new(policy, at.max(order.updated_at()), &actor);
            let transition = on_timer(order.clone(), &ctx);
            assert!(
                !transition.events.is_empty(),
                "the timer fired without an event"
            );
            Some((transition.order, transition.events, None))
        }
    }
}

/// Returns an event as it is read after it was stored.
fn stored(event: &Event) -> Event {
    let personal = event.payload.personal().cloned().unwrap_or_default();
    let beside = personal_to_json(&personal).unwrap();
    event_from_json(&event_to_json(event).unwrap())
        .unwrap()
        .with_personal(personal_from_json(beside.as_deref()).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_order_keeps_every_invariant(start in any::<usize>(), rules in any::<usize>(), draws in draws()) {
        let policy = pick(&policies(), rules).unwrap();
        let actor = Actor::system();
        let ctx = Context::new(&policy, noon(), &actor);
        let mut order = pick(&new_orders(&ctx), start).unwrap();
        for draw in draws {
            let Some((next, events, fact)) = step(&order, draw, &policy) else { continue };
            prop_assert_eq!(violation(&next), None, "after {:?}", draw);

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

            prop_assert_eq!(transition_violation(&order, &next), None, "after {:?}", draw);

            // The same fact again changes neither money nor stock.
            if let Some(fact) = fact {
                let ctx = Context::new(&policy, instant(&next, Some(&fact)), &actor);
                let again = record_all(next.clone(), &[fact], &ctx).order;
                prop_assert_eq!(again.balance(), next.balance());
                let covers = |order: &Order| order.reservation().map(|one: &Reservation| one.lines.clone());
                prop_assert_eq!(covers(&again), covers(&next));
            }
            order = next;
        }
    }
}
