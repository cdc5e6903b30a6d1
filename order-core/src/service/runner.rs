//! Carries out the effects that requests left over, and the timers of orders.
//!
//! A [`Runner`] claims effects that are due and not leased, and wakes orders whose timer is due.
//! [`Runner::step`] does one round and needs no runtime; with the feature `tokio`, `Runner::run` goes
//! on until it is stopped, and is handed the notices of the commits of its process. Any number may run,
//! in any process.
//!
//! Orders are carried on side by side ([`job_pool`](super::job_pool)). A batch is claimed, loaded and
//! settled in one call each.

use super::commit::Committed;
use super::engine::Engine;
use super::gathered::{ForgetUnsettled, Gathered};
use super::job_pool::{Job, JobPool, Work};
use super::run_effects::EffectRun;
use crate::event::Actor;
use crate::order::Order;
use crate::ports::{LeasedEffect, OrderError, StoreError, Worker};
use crate::record::on_timer;
use crate::time::{Timestamp, after};
use crate::value::{OrderId, StorefrontId};
use futures::future::{Either, FutureExt, select};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The maximum number of effects claimed, and of orders woken, in one round.
pub(super) const BATCH: u32 = 256;
/// How old an order may be when its effects are begun; an older one is loaded again.
const FRESH: Duration = Duration::from_millis(500);

