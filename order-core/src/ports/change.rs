//! The one unit that is written: everything one transition of one order changes.

use super::{ExternalEventRef, IdempotencyRecord, IdempotencyUpdate, NewEffect};
use crate::effect::EffectId;
use crate::event::{Event, EventPayload};
use crate::fact::Fact;
use crate::order::{Order, Shortage, SkuQuantity, merge_by_sku};
use crate::reconcile::next_wake;
use crate::reference::Reference;
use crate::time::Timestamp;
use crate::transition::{Context, Transition};
use crate::value::{Sku, Version};

/// Everything that one transition of one order writes, as one atomic unit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The version that the stored order must have; [`Version::NONE`] if it must not exist.
    pub expected_version: Version,
    /// The order after the events.
    pub order: Order,
    /// The events to append: at least one, with consecutive versions after `expected_version`.
    pub events: Vec<Event>,
    /// The effects to enqueue.
    pub effects: Vec<NewEffect>,
    /// The effects that are done, to be removed from the queue.
    pub completed_effects: Vec<EffectId>,
    /// Whether all waiting effects of this order, parked ones included, become due at once.
    pub expedite_effects: bool,
    /// The update of an idempotency record, if any.
    pub idempotency: Option<IdempotencyUpdate>,
    /// The external event to record in the inbox, which must not be there yet.
    pub external_event: Option<ExternalEventRef>,
    /// Whether the events are added to the outbox.
    pub publish: bool,
    /// The stock to reserve in the same commit, if any. A store that
    /// [cannot](super::OrderStore::reserves_stock) refuses the change.
    pub reserve: Option<StockReservation>,
    /// When a timer of the order is due ([`next_wake`](crate::reconcile::next_wake)); absent if none is
    /// set.
    pub wake_at: Option<Timestamp>,
}

impl Change {
    /// Creates a change that brings an order from `expected_version` to `order` by `events`, and does
    /// nothing else.
    #[must_use]
    pub const fn new(expected_version: Version, order: Order, events: Vec<Event>) -> Self {
        Self {
            expected_version,
            order,
            events,
            effects: Vec::new(),
            completed_effects: Vec::new(),
            expedite_effects: false,
            idempotency: None,
            external_event: None,
            publish: false,
            reserve: None,
            wake_at: None,
        }
    }

    /// Makes the change that stores a transition, ready for
    /// [`OrderStore::commit`](super::OrderStore::commit) or a transaction of your own.
    ///
    /// `before` is the order before the transition, `None` if the transition creates it. Its version is
    /// expected at the commit. Payments and refunds that the transition starts are marked
    /// as dispatched in the same commit, so that a crash never leaves in doubt whether one may have
    /// been sent: what is marked is queried before it is sent again. The effects are not leased: any
    /// [`Runner`](crate::service::Runner) claims them. No idempotency key is claimed, and the events
    /// are not written to the outbox; set [`idempotency`](Change::idempotency) and
    /// [`publish`](Change::publish) for that.
    ///
    /// ```
    /// use order_core::command::{Command, PlaceOrder};
    /// use order_core::decide::decide_new;
    /// use order_core::event::Actor;
    /// use order_core::new_order::{NewLine, NewOrder};
    /// use order_core::policy::StorefrontPolicy;
    /// use order_core::ports::{Change, IdGenerator};
    /// use order_core::system::SystemIdGenerator;
    /// use order_core::time::Timestamp;
    /// use order_core::value::{CustomerId, Quantity, Sku, StorefrontId, Version};
    /// use order_core::transition::Context;
    ///
    /// # fn change(now: Timestamp) -> Result<Change, Box<dyn std::error::Error>> {
    /// let (policy, actor) = (StorefrontPolicy::default(), Actor::system());
    /// let ctx = Context::new(&policy, now, &actor);
    /// let line = NewLine::new(Sku::parse("tea")?, Quantity::new(2)?);
    /// let order = NewOrder::new(CustomerId::parse("ada")?, vec![line]);
    /// let id = SystemIdGenerator.order_id(now);
    /// let place = PlaceOrder::new(id, StorefrontId::default(), order);
    ///
    /// let transition = decide_new(&Command::PlaceOrder(Box::new(place)), &ctx)?;
    /// let change = Change::from_transition(None, transition, &ctx);
    /// assert_eq!(change.expected_version, Version::NONE);
    /// # Ok(change)
    /// # }
    /// # change(order_core::time::truncated(chrono::DateTime::UNIX_EPOCH)).unwrap();
    /// ```
    #[must_use]
    pub fn from_transition(
        before: Option<&Order>,
        transition: Transition,
        ctx: &Context<'_>,
    ) -> Self {
        let Transition {
            order,
            mut events,
            effects,
        } = mark_dispatched(transition, ctx);
        let closes =
            order.status().is_closed() && before.is_none_or(|before| !before.status().is_closed());
        events.shrink_to_fit();
        Self {
            effects: effects
                .into_iter()
                .map(|effect| NewEffect::new(effect, None))
                .collect(),
            expedite_effects: closes,
            wake_at: next_wake(&order, ctx.policy),
            ..Self::new(before.map_or(Version::NONE, Order::version), order, events)
        }
    }

