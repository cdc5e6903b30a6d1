//! The SQLite adapters satisfy the contracts of their ports, in a file and in memory.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use order_sqlx::{SqliteOptions, SqliteStore};
use std::sync::Arc;
use support::sqlite as database;
use tempfile::TempDir;

#[path = "shared/inventory_contract.rs"]
mod inventory_contract;

use inventory_contract::ContractInventory;

async fn in_file() -> (Arc<SqliteStore>, TempDir) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("order.db");
    let store = SqliteStore::connect(path.to_str().unwrap(), SqliteOptions::new())
        .await
        .unwrap();
    store.migrate().await.unwrap();
    (Arc::new(store), folder)
}

async fn in_memory() -> Arc<SqliteStore> {
    let store = SqliteStore::connect("sqlite::memory:", SqliteOptions::new())
        .await
        .unwrap();
    store.migrate().await.unwrap();
    Arc::new(store)
}

async fn stock_in_file() -> (Arc<ContractInventory>, TempDir) {
    let (store, folder) = in_file().await;
    (ContractInventory::of(&store), folder)
}

async fn stock_in_memory() -> Arc<ContractInventory> {
    ContractInventory::of(&*in_memory().await)
}

mod orders_in_file {
    order_testing::order_store_contract!(super::in_file, #[tokio::test(flavor = "multi_thread")]);
}

mod orders_in_memory {
    order_testing::order_store_contract!(super::in_memory);
}

mod effects_in_file {
    order_testing::effect_queue_contract!(super::in_file, #[tokio::test(flavor = "multi_thread")]);
}

mod effects_in_memory {
    order_testing::effect_queue_contract!(super::in_memory);
}

mod outbox_in_file {
    order_testing::outbox_contract!(super::in_file, #[tokio::test(flavor = "multi_thread")]);
}

mod outbox_in_memory {
    order_testing::outbox_contract!(super::in_memory);
}

mod stock_in_file {
    order_testing::inventory_contract!(super::stock_in_file, #[tokio::test(flavor = "multi_thread")]);
}

mod stock_in_memory {
    order_testing::inventory_contract!(super::stock_in_memory);
}

mod stock_in_commits_in_file {
    order_testing::stock_in_commits_contract!(super::stock_in_file, #[tokio::test(flavor = "multi_thread")]);
}

mod stock_in_commits_in_memory {
    order_testing::stock_in_commits_contract!(super::stock_in_memory);
}
