//! The same request again gets the same answer.

use super::Engine;
use crate::apply;
use crate::ports::{Done, Idempotency, KeyChange, KeyRecord, OrderError, ScopedKey};
use crate::time::{Timestamp, after};
use crate::value::{OrderId, StorefrontId, Version};
use std::time::Duration;

/// When to come back while a request with the same key is being worked on.
const IN_FLIGHT_RETRY: Duration = Duration::from_secs(1);

impl Engine {
    /// The answer given before under this key, if there was one.
    pub(super) async fn answered_before(
        &self,
        storefront: &StorefrontId,
        idempotency: Option<&Idempotency>,
    ) -> Result<Option<Done>, OrderError> {
        let Some(idempotency) = idempotency else {
            return Ok(None);
        };
        let key = ScopedKey::new(storefront.clone(), idempotency);
        match self.store.find_key(&key, self.clock.now()).await? {
            Some(record) => self
                .replay(storefront, &record, &idempotency.fingerprint)
                .await
                .map(Some),
            None => Ok(None),
        }
    }

    /// The answer given when this record was made: the order as it was then.
    pub(super) async fn replay(
        &self,
        storefront: &StorefrontId,
        record: &KeyRecord,
        fingerprint: &[u8; 32],
    ) -> Result<Done, OrderError> {
        if record.fingerprint != *fingerprint {
            return Err(OrderError::KeyReused);
        }
        if record
            .in_flight_until
            .is_some_and(|until| until > self.clock.now())
        {
            return Err(OrderError::KeyInFlight {
                retry_after: IN_FLIGHT_RETRY,
            });
        }
        let events = self.store.events(storefront, record.order).await?;
        let mut order = None;
        let mut since = Vec::new();
        for event in events {
            if event.version > record.version {
                break;
            }
            order = apply(order, &event);
            if event.version > record.before {
                since.push(event);
            }
        }
        let order = order.ok_or(OrderError::NotFound { id: record.order })?;
        Ok(Done::new(order, since, true))
    }

    /// Takes a key for a request that is worked on from now on.
    pub(super) fn claim(
        &self,
        storefront: &StorefrontId,
        idempotency: &Idempotency,
        order: OrderId,
        before: Version,
        now: Timestamp,
    ) -> KeyChange {
        let busy = self.settings.budget.saturating_add(self.settings.lease);
        KeyChange::Claim {
            key: ScopedKey::new(storefront.clone(), idempotency),
            record: KeyRecord::new(
                order,
                idempotency.fingerprint,
                before,
                before,
                Some(after(now, busy)),
                after(now, self.settings.key_ttl),
            ),
            now,
        }
    }
}
