//! Retries of effects: back-off, parking, and the release of leases.

use super::engine::Engine;
use super::gathered::Settled;
use super::run_effects::Round;
use crate::effect::{EffectId, EffectKind};
use crate::fact::Fact;
use crate::order::Order;
use crate::ports::{
    EffectSettlement, LeasedEffect, ParkedEffect, PostponedEffect, ServiceError, ServiceErrorKind,
    StoreError,
};
use crate::time::{Timestamp, after};
use std::time::Duration;

impl Round {
    /// Adds an effect to those that are parked.
    pub(super) fn park(&mut self, order: &Order, effect: &LeasedEffect, error: &ServiceError) {
        let id = effect.effect.id;
        let error = error.to_string();
        tracing::error!(order = %id.order, effect = %id, error, "an effect was given up on");
        let settled = &mut self.settled;
        settled.effects.parked.push(ParkedEffect::new(id, error));
        if !order.status().is_closed() {
            let shop = effect.effect.storefront.clone();
            settled.parked_while_open.push((shop, id));
        }
    }
}

impl Engine {
    /// Adds an effect to those that the round reschedules or parks.
    pub(super) fn retry_or_park(
        &self,
        round: &mut Round,
        order: &Order,
        effect: &LeasedEffect,
        error: &ServiceError,
    ) {
        let kind = &effect.effect.kind;
        tracing::warn!(
            order = %effect.effect.id.order,
            effect = kind.name(),
            attempts = effect.attempts,
            error = %error,
            "an effect is to be tried again"
        );
        if effect.attempts >= self.config.retry.max_attempts && may_be_parked(kind, error) {
            round.park(order, effect, error);
            return;
        }
        let policy = self.policy(&effect.effect.storefront);
        let compensates = kind.is_compensation() || order.status().is_closed();
        if compensates
            && !matches!(kind, EffectKind::Notify { .. })
            && effect.attempts >= policy.stuck_after
        {
            round.facts.push(Fact::CompensationFailed {
                effect: kind.code(),
            });
        }
        round.settled.effects.postponed.push(PostponedEffect::new(
            effect.effect.id,
            after(self.clock.now(), self.backoff(effect.attempts, error)),
            error.to_string(),
        ));
    }

    /// Returns the back-off after this many attempts: exponential with full jitter, and no less than
    /// the service requested.
    fn backoff(&self, attempts: u32, error: &ServiceError) -> Duration {
        let retry = self.config.retry;
        let ceiling = retry
            .initial_backoff
            .saturating_mul(1 << attempts.saturating_sub(1).min(20))
            .min(retry.max_backoff);
        let micros = u64::try_from(ceiling.as_micros()).unwrap_or(u64::MAX);
        let jittered = Duration::from_micros(self.ids.random_u64() % micros.saturating_add(1));
        match error.kind {
            ServiceErrorKind::Unavailable {
                retry_after: Some(requested),
            } => jittered.max(requested.min(retry.max_backoff)),
            _ => jittered,
        }
    }

    /// Stores the outcomes of effects that no commit has stored; a runner gathers them first.
    pub(super) async fn settle(&self, settled: Settled) -> Result<(), StoreError> {
        match &self.gathered {
            Some(gathered) => gathered.add(settled),
            None => self.settle_now(&settled).await?,
        }
        Ok(())
    }

    /// Stores outcomes.
    pub(super) async fn settle_now(&self, settled: &Settled) -> Result<(), StoreError> {
        if settled.effects.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        self.queue
            .settle(&self.worker, now, &settled.effects)
            .await?;
        // A concurrent cancel expedites waiting effects, perhaps just before one of them was parked.
        for (storefront, effect) in &settled.parked_while_open {
            if let Some(order) = self.store.find(storefront, effect.order).await?
                && order.status().is_closed()
            {
                self.queue.retry(storefront, *effect, now).await?;
            }
        }
        Ok(())
    }

    /// Releases leases, so that any worker can claim the effects at once.
    pub(super) async fn release_leases(
        &self,
        effects: &[LeasedEffect],
        reason: &str,
    ) -> Result<(), StoreError> {
        let ids = effects.iter().map(|effect| effect.effect.id);
        self.settle(Settled {
            effects: release_all(ids, self.clock.now(), reason),
            parked_while_open: Vec::new(),
        })
        .await?;
        self.handover.wake();
        Ok(())
    }

    /// Returns whether too little is left of a lease to start a call: the answer might arrive when the
    /// effect is leased to another worker.
    pub(super) fn is_too_short(&self, until: Timestamp) -> bool {
        after(self.clock.now(), self.config.call_timeout) > until
    }
}

/// Returns the settlement that releases the leases of effects, which are due at once.
pub(super) fn release_all(
    effects: impl IntoIterator<Item = EffectId>,
    now: Timestamp,
    reason: &str,
) -> EffectSettlement {
    let postponed = effects
        .into_iter()
        .map(|effect| PostponedEffect::new(effect, now, reason.to_owned()))
        .collect();
    EffectSettlement::new(Vec::new(), postponed, Vec::new())
}

/// Returns whether an effect that failed with this error may be parked.
///
/// Not while its service is merely unreachable, which is no fault of the effect; and never one on stock
/// or money, whose outcome is in doubt until it succeeds: an order that waits for it ends by its
/// deadline or a cancel.
fn may_be_parked(kind: &EffectKind, error: &ServiceError) -> bool {
    let nothing_in_doubt = matches!(
        kind,
        EffectKind::RequestFulfillment { .. } | EffectKind::Notify { .. }
    );
    nothing_in_doubt && matches!(error.kind, ServiceErrorKind::Unknown)
}
