//! Storage for [`order_core`]: orders, their events, the work they cause, and stock.
//!
//! | feature | module | for |
//! |---|---|---|
//! | `sqlite` (default) | [`sqlite`] | one file, embedded in the process |
//!
//! The databases share one implementation; what differs between them is a small dialect each.
//! Queries are checked when they run, not when they are compiled: an embedder's `DATABASE_URL` does
//! not matter.

#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStore};
