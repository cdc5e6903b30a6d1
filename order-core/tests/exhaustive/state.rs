//! One state of the order and the world.

mod rules;
mod ways;

use crate::outside::Outside;
use order_core::command::Command;
use order_core::decide::begin;
use order_core::effect::{EffectId, Task, effects};
use order_core::event::{Actor, Event, Happening};
use order_core::fact::Fact;
use order_core::order::{Order, OrderStatus};
use order_core::policy::{PaymentPolicy, Policies};
use order_core::record::follow;
use order_core::testing::builders::{customer, noon, order_id, priced, token};
use order_core::time::Timestamp;
use order_core::value::StorefrontId;
use order_core::{Context, Step, apply};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

/// How often each kind of thing may still happen on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Allowance {
    commands: u8,
    crashes: u8,
    losses: u8,
    declines: u8,
    reports: u8,
}

/// An effect that nobody has finished, and whether it may have been tried.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Open {
    task: Task,
    tried: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) order: Order,
    outside: Outside,
    open: BTreeMap<EffectId, Open>,
    left: Allowance,
    payment: PaymentPolicy,
    /// The moves of the status in the step that led here, and the events that moved it.
    pub(crate) moves: Vec<Move>,
}

/// From a status, or from nothing, by an event, to a status.
pub(crate) type Move = (Option<OrderStatus>, &'static str, Option<OrderStatus>);

/// States are alike if they look alike: the number of events that led there does not matter.
impl State {
    fn look(&self) -> impl Hash + PartialEq + '_ {
        let order = &self.order;
        let open: Vec<&Open> = self.open.values().collect();
        (
            (
                order.status(),
                order.customer(),
                order.lines(),
                order.reservation(),
                order.payments(),
                order.refunds(),
                order.fulfillments(),
            ),
            (
                order.returns(),
                order.holds(),
                order.deletion(),
                order.payment_method_ready(),
                order.pending_on(),
                order.cancellation(),
            ),
            &self.outside,
            open,
            self.left,
        )
    }
}

impl Hash for State {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.look().hash(state);
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.look() == other.look()
    }
}

impl Eq for State {}

const PRICE: i64 = 1_000;
const UNITS: u32 = 2;

fn policies(payment: PaymentPolicy) -> Policies {
    let mut policies = Policies::default();
    policies.payment = payment;
    policies.max_attempts = 2;
    // Refunds that fail are tried again at once, so that no time has to pass in between.
    policies.stuck_after = 1;
    policies
}

impl State {
    pub(crate) fn start(payment: PaymentPolicy, commands: u8) -> Self {
        let policies = policies(payment);
        let actor = Actor::system();
        let ctx = Context::new(&policies, noon(), &actor);
        let place = order_core::command::PlaceOrder {
            id: order_id(1),
            storefront: StorefrontId::default(),
            customer_id: customer("cus_1"),
            currency: None,
            lines: vec![priced("abc", UNITS, PRICE)],
            adjustments: Vec::new(),
            personal: order_core::order::PersonalData {
                payment_token: Some(token("tok_visa")),
                ..Default::default()
            },
            metadata: Default::default(),
        };
        let Step { order, events, .. } =
            begin(&Command::PlaceOrder(Box::new(place)), &ctx).unwrap();
        let mut state = Self {
            order: order.clone(),
            outside: Outside::default(),
            open: BTreeMap::new(),
            left: Allowance {
                commands,
                crashes: 1,
                losses: 1,
                declines: 1,
                reports: 1,
            },
            payment,
            moves: Vec::new(),
        };
        state.take_in(None, order, &events);
        state
    }

    /// The order after events, and the effects they cause.
    fn take_in(&mut self, before: Option<Order>, after_it: Order, events: &[Event]) {
        let mut order = before;
        for event in events {
            let from = order.as_ref().map(Order::status);
            order = apply(order, event);
            let to = order.as_ref().map(Order::status);
            if from != to {
                self.moves.push((from, event.happening.name(), to));
            }
            for effect in order.iter().flat_map(|order| effects(order, event)) {
                if !matches!(effect.task, Task::Notify { .. }) {
                    let open = Open {
                        task: effect.task,
                        tried: false,
                    };
                    self.open.insert(effect.id, open);
                }
            }
        }
        assert_eq!(
            order.as_ref(),
            Some(&after_it),
            "the order is the fold of its events"
        );
        self.order = after_it;
    }

    /// Records facts, and marks what is sent at once as sent, as the service does.
    fn record(&mut self, facts: &[Fact], now: Timestamp) {
        let (policies, actor) = (policies(self.payment), Actor::system());
        let ctx = Context::new(&policies, now, &actor);
        let before = self.order.clone();
        let step = follow(before.clone(), facts, &ctx);
        self.commit(before, step, &ctx);
    }

    fn commit(&mut self, before: Order, step: Step, ctx: &Context<'_>) {
        let sent: Vec<Fact> = step
            .events
            .iter()
            .filter_map(|event| match event.happening {
                Happening::AttemptStarted { attempt, .. } => {
                    Some(Fact::AttemptDispatched { attempt })
                }
                Happening::RefundRequested { refund, .. } => {
                    Some(Fact::RefundDispatched { refund })
                }
                _ => None,
            })
            .collect();
        let further = follow(step.order, &sent, ctx);
        let mut events = step.events;
        events.extend(further.events);
        self.take_in(Some(before), further.order, &events);
    }
}
