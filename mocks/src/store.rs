//! Storage of what the mocks have promised: tables of JSON documents in an embedded database
//! (redb), in a file or in memory.
//!
//! Documents are read where they lie, so neither memory nor start-up time grows with them. A change
//! is atomic, and is answered once it is synced to disk; changes of concurrent callers share a
//! transaction, and with it an fsync. Reads never wait for a writer.

mod batch;
mod database;
#[cfg(test)]
pub(crate) mod disk;
mod failure;
mod format;
mod location;
mod table;
mod transaction;

pub(crate) use database::Store;
pub(crate) use failure::Failure;
pub use failure::{NotSaved, StateFileError};
#[cfg(test)]
pub(crate) use location::Location;
pub(crate) use table::{ReadTables, Table};
pub(crate) use transaction::Transaction;
