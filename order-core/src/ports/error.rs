//! Errors of the driven ports: of external services and of the store.
//!
//! An adapter maps its driver's errors to these once, at its border: no driver type is part of a port.

use crate::value::Code;
use std::error::Error;
use std::time::Duration;

/// How a call of an external service failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceErrorKind {
    /// The service did not process the call: it could not be reached, or reports that it is overloaded.
    Unavailable {
        /// How long to wait before the next attempt, if the service said so.
        retry_after: Option<Duration>,
    },
    /// There was no answer, or none that can be read: the service may have processed the call.
    Unknown,
    /// The service understood the call and refuses it; another attempt gets the same answer.
    Refused {
        /// The code of the refusal.
        code: Code,
    },
}

/// A failed call of an external service.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct ServiceError {
    /// How the call failed.
    pub kind: ServiceErrorKind,
    /// An explanation for operators. It MUST NOT contain personal data or secrets.
    pub message: String,
    /// The error of the driver, if there is one.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl ServiceError {
    /// Creates an error of kind [`Unavailable`](ServiceErrorKind::Unavailable).
    #[must_use]
    pub fn unavailable(message: impl Into<String>, retry_after: Option<Duration>) -> Self {
        Self::new(ServiceErrorKind::Unavailable { retry_after }, message)
    }

    /// Creates an error of kind [`Unknown`](ServiceErrorKind::Unknown).
    #[must_use]
    pub fn unknown(message: impl Into<String>) -> Self {
        Self::new(ServiceErrorKind::Unknown, message)
    }

    /// Creates an error of kind [`Refused`](ServiceErrorKind::Refused).
    #[must_use]
    pub fn refused(code: Code, message: impl Into<String>) -> Self {
        Self::new(ServiceErrorKind::Refused { code }, message)
    }

    fn new(kind: ServiceErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// Attaches the underlying error.
    #[must_use]
    pub fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Returns whether the error is evidence of an outage, and so counts as a failure for the circuit
    /// breaker: every kind but a refusal.
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        !matches!(self.kind, ServiceErrorKind::Refused { .. })
    }
}

/// A failed call of the store. After a failed commit it is not known whether the change was applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached or is overloaded; a retry may succeed.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// A stored value cannot be read.
    #[error("{table}.{column} of {id} makes no sense")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The key of the row.
        id: String,
        /// What is wrong with the value.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store refused a valid statement; a retry gets the same answer.
    #[error("the store failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}
