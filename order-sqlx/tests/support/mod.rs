//! Fixtures of the tests: a database per test, and changes to commit.
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "each test file uses a part, and a test may stop at what it did not expect"
)]

#[cfg(feature = "postgres")]
pub(crate) mod cluster;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use order_core::effect::{Effect, EffectId, EffectKind};
use order_core::ports::{Change, CommitOutcome, NewEffect, OrderStore};
use order_testing::OrderHistory;
use order_testing::builders::{at, place};

/// Returns the history of an order placed `number` seconds after noon.
pub(crate) fn history(number: u64) -> OrderHistory {
    OrderHistory::placed(number, place().build(), at(number))
}

/// Returns the next change of a history, with a new effect and a message to publish.
pub(crate) fn full(history: &mut OrderHistory) -> Change {
    let mut change = history.change();
    let id = EffectId::new(history.id(), history.order().version(), 0);
    let effect = Effect::new(id, history.storefront().clone(), EffectKind::VerifyCustomer);
    change.effects = vec![NewEffect::new(effect, None)];
    change.publish = true;
    change
}

pub(crate) async fn applied(store: &impl OrderStore, change: Change) {
    assert_eq!(store.commit(change).await.unwrap(), CommitOutcome::Applied);
}
