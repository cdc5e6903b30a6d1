//! The system that the model is held against: the service over memory adapters.

use crate::model::{Doom, Model, PRICES, SHELF};
use crate::step::{Loss, Method, Service, Step};
use order_core::apply;
use order_core::breaker::{BreakerPolicy, Breakers};
use order_core::command::{Command, NewLine};
use order_core::event::{Actor, Event};
use order_core::fact::{CaptureRef, Fact};
use order_core::order::{AttemptState, Order, OrderStatus, PaymentAttempt, Tracking};
use order_core::policy::{PaymentPolicy, Policies, PolicyBook};
use order_core::ports::{Done, Execute, OrderError, Orders, Report};
use order_core::reference::Reference;
use order_core::service::{OrderService, Outside};
use order_core::testing::builders::{code, place, priced, sku, units, usd};
use order_core::testing::{
    Balance, Fault, Faults, ManualClock, MemoryCustomers, MemoryInventory, MemoryNotifications,
    MemoryPayments, MemoryShipping, MemoryStore, SequentialIds,
};
use order_core::value::{FulfillmentNo, OrderId, StorefrontId};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

pub(crate) const SKUS: [&str; 2] = ["abc", "tea"];
const HOUR: Duration = Duration::from_secs(60 * 60);

/// One order of a service of its own.
pub(crate) struct System {
    runtime: Runtime,
    clock: ManualClock,
    pub(crate) store: Arc<MemoryStore>,
    customers: Arc<MemoryCustomers>,
    pub(crate) inventory: Arc<MemoryInventory>,
    payments: Arc<MemoryPayments>,
    pub(crate) shipping: Arc<MemoryShipping>,
    service: OrderService,
    pub(crate) id: OrderId,
    pub(crate) is_down: bool,
    /// The status that the order has ended in.
    ended: Option<OrderStatus>,
}

fn policies(payment: PaymentPolicy) -> Policies {
    let mut policies = Policies::default();
    policies.payment = payment;
    policies.max_attempts = 100;
    // Outages are over before any of these.
    policies.attempt_window = 6 * HOUR;
    policies.reservation_ttl = 12 * HOUR;
    policies
}

impl System {
    /// An order is placed as the model begins.
    pub(crate) fn placed(model: &Model) -> Self {
        let clock = ManualClock::default();
        let inventory = MemoryInventory::new(Arc::new(clock.clone()));
        let on_shelf = if model.doom == Some(Doom::NoStock) {
            0
        } else {
            SHELF
        };
        for (name, price) in SKUS.iter().zip(PRICES) {
            inventory.stock(&shop(), &sku(name), usd(price), on_shelf);
        }
        let customers = match model.doom {
            Some(Doom::UnknownCustomer) => MemoryCustomers::new(),
            Some(Doom::NoStock) | None => MemoryCustomers::knowing(["cus_1"]),
        };
        let (customers, inventory) = (Arc::new(customers), Arc::new(inventory));
        let (payments, shipping) = (
            Arc::new(MemoryPayments::new()),
            Arc::new(MemoryShipping::new()),
        );
        let store = Arc::new(MemoryStore::new());
        let outside = Outside {
            customers: customers.clone(),
            inventory: inventory.clone(),
            payments: payments.clone(),
            shipping: shipping.clone(),
            notifications: Arc::new(MemoryNotifications::new()),
        };
        let never_open = BreakerPolicy::default()
            .with_consecutive(u32::MAX)
            .with_rate(101, u32::MAX, HOUR);
        let service = OrderService::builder(store.clone(), outside, Arc::new(clock.clone()))
            .ids(Arc::new(SequentialIds::default()))
            .breakers(Arc::new(Breakers::new(never_open)))
            .policies(PolicyBook::new(policies(model.policy)))
            .build()
            .unwrap();
        let mut system = Self {
            runtime: Builder::new_current_thread().build().unwrap(),
            clock,
            store,
            customers,
            inventory,
            payments,
            shipping,
            service,
            id: OrderId::parse("01970000-0000-7000-8000-000000000001").unwrap(),
            is_down: false,
            ended: None,
        };
        if let Some((service, loss)) = model.down {
            system.goes_down(service, loss);
        }
        let mut wish = place().token(token_of(model.first_method));
        for line in new_lines(model.lines.map(|line| line.ordered)) {
            wish = wish.line(line);
        }
        let placed = system.service.place(wish.build());
        system.id = system.runtime.block_on(placed).unwrap().order.id();
        system.drain();
        system
    }