    /// Returns whether the personal data stored beside earlier events MUST be removed.
    #[must_use]
    pub fn erases_personal_data(&self) -> bool {
        self.events
            .iter()
            .any(|event| event.payload == EventPayload::PersonalDataErased)
    }
}

/// Stock to reserve for an order in the commit of a change: all units or none, and only together with
/// the change.
///
/// It is a reservation as [`Inventory::reserve`](super::Inventory::reserve) makes one: that port extends,
/// revises, commits and releases it. The units are those of the order's storefront.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StockReservation {
    /// The id of the reservation, chosen by the caller.
    pub id: Reference,
    /// The units, each SKU once, sorted by SKU.
    pub lines: Vec<SkuQuantity>,
    /// When it expires, at the earliest: a reservation that exists already under this id may expire
    /// later.
    pub expires_at: Timestamp,
}

impl StockReservation {
    /// Creates a reservation of these units, summed by SKU.
    #[must_use]
    pub fn new(
        id: Reference,
        lines: impl IntoIterator<Item = SkuQuantity>,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            id,
            lines: merge_by_sku(lines),
            expires_at,
        }
    }
}

/// The outcome of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitOutcome {
    /// The whole change is stored.
    Applied,
    /// Nothing is stored: the order has another version than expected.
    VersionConflict {
        /// The version of the stored order; [`Version::NONE`] if there is none.
        found: Version,
    },
    /// Nothing is stored: the idempotency key has this record already.
    IdempotencyKeyTaken(IdempotencyRecord),
    /// Nothing is stored: the external event is in the inbox already.
    DuplicateExternalEvent,
    /// Nothing is stored: the stock to [reserve](Change::reserve) is not there. The SKUs that lack units
    /// are told only where all SKUs are known.
    OutOfStock {
        /// The SKUs with too few units.
        shortages: Vec<Shortage>,
        /// The unknown SKUs.
        unknown: Vec<Sku>,
    },
    /// Nothing is stored: the id of the reservation was used before, for one that was released or has
    /// expired, or for other lines. Another id is needed.
    ReservationIdTaken,
}

/// Marks the payments and refunds that a transition starts as dispatched.
fn mark_dispatched(transition: Transition, ctx: &Context<'_>) -> Transition {
    let facts: Vec<Fact> = transition
        .events
        .iter()
        .filter_map(|event| match event.payload {
            EventPayload::AttemptStarted { attempt, .. } => {
                Some(Fact::AttemptDispatched { attempt })
            }
            EventPayload::RefundRequested { refund, .. } => Some(Fact::RefundDispatched { refund }),
            _ => None,
        })
        .collect();
    transition.then_record(&facts, ctx)
}
