//! The system under test: the service over memory adapters.

use crate::catalog::{IN_STOCK, PRICES, SKUS, new_lines, shop, token_of};
use crate::commands::commands;
use crate::interaction::{Interaction, Loss, Service};
use crate::model::{Model, Rejection};
use order_core::apply;
use order_core::breaker::{BreakerPolicy, BreakerRegistry};
use order_core::command::Command;
use order_core::event::{Actor, Event};
use order_core::fact::{CaptureRef, Fact};
use order_core::order::{
    CaptureMethod, Order, OrderStatus, PaymentAttempt, PaymentAttemptStatus, Tracking,
};
use order_core::policy::{PaymentPolicy, PolicySet, StorefrontPolicy};
use order_core::ports::{CommandOutcome, CommandRequest, FactReport, OrderError, Orders};
use order_core::reference::Reference;
use order_core::service::{ExternalServices, OrderService};
use order_core::value::{FulfillmentNo, OrderId};
use order_testing::builders::{code, place, sku, units, usd};
use order_testing::{
    Fault, Faults, ManualClock, MemoryCustomers, MemoryInventory, MemoryNotifications,
    MemoryPayments, MemoryShipping, MemoryStore, ProviderBalance, SequentialIds,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// One order, with a service of its own.
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

fn policy(payment: PaymentPolicy) -> StorefrontPolicy {
    let mut policy = StorefrontPolicy::default();
    policy.payment = payment;
    policy.max_attempts = 100;
    // Every outage ends before any of these.
    policy.attempt_window = 6 * HOUR;
    policy.reservation_ttl = 12 * HOUR;
    policy
}

impl System {
    /// Places an order as the model begins.
    pub(crate) fn placed(model: &Model) -> Self {
        let clock = ManualClock::default();
        let inventory = MemoryInventory::new(Arc::new(clock.clone()));
        let units_in_stock = if model.rejection == Some(Rejection::NoStock) {
            0
        } else {
            IN_STOCK
        };
        for (name, price) in SKUS.iter().zip(PRICES) {
            inventory.stock(&shop(), &sku(name), usd(price), units_in_stock);
        }
        let customers = match model.rejection {
            Some(Rejection::UnknownCustomer) => MemoryCustomers::new(),
            Some(Rejection::NoStock) | None => MemoryCustomers::knowing(["cus_1"]),
        };
        let (customers, inventory) = (Arc::new(customers), Arc::new(inventory));
        let (payments, shipping) = (
            Arc::new(MemoryPayments::new()),
            Arc::new(MemoryShipping::new()),
        );
        let store = Arc::new(MemoryStore::new());
        let services = ExternalServices {
            customers: customers.clone(),
            inventory: inventory.clone(),
            payments: payments.clone(),
            shipping: shipping.clone(),
            notifications: Arc::new(MemoryNotifications::new()),
        };
        let never_open = BreakerPolicy::default()
            .with_consecutive(u32::MAX)
            .with_rate(101, u32::MAX, HOUR);
        let service = OrderService::builder(store.clone(), services, Arc::new(clock.clone()))
            .ids(Arc::new(SequentialIds::default()))
            .breakers(Arc::new(BreakerRegistry::new(never_open)))
            .policies(PolicySet::new(policy(model.policy)))
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
        let mut request = place().token(token_of(model.first_method));
        for line in new_lines(model.lines.map(|line| line.ordered)) {
            request = request.line(line);
        }
        let placed = system.service.place(request.build());
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

    /// Applies an interaction. A command must be accepted or refused as the model says.
    pub(crate) fn take(&mut self, interaction: Interaction, accepted: bool) {
        let before = self.order().version();
        if interaction.is_command() {
            let commands = commands(&self.order(), interaction);
            let answers: Vec<_> = commands.into_iter().map(|one| self.execute(one)).collect();
            let refused = answers.iter().find_map(|answer| answer.as_ref().err());
            assert_eq!(refused.is_none(), accepted, "{interaction:?}: {refused:?}");
            if !accepted && answers.len() == 1 {
                assert_eq!(self.order().version(), before, "a refusal changes nothing");
            }
        } else {
            self.happens(interaction);
        }
        self.drain();
        self.ends();
    }

    /// Executes a command. A preview before it must give the same answer and change nothing.
    fn execute(&self, command: Command) -> Result<CommandOutcome, OrderError> {
        let before = self.order();
        let execute = CommandRequest::new(shop(), self.id, command);
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

    fn happens(&mut self, interaction: Interaction) {
        let no = |index: usize| FulfillmentNo::new(u32::try_from(index).unwrap() + 1);
        match interaction {
            Interaction::ParcelLeaves(index) => {
                self.shipping.ship(&self.parcel(no(index)));
                self.report(Fact::ShipmentConfirmed {
                    fulfillment: Some(no(index)),
                    lines: None,
                    tracking: Tracking::default(),
                });
            }
            Interaction::ParcelSlipsOut(index) => {
                assert!(
                    self.shipping.ship(&self.parcel(no(index))),
                    "it was requested"
                );
            }
            Interaction::ParcelIsLost(index) => self.report(Fact::ShipmentLost {
                fulfillment: no(index),
            }),
            Interaction::StrangeShipment(product, n) => self.report_once(Fact::ShipmentConfirmed {
                fulfillment: None,
                lines: Some(vec![units(SKUS[product], n)]),
                tracking: Tracking::default(),
            }),
            Interaction::AuthorizationLapses => {
                let attempt = self.attempt(|one| one.capturable().is_positive());
                let reference = Reference::Attempt(self.id, attempt.no);
                assert!(
                    self.payments.expire_authorization(&reference),
                    "it was authorized"
                );
                self.report(Fact::AuthorizationExpired {
                    attempt: attempt.no,
                });
            }
            Interaction::StockLapses => {
                let reservation = self.order().reservation().unwrap().no;
                let reference = Reference::Reservation(self.id, reservation);
                assert!(self.inventory.expire(&shop(), &reference), "it was held");
                self.report(Fact::ReservationExpired { reservation });
            }
            Interaction::CustomerActs(approved) => self.customer_acts(approved),
            Interaction::DaysPass => {
                for _ in 0..48 {
                    self.clock.advance(2 * HOUR);
                    self.drain();
                }
            }
            Interaction::GoesDown(service, loss) => self.goes_down(service, loss),
            Interaction::ComesBack => {
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
        let one = self.attempt(|one| one.status == PaymentAttemptStatus::RequiresAction);
        let (attempt, amount) = (one.no, one.amount);
        let reference = Reference::Attempt(self.id, attempt);
        assert!(self.payments.finish_action(&reference, approved), "asked");
        let provider_id = one.provider_id;
        self.report(if !approved {
            Fact::PaymentDeclined {
                attempt,
                code: code("authentication_failed"),
            }
        } else if one.capture_method == CaptureMethod::Automatic {
            Fact::PaymentCaptured {
                attempt,
                capture: CaptureRef::Immediate,
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

    /// Reports a fact twice. The second report must change nothing.
    fn report(&self, fact: Fact) {
        self.report_once(fact.clone());
        let look = |order: &Order| (order.lines().to_vec(), order.balance(), order.status());
        let before = self.order();
        self.report_once(fact);
        assert_eq!(look(&self.order()), look(&before), "reported twice");
    }

    fn report_once(&self, fact: Fact) {
        let report = FactReport {
            storefront: shop(),
            id: self.id,
            fact,
            actor: Actor::system(),
            external_event: None,
        };
        let reported = self.runtime.block_on(self.service.report(report));
        reported.expect("a fact is never refused");
    }

    /// Runs a runner until nothing is left to do, unless a service is down.
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
        panic!("an effect is never finished: {:?}", self.store.effects());
    }

    /// Checks that an order that has ended keeps its status.
    fn ends(&mut self) {
        let status = self.order().status();
        if let Some(ended) = self.ended {
            assert_eq!(status, ended, "it had ended");
        }
        self.ended = status.is_terminal().then_some(status);
    }

    pub(crate) fn balance(&self) -> ProviderBalance {
        self.payments.total()
    }
}
