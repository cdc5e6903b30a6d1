//! The Postgres adapters satisfy the contracts of their ports.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use std::sync::Arc;
use support::postgres as database;
use support::postgres::{Database, Store};

#[path = "shared/inventory_contract.rs"]
mod inventory_contract;

use inventory_contract::ContractInventory;

async fn fresh() -> (Arc<Store>, Database) {
    let database = Database::new().await;
    (Arc::new(database.store().await), database)
}

async fn stock() -> (Arc<ContractInventory>, Database) {
    let (store, database) = fresh().await;
    (ContractInventory::of(&store), database)
}

async fn with_row_level_security() -> (Arc<Store>, Database) {
    let database = Database::of_a_role().await;
    (Arc::new(database.with_row_level_security().await), database)
}

async fn row_level_security_stock() -> (Arc<ContractInventory>, Database) {
    let (store, database) = with_row_level_security().await;
    (ContractInventory::of(&store), database)
}

mod orders {
    order_testing::order_store_contract!(super::fresh, #[tokio::test(flavor = "multi_thread")]);
}

mod effects {
    order_testing::effect_queue_contract!(super::fresh, #[tokio::test(flavor = "multi_thread")]);
}

mod outbox {
    order_testing::outbox_contract!(super::fresh, #[tokio::test(flavor = "multi_thread")]);
}

mod stock {
    order_testing::inventory_contract!(super::stock, #[tokio::test(flavor = "multi_thread")]);
}

mod row_level_security_orders {
    order_testing::order_store_contract!(super::with_row_level_security, #[tokio::test(flavor = "multi_thread")]);
}

mod row_level_security_effects {
    order_testing::effect_queue_contract!(super::with_row_level_security, #[tokio::test(flavor = "multi_thread")]);
}

mod row_level_security_outbox {
    order_testing::outbox_contract!(super::with_row_level_security, #[tokio::test(flavor = "multi_thread")]);
}

mod row_level_security_stock {
    order_testing::inventory_contract!(super::row_level_security_stock, #[tokio::test(flavor = "multi_thread")]);
}

mod stock_in_commits {
    order_testing::stock_in_commits_contract!(super::stock, #[tokio::test(flavor = "multi_thread")]);
}

mod row_level_security_stock_in_commits {
    order_testing::stock_in_commits_contract!(super::row_level_security_stock, #[tokio::test(flavor = "multi_thread")]);
}
