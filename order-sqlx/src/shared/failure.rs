//! What can go wrong in a unit of work, before it is told to a port.

use super::dialect;
use order_core::ports::StoreError;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// A unit of work that did not end well. Nothing of it is stored.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The database says no.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// Another unit of work came in between: the same again sees what it did.
    #[error("another writer came in between")]
    Raced,
    /// The caller asked for what the port does not allow.
    #[error("{0}")]
    Broken(&'static str),
    /// Something cannot be written as JSON.
    #[error("not to be written as JSON")]
    Unwritable(#[source] Box<dyn Error + Send + Sync>),
    /// A row makes no sense.
    #[error("{table}.{column} of {id} makes no sense")]
    Corrupt {
        /// Its table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        id: String,
        /// What is wrong.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl Failure {
    /// Whether the connection was lost.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Sql(error) if dialect::is_lost(error))
    }

    /// Whether somebody else has locked what it is about.
    #[allow(dead_code, reason = "where there is one writer, it locks everything")]
    pub(super) fn is_locked(&self) -> bool {
        matches!(self, Self::Sql(error) if dialect::is_locked(error))
    }

    /// Whether the same again may go well.
    pub(super) fn is_conflict(&self) -> bool {
        match self {
            Self::Raced => true,
            Self::Sql(error) => dialect::is_conflict(error),
            Self::Broken(_) | Self::Unwritable(_) | Self::Corrupt { .. } => false,
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Sql(error) => dialect::store_error(error),
            Failure::Raced => Self::Unavailable(Box::new(failure)),
            Failure::Broken(rule) => Self::Failed(rule.into()),
            Failure::Unwritable(source) => Self::Failed(source),
            Failure::Corrupt {
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

/// A cause that several callers are told.
#[derive(Debug, Clone)]
pub(super) struct Common(Arc<StoreError>);

impl Common {
    /// A cause to be told several times.
    pub(super) fn new(error: StoreError) -> Self {
        Self(Arc::new(error))
    }

    /// The cause, told once more.
    pub(super) fn again(&self) -> StoreError {
        match &*self.0 {
            StoreError::Unavailable(_) => StoreError::Unavailable(Box::new(self.clone())),
            _ => StoreError::Failed(Box::new(self.clone())),
        }
    }
}

impl fmt::Display for Common {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Common {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
