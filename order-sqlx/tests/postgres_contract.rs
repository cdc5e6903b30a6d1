//! The Postgres adapters keep the contracts of their ports.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use std::sync::Arc;
use support::postgres as database;
use support::postgres::{Database, Store};

#[path = "shared/shop.rs"]
mod shop;

use shop::Stock;

async fn fresh() -> (Arc<Store>, Database) {
    let database = Database::new().await;
    (Arc::new(database.store().await), database)
}

async fn stock() -> (Arc<Stock>, Database) {
    let (store, database) = fresh().await;
    (Stock::of(&store), database)
}

async fn isolated() -> (Arc<Store>, Database) {
    let database = Database::of_a_role().await;
    (Arc::new(database.isolated().await), database)
}

async fn isolated_stock() -> (Arc<Stock>, Database) {
    let (store, database) = isolated().await;
    (Stock::of(&store), database)
}

mod orders {
    order_core::order_store_contract!(super::fresh, #[tokio::test(flavor = "multi_thread")]);
}

mod effects {
    order_core::effect_queue_contract!(super::fresh, #[tokio::test(flavor = "multi_thread")]);
}

mod outbox {
    order_core::outbox_contract!(super::fresh, #[tokio::test(flavor = "multi_thread")]);
}

mod stock {
    order_core::inventory_contract!(super::stock, #[tokio::test(flavor = "multi_thread")]);
}

mod isolated_orders {
    order_core::order_store_contract!(super::isolated, #[tokio::test(flavor = "multi_thread")]);
}

mod isolated_effects {
    order_core::effect_queue_contract!(super::isolated, #[tokio::test(flavor = "multi_thread")]);
}

mod isolated_outbox {
    order_core::outbox_contract!(super::isolated, #[tokio::test(flavor = "multi_thread")]);
}

mod isolated_stock {
    order_core::inventory_contract!(super::isolated_stock, #[tokio::test(flavor = "multi_thread")]);
}