    pub(crate) fn order(&self) -> Order {
        self.store.orders().pop().expect("there is one order")
    }

    pub(crate) fn history(&self) -> Vec<Event> {
        let shop = shop();
        let history = self.service.history(&shop, self.id);
        self.runtime.block_on(history).unwrap().unwrap()
    }

    fn faults(&self, service: Service) -> &Faults {
        match service {
            Service::Customers => self.customers.faults(),
            Service::Inventory => self.inventory.faults(),
            Service::Payments => self.payments.faults(),
            Service::Shipping => self.shipping.faults(),
        }
    }

    fn goes_down(&mut self, service: Service, loss: Loss) {
        self.is_down = true;
        self.faults(service).always(match loss {
            Loss::Connection => Fault::Unavailable,
            Loss::Requests => Fault::LostRequest,
            Loss::Answers => Fault::LostAnswer,
        });
    }

    /// Takes a step. A command is accepted or refused as the model says.
    pub(crate) fn take(&mut self, step: Step, accepted: bool) {
        let before = self.order().version();
        if step.is_command() {
            let commands = self.commands(step);
            let answers: Vec<_> = commands.into_iter().map(|one| self.execute(one)).collect();
            let refused = answers.iter().find_map(|answer| answer.as_ref().err());
            assert_eq!(refused.is_none(), accepted, "{step:?}: {refused:?}");
            if !accepted && answers.len() == 1 {
                assert_eq!(self.order().version(), before, "a refusal changes nothing");
            }
        } else {
            self.happens(step);
        }
        self.drain();
        self.ends();
    }

    /// Carries out a command. A preview before it gives the same answer, and changes nothing.
    fn execute(&self, command: Command) -> Result<Done, OrderError> {
        let before = self.order();
        let execute = Execute::new(shop(), self.id, command);
        let preview = self.runtime.block_on(self.service.preview(execute.clone()));
        assert_eq!(self.order(), before, "a preview changes nothing");
        let answer = self.runtime.block_on(self.service.execute(execute));
        match (&preview, &answer) {
            (Ok(seen), Ok(_)) => {
                let events = self.history();
                let so_far = events.iter().filter(|one| one.version <= seen.version());
                assert_eq!(so_far.fold(None, apply).as_ref(), Some(seen), "foreseen");
            }
            (Err(OrderError::Refused { refusal: one, .. }), Err(error)) => {
                let OrderError::Refused { refusal, .. } = error else {
                    panic!("a preview was refused, the command not: {error}");
                };
                assert_eq!(one, refusal, "a preview is refused as its command is");
            }
            other => panic!("a preview and its command disagree: {other:?}"),
        }
        answer
    }

    fn happens(&mut self, step: Step) {
        let no = |place: usize| FulfillmentNo::new(u32::try_from(place).unwrap() + 1);
        match step {
            Step::ParcelLeaves(place) => {
                self.shipping.ship(&self.parcel(no(place)));
                self.report(Fact::ShipmentConfirmed {
                    fulfillment: Some(no(place)),
                    lines: None,
                    tracking: Tracking::default(),
                });
            }
            Step::ParcelSlipsOut(place) => {
                assert!(self.shipping.ship(&self.parcel(no(place))), "it was asked");
            }
            Step::ParcelIsLost(place) => self.report(Fact::ShipmentLost {
                fulfillment: no(place),
            }),
            Step::StrangeShipment(product, n) => self.report_once(Fact::ShipmentConfirmed {
                fulfillment: None,
                lines: Some(vec![units(SKUS[product], n)]),
                tracking: Tracking::default(),
            }),
            Step::AuthorizationLapses => {
                let attempt = self.attempt(|one| one.capturable().is_positive());
                let reference = Reference::Attempt(self.id, attempt.no);
                assert!(self.payments.lapse(&reference), "it was authorized");
                self.report(Fact::AuthorizationExpired {
                    attempt: attempt.no,
                });
            }
            Step::StockLapses => {
                let reservation = self.order().reservation().unwrap().no;
                let reference = Reference::Reservation(self.id, reservation);
                assert!(self.inventory.lapse(&shop(), &reference), "it was held");
                self.report(Fact::ReservationExpired { reservation });
            }
            Step::CustomerActs(approved) => self.customer_acts(approved),
            Step::DaysPass => {
                for _ in 0..48 {
                    self.clock.advance(2 * HOUR);
                    self.drain();
                }
            }
            Step::GoesDown(service, loss) => self.goes_down(service, loss),
            Step::ComesBack => {
                self.is_down = false;
                for service in [
                    Service::Customers,
                    Service::Inventory,
                    Service::Payments,
                    Service::Shipping,
                ] {
                    self.faults(service).clear();
                }
            }
            other => panic!("{other:?} is a command"),
        }
    }

