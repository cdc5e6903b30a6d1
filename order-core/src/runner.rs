//! Going on with what requests have left over.
//!
//! A [`Runner`] takes effects that are due and nobody has the lease of, and looks at orders that
//! time alone moves. [`Runner::step`] does one round and needs no runtime; with the feature `tokio`,
//! `Runner::run` goes on until it is told to stop. Any number may run, in any process.

use crate::event::Actor;
use crate::ports::{CommitOutcome, OrderError, TakenEffect, Worker};
use crate::record::wake;
use crate::service::{Drive, Engine, tell};
use crate::time::{Timestamp, after};
use crate::value::{OrderId, StorefrontId};
use futures::StreamExt;
use std::collections::BTreeMap;

/// How many effects a round takes at most.
const BATCH: u32 = 64;
/// How many orders are worked on side by side.
const SIDE_BY_SIDE: usize = 16;

/// Carries out what requests have left over, round by round.
pub struct Runner {
    engine: Engine,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").finish_non_exhaustive()
    }
}

impl Runner {
    /// A runner with a name of its own, so that it gives back no lease of a request under way.
    pub(crate) fn new(engine: &Engine) -> Self {
        let name = format!("{}-{:016x}", engine.worker, engine.ids.chance());
        let worker = Worker::parse(name).unwrap_or_else(|_| engine.worker.clone());
        Self {
            engine: Engine {
                worker,
                ..engine.clone()
            },
        }
    }

    /// Does one round: effects that are due, then orders that are due. Answers how many effects were
    /// taken and orders moved.
    ///
    /// # Errors
    /// If the store failed. What was taken is taken again by somebody when its lease lapses.
    pub async fn step(&self) -> Result<usize, OrderError> {
        let effects = self.carry_out().await?;
        let orders = self.wake_orders().await?;
        Ok(effects + orders)
    }

    /// Gives back what this runner has the lease of, so that others need not wait for it to lapse.
    /// Answers how much that was.
    ///
    /// # Errors
    /// If the store failed.
    pub async fn release(&self) -> Result<u64, OrderError> {
        Ok(self.engine.queue.release(&self.engine.worker).await?)
    }

    async fn carry_out(&self) -> Result<usize, OrderError> {
        let engine = &self.engine;
        let now = engine.clock.now();
        let until = after(now, engine.settings.lease);
        let taken = engine.queue.take(&engine.worker, now, until, BATCH).await?;
        let count = taken.len();
        let mut by_order = BTreeMap::<(StorefrontId, OrderId), Vec<TakenEffect>>::new();
        for row in taken {
            let order = (row.effect.storefront.clone(), row.effect.id.order);
            by_order.entry(order).or_default().push(row);
        }
        futures::stream::iter(by_order)
            .for_each_concurrent(SIDE_BY_SIDE, |((storefront, id), rows)| async move {
                if let Err(error) = self.carry_on(&storefront, id, rows, until).await {
                    tracing::error!(order = %id, error = %error, "an order could not be carried on");
                }
            })
            .await;
        Ok(count)
    }

    async fn carry_on(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
        rows: Vec<TakenEffect>,
        until: Timestamp,
    ) -> Result<(), OrderError> {
        if self.engine.is_too_short(until) {
            let why = "the round took too long";
            return Ok(self.engine.leave(&rows, why).await?);
        }
        let order = self.engine.load(storefront, id).await?;
        self.engine.drive(Drive::of_runner(order, rows)).await?;
        Ok(())
    }

    async fn wake_orders(&self) -> Result<usize, OrderError> {
        let due = self
            .engine
            .store
            .due(self.engine.clock.now(), BATCH)
            .await?;
        let woken = futures::stream::iter(due)
            .map(|(storefront, id)| async move {
                match self.wake_order(&storefront, id).await {
                    Ok(woken) => usize::from(woken),
                    Err(error) => {
                        tracing::error!(order = %id, error = %error, "an order could not be woken");
                        0
                    }
                }
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .fold(0, |sum, one| async move { sum + one })
            .await;
        Ok(woken)
    }

    /// Lets happen what time has brought. If somebody else changes the order meanwhile, that is
    /// looked at by whoever comes next. Answers whether anything happened.
    async fn wake_order(&self, storefront: &StorefrontId, id: OrderId) -> Result<bool, OrderError> {
        let engine = &self.engine;
        let order = engine.load(storefront, id).await?;
        let actor = Actor::system();
        let ctx = engine.context(storefront, &actor);
        let step = wake(order.clone(), &ctx);
        if step.events.is_empty() {
            tracing::warn!(order = %id, "an order was due and nothing came of it");
            return Ok(false);
        }
        let prepared = engine.prepare(Some(&order), step, &ctx);
        let (after_it, events) = (
            prepared.change.order.clone(),
            prepared.change.events.clone(),
        );
        if engine.store.commit(prepared.change).await? != CommitOutcome::Applied {
            return Ok(false);
        }
        tell(&after_it, &events);
        engine
            .drive(Drive::of_runner(after_it, prepared.mine))
            .await?;
        Ok(true)
    }
}

#[cfg(feature = "tokio")]
impl Runner {
    /// Goes on round by round until `stop`, then gives its leases back.
    ///
    /// Between rounds in which there was nothing to do it waits for `pause`. A store that fails is
    /// waited for.
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
