//! Orders with a given past, for tests of what stores them.

use crate::builders::{code, order_id};
use order_core::command::{Command, PlaceOrder};
use order_core::dependency::Dependency;
use order_core::event::{Actor, Event, EventPayload, RejectionReason};
use order_core::money::Amount;
use order_core::order::{CaptureMethod, Order};
use order_core::policy::StorefrontPolicy;
use order_core::ports::{Change, PlaceOrderRequest};
use order_core::time::{Timestamp, after};
use order_core::value::{
    OrderId, PaymentAttemptNo, ProviderId, ReservationNo, StorefrontId, Version,
};
use order_core::{Context, apply, decide};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An order and the events that led to it, to be committed in one change or in several. Events may
/// follow in any order: a store has to keep whatever it is given.
///
/// ```
/// use order_core::event::EventPayload;
/// use order_core::ports::{CommitOutcome, OrderStore};
/// use order_testing::builders::{at, place};
/// use order_testing::{MemoryStore, OrderHistory};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), order_core::ports::StoreError> {
/// let store = MemoryStore::new();
/// let mut history = OrderHistory::placed(1, place().build(), at(0));
/// assert_eq!(store.commit(history.change()).await?, CommitOutcome::Applied);
/// let mut history = history.then(at(1), EventPayload::CustomerVerified);
/// assert_eq!(store.commit(history.change()).await?, CommitOutcome::Applied);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrderHistory {
    order: Order,
    events: Vec<Event>,
    committed: Version,
}

impl OrderHistory {
    /// Begins with the placing of an order, which gets the [`order_id`] of this number and a
    /// deadline a day later.
    ///
    /// # Panics
    /// If such an order cannot be placed.
    #[expect(
        clippy::expect_used,
        reason = "a wrong request is a mistake in the test"
    )]
    #[must_use]
    pub fn placed(number: u64, request: PlaceOrderRequest, placed_at: Timestamp) -> Self {
        let mut policy = StorefrontPolicy::default();
        policy.max_lines = usize::MAX;
        policy.acceptance_window = DAY;
        let ctx = Context::new(&policy, placed_at, &request.actor);
        let command = Command::PlaceOrder(Box::new(PlaceOrder::new(
            order_id(number),
            request.storefront,
            request.order,
        )));
        let events = decide(None, &command, &ctx).expect("an order that can be placed");
        Self::beginning_with(events.first().expect("a placed order has an event"))
    }

    /// Continues from an order as it is; its events so far are not part of this history.
    #[must_use]
    pub const fn continuing(order: Order) -> Self {
        Self {
            committed: order.version(),
            order,
            events: Vec::new(),
        }
    }

    /// Begins with this event.
    ///
    /// # Panics
    /// If it cannot be the first event of an order.
    #[expect(clippy::expect_used, reason = "a wrong event is a mistake in the test")]
    #[must_use]
    pub fn beginning_with(event: &Event) -> Self {
        Self {
            order: apply(None, event).expect("a first event makes an order"),
            events: vec![event.clone()],
            committed: Version::NONE,
        }
    }

    /// Begins with the import of an order as it is.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn imported(order: Order, at: Timestamp) -> Self {
        let payload = EventPayload::OrderImported(Box::new(order));
        Self::beginning_with(&Event::new(Version::INITIAL, at, Actor::system(), payload))
    }

    /// Returns an order with the same id and events at another storefront.
    ///
    /// # Panics
    /// If this history does not begin with the placing of the order.
    #[expect(
        clippy::expect_used,
        clippy::panic,
        reason = "a wrong call is a mistake in the test"
    )]
    #[must_use]
    pub fn order_at(&self, storefront: StorefrontId) -> Order {
        let mut events = self.events.clone();
        match events.first_mut().map(|event| &mut event.payload) {
            Some(EventPayload::OrderPlaced(placed)) => placed.storefront = storefront,
            _ => panic!("the history begins with the placing of the order"),
        }
        let order = events.iter().fold(None, apply);
        order.expect("an order stays an order")
    }

    /// Adds an event caused by the system.
    #[must_use]
    pub fn then(self, at: Timestamp, payload: EventPayload) -> Self {
        self.by(Actor::system(), at, payload)
    }

    /// Adds an event caused by this actor.
    ///
    /// # Panics
    /// Never.
    #[expect(clippy::expect_used, reason = "an order stays an order")]
    #[must_use]
    pub fn by(mut self, actor: Actor, at: Timestamp, payload: EventPayload) -> Self {
        let event = Event::new(self.order.version().next(), at, actor, payload);
        self.order = apply(Some(self.order), &event).expect("an order stays an order");
        self.events.push(event);
        self
    }

    /// Adds that the order waits for the inventory service.
    #[must_use]
    pub fn deferred(self, at: Timestamp) -> Self {
        let dependency = Dependency::Inventory;
        self.then(at, EventPayload::OrderDeferred { dependency })
    }

    /// Adds that the customer is verified, the stock reserved and the order confirmed.
    #[must_use]
    pub fn confirmed(self, at: Timestamp) -> Self {
        let lines = self.order.stock_target();
        let (expires_at, deadline) = (after(at, DAY), after(at, DAY));
        self.then(at, EventPayload::CustomerVerified)
            .then(
                at,
                EventPayload::StockReserved {
                    reservation: ReservationNo::FIRST,
                    lines,
                    expires_at,
                },
            )
            .then(at, EventPayload::OrderConfirmed { deadline })
    }

    /// Adds that the payment of the whole total is authorized.
    #[must_use]
    pub fn authorized(self, at: Timestamp) -> Self {
        let amount: Amount = self.order.totals().total;
        let attempt = PaymentAttemptNo::FIRST;
        self.then(
            at,
            EventPayload::AttemptStarted {
                attempt,
                amount,
                capture_method: CaptureMethod::Manual,
            },
        )
        .then(at, EventPayload::AttemptDispatched { attempt })
        .then(
            at,
            EventPayload::PaymentAuthorized {
                attempt,
                provider_id: ProviderId::parse("pay_1").ok(),
                amount,
            },
        )
    }

    /// Adds that the order is rejected.
    #[must_use]
    pub fn rejected(self, at: Timestamp) -> Self {
        let reason = RejectionReason::new(code("insufficient_stock"));
        self.then(at, EventPayload::OrderRejected { reason })
    }

    /// Adds that the order is cancelled.
    #[must_use]
    pub fn cancelled(self, at: Timestamp) -> Self {
        self.then(at, EventPayload::CancelRequested { reason: None })
            .then(at, EventPayload::OrderCancelled)
    }

    /// Returns the id of the order.
    #[must_use]
    pub const fn id(&self) -> OrderId {
        self.order.id()
    }

    /// Returns the storefront of the order.
    #[must_use]
    pub const fn storefront(&self) -> &StorefrontId {
        self.order.storefront()
    }

    /// Returns the order as of the last event.
    #[must_use]
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// Returns the events, oldest first.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns the events since the last call as a change without effects. The caller may set more
    /// fields before committing it.
    #[must_use]
    pub fn change(&mut self) -> Change {
        let new = self
            .events
            .iter()
            .filter(|event| event.version > self.committed)
            .cloned()
            .collect();
        let change = Change::new(self.committed, self.order.clone(), new);
        self.committed = self.order.version();
        change
    }
}
