//! Rules of the status: confirm, release, complete, finish a cancel, delete.

use super::payment::is_paid_first;
use super::stock::covers_target;
use crate::event::EventPayload;
use crate::order::{CustomerVerification, Fulfillment, Order, OrderStatus};
use crate::time;
use crate::transition::EventSink;

/// Returns the event that moves the order to its next status, if it is due.
pub(super) fn next(sink: &EventSink<'_>) -> Option<EventPayload> {
    let order = &sink.order;
    match order.status {
        OrderStatus::Pending => confirm(sink),
        OrderStatus::Confirmed => release(sink),
        OrderStatus::Processing => complete(order),
        OrderStatus::Cancelling => finish_cancel(order),
        OrderStatus::Completed
        | OrderStatus::Cancelled
        | OrderStatus::Rejected
        | OrderStatus::Expired => None,
    }
}

/// Confirms an order whose customer, prices and stock are settled.
fn confirm(sink: &EventSink<'_>) -> Option<EventPayload> {
    let order = &sink.order;
    let customer = order.customer_verification != CustomerVerification::Pending;
    (customer && order.is_priced() && covers_target(order)).then(|| EventPayload::OrderConfirmed {
        deadline: time::after(sink.ctx.now, sink.ctx.policy.payment_window),
    })
}

/// Releases an order that is paid as the policy requires and not on hold.
fn release(sink: &EventSink<'_>) -> Option<EventPayload> {
    let order = &sink.order;
    let ready = !order.is_held()
        && !order.revision_pending()
        && covers_target(order)
        && !order.has_open_attempt()
        && is_paid_first(order, sink.ctx.policy.payment);
    ready.then_some(EventPayload::OrderReleased)
}

/// Completes an order whose remaining units are delivered and paid.
fn complete(order: &Order) -> Option<EventPayload> {
    let balance = order.balance();
    let delivered = order
        .lines
        .iter()
        .all(|line| line.delivered >= line.remaining());
    let done = delivered
        && balance.unpaid() == 0
        && balance.captures_pending == 0
        && !order.has_open_attempt()
        && !order.revision_pending()
        && !order.fulfillments.iter().any(Fulfillment::is_waiting);
    done.then_some(EventPayload::OrderCompleted)
}

/// Finishes a cancel once every compensation has succeeded.
fn finish_cancel(order: &Order) -> Option<EventPayload> {
    order.is_settled().then_some(EventPayload::OrderCancelled)
}

/// Deletes an order whose deletion had to wait for a cancel.
pub(super) fn delete(order: &Order) -> Option<EventPayload> {
    let waiting = order
        .deletion
        .is_some_and(|deletion| deletion.deleted_at.is_none());
    (waiting && order.status.is_terminal() && order.is_settled() && !order.has_open_return())
        .then_some(EventPayload::OrderDeleted)
}
