//! Orders of every shape: starting with a few new orders, every command and every fact is applied
//! to every order reached, whether or not it could happen in reality, until no new shape appears.

use crate::alphabet::{commands, facts, instant};
use crate::beginnings::new_orders;
use crate::explore::{Admission, StateSpace, explore};
use crate::invariants::violation;
use order_core::command::CommandKind;
use order_core::decide::decide_on;
use order_core::event::{Actor, Event};
use order_core::fact::FactKind;
use order_core::order::Order;
use order_core::policy::StorefrontPolicy;
use order_core::record::{on_timer, record_all};
use order_core::refusal::RefusalCode;
use order_core::{Context, reconcile};
use order_testing::builders::noon;
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// What is applied to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Trigger {
    Command(CommandKind),
    Fact(FactKind),
    /// Its timer.
    Time,
}

impl std::fmt::Display for Trigger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Command(kind) => write!(f, "{kind}"),
            Self::Fact(kind) => write!(f, "{kind}"),
            Self::Time => f.write_str("time"),
        }
    }
}

/// The outcome of one trigger.
pub(crate) enum Outcome<'a> {
    Refused(RefusalCode),
    /// Accepted or recorded: its events, and the order after them.
    Done(&'a [Event], &'a Order),
}

/// Applies every trigger to every shape of order, and calls `seen` for each outcome. Returns an order
/// of every shape.
///
/// # Panics
/// If an order breaks an invariant.
pub(crate) fn explore_shapes(
    policy: &StorefrontPolicy,
    seen: impl FnMut(&Order, Trigger, Outcome<'_>),
) -> Vec<Order> {
    let mut shapes = Shapes {
        policy,
        actor: Actor::system(),
        seen,
        known: KnownShapes::default(),
    };
    explore(&mut shapes).states
}

/// Returns an order of every shape.
///
/// # Panics
/// If an order breaks an invariant.
pub(crate) fn orders_of_every_shape(policy: &StorefrontPolicy) -> Vec<Order> {
    explore_shapes(policy, |_, _, _| {})
}

/// The space of orders. The search continues from one order of every shape.
struct Shapes<'a, F> {
    policy: &'a StorefrontPolicy,
    actor: Actor,
    seen: F,
    known: KnownShapes,
}

impl<F: FnMut(&Order, Trigger, Outcome<'_>)> StateSpace for Shapes<'_, F> {
    type State = Order;

    fn initial(&self) -> Vec<Order> {
        new_orders(&Context::new(self.policy, noon(), &self.actor))
    }

    fn successors(&mut self, order: &Order) -> Vec<(String, Order)> {
        let mut reached = Vec::new();
        for kind in CommandKind::ALL {
            let trigger = Trigger::Command(*kind);
            let ctx = Context::new(self.policy, instant(order, None), &self.actor);
            for command in commands(*kind, order) {
                match decide_on(order.clone(), &command, &ctx) {
                    Err(refusal) => (self.seen)(order, trigger, Outcome::Refused(refusal.code)),
                    Ok(transition) => {
                        (self.seen)(
                            order,
                            trigger,
                            Outcome::Done(&transition.events, &transition.order),
                        );
                        reached.push((format!("{command:?}"), transition.order));
                    }
                }
            }
        }
        for kind in FactKind::ALL {
            let trigger = Trigger::Fact(*kind);
            for fact in facts(*kind, order) {
                let ctx = Context::new(self.policy, instant(order, Some(&fact)), &self.actor);
                let transition = record_all(order.clone(), std::slice::from_ref(&fact), &ctx);
                (self.seen)(
                    order,
                    trigger,
                    Outcome::Done(&transition.events, &transition.order),
                );
                reached.push((format!("{fact:?}"), transition.order));
            }
        }
        if let Some(at) = reconcile::next_wake(order, self.policy) {
            let ctx = Context::new(self.policy, at.max(order.updated_at()), &self.actor);
            let transition = on_timer(order.clone(), &ctx);
            assert!(
                !transition.events.is_empty(),
                "the timer fired without an event: {order:#?}"
            );
            let outcome = Outcome::Done(&transition.events, &transition.order);
            (self.seen)(order, Trigger::Time, outcome);
            reached.push((Trigger::Time.to_string(), transition.order));
        }
        reached
    }

    fn violation(&self, _: &Order, to: &Order) -> Option<String> {
        violation(to)
    }

    fn admit(&mut self, order: &Order, _: usize) -> Admission {
        if is_small(order) && self.known.add(order) {
            Admission::New
        } else {
            Admission::Pruned
        }
    }
}

/// Returns whether an order is small enough to continue from. Larger ones show nothing new.
fn is_small(order: &Order) -> bool {
    order.payments().len() <= 2
        && order
            .payments()
            .iter()
            .all(|attempt| attempt.captures.len() <= 2)
        && order.refunds().len() <= 2
        && order.fulfillments().len() <= 2
        && order.returns().len() <= 2
        && order.holds().len() <= 1
        && order.reservation().is_none_or(|one| one.no.get() <= 2)
}

/// The pairs of features that were seen together in one order.
#[derive(Default)]
struct KnownShapes(HashSet<(Feature, Feature)>);

/// A feature of an order: its index in the list of features, and a hash of its value.
type Feature = (usize, u64);

impl KnownShapes {
    /// Adds an order. Returns whether it has two features that were not seen together before.
    fn add(&mut self, order: &Order) -> bool {
        let features = features(order);
        let mut new = false;
        for (index, one) in features.iter().enumerate() {
            for other in &features[index..] {
                new |= self.0.insert((*one, *other));
            }
        }
        new
    }
}

fn features(order: &Order) -> Vec<Feature> {
    fn hashed(value: impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        hasher.finish()
    }
    let stock = order.reservation();
    let payment = order.payments().last();
    let fulfillment = order.fulfillments().last();
    [
        hashed(order.status()),
        hashed((order.customer_verification(), order.is_priced())),
        hashed(order.is_held()),
        hashed(order.revision_pending()),
        hashed(order.payment_method_ready()),
        hashed(order.erased_at().is_some()),
        hashed(order.deletion().map(|one| one.deleted_at.is_some())),
        hashed(stock.map(|one| {
            (
                one.status,
                one.pending_operation,
                one.lines == order.stock_target(),
            )
        })),
        hashed(payment.map(|one| (one.status, one.voiding))),
        hashed(
            payment
                .and_then(|one| one.captures.last())
                .map(|one| one.status),
        ),
        hashed(order.refunds().last().map(|one| one.status)),
        hashed(fulfillment.map(|one| (one.status, one.recalling))),
        hashed(fulfillment.map(|one| one.excess.is_empty())),
        hashed(order.returns().last().map(|one| one.status)),
        hashed(order.payment_status()),
        hashed(order.fulfillment_status()),
        hashed(order.nothing_shipped()),
    ]
    .into_iter()
    .enumerate()
    .collect()
}
