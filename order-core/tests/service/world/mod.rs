//! A service in a world of memory adapters, every call of which passes a gate.

mod gate;
mod gated;

pub(crate) use gate::{Gate, Trouble};

use gated::Gated;
use order_core::breaker::{BreakerPolicy, Breakers};
use order_core::command::Command;
use order_core::fact::Fact;
use order_core::order::{Order, OrderStatus, Tracking};
use order_core::policy::{Policies, PolicyBook};
use order_core::ports::{Clock, Done, Execute, OrderError, Orders, Place, Receipt, Report};
use order_core::service::{OrderService, OrderServiceBuilder, Outside};
use order_core::testing::builders::{address, contact, fact_id, sku, token, worker};
use order_core::testing::{
    Balance, ManualClock, MemoryCustomers, MemoryInventory, MemoryNotifications, MemoryPayments,
    MemoryShipping, MemoryStore, Parcel, SequentialIds, Shelf,
};
use order_core::value::{FulfillmentNo, OrderId, StorefrontId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The total of the order that `place()` builds.
pub(crate) const TOTAL: i64 = 3_998;
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
    pub(crate) gate: Gate,
    services: AtomicU64,
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
            gate: Gate::default(),
            services: AtomicU64::new(0),
        }
    }

    fn outside(&self) -> Outside {
        Outside {
            customers: Gated::new(&self.customers, &self.gate),
            inventory: Gated::new(&self.inventory, &self.gate),
            payments: Gated::new(&self.payments, &self.gate),
            shipping: Gated::new(&self.shipping, &self.gate),
            notifications: Gated::new(&self.notifications, &self.gate),
        }
    }

    /// A process of its own on this store, to be changed and built.
    pub(crate) fn builder(&self) -> OrderServiceBuilder {
        let number = self.services.fetch_add(1, Ordering::Relaxed);
        let store = Gated::new(&self.store, &self.gate);
        OrderService::builder(store, self.outside(), Arc::new(self.clock.clone()))
            .worker(worker(&format!("worker-{number}")))
            .ids(Arc::new(SequentialIds::seeded(number)))
            .breakers(Arc::new(Breakers::new(
                // Never open, but where a test wants that.
                BreakerPolicy::default()
                    .with_consecutive(u32::MAX)
                    .with_rate(101, u32::MAX, Duration::from_secs(30)),
            )))
    }

    /// A process of its own on this store.
    pub(crate) fn service(&self) -> OrderService {
        self.builder().build().unwrap()
    }

    /// A process whose storefronts have other policies.
    pub(crate) fn service_with(&self, change: impl FnOnce(&mut Policies)) -> OrderService {
        let mut policies = Policies::default();
        change(&mut policies);
        let book = PolicyBook::new(policies);
        self.builder().policies(book).build().unwrap()
    }

    /// The order as it is stored.
    pub(crate) fn order(&self, id: OrderId) -> Order {
        let orders = self.store.orders();
        let found = orders.into_iter().find(|order| order.id() == id);
        found.expect("the order is stored")
    }

    /// The one order there is.
    pub(crate) fn only_order(&self) -> Order {
        let orders = self.store.orders();
        assert_eq!(orders.len(), 1, "there is one order");
        orders.into_iter().next().unwrap()
    }

    pub(crate) fn shelf(&self, name: &str) -> Shelf {
        self.inventory.shelf(&shop(), &sku(name))
    }

    pub(crate) fn balance(&self, id: OrderId) -> Balance {
        self.payments.balance_of(id)
    }

    pub(crate) fn parcels(&self, id: OrderId) -> Vec<Parcel> {
        self.shipping.parcels(id)
    }

    /// Units of `abc` and `tea` that are held or taken.
    pub(crate) fn kept_units(&self) -> u32 {
        ["abc", "tea"]
            .map(|name| self.shelf(name))
            .iter()
            .map(|shelf| shelf.held + shelf.committed)
            .sum()
    }

    /// Lets runners go on, and time pass, until nothing waits but what was given up on.
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
        panic!("something waits for ever: {:?}", self.store.effects());
    }

    /// Lets time pass in steps, with a runner going on at each.
    pub(crate) async fn pass(&self, service: &OrderService, span: Duration, steps: u32) {
        let runner = service.runner();
        for _ in 0..steps {
            self.clock.advance(span / steps);
            while runner.step().await.expect("the store answers") > 0 {}
        }
    }

    /// Nothing of this order is kept anywhere, and nothing is left to do.
    pub(crate) fn nothing_is_kept(&self, id: OrderId, at: &str) {
        let order = self.order(id);
        assert!(order.is_settled(), "{at}: settled: {order:?}");
        assert_eq!(self.kept_units(), 0, "{at}: all stock is back");
        let balance = self.balance(id);
        assert!(balance.is_clear(), "{at}: no money is kept: {balance:?}");
        assert_eq!(self.parcels_on_their_way(id), 0, "{at}: no parcel is sent");
        assert!(self.store.effects().is_empty(), "{at}: nothing waits");
    }

    /// Parcels that the warehouse would send, or has sent.
    pub(crate) fn parcels_on_their_way(&self, id: OrderId) -> usize {
        let recalled = order_core::testing::ParcelState::Recalled;
        let parcels = self.parcels(id);
        parcels.iter().filter(|one| one.state != recalled).count()
    }
}

