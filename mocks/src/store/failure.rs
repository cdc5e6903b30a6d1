//! What goes wrong in the store: at opening, at a change, inside a transaction.

use std::io;
use std::path::PathBuf;

/// A change could not be written to the state file, so it was not made. If the disk failed during
/// the sync, only a later read tells whether it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state file cannot be written")]
pub struct NotSaved;

/// The state file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateFileError {
    /// The operating system refuses to read or write it.
    #[error("state file {}: {source}", path.display())]
    Io {
        /// Path of the state file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// Another process has it open.
    #[error("state file {}: another process uses it", path.display())]
    InUse {
        /// Path of the state file.
        path: PathBuf,
    },
    /// It is damaged, of another format, or written by another program.
    #[error("state file {}: {reason}", path.display())]
    Unreadable {
        /// Path of the state file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// A read or write inside the database failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The database reports an error.
    #[error(transparent)]
    Database(redb::Error),
    /// A document cannot be encoded or decoded.
    #[error("table {table}: {source}")]
    Document {
        table: &'static str,
        source: serde_json::Error,
    },
    /// The database could not be reopened after a failure.
    #[error("it could not be opened again after a failure")]
    Closed,
    /// An earlier step of the same transaction failed, so the transaction must not be committed.
    #[error("the transaction has failed: {0}")]
    Aborted(String),
}

impl Failure {
    /// Whether reopening the database may help.
    pub(super) const fn needs_reopening(&self) -> bool {
        matches!(self, Self::Database(_) | Self::Closed)
    }
}

impl<E: Into<redb::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

impl From<Failure> for NotSaved {
    fn from(_: Failure) -> Self {
        Self
    }
}
