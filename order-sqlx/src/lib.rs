//! SQL storage for [`order_core`]: orders, their events, effects, the outbox, and stock.
//!
//! | feature | module | for |
//! |---|---|---|
//! | `sqlite` (default) | [`sqlite`] | one file, embedded in the process |
//! | `postgres` | [`postgres`] | a database server, shared by several processes |
//!
//! Both implement the ports `OrderStore`, `EffectQueue`, `Outbox` and `Inventory` by the same code;
//! what differs is in a small dialect each. Queries are checked by tests, not at compile time: an
//! embedder's `DATABASE_URL` has no effect.

#![allow(
    clippy::duplicate_mod,
    reason = "the shared modules are compiled once per database"
)]

#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "postgres")]
pub use postgres::{PostgresInventory, PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteInventory, SqliteOptions, SqliteStore};