/// Carries out leftover effects and due timers, round by round.
pub struct Runner {
    pub(super) engine: Engine,
    /// The outcomes that the engine of this runner gathers.
    pub(super) gathered: Arc<Gathered>,
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
        let gathered = Arc::new(Gathered::default());
        Self {
            engine: Engine {
                worker,
                gathered: Some(Arc::clone(&gathered)),
                ..engine.clone()
            },
            gathered,
        }
    }

    /// Does one round: effects that are due, then orders whose timer is due. Returns the number of
    /// effects claimed and orders changed.
    ///
    /// # Errors
    /// If the store failed. Effects that were claimed can be claimed again once their leases expire.
    pub async fn step(&self) -> Result<usize, OrderError> {
        let claimed = self.claim(BATCH).await?;
        let effects = claimed.iter().map(Job::effects).sum::<usize>();
        self.carry_on(claimed).await?;
        let orders = self.carry_on(self.wake_due(BATCH).await?).await?;
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

    pub(super) fn job_pool(&self) -> JobPool<'_> {
        let calls = self.engine.config.runner.calls_per_service;
        JobPool::new(calls, |job| self.run_job(job).boxed())
    }

    /// Carries orders on, and settles the outcomes. Returns the number of orders that a timer changed.
    async fn carry_on(&self, jobs: Vec<Job>) -> Result<usize, OrderError> {
        let _unsettled = ForgetUnsettled(&self.gathered);
        let mut pool = self.job_pool();
        pool.add(jobs);
        let mut changed = 0;
        while pool.start() {
            if self.gathered.is_empty() {
                changed += pool.finished().await;
                continue;
            }
            // What hangs holds up the settlement of the others for a moment only.
            let moment = self.engine.clock.sleep(self.engine.config.runner.gather);
            match select(Box::pin(pool.finished()), moment).await {
                Either::Left((more, _)) => changed += more,
                Either::Right(_) => {
                    if let Err(error) = self.settle_gathered().await {
                        tracing::error!(error = %error, "outcomes could not be settled");
                    }
                }
            }
        }
        self.settle_gathered().await?;
        Ok(changed)
    }

    /// Stores the outcomes gathered so far. If the store fails, the finished effects are kept for the
    /// next settlement: they are done, whoever has leased them by then.
    pub(super) async fn settle_gathered(&self) -> Result<(), StoreError> {
        let settled = self.gathered.take();
        let outcome = self.engine.settle_now(&settled).await;
        if outcome.is_err() {
            self.gathered.keep_finished(settled);
        }
        outcome
    }

    /// Claims up to `limit` due effects, and loads their orders.
    pub(super) async fn claim(&self, limit: u32) -> Result<Vec<Job>, StoreError> {
        let engine = &self.engine;
        let now = engine.clock.now();
        let until = after(now, engine.config.lease);
        let claimed = engine
            .queue
            .claim(&engine.worker, now, until, limit)
            .await?;
        let mut by_order = BTreeMap::<(StorefrontId, OrderId), Vec<LeasedEffect>>::new();
        for effect in claimed {
            let order = (effect.effect.storefront.clone(), effect.effect.id.order);
            by_order.entry(order).or_default().push(effect);
        }
        let (orders, works): (Vec<_>, Vec<_>) = by_order
            .into_iter()
            .map(|(order, effects)| (order, Work::Effects { effects, until }))
            .unzip();
        Ok(self.loaded(orders, works).await)
    }

    /// Loads up to `limit` orders whose timer is due.
    pub(super) async fn wake_due(&self, limit: u32) -> Result<Vec<Job>, StoreError> {
        let now = self.engine.clock.now();
        let due = self.engine.store.find_due(now, limit).await?;
        let works = due.iter().map(|_| Work::Timer).collect();
        Ok(self.loaded(due, works).await)
    }

    /// Loads the orders of a batch at once. If one of them cannot be read, each is loaded by itself
    /// when its turn comes.
    async fn loaded(&self, orders: Vec<(StorefrontId, OrderId)>, works: Vec<Work>) -> Vec<Job> {
        let found = if orders.is_empty() {
            Vec::new()
        } else {
            let found = self.engine.store.find_many(&orders).await;
            found.unwrap_or_else(|error| {
                tracing::warn!(error = %error, "a batch of orders could not be loaded");
                Vec::new()
            })
        };
        let loaded_at = self.engine.clock.now();
        let mut found = found.into_iter();
        orders
            .into_iter()
            .zip(works)
            .map(|((storefront, id), work)| Job {
                storefront,
                id,
                work,
                order: found.next().flatten().map(|order| (order, loaded_at)),
            })
            .collect()
    }

    /// Carries one order on. Returns whether a timer changed it.
    async fn run_job(&self, job: Job) -> bool {
        let id = job.id;
        let outcome = match job.work {
            Work::Timer => self.run_timer(&job.storefront, id, job.order).await,
            Work::Effects { effects, until } => {
                let run = self.run_effects(&job.storefront, id, job.order, effects, until);
                run.await.map(|()| false)
            }
        };
        outcome.unwrap_or_else(|error| {
            tracing::error!(order = %id, error = %error, "an order could not be carried on");
            false
        })
    }

    async fn run_effects(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
        order: Option<(Order, Timestamp)>,
        effects: Vec<LeasedEffect>,
        until: Timestamp,
    ) -> Result<(), OrderError> {
        if self.engine.is_too_short(until) {
            let reason = "the round took too long";
            return Ok(self.engine.release_leases(&effects, reason).await?);
        }
        let order = self.fresh(storefront, id, order).await?;
        let run = EffectRun::for_runner(order, effects);
        self.engine.run_effects(run).await?;
        Ok(())
    }

    /// Records what is due on an order, and returns whether it changed. After a version conflict, a
    /// later round wakes it again.
    async fn run_timer(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
        order: Option<(Order, Timestamp)>,
    ) -> Result<bool, OrderError> {
        let engine = &self.engine;
        let order = self.fresh(storefront, id, order).await?;
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

    /// Returns the loaded order, or loads it if it was not loaded or has waited since.
    async fn fresh(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
        loaded: Option<(Order, Timestamp)>,
    ) -> Result<Order, OrderError> {
        let now = self.engine.clock.now();
        match loaded {
            Some((order, at)) if after(at, FRESH) >= now => Ok(order),
            _ => self.engine.load(storefront, id).await,
        }
    }
}
