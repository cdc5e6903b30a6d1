//! Retries of effects: back-off, parking, and the release of leases.

use super::engine::Engine;
use super::run_effects::{Rescheduled, Round};
use crate::effect::EffectKind;
use crate::fact::Fact;
use crate::order::Order;
use crate::ports::{LeasedEffect, ServiceError, ServiceErrorKind, StoreError};
use crate::time::{Timestamp, after};
use std::time::Duration;

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
            round.parked.push((effect.effect.id, error.to_string()));
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
        round.rescheduled.push(Rescheduled {
            effect: effect.effect.id,
            due: after(self.clock.now(), self.backoff(effect.attempts, error)),
            error: error.to_string(),
        });
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

    /// Stores which effects of a round are retried later, and which are parked.
    pub(super) async fn reschedule(
        &self,
        round: Round,
        order: &Order,
        was_closed: bool,
    ) -> Result<(), StoreError> {
        for one in round.rescheduled {
            self.queue
                .postpone(&self.worker, one.effect, one.due, &one.error)
                .await?;
        }
        for (effect, error) in round.parked {
            tracing::error!(order = %order.id(), %effect, error, "an effect was given up on");
            let now = self.clock.now();
            self.queue.park(&self.worker, effect, now, &error).await?;
            // A concurrent cancel expedites waiting effects, perhaps just before this one was parked.
            if !was_closed
                && let Some(order) = self.store.find(order.storefront(), order.id()).await?
                && order.status().is_closed()
            {
                self.queue.retry(order.storefront(), effect, now).await?;
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
        let now = self.clock.now();
        for effect in effects {
            self.queue
                .postpone(&self.worker, effect.effect.id, now, reason)
                .await?;
        }
        Ok(())
    }

    /// Returns whether too little is left of a lease to start a call: the answer might arrive when the
    /// effect is leased to another worker.
    pub(super) fn is_too_short(&self, until: Timestamp) -> bool {
        after(self.clock.now(), self.config.call_timeout) > until
    }
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
