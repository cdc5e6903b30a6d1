//! The fixture of these tests: a service over memory adapters with injected faults. *Given* an order,
//! execute a command or *report* a fact, and *expect* the outcome.

mod fault_injector;
mod faulty;

pub(crate) use fault_injector::{FaultInjector, InjectedFault};

use faulty::Faulty;
use order_core::breaker::{BreakerPolicy, BreakerRegistry};
use order_core::command::Command;
use order_core::fact::Fact;
use order_core::order::{Order, OrderStatus, Tracking};
use order_core::policy::{PolicySet, StorefrontPolicy};
use order_core::ports::{
    Clock, CommandOutcome, CommandRequest, ExternalEventRef, FactReport, OrderError, Orders,
    PlaceOrderRequest,
};
use order_core::service::{ExternalServices, OrderService, OrderServiceBuilder};
use order_core::value::{FulfillmentNo, OrderId, StorefrontId};
use order_testing::builders::{address, contact, fact_id, sku, token, worker};
use order_testing::{
    ManualClock, MemoryCustomers, MemoryInventory, MemoryNotifications, MemoryPayments,
    MemoryShipping, MemoryStore, Parcel, ProviderBalance, SequentialIds, StockLevel,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The total of the order that `place()` builds.
pub(crate) const TOTAL: i64 = 3_998;
/// How long the default policy waits for answers before it stores an order.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);
/// Units of `abc` in the world.
pub(crate) const UNITS: u32 = 10;

/// Everything outside the service, and the store: what outlives a crash of the process.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) customers: Arc<MemoryCustomers>,
    pub(crate) inventory: Arc<MemoryInventory>,
    pub(crate) payments: Arc<MemoryPayments>,
    pub(crate) shipping: Arc<MemoryShipping>,
    pub(crate) notifications: Arc<MemoryNotifications>,
    pub(crate) faults: FaultInjector,
    services: AtomicU64,
    inventory_in_store: bool,
}

impl World {
    /// Ten `abc` at 19.99, ten `tea` at 5.00, and the customer `cus_1`.
    pub(crate) fn new() -> Self {
        let clock = ManualClock::default();
        let at: Arc<dyn Clock> = Arc::new(clock.clone());
        let inventory = MemoryInventory::new(at)
            .with("abc", UNITS, 1_999)
            .with("tea", UNITS, 500);
        Self {
            clock,
            store: Arc::new(MemoryStore::new()),
            customers: Arc::new(MemoryCustomers::knowing(["cus_1"])),
            inventory: Arc::new(inventory),
            payments: Arc::new(MemoryPayments::new()),
            shipping: Arc::new(MemoryShipping::new()),
            notifications: Arc::new(MemoryNotifications::new()),
            faults: FaultInjector::default(),
            services: AtomicU64::new(0),
            inventory_in_store: false,
        }
    }

    /// The same, with the inventory in the store: the commit of an order reserves its stock.
    pub(crate) fn with_inventory_in_store() -> Self {
        let world = Self::new();
        let store = Arc::new(MemoryStore::with_inventory(Arc::clone(&world.inventory)));
        Self {
            store,
            inventory_in_store: true,
            ..world
        }
    }

    fn external_services(&self) -> ExternalServices {
        ExternalServices {
            customers: Faulty::new(&self.customers, &self.faults),
            inventory: Faulty::new(&self.inventory, &self.faults),
            payments: Faulty::new(&self.payments, &self.faults),
            shipping: Faulty::new(&self.shipping, &self.faults),
            notifications: Faulty::new(&self.notifications, &self.faults),
        }
    }

    /// Returns the builder of another process on this store.
    pub(crate) fn builder(&self) -> OrderServiceBuilder {
        let builder = self.asking_builder();
        if self.inventory_in_store {
            builder.inventory_in_store()
        } else {
            builder
        }
    }

