//! Goods as they should be: what will not be sent is called back, what came back is done with, and
//! what is released goes to the warehouse if the policy says so.

use super::is_paid_first;
use super::stock::covers_target;
use crate::draft::Draft;
use crate::event::Happening;
use crate::order::{Fulfillment, FulfillmentState, LineUnits, Order, OrderStatus, ReturnState};
use crate::policy::FulfillmentPolicy;
use crate::value::FulfillmentNo;

pub(super) fn next(draft: &Draft<'_>) -> Option<Happening> {
    let order = &draft.order;
    call_back(order)
        .or_else(|| close_return(order))
        .or_else(|| send_automatically(draft))
}

/// What is planned for units that will not be sent is dropped or called back.
fn call_back(order: &Order) -> Option<Happening> {
    order
        .fulfillments
        .iter()
        .filter(|one| one.is_waiting() && !one.recalling)
        .find(|one| order.status.is_closed() || !still_wanted(order, one))
        .map(|one| {
            let fulfillment = one.no;
            if one.state == FulfillmentState::Planned {
                Happening::FulfillmentCancelled {
                    fulfillment,
                    code: None,
                }
            } else {
                Happening::FulfillmentRecallRequested { fulfillment }
            }
        })
}

fn still_wanted(order: &Order, one: &Fulfillment) -> bool {
    one.lines.iter().all(|units| {
        order
            .line(units.line)
            .is_some_and(|line| order.planned_units(line.id) <= line.unshipped())
    })
}

/// A return whose units are here, and for which nothing more is to be refunded, is done.
fn close_return(order: &Order) -> Option<Happening> {
    let ledger = order.ledger();
    if ledger.overpaid() > 0 || ledger.refunding > 0 {
        return None;
    }
    order
        .returns
        .iter()
        .find(|one| one.state == ReturnState::Received)
        .map(|one| Happening::ReturnClosed { return_no: one.no })
}

/// All open units go to the warehouse, where the storefront wants that.
fn send_automatically(draft: &Draft<'_>) -> Option<Happening> {
    let order = &draft.order;
    let ready = draft.ctx.policies.fulfillment == FulfillmentPolicy::Automatic
        && order.status == OrderStatus::Processing
        && !order.is_held()
        && !order.revision_pending()
        && covers_target(order)
        && is_paid_first(order, draft.ctx.policies.payment);
    if !ready {
        return None;
    }
    if let Some(planned) = order
        .fulfillments
        .iter()
        .find(|one| one.state == FulfillmentState::Planned)
    {
        return Some(Happening::FulfillmentReleased {
            fulfillment: planned.no,
        });
    }
    let lines = all_open(order);
    (!lines.is_empty()).then(|| Happening::FulfillmentPlanned {
        fulfillment: next_fulfillment(order),
        lines,
    })
}

/// Every unit that is open.
pub(crate) fn all_open(order: &Order) -> Vec<LineUnits> {
    order
        .lines
        .iter()
        .map(|line| LineUnits::new(line.id, order.open_units(line)))
        .filter(|units| units.units > 0)
        .collect()
}

/// The first number that no fulfillment has. A report may have brought a number we never gave.
pub(crate) fn next_fulfillment(order: &Order) -> FulfillmentNo {
    let mut free = FulfillmentNo::FIRST;
    while order.fulfillment(free).is_some() {
        free = free.next();
    }
    free
}
