//! [`OrderServiceBuilder`]: builds a service from its parts.

use super::OrderService;
use super::config::ServiceConfig;
use super::engine::Engine;
use super::external_services::ExternalServices;
use super::handover::Handover;
use crate::breaker::{BreakerPolicy, BreakerRegistry};
use crate::policy::PolicySet;
use crate::ports::{Clock, EffectQueue, IdGenerator, OrderStore, Worker};
use crate::system::SystemIdGenerator;
use crate::value::InvalidValue;
use std::sync::Arc;

/// A service cannot be built from its parts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The inventory was said to be in the store, and the store cannot reserve stock.
    #[error(
        "inventory_in_store() was called on the service builder, but the store reserves no stock in its \
         commits (OrderStore::reserves_stock): use a store that does, with the inventory in its database, \
         or leave out the call"
    )]
    StoreReservesNoStock,
    /// The name of the worker that was generated is not valid: never in practice.
    #[error("the generated worker name is not valid")]
    WorkerName(#[from] InvalidValue),
}

/// Builds an [`OrderService`].
pub struct OrderServiceBuilder {
    store: Arc<dyn OrderStore>,
    queue: Arc<dyn EffectQueue>,
    services: ExternalServices,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    policies: PolicySet,
    worker: Option<Worker>,
    breakers: Option<Arc<BreakerRegistry>>,
    inventory_in_store: bool,
    config: ServiceConfig,
}

impl std::fmt::Debug for OrderServiceBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrderServiceBuilder")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl OrderServiceBuilder {
    /// Creates a builder with this store, effect queue, external services and clock, and defaults for
    /// all else. The queue MUST be the one that the store's commits write to.
    #[must_use]
    pub fn new(
        store: Arc<dyn OrderStore>,
        queue: Arc<dyn EffectQueue>,
        services: ExternalServices,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            queue,
            services,
            clock,
            ids: Arc::new(SystemIdGenerator),
            policies: PolicySet::default(),
            worker: None,
            breakers: None,
            inventory_in_store: false,
            config: ServiceConfig::default(),
        }
    }

    /// Sets the policies of the storefronts; by default
    /// [`StorefrontPolicy::default`](crate::policy::StorefrontPolicy) for all.
    #[must_use]
    pub fn policies(mut self, policies: PolicySet) -> Self {
        self.policies = policies;
        self
    }

    /// Sets the generator of ids and random numbers; by default that of the operating system.
    #[must_use]
    pub fn ids(mut self, ids: Arc<dyn IdGenerator>) -> Self {
        self.ids = ids;
        self
    }

    /// Sets the worker name of this process; random by default. It MUST be unique among the processes
    /// on the same store, because leases are identified by it.
    #[must_use]
    pub fn worker(mut self, worker: Worker) -> Self {
        self.worker = Some(worker);
        self
    }

    /// Sets the circuit breakers of the external services; by default new ones with
    /// [`BreakerPolicy::default`].
    #[must_use]
    pub fn breakers(mut self, breakers: Arc<BreakerRegistry>) -> Self {
        self.breakers = Some(breakers);
        self
    }

    /// Says that the inventory among the external services is the one of the store: its stock is in the
    /// same database, and the commit that stores a new order reserves it.
    ///
    /// Order and reservation are then stored together or not at all, and no call of
    /// [`Inventory::reserve`](crate::ports::Inventory::reserve) is made in advance. Prices still come from
    /// that inventory, and so does everything that becomes of a reservation. An order that cannot be
    /// stored with all its answers is stored first and then reserves by that call, as is every order of a
    /// storefront with [`PlacingPolicy::StoreFirst`](crate::policy::PlacingPolicy::StoreFirst).
    ///
    /// [`build`](Self::build) fails if the store cannot
    /// [reserve stock](crate::ports::OrderStore::reserves_stock).
    ///
    /// ```
    /// use order_core::ports::{Clock, EffectQueue, Inventory, OrderStore};
    /// use order_core::service::{BuildError, ExternalServices, OrderService};
    /// use std::sync::Arc;
    ///
    /// # fn service<S: OrderStore + EffectQueue + 'static>(
    /// #     store: Arc<S>, inventory: Arc<dyn Inventory>, services: ExternalServices, clock: Arc<dyn Clock>,
    /// # ) -> Result<OrderService, BuildError> {
    /// // For example a `PostgresStore`, and the `PostgresInventory` made from it.
    /// let services = ExternalServices { inventory, ..services };
    /// OrderService::builder(store, services, clock)
    ///     .inventory_in_store()
    ///     .build()
    /// # }
    /// ```
    #[must_use]
    pub const fn inventory_in_store(mut self) -> Self {
        self.inventory_in_store = true;
        self
    }

    /// Replaces all settings.
    #[must_use]
    pub fn config(mut self, config: ServiceConfig) -> Self {
        self.config = config;
        self
    }

    /// Changes some settings.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut ServiceConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// Builds the service.
    ///
    /// # Errors
    /// [`BuildError::StoreReservesNoStock`] if the inventory is said to be [in the
    /// store](Self::inventory_in_store), and the store cannot reserve stock.
    pub fn build(self) -> Result<OrderService, BuildError> {
        if self.inventory_in_store && !self.store.reserves_stock() {
            return Err(BuildError::StoreReservesNoStock);
        }
        let worker = match self.worker {
            Some(worker) => worker,
            None => Worker::parse(format!("worker-{:016x}", self.ids.random_u64()))?,
        };
        let mut config = self.config;
        let budget_and_call = config
            .request_time_budget
            .saturating_add(config.call_timeout);
        config.lease = config.lease.max(budget_and_call.saturating_mul(2));
        let breakers = self
            .breakers
            .unwrap_or_else(|| Arc::new(BreakerRegistry::new(BreakerPolicy::default())));
        Ok(OrderService {
            engine: Arc::new(Engine {
                services: self.services.with_breakers(&breakers, &self.clock),
                store: self.store,
                queue: self.queue,
                clock: self.clock,
                ids: self.ids,
                policies: self.policies,
                placements: Arc::default(),
                inventory_in_store: self.inventory_in_store,
                worker,
                handover: Arc::new(Handover::new(config.runner.handover)),
                gathered: None,
                config,
            }),
        })
    }
}
