//! Order management itself: decide or record, commit, then carry out what follows.
//!
//! [`OrderService`] implements the driving port [`Orders`]. Every step has the same shape: load the
//! order, let the pure core decide or record, commit the events together with the effects they
//! cause, carry the effects out, record their outcomes. What is not done within the time budget of
//! a request, a [`Runner`] goes on with, in this process or another.

mod builder;
mod commit;
mod drive;
mod execute;
mod perform;
mod place;
mod replay;

pub use builder::{OrderServiceBuilder, Outside, RetryPolicy, Settings};

pub(crate) use drive::{Drive, tell};

use crate::draft::Context;
use crate::event::{Actor, Event};
use crate::order::Order;
use crate::policy::{Policies, PolicyBook};
use crate::ports::{
    ActionState, Clock, DeadLetterPage, Done, EffectQueue, Execute, Ids, Import, ListQuery,
    OrderError, OrderStore, Orders, Page, Place, Report, Worker,
};
use crate::runner::Runner;
use crate::value::{OrderId, StorefrontId};
use async_trait::async_trait;
use std::sync::Arc;

/// What the service is made of. A runner has its own, under its own name.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(crate) store: Arc<dyn OrderStore>,
    pub(crate) queue: Arc<dyn EffectQueue>,
    pub(crate) outside: Outside,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) policies: PolicyBook,
    pub(crate) worker: Worker,
    pub(crate) settings: Settings,
}

impl Engine {
    pub(crate) fn policies(&self, storefront: &StorefrontId) -> &Policies {
        self.policies.of(storefront)
    }

    pub(crate) fn context<'a>(
        &'a self,
        storefront: &StorefrontId,
        actor: &'a Actor,
    ) -> Context<'a> {
        Context::new(self.policies(storefront), self.clock.now(), actor)
    }

    pub(crate) async fn load(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Order, OrderError> {
        self.store
            .find(storefront, id)
            .await?
            .ok_or(OrderError::NotFound { id })
    }
}

/// Order management on a store and the outside services.
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
    /// A service on this store, which also keeps the queue of effects, with these outside services.
    ///
    /// Time comes from `clock`; everything else has a default that the builder can change.
    #[must_use]
    pub fn builder<S>(store: Arc<S>, outside: Outside, clock: Arc<dyn Clock>) -> OrderServiceBuilder
    where
        S: OrderStore + EffectQueue + 'static,
    {
        OrderServiceBuilder::new(store.clone(), store, outside, clock)
    }

    pub(crate) fn of(engine: Engine) -> Self {
        Self {
            engine: Arc::new(engine),
        }
    }

    /// A runner that carries out what requests have left over. Run at least one.
    #[must_use]
    pub fn runner(&self) -> Runner {
        Runner::new(&self.engine)
    }
}

#[async_trait]
impl Orders for OrderService {
    async fn place(&self, place: Place) -> Result<Done, OrderError> {
        self.engine.place(place).await
    }

    async fn import(&self, import: Import) -> Result<Done, OrderError> {
        self.engine.import(import).await
    }

    async fn execute(&self, execute: Execute) -> Result<Done, OrderError> {
        self.engine.execute(execute).await
    }

    async fn report(&self, report: Report) -> Result<Done, OrderError> {
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

    async fn preview(&self, execute: Execute) -> Result<Order, OrderError> {
        self.engine.preview(execute).await
    }

    async fn actions(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<ActionState>>, OrderError> {
        let actor = Actor::system();
        let order = self.engine.store.find(storefront, id).await?;
        Ok(order
            .map(|order| crate::decide::actions(&order, &self.engine.context(storefront, &actor))))
    }

    async fn dead_letters(
        &self,
        storefront: &StorefrontId,
        after: Option<crate::effect::EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, OrderError> {
        Ok(self
            .engine
            .queue
            .dead_letters(storefront, after, limit)
            .await?)
    }

    async fn retry_dead_letter(
        &self,
        storefront: &StorefrontId,
        effect: crate::effect::EffectId,
    ) -> Result<bool, OrderError> {
        let now = self.engine.clock.now();
        Ok(self.engine.queue.retry(storefront, effect, now).await?)
    }

    async fn ready(&self) -> Result<(), OrderError> {
        Ok(self.engine.store.ping().await?)
    }
}
