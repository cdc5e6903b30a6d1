//! Storage for [`order_core`]: orders, their events, the work they cause, and stock.
//!
//! | feature | module | for |
//! |---|---|---|
//! | `sqlite` (default) | [`sqlite`] | one file, embedded in the process |
//! | `postgres` | [`postgres`] | a server, shared by several processes |
//!
//! The databases share one implementation; what differs between them is a small dialect each.
//! Queries are checked when they run, not when they are compiled: an embedder's `DATABASE_URL` does
//! not matter.

#![allow(
    clippy::duplicate_mod,
    reason = "what the databases share is compiled for each of them"
)]

#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStore};
