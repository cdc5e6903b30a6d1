//! The outcome of a decision or a fact: the order afterwards, its events and their effects.
//!
//! Rules emit events into an `EventSink`, which applies each of them at once, so that a rule always
//! sees the outcome of those before it. There is no rule here.

use crate::apply::apply;
use crate::effect::{Effect, effects};
use crate::event::{Actor, Event, EventPayload};
use crate::fact::Fact;
use crate::order::{HoldOrigin, LineQuantity, Order};
use crate::policy::StorefrontPolicy;
use crate::record::record_all;
use crate::time::Timestamp;
use crate::value::{HoldNo, Reason, ReturnNo};

/// What a decision depends on besides the order: policy, time and actor.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The policy of the order's storefront.
    pub policy: &'a StorefrontPolicy,
    /// The present instant, truncated to microseconds.
    pub now: Timestamp,
    /// Who sends the command or reports the fact.
    pub actor: &'a Actor,
}

impl<'a> Context<'a> {
    /// Creates a context.
    #[must_use]
    pub const fn new(policy: &'a StorefrontPolicy, now: Timestamp, actor: &'a Actor) -> Self {
        Self { policy, now, actor }
    }
}

/// The outcome of a command, a fact or a timer: the order afterwards, the events that lead there, and
/// the effects they cause.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transition {
    /// The order afterwards.
    pub order: Order,
    /// The events in order of version; empty if nothing changed.
    pub events: Vec<Event>,
    /// The effects of these events, in the same order.
    pub effects: Vec<Effect>,
}

impl Transition {
    /// Records further facts on the order after it, as one transition with what happened before.
    #[must_use]
    pub fn then_record(mut self, facts: &[Fact], ctx: &Context<'_>) -> Self {
        if facts.is_empty() {
            return self;
        }
        let Self {
            order,
            events,
            effects,
        } = record_all(self.order, facts, ctx);
        self.events.extend(events);
        self.effects.extend(effects);
        Self { order, ..self }
    }
}

/// Collects events and applies each to the order as it is emitted.
pub(crate) struct EventSink<'a> {
    pub(crate) order: Order,
    pub(crate) ctx: Context<'a>,
    events: Vec<Event>,
    effects: Vec<Effect>,
}

impl<'a> EventSink<'a> {
    pub(crate) const fn new(order: Order, ctx: Context<'a>) -> Self {
        Self {
            order,
            ctx,
            events: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// Starts with the event that creates the order; `None` if `first` creates none.
    pub(crate) fn begin(first: EventPayload, ctx: Context<'a>) -> Option<Self> {
        let event = Event::new(
            crate::value::Version::INITIAL,
            ctx.now,
            ctx.actor.clone(),
            first,
        );
        let order = apply(None, &event)?;
        Some(Self {
            effects: effects(&order, &event),
            order,
            ctx,
            events: vec![event],
        })
    }

    /// Appends an event and applies it.
    pub(crate) fn emit(&mut self, payload: EventPayload) {
        let event = Event::new(
            self.order.version.next(),
            self.ctx.now,
            self.ctx.actor.clone(),
            payload,
        );
        self.order.apply_mut(&event);
        self.effects.extend(effects(&self.order, &event));
        self.events.push(event);
    }

    /// Places a hold under the next free number.
    pub(crate) fn hold(&mut self, origin: HoldOrigin, reason: Option<Reason>) {
        let last = self.order.holds.last();
        let hold = last.map_or(HoldNo::FIRST, |hold| hold.no.next());
        self.emit(EventPayload::OrderHeld {
            hold,
            origin,
            reason,
        });
    }

    /// Requests a return under the next free number, which it returns.
    pub(crate) fn request_return(
        &mut self,
        lines: Vec<LineQuantity>,
        reason: Option<Reason>,
    ) -> ReturnNo {
        let last = self.order.returns.last();
        let return_no = last.map_or(ReturnNo::FIRST, |one| one.no.next());
        self.emit(EventPayload::ReturnRequested {
            return_no,
            lines,
            reason,
        });
        return_no
    }

    /// Returns the order with everything emitted.
    pub(crate) fn finish(self) -> Transition {
        Transition {
            order: self.order,
            events: self.events,
            effects: self.effects,
        }
    }
}
