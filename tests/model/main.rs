//! An order against a model of it: the same steps are taken by both, and both must agree.
//!
//! The model ([`model`]) is a page of sums and knows nothing of events, effects or states of parts.
//! What it is held against is the whole service over memory adapters ([`system`]), with services
//! that go away and lose requests or answers in the middle of things. The books of the payment
//! provider and the inventory are kept by the adapters, so that what the order believes is compared
//! with what there is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test does not expect ends the test"
)]

mod agree;
mod asked;
mod changes;
mod model;
mod rules;
mod step;
mod system;

use model::Model;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use step::Step;
use system::System;

struct OrderMachine;

impl ReferenceStateMachine for OrderMachine {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        model::beginnings().boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Step> {
        step::steps().boxed()
    }

    fn preconditions(model: &Model, step: &Step) -> bool {
        model.foresees(*step)
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.take(*step);
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

    fn apply(mut system: System, model: &Model, step: Step) -> System {
        system.take(step, model.accepted);
        system
    }

    fn check_invariants(system: &System, model: &Model) {
        system.agrees_with(model);
    }

    fn teardown(mut system: System, mut model: Model) {
        if model.is_any_service_down() {
            model.take(Step::ComesBack);
            system.take(Step::ComesBack, true);
            system.agrees_with(&model);
        }
        system.is_settled();
    }
}

/// So many cases, unless more are asked for.
const CASES: u32 = 1_000;

/// The same cases in every run; `PROPTEST_CASES` and `PROPTEST_RNG_SEED` make other ones.
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