    /// Returns the builder of another process on this store that asks the inventory for stock,
    /// wherever that is.
    pub(crate) fn asking_builder(&self) -> OrderServiceBuilder {
        let number = self.services.fetch_add(1, Ordering::Relaxed);
        let store = Faulty::new(&self.store, &self.faults);
        OrderService::builder(
            store,
            self.external_services(),
            Arc::new(self.clock.clone()),
        )
        .worker(worker(&format!("worker-{number}")))
        .ids(Arc::new(SequentialIds::seeded(number)))
        .breakers(Arc::new(BreakerRegistry::new(
            // Circuits stay closed unless a test configures them otherwise.
            BreakerPolicy::default()
                .with_consecutive(u32::MAX)
                .with_rate(101, u32::MAX, Duration::from_secs(30)),
        )))
    }

    /// Returns another process on this store.
    pub(crate) fn service(&self) -> OrderService {
        self.builder().build().unwrap()
    }

    /// Returns another process on this store, with another policy.
    pub(crate) fn service_with(&self, change: impl FnOnce(&mut StorefrontPolicy)) -> OrderService {
        let mut policy = StorefrontPolicy::default();
        change(&mut policy);
        let policies = PolicySet::new(policy);
        self.builder().policies(policies).build().unwrap()
    }

    /// Returns the order as it is stored.
    pub(crate) fn order(&self, id: OrderId) -> Order {
        let orders = self.store.orders();
        let found = orders.into_iter().find(|order| order.id() == id);
        found.expect("the order is stored")
    }

    /// Returns the only order that is stored.
    pub(crate) fn only_order(&self) -> Order {
        let orders = self.store.orders();
        assert_eq!(orders.len(), 1, "there is one order");
        orders.into_iter().next().unwrap()
    }

    /// Waits until an order that is being placed is stored, though not everything has answered: lets
    /// the patience of its storefront pass.
    pub(crate) async fn until_stored(&self) -> OrderId {
        self.clock.advance(PATIENCE);
        while self.store.orders().is_empty() {
            tokio::task::yield_now().await;
        }
        self.only_order().id()
    }

    pub(crate) fn stock_level(&self, name: &str) -> StockLevel {
        self.inventory.stock_level(&shop(), &sku(name))
    }

    pub(crate) fn balance(&self, id: OrderId) -> ProviderBalance {
        self.payments.balance_of(id)
    }

    pub(crate) fn parcels(&self, id: OrderId) -> Vec<Parcel> {
        self.shipping.parcels(id)
    }

    /// Returns the units of `abc` and `tea` that are reserved or committed.
    pub(crate) fn kept_units(&self) -> u32 {
        ["abc", "tea"]
            .map(|name| self.stock_level(name))
            .iter()
            .map(|level| level.reserved + level.committed)
            .sum()
    }

    /// Runs a runner while time passes, until no effect is left but dead letters.
    pub(crate) async fn settle(&self, service: &OrderService) {
        let runner = service.runner();
        for _ in 0..200 {
            runner.step().await.expect("the store answers");
            let effects = self.store.effects();
            if effects.iter().all(|queued| queued.parked_at.is_some()) {
                return;
            }
            self.clock.advance(Duration::from_secs(10));
        }
        panic!("an effect is never finished: {:?}", self.store.effects());
    }

    /// Lets time pass in steps, and runs a runner at each.
    pub(crate) async fn pass(&self, service: &OrderService, span: Duration, steps: u32) {
        let runner = service.runner();
        for _ in 0..steps {
            self.clock.advance(span / steps);
            while runner.step().await.expect("the store answers") > 0 {}
        }
    }

    /// Checks that no money, stock or parcel is kept for this order, and that nothing is left to do.
    pub(crate) fn expect_nothing_kept(&self, id: OrderId, at: &str) {
        let order = self.order(id);
        assert!(order.is_settled(), "{at}: settled: {order:?}");
        assert_eq!(self.kept_units(), 0, "{at}: all stock is released");
        let balance = self.balance(id);
        assert!(balance.is_clear(), "{at}: no money is kept: {balance:?}");
        assert_eq!(self.parcels_on_their_way(id), 0, "{at}: no parcel is sent");
        assert!(self.store.effects().is_empty(), "{at}: no effect is left");
    }

