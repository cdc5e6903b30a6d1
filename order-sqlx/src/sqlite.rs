//! Orders in an SQLite file: the embedded default.
//!
//! [`SqliteStore`] implements [`OrderStore`](order_core::ports::OrderStore),
//! [`EffectQueue`](order_core::ports::EffectQueue) and [`Outbox`](order_core::ports::Outbox);
//! [`SqliteInventory`] implements [`Inventory`](order_core::ports::Inventory) on tables in the same
//! file.
//!
//! # In the file of a host
//!
//! The names of all tables, views and indexes start with `order_`, the table of executed migrations
//! (`order_migrations`) included. Nothing of the host's is read or changed. A host that has a
//! connection pool passes it to [`SqliteStore::from_pool`], and commits orders in its own
//! transactions with [`SqliteStore::commit_in`].
//!
//! # Batching
//!
//! SQLite has one writer at a time. Writes that arrive while a transaction is being committed form
//! the next one, each with an outcome of its own: the callers share a sync to disk. Every write runs
//! in a spawned task, so a caller may be dropped at any moment.
//!
//! # Stock
//!
//! ```
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! use order_testing::builders::{call, noon, sku, usd};
//! use order_testing::ManualClock;
//! use order_core::ports::{Inventory as _, Product};
//! use order_core::value::StorefrontId;
//! use order_sqlx::sqlite::{SqliteInventory, SqliteOptions, SqliteStore};
//! use std::sync::Arc;
//!
//! let store = SqliteStore::connect("sqlite::memory:", SqliteOptions::new()).await?;
//! store.migrate().await?;
//! let inventory = SqliteInventory::new(&store, Arc::new(ManualClock::new(noon())));
//! let tea = Product::new(sku("tea"), None, usd(500), 12);
//! inventory.put_product(&StorefrontId::default(), &tea).await?;
//! assert_eq!(inventory.products(&call("k1"), &[sku("tea"), sku("coal")]).await?, [tea]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[macro_use]
mod dialect;
mod inventory;
mod migrate;
mod options;
mod store;
mod writer;

#[path = "shared/mod.rs"]
mod shared;

pub use inventory::SqliteInventory;
pub use options::SqliteOptions;
pub use store::SqliteStore;

// What the shared modules are compiled against.
use SqliteInventory as StoreInventory;
use SqliteStore as Store;
