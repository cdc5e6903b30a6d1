//! The pure core alone: the time to decide a command or record a fact, and to apply the events.

use crate::report::{Goal, Report};
use crate::{Outcome, Pace, shop};
use order_core::Context;
use order_core::command::Command;
use order_core::decide::{decide_new, decide_on};
use order_core::dependency::Dependency;
use order_core::event::Actor;
use order_core::fact::Fact;
use order_core::order::Order;
use order_core::policy::StorefrontPolicy;
use order_core::ports::Clock as _;
use order_core::record::record_all;
use order_core::system::SystemClock;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// How many holds are placed and released on one order before a fresh clone replaces it: an order keeps
/// its released holds, and would grow.
const PAIRS: u32 = 8;
const ORDERS: u32 = 50_000;

pub(crate) fn measure(pace: Pace, report: &mut Report) -> Outcome {
    println!("deciding and applying");
    let (policy, actor) = (StorefrontPolicy::default(), Actor::system());
    let ctx = Context::new(&policy, SystemClock.now(), &actor);
    let placed = decide_new(&shop::command(shop::order(1)?, ctx.now), &ctx)?.order;
    let hold = Command::PlaceHold { reason: None };
    let release = Command::ReleaseHold { hold: None };
    let known = [Fact::DependencyDeferred {
        dependency: Dependency::Inventory,
    }];
    let deferred = record_all(placed.clone(), &known, &ctx).order;
    let (mut commands, mut facts) = (Vec::new(), Vec::new());
    for _ in 0..pace.rounds {
        commands.push(nanos(&placed, |order| {
            let held = decide_on(order, black_box(&hold), &ctx)?;
            black_box(&held.events);
            let released = decide_on(held.order, black_box(&release), &ctx)?;
            black_box(&released.events);
            Ok(released.order)
        })?);
        facts.push(nanos(&deferred, |order| {
            let again = record_all(order, black_box(&known), &ctx);
            let again = record_all(again.order, black_box(&known), &ctx);
            Ok(black_box(again).order)
        })?);
    }
    let goal = Goal::AtMost(200.0);
    let one = "PlaceHold and ReleaseHold, one event each";
    report.add("a command decided and applied", " ns", goal, commands, one);
    report.add(
        "a fact that is known already",
        " ns",
        goal,
        facts,
        "no event",
    );
    Ok(())
}

/// Returns the mean time of one of the two operations of a pair, in nanoseconds.
fn nanos(order: &Order, pair: impl Fn(Order) -> Outcome<Order>) -> Outcome<f64> {
    let mut spent = Duration::ZERO;
    for _ in 0..ORDERS {
        let mut order = order.clone();
        let began = Instant::now();
        for _ in 0..PAIRS {
            order = pair(order)?;
        }
        spent += began.elapsed();
        drop(order);
    }
    Ok(spent.as_secs_f64() * 1e9 / f64::from(ORDERS * PAIRS * 2))
}
