//! Carries out the effects that requests left over, and the timers of orders.
//!
//! A [`Runner`] claims effects that are due and not leased, and wakes orders whose timer is due.
//! [`Runner::step`] does one round and needs no runtime; with the feature `tokio`, `Runner::run`
//! repeats rounds until it is stopped. Any number may run, in any process.

use super::commit::Committed;
use super::engine::Engine;
use super::run_effects::EffectRun;
use crate::event::Actor;
use crate::ports::{LeasedEffect, OrderError, Worker};
use crate::record::on_timer;
use crate::time::{Timestamp, after};
use crate::value::{OrderId, StorefrontId};
use futures::StreamExt;
use std::collections::BTreeMap;

/// The maximum number of effects claimed, and of orders woken, in one round.
const BATCH: u32 = 64;
/// The maximum number of orders processed concurrently.
const CONCURRENCY: usize = 16;

/// Carries out leftover effects and due timers, round by round.
pub struct Runner {
    engine: Engine,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").finish_non_exhaustive()
    }
}

impl Runner {
    /// Creates a runner with a worker name of its own, so that it never releases the lease of a
    /// request in flight.
    pub(super) fn new(engine: &Engine) -> Self {
        let name = format!("{}-{:016x}", engine.worker, engine.ids.random_u64());
        let worker = Worker::parse(name).unwrap_or_else(|_| engine.worker.clone());
        Self {
            engine: Engine {
                worker,
                ..engine.clone()
            },
        }
    }

    /// Does one round: effects that are due, then orders whose timer is due. Returns the number of
    /// effects claimed and orders changed.
    ///
    /// # Errors
    /// If the store failed. Effects that were claimed can be claimed again once their leases expire.
    pub async fn step(&self) -> Result<usize, OrderError> {
        let effects = self.run_due_effects().await?;
        let orders = self.run_due_timers().await?;
        Ok(effects + orders)
    }

    /// Releases the leases of this runner, so that others need not wait until they expire. Returns
    /// their number.
    ///
    /// # Errors
    /// If the store failed.
    pub async fn release(&self) -> Result<u64, OrderError> {
        Ok(self.engine.queue.release(&self.engine.worker).await?)
    }

    async fn run_due_effects(&self) -> Result<usize, OrderError> {
        let engine = &self.engine;
        let now = engine.clock.now();
        let until = after(now, engine.config.lease);
        let claimed = engine
            .queue
            .claim(&engine.worker, now, until, BATCH)
            .await?;
        let count = claimed.len();
        let mut by_order = BTreeMap::<(StorefrontId, OrderId), Vec<LeasedEffect>>::new();
        for effect in claimed {
            let order = (effect.effect.storefront.clone(), effect.effect.id.order);
            by_order.entry(order).or_default().push(effect);
        }
        futures::stream::iter(by_order)
            .for_each_concurrent(CONCURRENCY, |((storefront, id), effects)| async move {
                if let Err(error) = self.run_effects(&storefront, id, effects, until).await {
                    tracing::error!(order = %id, error = %error, "an order could not be carried on");
                }
            })
            .await;
        Ok(count)
    }

    async fn run_effects(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
        effects: Vec<LeasedEffect>,
        until: Timestamp,
    ) -> Result<(), OrderError> {
        if self.engine.is_too_short(until) {
            let reason = "the round took too long";
            return Ok(self.engine.release_leases(&effects, reason).await?);
        }
        let order = self.engine.load(storefront, id).await?;
        let run = EffectRun::for_runner(order, effects);
        self.engine.run_effects(run).await?;
        Ok(())
    }

    async fn run_due_timers(&self) -> Result<usize, OrderError> {
        let due = self
            .engine
            .store
            .find_due(self.engine.clock.now(), BATCH)
            .await?;
        let changed = futures::stream::iter(due)
            .map(|(storefront, id)| async move {
                match self.run_timer(&storefront, id).await {
                    Ok(changed) => usize::from(changed),
                    Err(error) => {
                        tracing::error!(order = %id, error = %error, "an order could not be woken");
                        0
                    }
                }
            })
            .buffer_unordered(CONCURRENCY)
            .fold(0, |sum, one| async move { sum + one })
            .await;
        Ok(changed)
    }

    /// Records what is due on an order, and returns whether it changed. After a version conflict, a
    /// later round wakes it again.
    async fn run_timer(&self, storefront: &StorefrontId, id: OrderId) -> Result<bool, OrderError> {
        let engine = &self.engine;
        let order = engine.load(storefront, id).await?;
        let actor = Actor::system();
        let ctx = engine.context(storefront, &actor);
        let transition = on_timer(order.clone(), &ctx);
        if transition.events.is_empty() {
            tracing::warn!(order = %id, "an order was due and nothing came of it");
            return Ok(false);
        }
        let planned = engine.plan(Some(&order), transition, &ctx);
        let Committed::Applied(applied) = engine.commit_and_log(planned).await? else {
            return Ok(false);
        };
        let run = EffectRun::for_runner(applied.order, applied.leased);
        engine.run_effects(run).await?;
        Ok(true)
    }
}

#[cfg(feature = "tokio")]
impl Runner {
    /// Does rounds until `stop` is cancelled, then releases its leases.
    ///
    /// Waits for `pause` after a round that found nothing to do or failed.
    pub async fn run(&self, pause: std::time::Duration, stop: tokio_util::sync::CancellationToken) {
        while !stop.is_cancelled() {
            let idle = match self.step().await {
                Ok(done) => done == 0,
                Err(error) => {
                    tracing::error!(error = %error, "a round failed");
                    true
                }
            };
            if idle {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.engine.clock.sleep(pause) => {}
                }
            }
        }
        match self.release().await {
            Ok(given_back) => tracing::info!(given_back, "the runner has stopped"),
            Err(error) => tracing::error!(error = %error, "leases could not be given back"),
        }
    }
}
