//! An order in the making of its next events.
//!
//! Rules emit what happens through a [`Draft`], which applies each event at once, so that a rule
//! always sees what those before it did.

use crate::apply::apply;
use crate::effect::{Effect, effects};
use crate::event::{Actor, Event, Happening};
use crate::order::{HoldOrigin, LineUnits, Order};
use crate::policy::Policies;
use crate::time::Timestamp;
use crate::value::{HoldNo, Reason, ReturnNo};

/// The circumstances in which something is decided or recorded.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The storefront's policies.
    pub policies: &'a Policies,
    /// The present instant, truncated to microseconds.
    pub now: Timestamp,
    /// Who asks or reports.
    pub actor: &'a Actor,
}

impl<'a> Context<'a> {
    /// These circumstances.
    #[must_use]
    pub const fn new(policies: &'a Policies, now: Timestamp, actor: &'a Actor) -> Self {
        Self {
            policies,
            now,
            actor,
        }
    }
}

/// What a decision or a record came to: the order afterwards, the events that lead there, and the
/// effects they cause.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The order afterwards.
    pub order: Order,
    /// The events, none if nothing happened.
    pub events: Vec<Event>,
    /// What must be done outside, as each event found the order.
    pub effects: Vec<Effect>,
}

/// An existing order and the events emitted so far.
pub(crate) struct Draft<'a> {
    pub(crate) order: Order,
    pub(crate) ctx: Context<'a>,
    events: Vec<Event>,
    effects: Vec<Effect>,
}

impl<'a> Draft<'a> {
    pub(crate) const fn new(order: Order, ctx: Context<'a>) -> Self {
        Self {
            order,
            ctx,
            events: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// A draft that begins with the event that makes the order; none if it makes none.
    pub(crate) fn begin(first: Happening, ctx: Context<'a>) -> Option<Self> {
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

    /// Lets something happen.
    pub(crate) fn emit(&mut self, happening: Happening) {
        let event = Event::new(
            self.order.version.next(),
            self.ctx.now,
            self.ctx.actor.clone(),
            happening,
        );
        self.order.apply_mut(&event);
        self.effects.extend(effects(&self.order, &event));
        self.events.push(event);
    }

    /// Keeps the order from going on, under the next free number.
    pub(crate) fn hold(&mut self, origin: HoldOrigin, reason: Option<Reason>) {
        let last = self.order.holds.last();
        let hold = last.map_or(HoldNo::FIRST, |hold| hold.no.next());
        self.emit(Happening::OrderHeld {
            hold,
            origin,
            reason,
        });
    }

    /// Asks units back, under the next free number, which it returns.
    pub(crate) fn request_return(
        &mut self,
        lines: Vec<LineUnits>,
        reason: Option<Reason>,
    ) -> ReturnNo {
        let last = self.order.returns.last();
        let return_no = last.map_or(ReturnNo::FIRST, |one| one.no.next());
        self.emit(Happening::ReturnRequested {
            return_no,
            lines,
            reason,
        });
        return_no
    }

    pub(crate) fn finish(self) -> Step {
        Step {
            order: self.order,
            events: self.events,
            effects: self.effects,
        }
    }
}
