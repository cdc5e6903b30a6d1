//! What all calls of outside services have in common.

use crate::time::Timestamp;
use crate::value::{Code, StorefrontId};
use std::error::Error;
use std::time::Duration;

/// The circumstances of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The storefront it is made for.
    pub storefront: StorefrontId,
    /// The idempotency key: the same at every try of the same thing.
    pub key: String,
    /// When the answer is of no use any more. An adapter MUST give up by then.
    pub deadline: Timestamp,
}

impl Call {
    /// A call for this storefront with this key, to be answered by then.
    #[must_use]
    pub fn new(storefront: StorefrontId, key: impl Into<String>, deadline: Timestamp) -> Self {
        Self {
            storefront,
            key: key.into(),
            deadline,
        }
    }
}

/// How a call went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutsideErrorKind {
    /// The service did not process the call: it could not be reached, or says that it is busy.
    Unavailable {
        /// When to come back, if it said so.
        retry_after: Option<Duration>,
    },
    /// No answer, or none that can be read: the service may have processed the call.
    Unknown,
    /// The service understood the call and refuses it for good.
    Refused {
        /// Why.
        code: Code,
    },
}

/// A call that got no useful answer.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct OutsideError {
    /// How it went wrong.
    pub kind: OutsideErrorKind,
    /// What a person should know, without personal data or secrets.
    pub message: String,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl OutsideError {
    /// The service did not process the call.
    #[must_use]
    pub fn unavailable(message: impl Into<String>, retry_after: Option<Duration>) -> Self {
        Self::of(OutsideErrorKind::Unavailable { retry_after }, message)
    }

    /// The service may have processed the call.
    #[must_use]
    pub fn unknown(message: impl Into<String>) -> Self {
        Self::of(OutsideErrorKind::Unknown, message)
    }

    /// The service refuses the call for good.
    #[must_use]
    pub fn refused(code: Code, message: impl Into<String>) -> Self {
        Self::of(OutsideErrorKind::Refused { code }, message)
    }

    fn of(kind: OutsideErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// The same error with its cause.
    #[must_use]
    pub fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Whether it speaks against the health of the service: all but a refusal.
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        !matches!(self.kind, OutsideErrorKind::Refused { .. })
    }
}
