//! What follows by itself from the state of an order (a reconcile loop).
//!
//! After every command, fact and timer, the rules compare how things are with how they should be, and
//! each rule emits the one event that brings them closer: an order whose customer and stock are settled
//! is confirmed, a paid one is released, a closed one releases its stock, an overpaid one is refunded.
//! The rules run until none of them emits an event. A fact that comes late or out of order therefore
//! needs no rule of its own: it makes things differ, and the rules compensate.
//!
//! | rules of | in |
//! |---|---|
//! | status: confirm, release, complete, cancel, delete | `status` |
//! | stock: reserve, revise, extend, commit, release | `stock` |
//! | payments: attempt, capture, void; refunds and their back-off | `payment`, `refund` |
//! | fulfillments and returns | `fulfillment` |
//! | timers | `timer` |
//!
//! Nothing here looks at commands or facts.

mod fulfillment;
mod payment;
mod refund;
mod status;
mod stock;
mod timer;

pub(crate) use fulfillment::{all_open, next_fulfillment};
pub(crate) use payment::{attempt_of, is_paid_first, may_attempt};
pub(crate) use refund::{next_refund, refundable};
pub(crate) use stock::outlasts_attempt;
pub(crate) use timer::due_facts;
pub use timer::{next_wake, reservation_extension};

use crate::event::EventPayload;
use crate::transition::EventSink;

/// An upper bound of the events that follow from one command or fact. It is never reached.
const MAX_EVENTS: usize = 4_096;

/// Emits everything that follows by itself.
pub(crate) fn reconcile(sink: &mut EventSink<'_>) {
    for _ in 0..MAX_EVENTS {
        let Some(payload) = next(sink) else {
            return;
        };
        sink.emit(payload);
    }
    debug_assert!(false, "reconcile does not terminate");
}

/// Returns the next event that follows by itself, if any. The order of the rules matters: status
/// before payments, so that no payment is started for an order that needs none.
fn next(sink: &EventSink<'_>) -> Option<EventPayload> {
    status::next(sink)
        .or_else(|| stock::next(sink))
        .or_else(|| payment::next(sink))
        .or_else(|| fulfillment::next(sink))
        .or_else(|| status::delete(&sink.order))
}
