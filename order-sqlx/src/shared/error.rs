//! Errors of the storage layer, before they become errors of a port.

use super::dialect;
use order_core::ports::StoreError;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// A read or a transaction that failed. Nothing of it is stored, unless the connection was lost
/// during its commit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DbError {
    /// The database or the driver reported an error.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// Another transaction wrote the same rows in between; a retry sees what it wrote.
    #[error("another writer came in between")]
    WriteConflict,
    /// The caller broke a rule of the port.
    #[error("{0}")]
    ContractViolation(&'static str),
    /// A value cannot be encoded as JSON.
    #[error("not to be written as JSON")]
    Encoding(#[source] Box<dyn Error + Send + Sync>),
    /// A stored row cannot be decoded.
    #[error("{table}.{column} of {id} makes no sense")]
    Corrupt {
        table: &'static str,
        column: &'static str,
        /// Identifies the row for a person.
        id: String,
        source: Box<dyn Error + Send + Sync>,
    },
}

impl DbError {
    /// Returns whether the connection was lost.
    pub(crate) fn is_connection_lost(&self) -> bool {
        matches!(self, Self::Sql(error) if dialect::is_connection_lost(error))
    }

    /// Returns whether a row stayed locked by somebody else until the lock timeout.
    #[allow(dead_code, reason = "SQLite locks the whole file, never a row")]
    pub(crate) fn is_lock_timeout(&self) -> bool {
        matches!(self, Self::Sql(error) if dialect::is_lock_timeout(error))
    }

    /// Returns whether a retry may succeed because a concurrent writer was the cause.
    pub(crate) fn is_conflict(&self) -> bool {
        match self {
            Self::WriteConflict => true,
            Self::Sql(error) => dialect::is_conflict(error),
            Self::ContractViolation(_) | Self::Encoding(_) | Self::Corrupt { .. } => false,
        }
    }
}

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Sql(error) => dialect::store_error(error),
            DbError::WriteConflict => Self::Unavailable(Box::new(error)),
            DbError::ContractViolation(rule) => Self::Failed(rule.into()),
            DbError::Encoding(source) => Self::Failed(source),
            DbError::Corrupt {
                table,
                column,
                id,
                source,
            } => Self::Corrupt {
                table,
                column,
                id,
                source,
            },
        }
    }
}

/// One error that every job of a batch is answered with.
#[derive(Debug, Clone)]
pub(crate) struct SharedError(Arc<StoreError>);

impl SharedError {
    pub(crate) fn new(error: StoreError) -> Self {
        Self(Arc::new(error))
    }

    /// Returns the error for one more of the callers.
    pub(crate) fn to_store_error(&self) -> StoreError {
        match &*self.0 {
            StoreError::Unavailable(_) => StoreError::Unavailable(Box::new(self.clone())),
            _ => StoreError::Failed(Box::new(self.clone())),
        }
    }
}

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for SharedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
