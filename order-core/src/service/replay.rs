//! The same request again gets the same answer.

use super::Engine;
use super::commit::Prepared;
use crate::apply;
use crate::ports::{Done, Idempotency, KeyChange, KeyRecord, OrderError, ScopedKey};
use crate::time::{Timestamp, after};
use crate::value::{OrderId, StorefrontId};
use std::time::Duration;

/// When to come back while a request with the same key is being worked on.
const IN_FLIGHT_RETRY: Duration = Duration::from_secs(1);

impl Engine {
    /// What a request came to, unless it came to nothing because it had been answered before; `of`:
    /// the order the request names.
    ///
    /// The commit of whatever a request comes to claims its key. So the key is looked for only where
    /// there was no commit, and a request that is made once costs no look.
    pub(super) async fn unless_answered(
        &self,
        outcome: Result<Done, OrderError>,
        storefront: &StorefrontId,
        idempotency: Option<&Idempotency>,
        of: Option<OrderId>,
    ) -> Result<Done, OrderError> {
        let came_to_nothing = match &outcome {
            Ok(done) => done.events.is_empty(),
            Err(error) => matches!(
                error,
                OrderError::Refused { .. }
                    | OrderError::Stale { .. }
                    | OrderError::NotFound { .. }
                    | OrderError::UnknownProducts { .. }
                    | OrderError::CurrencyMismatch { .. }
                    | OrderError::Unavailable { .. }
            ),
        };
        let (true, Some(idempotency)) = (came_to_nothing, idempotency) else {
            return outcome;
        };
        let key = ScopedKey::new(storefront.clone(), idempotency);
        match self.store.find_key(&key, self.clock.now()).await? {
            Some(record) => {
                self.replay(storefront, &record, &idempotency.fingerprint, of)
                    .await
            }
            None => outcome,
        }
    }

    /// The answer given when this record was made: the order as it was then.
    pub(super) async fn replay(
        &self,
        storefront: &StorefrontId,
        record: &KeyRecord,
        fingerprint: &[u8; 32],
        of: Option<OrderId>,
    ) -> Result<Done, OrderError> {
        if record.fingerprint != *fingerprint || of.is_some_and(|of| of != record.order) {
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

    /// Lets a change take the key of the request that it is made for.
    ///
    /// From now on the same request is answered with the order as this change leaves it, or as the
    /// work that goes on at once does. Where there is none, the request is answered already.
    pub(super) fn claim(
        &self,
        prepared: &mut Prepared,
        idempotency: Option<&Idempotency>,
        now: Timestamp,
    ) {
        let busy = self.settings.budget.saturating_add(self.settings.lease);
        let Prepared { change, mine } = prepared;
        change.key = idempotency.map(|idempotency| KeyChange::Claim {
            key: ScopedKey::new(change.order.storefront().clone(), idempotency),
            record: KeyRecord::new(
                change.order.id(),
                idempotency.fingerprint,
                change.expected,
                change.order.version(),
                (!mine.is_empty()).then(|| after(now, busy)),
                after(now, self.settings.key_ttl),
            ),
            now,
        });
    }
}
