//! Order management itself: decide or record, commit, then carry out the effects.
//!
//! [`OrderService`] implements the driving port [`Orders`]. Every request takes the same steps: load
//! the order, let the pure core decide or record, commit the events together with the effects they
//! cause, carry the effects out, record their outcomes as facts. Effects that are left when the time
//! budget of a request is used up are carried out by a [`Runner`], in this process or another.
//!
//! | file | has |
//! |---|---|
//! | `builder`, `config`, `external_services` | how a service is put together |
//! | `engine` | what the other files share: store, queue, services, clock, policies |
//! | `place`, `import`, `execute`, `report` | one kind of request each |
//! | `ask`, `placements` | what is asked before an order is stored, and which requests do so now |
//! | `reserve_in_commit` | stock that the commit of a new order reserves |
//! | `quote` | prices and names from the inventory service |
//! | `commit` | from a transition to a stored change |
//! | `replay` | idempotency keys: claim one, replay its answer |
//! | `run_effects`, `perform` | carry effects out: the loop, and each kind of effect |
//! | `retry` | back-off, parking, release of leases |
//! | `outage` | what an unreachable service means for an order |
//! | `log` | logging of committed events |
//! | `runner`, `runner_loop` | leftover effects and due timers, round by round and without end |
//! | `job_pool`, `gathered` | orders carried on side by side, and their outcomes stored together |
//! | `handover`, `notices` | notices handed from a commit to the runner of the process |

mod ask;
mod builder;
mod commit;
mod config;
mod engine;
mod execute;
mod external_services;
mod gathered;
mod handover;
mod import;
mod job_pool;
mod log;
mod notices;
mod outage;
mod perform;
mod place;
mod placements;
mod quote;
mod replay;
mod report;
mod reserve_in_commit;
mod retry;
mod run_effects;
mod runner;
#[cfg(feature = "tokio")]
mod runner_loop;

pub use builder::{BuildError, OrderServiceBuilder};
pub use config::{RetryPolicy, RunnerConfig, ServiceConfig};
pub use external_services::ExternalServices;
pub use runner::Runner;

use crate::effect::EffectId;
use crate::event::{Actor, Event};
use crate::order::Order;
use crate::ports::{
    Clock, CommandAvailability, CommandOutcome, CommandRequest, DeadLetterPage, EffectQueue,
    FactReport, ImportOrderRequest, ListQuery, OrderError, OrderStore, Orders, Page,
    PlaceOrderRequest,
};
use crate::value::{OrderId, StorefrontId};
use async_trait::async_trait;
use engine::Engine;
use std::sync::Arc;

/// Order management on a store and the external services.
///
/// Cheap to clone: all clones are the same service. Made by [`OrderService::builder`].
#[derive(Clone)]
pub struct OrderService {
    engine: Arc<Engine>,
}

impl std::fmt::Debug for OrderService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrderService")
            .field("worker", &self.engine.worker)
            .finish_non_exhaustive()
    }
}

impl OrderService {
    /// Returns a builder of a service on this store, which is also the effect queue, and these external
    /// services.
    ///
    /// Time comes from `clock`; everything else has a default that the builder can change.
    #[must_use]
    pub fn builder<S>(
        store: Arc<S>,
        services: ExternalServices,
        clock: Arc<dyn Clock>,
    ) -> OrderServiceBuilder
    where
        S: OrderStore + EffectQueue + 'static,
    {
        OrderServiceBuilder::new(store.clone(), store, services, clock)
    }

    /// Returns how many reservations this process has left to expire: they were made for an order that
    /// could not be stored, and could not be released.
    #[must_use]
    pub fn reservations_left_to_expire(&self) -> u64 {
        self.engine.placements.left_to_expire()
    }

    /// Creates a runner, which carries out the effects that requests left over. Run at least one.
    #[must_use]
    pub fn runner(&self) -> Runner {
        Runner::new(&self.engine)
    }
}

#[async_trait]
impl Orders for OrderService {
    async fn place(&self, request: PlaceOrderRequest) -> Result<CommandOutcome, OrderError> {
        self.engine.place(request).await
    }

    async fn import(&self, request: ImportOrderRequest) -> Result<CommandOutcome, OrderError> {
        self.engine.import(request).await
    }

    async fn execute(&self, request: CommandRequest) -> Result<CommandOutcome, OrderError> {
        self.engine.execute(request).await
    }

    async fn report(&self, report: FactReport) -> Result<CommandOutcome, OrderError> {
        self.engine.report(report).await
    }

    async fn get(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, OrderError> {
        Ok(self.engine.store.find(storefront, id).await?)
    }

    async fn list(&self, query: &ListQuery) -> Result<Page, OrderError> {
        Ok(self.engine.store.list(query).await?)
    }

    async fn history(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<Event>>, OrderError> {
        let events = self.engine.store.events(storefront, id).await?;
        Ok((!events.is_empty()).then_some(events))
    }

    async fn preview(&self, request: CommandRequest) -> Result<Order, OrderError> {
        self.engine.preview(request).await
    }

    async fn available_commands(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<CommandAvailability>>, OrderError> {
        let actor = Actor::system();
        let ctx = self.engine.context(storefront, &actor);
        let order = self.engine.store.find(storefront, id).await?;
        Ok(order.map(|order| crate::decide::available_commands(&order, &ctx)))
    }

    async fn dead_letters(
        &self,
        storefront: &StorefrontId,
        after: Option<EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, OrderError> {
        let queue = &self.engine.queue;
        Ok(queue.dead_letters(storefront, after, limit).await?)
    }

    async fn retry_dead_letter(
        &self,
        storefront: &StorefrontId,
        effect: EffectId,
    ) -> Result<bool, OrderError> {
        let now = self.engine.clock.now();
        let retried = self.engine.queue.retry(storefront, effect, now).await?;
        if retried {
            self.engine.handover.wake();
        }
        Ok(retried)
    }

    async fn ready(&self) -> Result<(), OrderError> {
        Ok(self.engine.store.ping().await?)
    }
}
