//! How a service is put together.

use super::{Engine, OrderService};
use crate::breaker::{BreakerPolicy, Breakers, Guarded};
use crate::policy::PolicyBook;
use crate::ports::{
    Clock, Customers, EffectQueue, Ids, Inventory, Notifications, OrderStore, Payments, Shipping,
    Worker,
};
use crate::system::SystemIds;
use crate::value::InvalidValue;
use std::sync::Arc;
use std::time::Duration;

/// The outside services.
#[derive(Clone)]
pub struct Outside {
    /// Knows the customers.
    pub customers: Arc<dyn Customers>,
    /// Holds the stock.
    pub inventory: Arc<dyn Inventory>,
    /// Takes and returns money.
    pub payments: Arc<dyn Payments>,
    /// Runs the warehouse.
    pub shipping: Arc<dyn Shipping>,
    /// Writes to customers.
    pub notifications: Arc<dyn Notifications>,
}

impl Outside {
    /// The same services behind circuit breakers, one a storefront and service.
    #[must_use]
    pub fn guarded(self, breakers: &Arc<Breakers>, clock: &Arc<dyn Clock>) -> Self {
        let (b, c) = (breakers, clock);
        Self {
            customers: Arc::new(Guarded::new(self.customers, b.clone(), c.clone())),
            inventory: Arc::new(Guarded::new(self.inventory, b.clone(), c.clone())),
            payments: Arc::new(Guarded::new(self.payments, b.clone(), c.clone())),
            shipping: Arc::new(Guarded::new(self.shipping, b.clone(), c.clone())),
            notifications: Arc::new(Guarded::new(self.notifications, b.clone(), c.clone())),
        }
    }
}

/// How effects are tried again: exponentially later, with full jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The longest wait after the first failure; it doubles with every further one.
    pub first: Duration,
    /// The longest wait at all.
    pub cap: Duration,
    /// After how many tries an effect is given up on until a person looks: a message, or what the
    /// warehouse was asked, that gets no answer. While a service is away nothing is given up on, and
    /// never what moves stock or money, or undoes something.
    pub max_tries: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            cap: Duration::from_secs(5 * 60),
            max_tries: 20,
        }
    }
}

/// How a service works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// How long a request goes on carrying out effects before it leaves the rest to a runner.
    pub budget: Duration,
    /// How long an outside service may take to answer a runner.
    pub call_timeout: Duration,
    /// How long an effect is leased. Where it is less than twice the budget and a call together, it
    /// is made that.
    pub lease: Duration,
    /// How effects are tried again.
    pub retry: RetryPolicy,
    /// How long an idempotency key is kept.
    pub key_ttl: Duration,
    /// Whether events go to the outbox. Turn it on where a relay runs.
    pub publish: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            budget: Duration::from_secs(2),
            call_timeout: Duration::from_secs(10),
            lease: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            key_ttl: Duration::from_secs(30 * 24 * 60 * 60),
            publish: false,
        }
    }
}

/// Puts an [`OrderService`] together.
pub struct OrderServiceBuilder {
    store: Arc<dyn OrderStore>,
    queue: Arc<dyn EffectQueue>,
    outside: Outside,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    policies: PolicyBook,
    worker: Option<Worker>,
    breakers: Option<Arc<Breakers>>,
    settings: Settings,
}

impl std::fmt::Debug for OrderServiceBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrderServiceBuilder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl OrderServiceBuilder {
    /// A service on this store and queue of effects, with these outside services.
    #[must_use]
    pub fn new(
        store: Arc<dyn OrderStore>,
        queue: Arc<dyn EffectQueue>,
        outside: Outside,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            queue,
            outside,
            clock,
            ids: Arc::new(SystemIds),
            policies: PolicyBook::default(),
            worker: None,
            breakers: None,
            settings: Settings::default(),
        }
    }

    /// The policies of the storefronts; by default those of [`Policies`](crate::policy::Policies)
    /// for all.
    #[must_use]
    pub fn policies(mut self, policies: PolicyBook) -> Self {
        self.policies = policies;
        self
    }

    /// Where fresh ids come from; by default the system.
    #[must_use]
    pub fn ids(mut self, ids: Arc<dyn Ids>) -> Self {
        self.ids = ids;
        self
    }

    /// The name of this process among those on the same store; by default a random one.
    #[must_use]
    pub fn worker(mut self, worker: Worker) -> Self {
        self.worker = Some(worker);
        self
    }

    /// The circuit breakers before the outside services; by default new ones of the default policy.
    #[must_use]
    pub fn breakers(mut self, breakers: Arc<Breakers>) -> Self {
        self.breakers = Some(breakers);
        self
    }

    /// How the service works.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Changes some of how the service works.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// The service.
    ///
    /// # Errors
    /// Never in practice: only if no name for the worker could be made.
    pub fn build(self) -> Result<OrderService, InvalidValue> {
        let worker = match self.worker {
            Some(worker) => worker,
            None => Worker::parse(format!("worker-{:016x}", self.ids.chance()))?,
        };
        let mut settings = self.settings;
        let least = settings.budget.saturating_add(settings.call_timeout);
        settings.lease = settings.lease.max(least.saturating_mul(2));
        let breakers = self
            .breakers
            .unwrap_or_else(|| Arc::new(Breakers::new(BreakerPolicy::default())));
        Ok(OrderService::of(Engine {
            outside: self.outside.guarded(&breakers, &self.clock),
            store: self.store,
            queue: self.queue,
            clock: self.clock,
            ids: self.ids,
            policies: self.policies,
            worker,
            settings,
        }))
    }
}