pub(crate) fn shop() -> StorefrontId {
    StorefrontId::default()
}

/// Short words for what the tests ask of a service.
pub(crate) trait Ask {
    async fn placed(&self, place: Place) -> Order;
    async fn run(&self, id: OrderId, command: Command) -> Result<Done, OrderError>;
    async fn did(&self, id: OrderId, command: Command) -> Order;
    async fn told(&self, id: OrderId, fact: Fact) -> Done;
    async fn told_as(&self, id: OrderId, receipt: &str, fact: Fact) -> Done;
}

impl Ask for OrderService {
    async fn placed(&self, place: Place) -> Order {
        self.place(place).await.expect("the order is placed").order
    }

    async fn run(&self, id: OrderId, command: Command) -> Result<Done, OrderError> {
        self.execute(Execute::new(shop(), id, command)).await
    }

    async fn did(&self, id: OrderId, command: Command) -> Order {
        let name = command.kind();
        match self.run(id, command).await {
            Ok(done) => done.order,
            Err(error) => panic!("{name} is carried out: {error}"),
        }
    }

    async fn told(&self, id: OrderId, fact: Fact) -> Done {
        let report = report(id, fact);
        self.report(report).await.expect("a fact is never refused")
    }

    async fn told_as(&self, id: OrderId, receipt: &str, fact: Fact) -> Done {
        let mut report = report(id, fact);
        report.receipt = Some(Receipt {
            source: "outside".to_owned(),
            id: fact_id(receipt),
        });
        self.report(report).await.expect("a fact is never refused")
    }
}

fn report(id: OrderId, fact: Fact) -> Report {
    Report {
        storefront: shop(),
        id,
        fact,
        actor: order_core::event::Actor::system(),
        receipt: None,
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

/// An order that has arrived: placed, shipped, delivered and paid.
pub(crate) async fn delivered(world: &World, service: &OrderService, place: Place) -> Order {
    let id = service.placed(place).await.id();
    world.settle(service).await;
    service.did(id, ship()).await;
    let order = service.did(id, deliver()).await;
    assert_eq!(order.status(), OrderStatus::Completed);
    order
}

/// Everything personal that `place()` puts into an order, as it is written.
pub(crate) fn personal_words() -> Vec<String> {
    let (address, contact) = (address(), contact());
    let mut words = vec![
        address.line1.as_str().to_owned(),
        address.city.as_str().to_owned(),
        "tok_visa".to_owned(),
    ];
    let others = [address.name, contact.email, contact.phone];
    words.extend(others.into_iter().flatten().map(|one| one.to_string()));
    words
}
