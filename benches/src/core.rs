//! The pure core alone: what a command comes to on an order, decided and applied.

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

/// Orders that are dealt with between two looks at the watch: few enough to stay in the cache.
const AT_ONCE: usize = 500;
const BATCHES: u32 = 400;

pub(crate) fn measure(pace: Pace, report: &mut Report) -> Outcome {
    println!("deciding and applying");
    let (policies, actor) = (Policies::default(), Actor::system());
    let ctx = Context::new(&policies, SystemClock.now(), &actor);
    let placed = begin(&shop::command(shop::order(1)?, ctx.now), &ctx)?.order;
    let hold = Command::PlaceHold { reason: None };
    let deferred = [Fact::DependencyDeferred {
        dependency: Dependency::Inventory,
    }];
    let again = follow(placed.clone(), &deferred, &ctx).order;
    let (mut commands, mut facts, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..pace.rounds {
        commands.push(nanos(&placed, |order| {
            drop(black_box(proceed(order, &hold, &ctx)))
        }));
        facts.push(nanos(&placed, |order| {
            drop(black_box(follow(order, &deferred, &ctx)))
        }));
        repeated.push(nanos(&again, |order| {
            drop(black_box(follow(order, &deferred, &ctx)))
        }));
    }
    let goal = Goal::AtMost(200.0);
    report.add(
        "a command decided and applied",
        " ns",
        goal,
        commands,
        "PlaceHold, one event",
    );
    report.add(
        "a fact recorded and applied",
        " ns",
        goal,
        facts,
        "DependencyDeferred, one event",
    );
    report.add(
        "a fact that is known already",
        " ns",
        goal,
        repeated,
        "no event",
    );
    Ok(())
}

/// How long one takes, less what it takes to throw the order away.
fn nanos(order: &Order, run: impl Fn(Order)) -> f64 {
    let spent = |run: &dyn Fn(Order)| {
        let mut spent = Duration::ZERO;
        for _ in 0..BATCHES {
            let orders = vec![order.clone(); AT_ONCE];
            let began = Instant::now();
            for order in orders {
                run(order);
            }
            spent += began.elapsed();
        }
        spent.as_secs_f64() * 1e9 / f64::from(BATCHES) / AT_ONCE as f64
    };
    let thrown_away = spent(&|order| drop(black_box(order)));
    spent(&run) - thrown_away
}
