//! The pure core alone: what a command or a fact comes to on an order, decided and applied.

use crate::report::{Goal, Report};
use crate::{Outcome, Pace, shop};
use order_core::Context;
use order_core::command::Command;
use order_core::decide::{begin, proceed};
use order_core::event::Actor;
use order_core::fact::Fact;
use order_core::order::Order;
use order_core::policy::{Dependency, Policies};
use order_core::ports::Clock as _;
use order_core::record::follow;
use order_core::system::SystemClock;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// How often a command and what takes it back are given to one order, before it is a fresh one
/// again: its holds are kept, and would be ever more.
const PAIRS: u32 = 8;
const ORDERS: u32 = 50_000;

pub(crate) fn measure(pace: Pace, report: &mut Report) -> Outcome {
    println!("deciding and applying");
    let (policies, actor) = (Policies::default(), Actor::system());
    let ctx = Context::new(&policies, SystemClock.now(), &actor);
    let placed = begin(&shop::command(shop::order(1)?, ctx.now), &ctx)?.order;
    let hold = Command::PlaceHold { reason: None };
    let release = Command::ReleaseHold { hold: None };
    let known = [Fact::DependencyDeferred {
        dependency: Dependency::Inventory,
    }];
    let deferred = follow(placed.clone(), &known, &ctx).order;
    let (mut commands, mut facts) = (Vec::new(), Vec::new());
    for _ in 0..pace.rounds {
        commands.push(nanos(&placed, |order| {
            let held = proceed(order, black_box(&hold), &ctx)?;
            black_box(&held.events);
            let released = proceed(held.order, black_box(&release), &ctx)?;
            black_box(&released.events);
            Ok(released.order)
        })?);
        facts.push(nanos(&deferred, |order| {
            let again = follow(order, black_box(&known), &ctx);
            let again = follow(again.order, black_box(&known), &ctx);
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

/// How long one of the two steps in a pair takes.
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
