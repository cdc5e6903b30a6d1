//! What makes a request or an external event count once: idempotency keys and the inbox.

use crate::time::Timestamp;
use crate::value::{ExternalEventId, IdempotencyKey, OrderId, StorefrontId, Version};

/// The idempotency key of a request, with what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The operation, as the driving adapter names it; at most 64 characters.
    pub operation: String,
    /// The caller's key.
    pub key: IdempotencyKey,
    /// A hash of the request, which distinguishes a retry from another request with the same key.
    pub fingerprint: [u8; 32],
}

/// Identifies an event of an external service, to deduplicate it in the inbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalEventRef {
    /// The service that reported it, such as `payments` or `shipping`.
    pub source: String,
    /// Its id at that service.
    pub id: ExternalEventId,
}

/// An idempotency key within its scope; the identity of an [`IdempotencyRecord`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct IdempotencyScope {
    /// The storefront.
    pub storefront: StorefrontId,
    /// The operation, as the driving adapter names it; at most 64 characters.
    pub operation: String,
    /// The caller's key.
    pub key: IdempotencyKey,
}

impl IdempotencyScope {
    /// Creates the scope of a request at a storefront.
    #[must_use]
    pub fn new(storefront: StorefrontId, idempotency: &Idempotency) -> Self {
        Self {
            storefront,
            operation: idempotency.operation.clone(),
            key: idempotency.key.clone(),
        }
    }
}

/// What is stored under an idempotency key. The answer itself is not: it is rebuilt from the events.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdempotencyRecord {
    /// The order that the request created or changed.
    pub order: OrderId,
    /// The hash of the request.
    pub fingerprint: [u8; 32],
    /// The order's version before the request; [`Version::NONE`] if the request created it.
    pub before: Version,
    /// The order's version as it was answered; [`Version::NONE`] once the record is
    /// [released](IdempotencyUpdate::Release), and the key can be claimed again.
    pub version: Version,
    /// Until when the request counts as in flight; absent once it is answered.
    pub in_flight_until: Option<Timestamp>,
    /// When the record expires and may be removed.
    pub expires_at: Timestamp,
}

impl IdempotencyRecord {
    /// Creates a record.
    #[must_use]
    pub const fn new(
        order: OrderId,
        fingerprint: [u8; 32],
        before: Version,
        version: Version,
        in_flight_until: Option<Timestamp>,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            order,
            fingerprint,
            before,
            version,
            in_flight_until,
            expires_at,
        }
    }

    /// Returns whether the key is taken at `now`: the record has not expired and is not released.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.is_released() && self.expires_at > now
    }

    /// Returns whether the request was [released](IdempotencyUpdate::Release) and can be made again.
    #[must_use]
    pub fn is_released(&self) -> bool {
        self.version == Version::NONE
    }
}

/// What a commit does to an idempotency record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdempotencyUpdate {
    /// Inserts a record, unless there is one that is [live](IdempotencyRecord::is_live)
    /// ([`CommitOutcome::IdempotencyKeyTaken`](super::CommitOutcome::IdempotencyKeyTaken)).
    Claim {
        /// The key.
        key: IdempotencyScope,
        /// The record to insert.
        record: IdempotencyRecord,
        /// The current instant, to compare expiry with.
        now: Timestamp,
    },
    /// Inserts a record, unless there is one that has not expired, released or not
    /// ([`CommitOutcome::IdempotencyKeyTaken`](super::CommitOutcome::IdempotencyKeyTaken)). A request
    /// that is identified by its key outside the store needs to know that it is the first to use it.
    ClaimUnused {
        /// The key.
        key: IdempotencyScope,
        /// The record to insert.
        record: IdempotencyRecord,
        /// The current instant, to compare expiry with.
        now: Timestamp,
    },
    /// Sets the answered version to the version of this commit.
    Advance {
        /// The key.
        key: IdempotencyScope,
        /// Whether the answer is complete; otherwise the request stays in flight.
        answered: bool,
    },
    /// Marks the record as released, so that the request can be made again: its version becomes
    /// [`Version::NONE`]. It is kept until it expires.
    Release {
        /// The key.
        key: IdempotencyScope,
    },
}
