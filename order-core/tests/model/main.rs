//! An order against a model of it: both get the same interactions, and must agree.
//!
//! The model ([`model`]) is a page of sums and knows nothing of events, effects or statuses of parts.
//! It is compared with the whole service over memory adapters ([`system`]), whose external services
//! go down and lose requests or answers at any time. Money and stock are compared with what the
//! provider and the inventory have, not with what the order believes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test does not expect ends the test"
)]

mod accepts;
mod agreement;
mod beginnings;
mod catalog;
mod commands;
mod interaction;
mod model;
mod system;
mod transitions;

use interaction::Interaction;
use model::Model;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use system::System;

struct OrderMachine;

impl ReferenceStateMachine for OrderMachine {
    type State = Model;
    type Transition = Interaction;

    fn init_state() -> BoxedStrategy<Model> {
        beginnings::beginnings().boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Interaction> {
        interaction::interactions().boxed()
    }

    fn preconditions(model: &Model, interaction: &Interaction) -> bool {
        model.foresees(*interaction)
    }

    fn apply(mut model: Model, interaction: &Interaction) -> Model {
        model.take(*interaction);
        model
    }
}

struct OrderTest;

impl StateMachineTest for OrderTest {
    type SystemUnderTest = System;
    type Reference = OrderMachine;

    fn init_test(model: &Model) -> System {
        System::placed(model)
    }

    fn apply(mut system: System, model: &Model, interaction: Interaction) -> System {
        system.take(interaction, model.accepted);
        system
    }

    fn check_invariants(system: &System, model: &Model) {
        system.agrees_with(model);
    }

    fn teardown(mut system: System, mut model: Model) {
        if model.is_any_service_down() {
            model.take(Interaction::ComesBack);
            system.take(Interaction::ComesBack, true);
            system.agrees_with(&model);
        }
        system.is_settled();
    }
}

/// The least number of cases.
const CASES: u32 = 1_000;

/// Returns a configuration with the same cases in every run. `PROPTEST_CASES` and
/// `PROPTEST_RNG_SEED` choose others.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig {
        cases: CASES.max(ProptestConfig::default().cases),
        failure_persistence: None,
        max_local_rejects: u32::MAX,
        ..ProptestConfig::default()
    };
    if matches!(config.rng_seed, RngSeed::Random) {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn an_order_does_what_its_model_does(sequential 1..40 => OrderTest);
}
