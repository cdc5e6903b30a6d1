//! One state: the order, its pending effects, the world, and the remaining budget.

use super::world::{Stock, World};
use crate::diagram::StatusChange;
use order_core::command::Command;
use order_core::decide::decide_new;
use order_core::effect::{EffectId, EffectKind, effects};
use order_core::event::{Actor, Event, EventPayload};
use order_core::fact::Fact;
use order_core::order::{Order, PersonalData};
use order_core::policy::{PaymentPolicy, StorefrontPolicy};
use order_core::record::record_all;
use order_core::time::{Timestamp, after};
use order_core::value::ReservationNo;
use order_core::{Context, Transition, apply};
use order_testing::builders::{code, noon, place_order, priced};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::time::Duration;

/// How often each kind of transition may still happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Budget {
    pub(super) commands: u8,
    pub(super) crashes: u8,
    pub(super) lost_answers: u8,
    pub(super) declines: u8,
    pub(super) reports: u8,
}

/// An effect that is not finished.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PendingEffect {
    pub(super) task: EffectKind,
    /// Whether an earlier attempt may have reached the service.
    pub(super) attempted: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) order: Order,
    pub(super) world: World,
    pub(super) pending: BTreeMap<EffectId, PendingEffect>,
    pub(super) budget: Budget,
    pub(super) payment: PaymentPolicy,
    /// The events of the transition that led here.
    pub(crate) status_changes: Vec<StatusChange>,
}

impl State {
    /// Returns what makes two states the same. Version and times do not matter.
    fn identity(&self) -> impl Hash + PartialEq + '_ {
        let order = &self.order;
        let pending: Vec<&PendingEffect> = self.pending.values().collect();
        (
            (
                order.status(),
                order.customer_verification(),
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
            &self.world,
            pending,
            self.budget,
        )
    }
}

impl Hash for State {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for State {}

pub(super) const PRICE: i64 = 1_000;
pub(super) const UNITS: u32 = 2;

pub(super) fn policy(payment: PaymentPolicy) -> StorefrontPolicy {
    let mut policy = StorefrontPolicy::default();
    policy.payment = payment;
    policy.max_attempts = 2;
    // Failed refunds are retried at once, so that no time has to pass.
    policy.stuck_after = 1;
    policy
}

impl State {
    pub(crate) fn start(payment: PaymentPolicy, commands: u8) -> Self {
        let policy = policy(payment);
        let actor = Actor::system();
        let ctx = Context::new(&policy, noon(), &actor);
        let mut request = place_order(vec![priced("abc", UNITS, PRICE)]);
        request.order.personal = PersonalData {
            payment_token: request.order.personal.payment_token,
            ..PersonalData::default()
        };
        let Transition { order, events, .. } =
            decide_new(&Command::PlaceOrder(Box::new(request)), &ctx).unwrap();
        let mut state = Self {
            order: order.clone(),
            world: World::default(),
            pending: BTreeMap::new(),
            budget: Budget {
                commands,
                crashes: 1,
                lost_answers: 1,
                declines: 1,
                reports: 1,
            },
            payment,
            status_changes: Vec::new(),
        };
        state.apply_events(None, order, &events);
        state
    }

    /// Returns the states in which an order is stored with the answers to what was asked before: yes,
    /// no to the customer, no to the stock.
    pub(crate) fn starts_with_answers(&self) -> Vec<Self> {
        let (no, lines) = (ReservationNo::FIRST, self.order.stock_target());
        let reserved = Fact::StockReserved {
            reservation: no,
            lines: lines.clone(),
            expires_at: after(noon(), Duration::from_secs(86_400 * 365)),
        };
        let rejected = Fact::StockRejected {
            reservation: no,
            lines: lines.clone(),
            shortages: Vec::new(),
            unknown: Vec::new(),
        };
        let unknown = Fact::CustomerRejected {
            code: code("unknown_customer"),
        };
        [
            vec![Fact::CustomerVerified, reserved.clone()],
            vec![unknown, reserved],
            vec![Fact::CustomerVerified, rejected],
        ]
        .into_iter()
        .map(|facts| {
            let mut start = self.clone();
            start.pending.clear();
            if facts
                .iter()
                .any(|fact| matches!(fact, Fact::StockReserved { .. }))
            {
                let held = Stock::Held(lines.clone());
                start.world.stock.insert(no, held);
            }
            start.record(&facts, noon());
            start
        })
        .collect()
    }

    /// Moves on to the order after these events, and adds their effects.
    fn apply_events(&mut self, before: Option<Order>, after_it: Order, events: &[Event]) {
        let mut order = before;
        for event in events {
            let from = order.as_ref().map(Order::status);
            order = apply(order, event);
            let to = order.as_ref().map(Order::status);
            if from != to {
                self.status_changes.push((from, event.payload.name(), to));
            }
            for effect in order.iter().flat_map(|order| effects(order, event)) {
                if !matches!(effect.kind, EffectKind::Notify { .. }) {
                    let pending = PendingEffect {
                        task: effect.kind,
                        attempted: false,
                    };
                    self.pending.insert(effect.id, pending);
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

    /// Records facts, and commits as the service does.
    pub(super) fn record(&mut self, facts: &[Fact], now: Timestamp) {
        let (policy, actor) = (policy(self.payment), Actor::system());
        let ctx = Context::new(&policy, now, &actor);
        let before = self.order.clone();
        let transition = record_all(before.clone(), facts, &ctx);
        self.commit(before, transition, &ctx);
    }

    /// Commits a transition, with the payments and refunds it starts marked as dispatched.
    pub(super) fn commit(&mut self, before: Order, transition: Transition, ctx: &Context<'_>) {
        let sent: Vec<Fact> = transition
            .events
            .iter()
            .filter_map(|event| match event.payload {
                EventPayload::AttemptStarted { attempt, .. } => {
                    Some(Fact::AttemptDispatched { attempt })
                }
                EventPayload::RefundRequested { refund, .. } => {
                    Some(Fact::RefundDispatched { refund })
                }
                _ => None,
            })
            .collect();
        let further = record_all(transition.order, &sent, ctx);
        let mut events = transition.events;
        events.extend(further.events);
        self.apply_events(Some(before), further.order, &events);
    }
}
