//! What this process knows of the requests to place an order that are under way.

use crate::new_order::NewLine;
use crate::ports::{Idempotency, IdempotencyScope};
use crate::time::Timestamp;
use crate::value::{PlacementId, StorefrontId};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Default)]
pub(super) struct Placements {
    /// The keys of the requests under way. A key is claimed in the store only by the commit, so a
    /// repetition that arrives before it is recognised here.
    under_way: Mutex<HashSet<IdempotencyScope>>,
    /// Whether the last commit found the store unavailable.
    store_is_away: AtomicBool,
    /// Reservations that were not released, and are left to expire.
    left_to_expire: AtomicU64,
}

impl Placements {
    /// Registers a request until the guard is dropped. Returns `None` if one with its key is under way.
    pub(super) fn begin(&self, key: IdempotencyScope) -> Option<UnderWay<'_>> {
        let is_new = self.under_way().insert(key.clone());
        is_new.then(|| UnderWay {
            placements: self,
            key,
        })
    }

    /// Notes whether the store was available to a commit.
    pub(super) fn note_store(&self, is_away: bool) {
        self.store_is_away.store(is_away, Ordering::Relaxed);
    }

    /// Returns whether the store is known to be unavailable: then nothing is asked before a commit,
    /// since every retry would reserve anew.
    pub(super) fn store_is_away(&self) -> bool {
        self.store_is_away.load(Ordering::Relaxed)
    }

    pub(super) fn leave_to_expire(&self) {
        self.left_to_expire.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn left_to_expire(&self) -> u64 {
        self.left_to_expire.load(Ordering::Relaxed)
    }

    fn under_way(&self) -> MutexGuard<'_, HashSet<IdempotencyScope>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way.
pub(super) struct UnderWay<'p> {
    placements: &'p Placements,
    key: IdempotencyScope,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.placements.under_way().remove(&self.key);
    }
}

/// Identifies a request by its idempotency key and its units, the same for every repetition of it.
///
/// `key_ttl` is how long the key is kept: a request under the same key after that is another one, and
/// has another id, because the id also contains the number of the period in which it was made.
pub(super) fn placement_id(
    storefront: &StorefrontId,
    idempotency: &Idempotency,
    lines: &[NewLine],
    now: Timestamp,
    key_ttl: Duration,
) -> PlacementId {
    let mut hash = Sha256::new();
    // With the length before each text, no two requests are hashed alike.
    let mut text = |text: &str| {
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text);
    };
    text(storefront.as_str());
    text(&idempotency.operation);
    text(idempotency.key.as_str());
    for line in lines {
        text(line.sku.as_str());
    }
    for line in lines {
        hash.update(line.quantity.get().to_be_bytes());
    }
    hash.update(idempotency.fingerprint);
    let seconds = i64::try_from(key_ttl.as_secs()).unwrap_or(i64::MAX).max(1);
    hash.update(now.timestamp().div_euclid(seconds).to_be_bytes());
    let mut first = [0; 16];
    for (byte, hashed) in first.iter_mut().zip(hash.finalize()) {
        *byte = hashed;
    }
    PlacementId::from_hash(first)
}
