//! Orders of every shape: from a few beginnings, every command and every fact is tried on every
//! order reached, whether or not the outside world could report it, until no new shape appears.

use crate::alphabet::{commands, facts, import_order, instant, place_order};
use crate::invariants::broken;
use order_core::command::{Command, CommandKind};
use order_core::decide::{begin, proceed};
use order_core::event::{Actor, Event};
use order_core::fact::FactKind;
use order_core::order::{Order, OrderStatus};
use order_core::policy::{FulfillmentPolicy, PaymentPolicy, Policies};
use order_core::record::{follow, wake};
use order_core::refusal::RefusalCode;
use order_core::testing::builders::{line, noon, priced};
use order_core::{Context, advance};
use std::collections::hash_map::DefaultHasher;
use std::collections::{HashSet, VecDeque};
use std::hash::{Hash, Hasher};

/// What was done to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trigger {
    /// A command.
    Command(CommandKind),
    /// A fact.
    Fact(FactKind),
    /// Time alone.
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

/// What came of it.
pub enum Outcome<'a> {
    /// It was refused.
    Refused(RefusalCode),
    /// It was accepted or recorded, with these events.
    Done(&'a [Event], &'a Order),
}

/// The policies under which orders are explored.
#[must_use]
pub fn policies() -> Vec<Policies> {
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
        let mut policies = Policies::default();
        policies.payment = payment;
        policies.fulfillment = fulfillment;
        policies.max_attempts = 2;
        policies.stuck_after = 1;
        policies
    })
    .collect()
}

/// Orders that were just made: of one line, of two, without prices, and imported ones.
///
/// # Panics
/// If one of them is refused.
#[must_use]
pub fn beginnings(ctx: &Context<'_>) -> Vec<Order> {
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
        .map(|command| begin(command, ctx).expect("an order begins").order)
        .collect()
}

/// Tries everything on every shape of order, and tells `seen` of each try. Answers how many shapes
/// there are.
///
/// # Panics
/// If an order breaks an invariant.
pub fn explore(policies: &Policies, mut seen: impl FnMut(&Order, Trigger, Outcome<'_>)) -> usize {
    let actor = Actor::system();
    let mut shapes = Shapes::default();
    let mut count = 0;
    let mut queue: VecDeque<(Order, Vec<String>)> = VecDeque::new();
    let start = Context::new(policies, noon(), &actor);
    for order in beginnings(&start) {
        if shapes.are_new(&order) {
            queue.push_back((order, Vec::new()));
        }
    }
    while let Some((order, path)) = queue.pop_front() {
        count += 1;
        let mut reached = |to: Order, what: &dyn std::fmt::Debug| {
            let mut path = path.clone();
            path.push(format!("{what:?}"));
            if let Some(trouble) = broken(&to) {
                panic!("{trouble}, after:\n{}", path.join("\n"));
            }
            if is_small(&to) && shapes.are_new(&to) {
                queue.push_back((to, path));
            }
        };
        for kind in CommandKind::ALL {
            let trigger = Trigger::Command(*kind);
            let ctx = Context::new(policies, instant(&order, None), &actor);
            for command in commands(*kind, &order) {
                match proceed(order.clone(), &command, &ctx) {
                    Err(refusal) => seen(&order, trigger, Outcome::Refused(refusal.code)),
                    Ok(step) => {
                        seen(&order, trigger, Outcome::Done(&step.events, &step.order));
                        reached(step.order, &command);
                    }
                }
            }
        }
        for kind in FactKind::ALL {
            let trigger = Trigger::Fact(*kind);
            for fact in facts(*kind, &order) {
                let ctx = Context::new(policies, instant(&order, Some(&fact)), &actor);
                let step = follow(order.clone(), std::slice::from_ref(&fact), &ctx);
                seen(&order, trigger, Outcome::Done(&step.events, &step.order));
                reached(step.order, &fact);
            }
        }
        if let Some(at) = advance::next_wake(&order, policies) {
            let ctx = Context::new(policies, at.max(order.updated_at()), &actor);
            let step = wake(order.clone(), &ctx);
            assert!(!step.events.is_empty(), "woken for nothing: {order:#?}");
            seen(
                &order,
                Trigger::Time,
                Outcome::Done(&step.events, &step.order),
            );
            reached(step.order, &Trigger::Time);
        }
    }
    count
}

/// An order of every shape.
///
/// # Panics
/// If an order breaks an invariant.
#[must_use]
pub fn reached(policies: &Policies) -> Vec<Order> {
    let mut orders: Vec<Order> = Vec::new();
    explore(policies, |order, trigger, _| {
        // Each is tried to be placed again, once.
        if trigger == Trigger::Command(CommandKind::PlaceOrder) {
            orders.push(order.clone());
        }
    });
    orders
}

/// Whether an order is small enough to go on from: with more of everything nothing new happens.
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

/// What kinds of order were seen: which two features went together.
#[derive(Default)]
struct Shapes(HashSet<(Feature, Feature)>);

/// A trait of an order, by its place in the list, as a hash of its value.
type Feature = (usize, u64);

impl Shapes {
    /// Takes note of an order. Answers whether it has two features that were not seen together.
    fn are_new(&mut self, order: &Order) -> bool {
        let features = features(order);
        let mut new = false;
        for (place, one) in features.iter().enumerate() {
            for other in &features[place..] {
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
        hashed((order.customer(), order.is_priced())),
        hashed(order.is_held()),
        hashed(order.revision_pending()),
        hashed(order.payment_method_ready()),
        hashed(order.erased_at().is_some()),
        hashed(order.deletion().map(|one| one.deleted_at.is_some())),
        hashed(stock.map(|one| (one.state, one.work, one.covers == order.stock_target()))),
        hashed(payment.map(|one| (one.state, one.voiding))),
        hashed(
            payment
                .and_then(|one| one.captures.last())
                .map(|one| one.state),
        ),
        hashed(order.refunds().last().map(|one| one.state)),
        hashed(fulfillment.map(|one| (one.state, one.recalling))),
        hashed(fulfillment.map(|one| one.excess.is_empty())),
        hashed(order.returns().last().map(|one| one.state)),
        hashed(order.payment_status()),
        hashed(order.fulfillment_status()),
        hashed(order.nothing_shipped()),
    ]
    .into_iter()
    .enumerate()
    .collect()
}
