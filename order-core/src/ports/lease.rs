//! Workers and the leases they hold on effects and on partitions of the outbox.

use crate::time::Timestamp;
use crate::value::{InvalidValue, ShortText};
use std::fmt;

/// The name of a worker: a process, or a part of one, that carries out effects or relays events.
///
/// A name MUST be unique among the workers that are running.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Worker(ShortText);

impl Worker {
    /// Parses a name.
    ///
    /// # Errors
    /// If the name is empty, too long or contains control characters.
    pub fn parse(name: impl Into<String>) -> Result<Self, InvalidValue> {
        ShortText::parse(name).map(Self)
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The exclusive right to carry out an effect, until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// The holder.
    pub worker: Worker,
    /// When the lease expires.
    pub until: Timestamp,
}

impl Lease {
    /// Creates a lease.
    #[must_use]
    pub const fn new(worker: Worker, until: Timestamp) -> Self {
        Self { worker, until }
    }
}
