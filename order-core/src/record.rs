//! Records facts: the events that a fact becomes. A fact is never refused.
//!
//! A fact is recorded as it is, once; a repetition yields no events. One that contradicts the state of
//! the order is marked by `LateFactRecorded`. Compensation (release, void, refund) follows by itself in
//! `reconcile`; only the return of units that a closed order has shipped is requested here.
//!
//! | file | records |
//! |---|---|
//! | `customer` | the outcome of verifying the customer |
//! | `stock` | quotes and reservations |
//! | `payment` | payments, captures and refunds |
//! | `fulfillment` | shipments, their delivery or loss, recalls |
//! | `close` | what closes an order: rejections and the deadline |
//! | `late` | the marks of facts that came late |

mod close;
mod customer;
mod fulfillment;
mod late;
mod payment;
mod stock;

use close::{expire, reject};
use customer::verify_customer;
pub(crate) use fulfillment::record_shipment;

use crate::event::{DEPENDENCY_UNAVAILABLE, Event, EventPayload, RejectionReason};
use crate::fact::Fact;
use crate::order::{Order, OrderStatus};
use crate::reconcile::{due_facts, reconcile};
use crate::transition::{Context, EventSink, Transition};

/// Returns the events of a fact, and of what follows by itself; empty if it was recorded before.
#[must_use]
pub fn record(order: &Order, fact: &Fact, ctx: &Context<'_>) -> Vec<Event> {
    record_all(order.clone(), std::slice::from_ref(fact), ctx).events
}

/// Records several facts one after the other, as [`record`] does for one, and returns the order with
/// its effects too.
#[must_use]
pub fn record_all(order: Order, facts: &[Fact], ctx: &Context<'_>) -> Transition {
    let mut sink = EventSink::new(order, *ctx);
    for fact in facts {
        record_onto(&mut sink, fact);
        reconcile(&mut sink);
    }
    sink.finish()
}

/// Returns what is due because time has passed: expiry at the deadline, reservations to extend, and
/// refunds to retry.
#[must_use]
pub fn on_timer(order: Order, ctx: &Context<'_>) -> Transition {
    let facts = due_facts(&order, ctx.now);
    let mut sink = EventSink::new(order, *ctx);
    for fact in &facts {
        record_onto(&mut sink, fact);
    }
    reconcile(&mut sink);
    sink.finish()
}

/// Records a fact, without reconciling.
pub(crate) fn record_onto(sink: &mut EventSink<'_>, fact: &Fact) {
    match fact {
        Fact::CustomerVerified => {
            verify_customer(sink, EventPayload::CustomerVerified, fact.kind());
        }
        Fact::CustomerUnverified => {
            verify_customer(sink, EventPayload::CustomerAcceptedUnverified, fact.kind());
        }
        Fact::CustomerRejected { code } => {
            reject(sink, RejectionReason::new(code.clone()), fact.kind());
        }
        Fact::DependencyDeferred { dependency } => {
            let may_wait = matches!(
                sink.order.status,
                OrderStatus::Pending | OrderStatus::Confirmed
            );
            if may_wait && !sink.order.pending_on.contains(dependency) {
                sink.emit(EventPayload::OrderDeferred {
                    dependency: *dependency,
                });
            }
        }
        Fact::DependencyRefused { dependency } => {
            let mut reason = RejectionReason::new(DEPENDENCY_UNAVAILABLE);
            reason.dependency = Some(*dependency);
            reject(sink, reason, fact.kind());
        }
        Fact::DeadlinePassed => expire(sink),
        Fact::CompensationFailed { effect } => {
            let unreported = sink
                .order
                .cancellation
                .as_ref()
                .is_some_and(|cancellation| !cancellation.stuck);
            if unreported && sink.order.status == OrderStatus::Cancelling {
                sink.emit(EventPayload::CompensationStuck {
                    effect: effect.clone(),
                });
            }
        }
        Fact::LinesPriced { .. }
        | Fact::PricingRejected { .. }
        | Fact::StockReserved { .. }
        | Fact::StockRejected { .. }
        | Fact::StockRevised { .. }
        | Fact::StockRevisionRejected { .. }
        | Fact::StockExtended { .. }
        | Fact::StockCommitted { .. }
        | Fact::StockReleased { .. }
        | Fact::ReservationExpired { .. } => stock::record(sink, fact),
        Fact::AttemptDispatched { .. }
        | Fact::PaymentActionRequired { .. }
        | Fact::PaymentAuthorized { .. }
        | Fact::PaymentCaptured { .. }
        | Fact::PaymentDeclined { .. }
        | Fact::PaymentUnknown { .. }
        | Fact::PaymentVoided { .. }
        | Fact::PaymentNotFound { .. }
        | Fact::AuthorizationExpired { .. }
        | Fact::CaptureFailed { .. }
        | Fact::CaptureUnknown { .. }
        | Fact::RefundDispatched { .. }
        | Fact::RefundSucceeded { .. }
        | Fact::RefundFailed { .. }
        | Fact::RefundUnknown { .. } => payment::record(sink, fact),
        Fact::ShipmentConfirmed { .. }
        | Fact::TrackingUpdated { .. }
        | Fact::DeliveryConfirmed { .. }
        | Fact::ShipmentLost { .. }
        | Fact::FulfillmentRecalled { .. }
        | Fact::RecallRefused { .. }
        | Fact::FulfillmentRefused { .. } => fulfillment::record(sink, fact),
    }
}
