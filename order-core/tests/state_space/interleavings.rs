//! Every interleaving of one small order with the world around it.
//!
//! One order of two units and one payment method. Commands, outcomes of effects, reports, failures and
//! crashes of the worker happen in every sequence, each kind as often as its budget allows. Effects are
//! carried out by a model of `service::perform` on a model of the external services. Every state keeps
//! the invariants, and from every state a settled one can be reached.

mod commands;
mod reports;
mod state;
mod violations;
mod work;
mod world;

use crate::diagram::{self, StatusChange};
use crate::explore::{Admission, Explored, StateSpace, explore};
use order_core::order::OrderStatus;
use order_core::policy::PaymentPolicy;
use state::State;
use std::collections::{BTreeSet, HashMap};

/// The states of the order and the world, from one start.
struct Interleavings {
    start: State,
    known: HashMap<State, usize>,
    status_changes: BTreeSet<StatusChange>,
}

impl StateSpace for Interleavings {
    type State = State;

    fn initial(&self) -> Vec<State> {
        let mut starts = self.start.starts_with_answers();
        starts.push(self.start.clone());
        starts
    }

    fn successors(&mut self, from: &State) -> Vec<(String, State)> {
        let here = State {
            status_changes: Vec::new(),
            ..from.clone()
        };
        let mut successors = Vec::new();
        here.add_commands(&mut successors);
        here.add_work(&mut successors);
        here.add_reports(&mut successors);
        for (_, to) in &successors {
            self.status_changes.extend(&to.status_changes);
        }
        successors
    }

    fn violation(&self, from: &State, to: &State) -> Option<String> {
        from.forbidden(to).or_else(|| to.violation())
    }

    fn admit(&mut self, state: &State, index: usize) -> Admission {
        if let Some(known) = self.known.get(state) {
            return Admission::Known(*known);
        }
        self.known.insert(state.clone(), index);
        Admission::New
    }
}

/// Explores from this start, and checks that every state leads to a settled one.
fn prove(name: &str, start: State, at_least: usize) -> (Explored<State>, BTreeSet<StatusChange>) {
    let mut space = Interleavings {
        status_changes: start.status_changes.iter().copied().collect(),
        start,
        known: HashMap::new(),
    };
    let explored = explore(&mut space);
    eprintln!(
        "{name}: {} states, {} transitions, depth {}",
        explored.states.len(),
        explored.transitions,
        explored.depth
    );
    assert!(
        explored.states.len() >= at_least,
        "fewer states were explored than expected"
    );
    if let Some(state) = explored.stranded(State::is_settled).first() {
        panic!("no settled state can be reached from {state:#?}");
    }
    (explored, space.status_changes)
}

/// Returns every status that a settled order has.
fn settled_statuses(explored: &Explored<State>) -> Vec<OrderStatus> {
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
    let (explored, _) = prove(
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
    let (_, status_changes) = prove(
        "capture on confirm",
        State::start(PaymentPolicy::CaptureOnConfirm, 2),
        10_000,
    );
    diagram::check(&status_changes);
}
