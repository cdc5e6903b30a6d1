//! What a fact comes to. A fact is never refused.
//!
//! What a fact says is taken into the order as it is, once. Where it contradicts where the order
//! stands, that is marked by `LateFactRecorded`; putting it right (release, void, refund, a return)
//! follows by itself, in `advance`.

mod goods;
mod money;
mod stock;

use crate::advance::{advance, wake_facts};
use crate::draft::{Context, Draft, Step};
use crate::event::{Event, Happening, RejectionReason};
use crate::fact::{Fact, FactKind};
use crate::order::{CustomerCheck, Order, OrderStatus};
use crate::value::{Code, ReservationNo};

/// The events a fact comes to. None: it was known already.
#[must_use]
pub fn record(order: &Order, fact: &Fact, ctx: &Context<'_>) -> Vec<Event> {
    follow(order.clone(), std::slice::from_ref(fact), ctx).events
}

/// As [`record`] for several facts one after the other, with the order afterwards.
#[must_use]
pub fn follow(order: Order, facts: &[Fact], ctx: &Context<'_>) -> Step {
    let mut draft = Draft::new(order, *ctx);
    for fact in facts {
        record_onto(&mut draft, fact);
        advance(&mut draft);
    }
    draft.finish()
}

/// What the passing of time alone brings: deadlines, stock about to lapse, refunds to be retried.
#[must_use]
pub fn wake(order: Order, ctx: &Context<'_>) -> Step {
    let facts = wake_facts(&order, ctx.now);
    let mut draft = Draft::new(order, *ctx);
    for fact in &facts {
        record_onto(&mut draft, fact);
    }
    advance(&mut draft);
    draft.finish()
}

/// Takes a fact in, without what follows from it.
pub(crate) fn record_onto(draft: &mut Draft<'_>, fact: &Fact) {
    match fact {
        Fact::CustomerVerified => customer(draft, Happening::CustomerVerified, fact.kind()),
        Fact::CustomerUnverified => {
            customer(draft, Happening::CustomerAcceptedUnverified, fact.kind());
        }
        Fact::CustomerRejected { code } => {
            reject(draft, RejectionReason::new(code.clone()), fact.kind());
        }
        Fact::DependencyDeferred { dependency } => {
            let waits = matches!(
                draft.order.status,
                OrderStatus::Pending | OrderStatus::Confirmed
            );
            if waits && !draft.order.pending_on.contains(dependency) {
                draft.emit(Happening::OrderDeferred {
                    dependency: *dependency,
                });
            }
        }
        Fact::DependencyRefused { dependency } => {
            if let Ok(code) = Code::parse("dependency_unavailable") {
                let mut reason = RejectionReason::new(code);
                reason.dependency = Some(*dependency);
                reject(draft, reason, fact.kind());
            }
        }
        Fact::DeadlinePassed => expire(draft),
        Fact::CompensationFailed { effect } => {
            let new = draft
                .order
                .cancellation
                .as_ref()
                .is_some_and(|cancellation| !cancellation.stuck);
            if new && draft.order.status == OrderStatus::Cancelling {
                draft.emit(Happening::CompensationStuck {
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
        | Fact::ReservationExpired { .. } => stock::record(draft, fact),
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
        | Fact::RefundUnknown { .. } => money::record(draft, fact),
        Fact::ShipmentConfirmed { .. }
        | Fact::TrackingUpdated { .. }
        | Fact::DeliveryConfirmed { .. }
        | Fact::ShipmentLost { .. }
        | Fact::FulfillmentRecalled { .. }
        | Fact::RecallRefused { .. }
        | Fact::FulfillmentRefused { .. } => goods::record(draft, fact),
    }
}

/// Marks a fact as contradicting where the order stands.
fn late(draft: &mut Draft<'_>, fact: FactKind) {
    draft.emit(Happening::LateFactRecorded {
        fact,
        reservation: None,
    });
}

/// As [`late`], about a reservation that is to be released again.
fn late_stock(draft: &mut Draft<'_>, fact: FactKind, reservation: ReservationNo) {
    draft.emit(Happening::LateFactRecorded {
        fact,
        reservation: Some(reservation),
    });
}

/// As [`late`], if the order will not go on.
fn late_if_closed(draft: &mut Draft<'_>, fact: FactKind) {
    if draft.order.status.is_closed() {
        late(draft, fact);
    }
}

fn customer(draft: &mut Draft<'_>, happening: Happening, fact: FactKind) {
    if draft.order.customer == CustomerCheck::Verified
        || (draft.order.customer == CustomerCheck::Unverified
            && fact == FactKind::CustomerUnverified)
    {
        return;
    }
    if draft.order.status.is_closed() {
        late(draft, fact);
        return;
    }
    draft.emit(happening);
}

/// A definite no, as long as the order is pending.
fn reject(draft: &mut Draft<'_>, reason: RejectionReason, fact: FactKind) {
    match draft.order.status {
        OrderStatus::Pending => {
            draft.emit(Happening::OrderRejected { reason });
            goods::expect_all_back(draft);
        }
        OrderStatus::Confirmed | OrderStatus::Processing | OrderStatus::Completed => {
            late(draft, fact);
        }
        OrderStatus::Cancelling
        | OrderStatus::Cancelled
        | OrderStatus::Rejected
        | OrderStatus::Expired => {}
    }
}

/// The deadline decides only while no payment was sent whose outcome is open.
fn expire(draft: &mut Draft<'_>) {
    let order = &draft.order;
    let waits = matches!(order.status, OrderStatus::Pending | OrderStatus::Confirmed);
    let passed = order
        .deadline
        .is_some_and(|deadline| deadline <= draft.ctx.now);
    if waits && passed && !order.has_sent_attempt() {
        draft.emit(Happening::OrderExpired);
        goods::expect_all_back(draft);
    }
}
