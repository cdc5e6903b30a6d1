//! Rules of fulfillments and returns: what will not be shipped is cancelled or recalled, a settled
//! return is closed, and open units go to the warehouse if the policy is automatic.

use super::payment::is_paid_first;
use super::stock::covers_target;
use crate::event::EventPayload;
use crate::order::{
    Fulfillment, LineQuantity, Order, OrderStatus, ReturnRequestStatus, ShipmentStatus,
};
use crate::policy::FulfillmentPolicy;
use crate::transition::EventSink;
use crate::value::FulfillmentNo;

/// Returns the next event about fulfillments or returns, if one is due.
pub(super) fn next(sink: &EventSink<'_>) -> Option<EventPayload> {
    let order = &sink.order;
    recall(order)
        .or_else(|| close_return(order))
        .or_else(|| release_automatically(sink))
}

/// Cancels or recalls a fulfillment whose units are not to be shipped any more.
fn recall(order: &Order) -> Option<EventPayload> {
    order
        .fulfillments
        .iter()
        .filter(|one| one.is_waiting() && !one.recalling)
        .find(|one| order.status.is_closed() || !still_wanted(order, one))
        .map(|one| {
            let fulfillment = one.no;
            if one.status == ShipmentStatus::Planned {
                EventPayload::FulfillmentCancelled {
                    fulfillment,
                    code: None,
                }
            } else {
                EventPayload::FulfillmentRecallRequested { fulfillment }
            }
        })
}

/// Returns whether all units of a fulfillment are still to be shipped.
fn still_wanted(order: &Order, one: &Fulfillment) -> bool {
    one.lines.iter().all(|units| {
        order
            .line(units.line)
            .is_some_and(|line| order.planned_units(line.id) <= line.unshipped())
    })
}

/// Closes a received return once nothing is left to refund.
fn close_return(order: &Order) -> Option<EventPayload> {
    let balance = order.balance();
    if balance.refundable() > 0 || balance.refunds_pending > 0 {
        return None;
    }
    order
        .returns
        .iter()
        .find(|one| one.status == ReturnRequestStatus::Received)
        .map(|one| EventPayload::ReturnClosed { return_no: one.no })
}

/// Plans and releases all open units, if the policy is automatic.
fn release_automatically(sink: &EventSink<'_>) -> Option<EventPayload> {
    let order = &sink.order;
    let ready = sink.ctx.policy.fulfillment == FulfillmentPolicy::Automatic
        && order.status == OrderStatus::Processing
        && !order.is_held()
        && !order.revision_pending()
        && covers_target(order)
        && is_paid_first(order, sink.ctx.policy.payment);
    if !ready {
        return None;
    }
    if let Some(planned) = order
        .fulfillments
        .iter()
        .find(|one| one.status == ShipmentStatus::Planned)
    {
        return Some(EventPayload::FulfillmentReleased {
            fulfillment: planned.no,
        });
    }
    let lines = all_open(order);
    (!lines.is_empty()).then(|| EventPayload::FulfillmentPlanned {
        fulfillment: next_fulfillment(order),
        lines,
    })
}

/// Returns the open units of all lines: not planned, shipped or cancelled.
pub(crate) fn all_open(order: &Order) -> Vec<LineQuantity> {
    order
        .lines
        .iter()
        .map(|line| LineQuantity::new(line.id, order.open_units(line)))
        .filter(|units| units.units > 0)
        .collect()
}

/// Returns the first free fulfillment number. A report may have used numbers that this system never
/// assigned.
pub(crate) fn next_fulfillment(order: &Order) -> FulfillmentNo {
    let mut free = FulfillmentNo::FIRST;
    while order.fulfillment(free).is_some() {
        free = free.next();
    }
    free
}
