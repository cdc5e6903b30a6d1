//! Orders told by their events, for whoever has to store them.

use crate::apply;
use crate::event::{Actor, Event, Happening, Placement, RejectionReason};
use crate::money::{Amount, Currency};
use crate::order::{Line, Order};
use crate::policy::Dependency;
use crate::ports::{Change, Place};
use crate::testing::builders::{code, order_id};
use crate::time::{Timestamp, after};
use crate::value::{AttemptNo, LineId, OrderId, ProviderId, ReservationNo, StorefrontId, Version};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An order and the events that led to it. Which events may follow which is not checked: a store
/// has to keep whatever it is given.
///
/// ```
/// use order_core::event::Happening;
/// use order_core::ports::{CommitOutcome, OrderStore};
/// use order_core::testing::builders::{at, place};
/// use order_core::testing::{MemoryStore, Story};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), order_core::ports::StoreError> {
/// let store = MemoryStore::new();
/// let mut story = Story::placed(1, place().build(), at(0));
/// assert_eq!(store.commit(story.change()).await?, CommitOutcome::Applied);
/// let mut story = story.then(at(1), Happening::CustomerVerified);
/// assert_eq!(store.commit(story.change()).await?, CommitOutcome::Applied);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Story {
    order: Order,
    events: Vec<Event>,
    told: Version,
}

impl Story {
    /// An order is placed, under [`order_id`] of this number.
    ///
    /// # Panics
    /// If it has more lines than can be counted.
    #[must_use]
    pub fn placed(number: u64, place: Place, placed_at: Timestamp) -> Self {
        let lines = (1..)
            .zip(place.lines)
            .map(|(no, line)| {
                let id = LineId::new(no);
                Line::new(id, line.sku, line.name, line.quantity, line.unit_price)
            })
            .collect();
        let placement = Placement {
            id: order_id(number),
            storefront: place.storefront,
            customer_id: place.customer_id,
            currency: place.currency.unwrap_or(Currency::USD),
            lines,
            adjustments: place.adjustments,
            metadata: place.metadata,
            deadline: after(placed_at, DAY),
            payment_method: place.personal.payment_token.is_some(),
            personal: place.personal,
        };
        let happening = Happening::OrderPlaced(Box::new(placement));
        Self::told(&Event::new(
            Version::INITIAL,
            placed_at,
            place.actor,
            happening,
        ))
    }

    /// An order goes on from where it stands; its events so far are not part of this story.
    #[must_use]
    pub const fn of(order: Order) -> Self {
        Self {
            told: order.version(),
            order,
            events: Vec::new(),
        }
    }

    /// A story that begins with this event.
    ///
    /// # Panics
    /// If it is not the first event of an order.
    #[expect(clippy::expect_used, reason = "a wrong event is a mistake in the test")]
    #[must_use]
    pub fn told(event: &Event) -> Self {
        Self {
            order: apply(None, event).expect("a first event makes an order"),
            events: vec![event.clone()],
            told: Version::NONE,
        }
    }

    /// An order is taken over from elsewhere, as it stands, by this storefront.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn imported(mut order: Order, storefront: StorefrontId, at: Timestamp) -> Self {
        order.storefront = storefront;
        let happening = Happening::OrderImported(Box::new(order));
        Self::told(&Event::new(
            Version::INITIAL,
            at,
            Actor::system(),
            happening,
        ))
    }

    /// Something happens to it, by this system.
    #[must_use]
    pub fn then(self, at: Timestamp, happening: Happening) -> Self {
        self.by(Actor::system(), at, happening)
    }

    /// Something happens to it, by this actor.
    ///
    /// # Panics
    /// Never.
    #[expect(clippy::expect_used, reason = "an order stays an order")]
    #[must_use]
    pub fn by(mut self, actor: Actor, at: Timestamp, happening: Happening) -> Self {
        let event = Event::new(self.order.version().next(), at, actor, happening);
        self.order = apply(Some(self.order), &event).expect("an order stays an order");
        self.events.push(event);
        self
    }

    /// It waits for an outside service.
    #[must_use]
    pub fn deferred(self, at: Timestamp) -> Self {
        let dependency = Dependency::Inventory;
        self.then(at, Happening::OrderDeferred { dependency })
    }

    /// Its customer and stock are settled.
    #[must_use]
    pub fn confirmed(self, at: Timestamp) -> Self {
        let lines = self.order.stock_target();
        let (expires_at, deadline) = (after(at, DAY), after(at, DAY));
        self.then(at, Happening::CustomerVerified)
            .then(
                at,
                Happening::StockReserved {
                    reservation: ReservationNo::FIRST,
                    lines,
                    expires_at,
                },
            )
            .then(at, Happening::OrderConfirmed { deadline })
    }

    /// Its payment is authorized.
    #[must_use]
    pub fn authorized(self, at: Timestamp) -> Self {
        let amount: Amount = self.order.totals().total;
        let attempt = AttemptNo::FIRST;
        self.then(
            at,
            Happening::AttemptStarted {
                attempt,
                amount,
                capture: false,
            },
        )
        .then(at, Happening::AttemptDispatched { attempt })
        .then(
            at,
            Happening::PaymentAuthorized {
                attempt,
                provider_id: ProviderId::parse("pay_1").ok(),
                amount,
            },
        )
    }

    /// It is rejected.
    #[must_use]
    pub fn rejected(self, at: Timestamp) -> Self {
        let reason = RejectionReason::new(code("insufficient_stock"));
        self.then(at, Happening::OrderRejected { reason })
    }

    /// It is cancelled.
    #[must_use]
    pub fn cancelled(self, at: Timestamp) -> Self {
        self.then(at, Happening::CancelRequested { reason: None })
            .then(at, Happening::OrderCancelled)
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> OrderId {
        self.order.id()
    }

    /// Its storefront.
    #[must_use]
    pub const fn storefront(&self) -> &StorefrontId {
        self.order.storefront()
    }

    /// The order as it stands.
    #[must_use]
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// Everything that has happened to it, oldest first.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// What has happened since the last change, as a change without effects. Fields can be set on
    /// it before it is committed.
    #[must_use]
    pub fn change(&mut self) -> Change {
        let new = self
            .events
            .iter()
            .filter(|event| event.version > self.told)
            .cloned()
            .collect();
        let change = Change::new(self.told, self.order.clone(), new);
        self.told = self.order.version();
        change
    }
}
