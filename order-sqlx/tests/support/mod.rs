//! What the tests have in common: databases that go away, and changes to commit.
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

use order_core::effect::{Effect, EffectId, Task};
use order_core::ports::{Change, CommitOutcome, NewEffect, OrderStore};
use order_core::testing::Story;
use order_core::testing::builders::{at, place};

/// The order of this number, placed at noon and so many seconds.
pub(crate) fn story(number: u64) -> Story {
    Story::placed(number, place().build(), at(number))
}

/// A change with something to do and something to publish.
pub(crate) fn full(story: &mut Story) -> Change {
    let mut change = story.change();
    let id = EffectId::new(story.id(), story.order().version(), 0);
    let effect = Effect::new(id, story.storefront().clone(), Task::VerifyCustomer);
    change.effects = vec![NewEffect::new(effect, None)];
    change.publish = true;
    change
}

pub(crate) async fn applied(store: &impl OrderStore, change: Change) {
    assert_eq!(store.commit(change).await.unwrap(), CommitOutcome::Applied);
}
