//! Orders in a Postgres database, shared by any number of processes.
//!
//! [`PostgresStore`] implements [`OrderStore`](order_core::ports::OrderStore),
//! [`EffectQueue`](order_core::ports::EffectQueue) and [`Outbox`](order_core::ports::Outbox);
//! [`PostgresInventory`] implements [`Inventory`](order_core::ports::Inventory) on tables beside
//! them.
//!
//! # In the database of a host
//!
//! Everything is in a schema of its own, `orders`, the table of executed migrations included.
//! Nothing of the host's is read or changed. A host that has a connection pool passes it to
//! [`PostgresStore::from_pool`], and commits orders in its own transactions with
//! [`PostgresStore::commit_in`].
//!
//! # Batching
//!
//! - **Reads.** Orders that several callers look up at once are read by one statement: the callers
//!   share a round trip.
//! - **Commits.** Changes that arrive while a batch is being written form the next batch: one
//!   statement for all of them, without an explicit transaction, each with an outcome of its own.
//!   The callers share a round trip and a sync to disk. Two batches may be written concurrently;
//!   they never share an order, an idempotency key or an inbox entry.
//! - **Reservations.** They have a queue of their own. The units of a product are summed, so that
//!   buyers of the same product do not wait for each other's row locks.
//!
//! A change that is not batchable, and every other write, is a transaction on a connection of its
//! own. Every write runs in a spawned task, so a caller may be dropped at any moment.
//!
//! # Conflicts and in-doubt commits
//!
//! A write that conflicts with another is retried a few times, with back-off. If the connection is
//! lost before the database has answered, the change is sent again and compared with what is
//! stored: it is neither lost nor stored twice.

#[macro_use]
mod dialect;
mod analyze;
mod batch;
mod inventory;
mod migrate;
mod options;
mod pool;
mod store;
mod tx;
mod writer;

#[path = "shared/mod.rs"]
mod shared;

pub use inventory::PostgresInventory;
pub use options::PostgresOptions;
pub use store::PostgresStore;

// What the shared modules are compiled against.
use PostgresInventory as StoreInventory;
use PostgresStore as Store;