    /// Returns how many parcels the warehouse will send or has sent.
    pub(crate) fn parcels_on_their_way(&self, id: OrderId) -> usize {
        let recalled = order_testing::ParcelStatus::Recalled;
        let parcels = self.parcels(id);
        parcels.iter().filter(|one| one.status != recalled).count()
    }
}

pub(crate) fn shop() -> StorefrontId {
    StorefrontId::default()
}

/// The steps that the tests share, at the default storefront.
pub(crate) trait ServiceFixture {
    /// Places an order.
    async fn given_order(&self, request: PlaceOrderRequest) -> Order;
    /// Executes a command that may be refused.
    async fn try_execute(
        &self,
        id: OrderId,
        command: Command,
    ) -> Result<CommandOutcome, OrderError>;
    /// Executes a command that is accepted. Returns the order after it.
    async fn expect_executed(&self, id: OrderId, command: Command) -> Order;
    /// Reports a fact.
    async fn report_fact(&self, id: OrderId, fact: Fact) -> CommandOutcome;
    /// Reports a fact as an external event with an id, which counts once.
    async fn report_event(&self, id: OrderId, event_id: &str, fact: Fact) -> CommandOutcome;
}

impl ServiceFixture for OrderService {
    /// Places an order.
    async fn given_order(&self, request: PlaceOrderRequest) -> Order {
        self.place(request)
            .await
            .expect("the order is placed")
            .order
    }

    async fn try_execute(
        &self,
        id: OrderId,
        command: Command,
    ) -> Result<CommandOutcome, OrderError> {
        self.execute(CommandRequest::new(shop(), id, command)).await
    }

    async fn expect_executed(&self, id: OrderId, command: Command) -> Order {
        let name = command.kind();
        match self.try_execute(id, command).await {
            Ok(done) => done.order,
            Err(error) => panic!("{name} is accepted: {error}"),
        }
    }

    async fn report_fact(&self, id: OrderId, fact: Fact) -> CommandOutcome {
        let report = report(id, fact);
        self.report(report).await.expect("a fact is never refused")
    }

    async fn report_event(&self, id: OrderId, event_id: &str, fact: Fact) -> CommandOutcome {
        let mut report = report(id, fact);
        report.external_event = Some(ExternalEventRef {
            source: "outside".to_owned(),
            id: fact_id(event_id),
        });
        self.report(report).await.expect("a fact is never refused")
    }
}

fn report(id: OrderId, fact: Fact) -> FactReport {
    FactReport {
        storefront: shop(),
        id,
        fact,
        actor: order_core::event::Actor::system(),
        external_event: None,
    }
}

pub(crate) const fn cancel() -> Command {
    Command::RequestCancel { reason: None }
}

pub(crate) fn ship() -> Command {
    Command::ConfirmShipment {
        fulfillment: None,
        lines: None,
        tracking: Tracking::default(),
    }
}

pub(crate) const fn deliver() -> Command {
    Command::ConfirmDelivery {
        fulfillment: FulfillmentNo::FIRST,
    }
}

pub(crate) fn pay_with(name: &str) -> Command {
    Command::ChangePaymentMethod { token: token(name) }
}

/// Places, ships and delivers an order.
pub(crate) async fn delivered(
    world: &World,
    service: &OrderService,
    request: PlaceOrderRequest,
) -> Order {
    let id = service.given_order(request).await.id();
    world.settle(service).await;
    service.expect_executed(id, ship()).await;
    let order = service.expect_executed(id, deliver()).await;
    assert_eq!(order.status(), OrderStatus::Completed);
    order
}

/// Returns the personal data that `place()` puts into an order, as text.
pub(crate) fn personal_words() -> Vec<String> {
    let (address, contact) = (address(), contact());
    let mut words = vec![
        address.line1.as_str().to_owned(),
        address.city.as_str().to_owned(),
        "tok_visa".to_owned(),
    ];
    words.extend(address.name.map(String::from));
    words.extend(contact.email.map(String::from));
    words.extend(contact.phone.map(String::from));
    words
}