    fn customer_acts(&self, approved: bool) {
        let one = self.attempt(|one| one.state == AttemptState::RequiresAction);
        let (attempt, amount) = (one.no, one.amount);
        let reference = Reference::Attempt(self.id, attempt);
        assert!(self.payments.finish_action(&reference, approved), "asked");
        let provider_id = one.provider_id;
        self.report(if !approved {
            Fact::PaymentDeclined {
                attempt,
                code: code("authentication_failed"),
            }
        } else if one.capture {
            Fact::PaymentCaptured {
                attempt,
                capture: CaptureRef::AtOnce,
                provider_id,
                amount,
            }
        } else {
            Fact::PaymentAuthorized {
                attempt,
                provider_id,
                amount,
            }
        });
    }

    fn attempt(&self, is_it: impl Fn(&PaymentAttempt) -> bool) -> PaymentAttempt {
        let order = self.order();
        let found = order.payments().iter().find(|one| is_it(one));
        found.cloned().expect("there is such a payment")
    }

    fn parcel(&self, no: FulfillmentNo) -> Reference {
        Reference::Fulfillment(self.id, no)
    }

    /// A fact is reported, and then again: that it is told twice changes nothing.
    fn report(&self, fact: Fact) {
        self.report_once(fact.clone());
        let look = |order: &Order| (order.lines().to_vec(), order.ledger(), order.status());
        let before = self.order();
        self.report_once(fact);
        assert_eq!(look(&self.order()), look(&before), "told twice");
    }

    fn report_once(&self, fact: Fact) {
        let report = Report {
            storefront: shop(),
            id: self.id,
            fact,
            actor: Actor::system(),
            receipt: None,
        };
        let told = self.runtime.block_on(self.service.report(report));
        told.expect("a fact is never refused");
    }

    /// Carries on until nothing is left to do, if every service answers.
    fn drain(&mut self) {
        let runner = self.service.runner();
        for _ in 0..500 {
            if self.is_down {
                return;
            }
            let done = self.runtime.block_on(runner.step()).unwrap();
            if done == 0 && self.store.effects().is_empty() {
                return;
            }
            self.clock.advance(Duration::from_secs(5));
        }
        panic!("something waits for ever: {:?}", self.store.effects());
    }

    /// What has ended stays as it ended.
    fn ends(&mut self) {
        let status = self.order().status();
        if let Some(ended) = self.ended {
            assert_eq!(status, ended, "it had ended");
        }
        self.ended = status.is_terminal().then_some(status);
    }

    pub(crate) fn balance(&self) -> Balance {
        self.payments.total()
    }
}

pub(crate) fn shop() -> StorefrontId {
    StorefrontId::default()
}

pub(crate) const fn token_of(method: Method) -> &'static str {
    match method {
        Method::Good => "tok_visa",
        Method::Slow => "tok_timeout",
        Method::Bad => "tok_declined",
        Method::Asks => "tok_action",
    }
}

pub(crate) fn new_lines(wanted: [u32; 2]) -> Vec<NewLine> {
    let some = SKUS.iter().zip(PRICES).zip(wanted).filter(|(_, n)| *n > 0);
    some.map(|((name, price), n)| priced(name, n, price))
        .collect()
}
