//! Idempotency keys: a request claims its key, and the same request again gets the same answer.

use super::commit::PlannedChange;
use super::engine::Engine;
use crate::apply;
use crate::ports::{
    CommandOutcome, Idempotency, IdempotencyRecord, IdempotencyScope, IdempotencyUpdate, OrderError,
};
use crate::time::{Timestamp, after};
use crate::value::{OrderId, StorefrontId};
use std::time::Duration;

/// The delay before a retry while a request with the same key is in flight.
const IN_FLIGHT_RETRY: Duration = Duration::from_secs(1);

impl Engine {
    /// Returns the outcome, or replays the stored answer if the request committed nothing and its key
    /// is already recorded. `order`: the order that the request names.
    ///
    /// The commit of a request claims its key. So the key is looked up only if nothing was committed,
    /// and a request that is sent once costs no look-up.
    pub(super) async fn outcome_or_replay(
        &self,
        outcome: Result<CommandOutcome, OrderError>,
        storefront: &StorefrontId,
        idempotency: Option<&Idempotency>,
        order: Option<OrderId>,
    ) -> Result<CommandOutcome, OrderError> {
        let committed_nothing = match &outcome {
            Ok(done) => done.events.is_empty(),
            Err(error) => matches!(
                error,
                OrderError::Refused { .. }
                    | OrderError::VersionConflict { .. }
                    | OrderError::NotFound { .. }
                    | OrderError::UnknownProducts { .. }
                    | OrderError::CurrencyMismatch { .. }
                    | OrderError::Unavailable { .. }
                    | OrderError::IdempotencyKeyInFlight { .. }
            ),
        };
        let (true, Some(idempotency)) = (committed_nothing, idempotency) else {
            return outcome;
        };
        let scope = IdempotencyScope::new(storefront.clone(), idempotency);
        let found = self
            .store
            .find_idempotency_record(&scope, self.clock.now())
            .await?;
        match found {
            Some(record) => {
                self.replay(storefront, &record, Some(idempotency), order)
                    .await
            }
            None => outcome,
        }
    }

    /// Rebuilds the answer of a record: the order at the version that was answered.
    ///
    /// `idempotency` is that of the present request; `None` for an import, whose record has no
    /// fingerprint. `order` is the order that the request names, if it names one.
    pub(super) async fn replay(
        &self,
        storefront: &StorefrontId,
        record: &IdempotencyRecord,
        idempotency: Option<&Idempotency>,
        order: Option<OrderId>,
    ) -> Result<CommandOutcome, OrderError> {
        let fingerprint = idempotency.map_or([0; 32], |one| one.fingerprint);
        if record.fingerprint != fingerprint || order.is_some_and(|id| id != record.order) {
            return Err(OrderError::IdempotencyKeyReused);
        }
        if record
            .in_flight_until
            .is_some_and(|until| until > self.clock.now())
        {
            return Err(self.in_flight());
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
        Ok(CommandOutcome::new(order, since, true))
    }

    /// Returns the error of a request while another with its key is in flight.
    pub(super) const fn in_flight(&self) -> OrderError {
        OrderError::IdempotencyKeyInFlight {
            retry_after: IN_FLIGHT_RETRY,
        }
    }

    /// Makes a change claim the idempotency key of its request; with `unused`, only a key that was
    /// never used.
    ///
    /// A repetition is refused while the effects of the change are carried out, and then answered with
    /// the order after them. Without effects to carry out, the request counts as answered at once.
    pub(super) fn claim_key(
        &self,
        planned: &mut PlannedChange,
        idempotency: Option<&Idempotency>,
        unused: bool,
        now: Timestamp,
    ) {
        let in_flight_for = self
            .config
            .request_time_budget
            .saturating_add(self.config.lease);
        let PlannedChange { change, leased } = planned;
        change.idempotency = idempotency.map(|idempotency| {
            let key = IdempotencyScope::new(change.order.storefront().clone(), idempotency);
            let record = IdempotencyRecord::new(
                change.order.id(),
                idempotency.fingerprint,
                change.expected_version,
                change.order.version(),
                (!leased.is_empty()).then(|| after(now, in_flight_for)),
                after(now, self.config.idempotency_ttl),
            );
            if unused {
                IdempotencyUpdate::ClaimUnused { key, record, now }
            } else {
                IdempotencyUpdate::Claim { key, record, now }
            }
        });
    }
}
