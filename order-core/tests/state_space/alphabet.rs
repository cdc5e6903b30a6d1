//! The alphabet of the explorer: every command and every fact, in several forms that fit or nearly fit
//! an order.
//!
//! Both matches are exhaustive, so that a new command or fact does not compile until its forms are
//! added here.

mod commands;
mod facts;

pub(crate) use commands::commands;
pub(crate) use facts::facts;

use crate::beginnings::new_orders;
use order_core::Context;
use order_core::command::CommandKind;
use order_core::event::Actor;
use order_core::fact::{Fact, FactKind};
use order_core::order::{Order, Tracking};
use order_core::policy::StorefrontPolicy;
use order_core::record::{record, record_all};
use order_core::time::Timestamp;
use order_core::value::FulfillmentNo;
use order_testing::builders::{at, noon};

/// A number that no part of an order has.
const NONE_SUCH: u32 = 9;

/// Returns when a command or fact reaches an order: at the instant of its last event, or at its
/// deadline if the fact is that it has passed.
pub(crate) fn instant(order: &Order, fact: Option<&Fact>) -> Timestamp {
    match fact {
        Some(Fact::DeadlinePassed) => order.deadline().unwrap_or(order.updated_at()),
        _ => order.updated_at().max(at(0)),
    }
}

fn tracking() -> Tracking {
    Tracking::new("dhl".parse().ok(), "T1".parse().ok(), None)
}

fn fulfillments(order: &Order) -> impl Iterator<Item = FulfillmentNo> {
    order
        .fulfillments()
        .iter()
        .map(|one| one.no)
        .chain([FulfillmentNo::new(NONE_SUCH)])
}

#[test]
fn every_form_of_a_command_or_fact_is_of_its_kind() {
    let (policy, actor) = (StorefrontPolicy::default(), Actor::system());
    let ctx = Context::new(&policy, noon(), &actor);
    for order in new_orders(&ctx) {
        for kind in CommandKind::ALL {
            assert!(
                commands(*kind, &order)
                    .iter()
                    .all(|one| one.kind() == *kind)
            );
        }
        for kind in FactKind::ALL {
            for fact in facts(*kind, &order) {
                assert_eq!(fact.kind(), *kind);
                let events = record(&order, &fact, &ctx);
                assert_eq!(events, record_all(order.clone(), &[fact], &ctx).events);
            }
        }
    }
}
