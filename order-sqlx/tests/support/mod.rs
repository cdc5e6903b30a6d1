//! What the tests of the SQLite store have in common: files that go away, and changes to commit.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses a part, and a test may stop at what it did not expect"
)]

use order_core::effect::{Effect, EffectId, Task};
use order_core::ports::{Change, CommitOutcome, NewEffect, OrderStore as _};
use order_core::testing::Story;
use order_core::testing::builders::{at, place};
use order_sqlx::{SqliteOptions, SqliteStore};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A file for one test.
pub(crate) struct File {
    folder: TempDir,
}

impl File {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("order.db")
    }

    /// A store in it.
    pub(crate) async fn store(&self) -> SqliteStore {
        let store = self.unmigrated().await;
        store.migrate().await.unwrap();
        store
    }

    pub(crate) async fn unmigrated(&self) -> SqliteStore {
        open(&self.path()).await
    }

    /// A connection to it that knows nothing of the store.
    pub(crate) async fn connection(&self) -> SqliteConnection {
        SqliteConnectOptions::new()
            .filename(self.path())
            .create_if_missing(true)
            .connect()
            .await
            .unwrap()
    }
}

pub(crate) async fn open(path: &Path) -> SqliteStore {
    SqliteStore::connect(path.to_str().unwrap(), SqliteOptions::new())
        .await
        .unwrap()
}

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

pub(crate) async fn applied(store: &SqliteStore, change: Change) {
    assert_eq!(store.commit(change).await.unwrap(), CommitOutcome::Applied);
}
