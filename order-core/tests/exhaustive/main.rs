//! Every interleaving of one small order with the world around it.
//!
//! One order of two units and one payment method; every order of commands, outcomes, reports,
//! failures and crashes of whoever carries out effects, each kind so often as its allowance says.
//! What is carried out is a model of `service::perform`, on a model of the outside world. In every
//! state that can be reached the invariants hold, and from every one a settled state can be reached.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test does not expect ends the test"
)]
#![allow(
    clippy::print_stderr,
    reason = "it tells how much was explored, where tests are run with their output"
)]

mod diagram;
mod outside;
mod state;

use order_core::order::OrderStatus;
use order_core::policy::PaymentPolicy;
use state::{Move, State};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// The states reached, the ways between them, and how far from the start the last one was.
struct Explored {
    states: Vec<State>,
    back: Vec<Vec<usize>>,
    transitions: usize,
    depth: usize,
    moves: BTreeSet<Move>,
}

fn explore(start: State) -> Explored {
    let mut known = HashMap::from([(start.clone(), 0_usize)]);
    let (mut states, mut depths) = (vec![start], vec![0_usize]);
    let mut back = vec![Vec::new()];
    let mut queue = VecDeque::from([0_usize]);
    let mut transitions = 0;
    let mut moves: BTreeSet<Move> = states[0].moves.iter().copied().collect();
    while let Some(at) = queue.pop_front() {
        let from = states[at].clone();
        for (what, to) in from.ways_on() {
            transitions += 1;
            moves.extend(&to.moves);
            if let Some(trouble) = from.forbidden(&to).or_else(|| to.broken()) {
                panic!("{trouble}, by {what}, on {from:#?}, giving {to:#?}");
            }
            let next = *known.entry(to).or_insert_with_key(|to| {
                states.push(to.clone());
                back.push(Vec::new());
                depths.push(depths[at] + 1);
                queue.push_back(states.len() - 1);
                states.len() - 1
            });
            back[next].push(at);
        }
    }
    let depth = depths.into_iter().max().unwrap_or_default();
    Explored {
        states,
        back,
        transitions,
        depth,
        moves,
    }
}

/// The states from which no settled state can be reached.
fn stranded(explored: &Explored) -> Vec<usize> {
    let mut safe: Vec<bool> = explored.states.iter().map(State::is_settled).collect();
    let mut queue: VecDeque<usize> = (0..safe.len()).filter(|at| safe[*at]).collect();
    while let Some(at) = queue.pop_front() {
        for from in &explored.back[at] {
            if !safe[*from] {
                safe[*from] = true;
                queue.push_back(*from);
            }
        }
    }
    (0..safe.len()).filter(|at| !safe[*at]).collect()
}

fn prove(name: &str, start: State, at_least: usize) -> Explored {
    let explored = explore(start);
    eprintln!(
        "{name}: {} states, {} transitions, depth {}",
        explored.states.len(),
        explored.transitions,
        explored.depth
    );
    assert!(
        explored.states.len() >= at_least,
        "less was explored than is meant"
    );
    if let Some(at) = stranded(&explored).first() {
        panic!(
            "nothing settled can be reached from {:#?}",
            explored.states[*at]
        );
    }
    explored
}

/// Every status that was reached by a settled order.
fn settled_statuses(explored: &Explored) -> Vec<OrderStatus> {
    let mut statuses: Vec<OrderStatus> = explored
        .states
        .iter()
        .filter(|state| state.is_settled())
        .map(|state| state.order.status())
        .collect();
    statuses.sort();
    statuses.dedup();
    statuses
}

#[test]
fn an_order_captured_as_it_ships_always_settles() {
    let explored = prove(
        "capture on ship",
        State::start(PaymentPolicy::CaptureOnShip, 3),
        300_000,
    );
    let statuses = settled_statuses(&explored);
    for status in [
        OrderStatus::Completed,
        OrderStatus::Cancelled,
        OrderStatus::Rejected,
        OrderStatus::Expired,
    ] {
        assert!(statuses.contains(&status), "{status} was never settled");
    }
}

#[test]
fn an_order_captured_before_release_always_settles_and_moves_as_the_diagram_says() {
    let explored = prove(
        "capture on confirm",
        State::start(PaymentPolicy::CaptureOnConfirm, 2),
        10_000,
    );
    diagram::check(&explored.moves);
}
