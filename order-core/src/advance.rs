//! What follows by itself.
//!
//! After every command and every fact, this module lets happen what now must: an order whose
//! customer and stock are settled is confirmed, one that is paid is released, one that is closed
//! gives back what it holds, one that is overpaid refunds. Each rule compares how things are with
//! how they should be and emits one event; the rules run until none has anything to say. So a fact
//! that comes late or out of turn needs no rule of its own: it makes things differ from how they
//! should be, and what follows puts them right.

mod goods;
mod money;
mod stock;
mod wake;

pub(crate) use goods::{all_open, next_fulfillment};
pub(crate) use money::{attempt_of, may_attempt, next_refund, refundable};
pub(crate) use stock::outlasts_attempt;
pub(crate) use wake::wake_facts;
pub use wake::{next_wake, prolonged_for};

use crate::draft::Draft;
use crate::event::Happening;
use crate::order::{CustomerCheck, Fulfillment, Order, OrderStatus};
use crate::policy::PaymentPolicy;
use crate::time;

/// More steps than any order can need at once. A bound, not a rule: it is never reached.
const STEPS: usize = 4_096;

/// Lets everything happen that follows by itself.
pub(crate) fn advance(draft: &mut Draft<'_>) {
    for _ in 0..STEPS {
        let Some(happening) = next(draft) else {
            return;
        };
        draft.emit(happening);
    }
    debug_assert!(false, "an order goes on by itself without end");
}

/// The next thing that follows by itself, if anything does. The order of the rules matters: status
/// before money, so that a payment is not started for an order that needs none.
fn next(draft: &Draft<'_>) -> Option<Happening> {
    let order = &draft.order;
    let by_status = match order.status {
        OrderStatus::Pending => confirm(draft),
        OrderStatus::Confirmed => release(draft),
        OrderStatus::Processing => complete(order),
        OrderStatus::Cancelling => finish_cancel(order),
        OrderStatus::Completed
        | OrderStatus::Cancelled
        | OrderStatus::Rejected
        | OrderStatus::Expired => None,
    };
    by_status
        .or_else(|| stock::next(draft))
        .or_else(|| money::next(draft))
        .or_else(|| goods::next(draft))
        .or_else(|| finish_deletion(order))
}

/// Customer and stock are settled.
fn confirm(draft: &Draft<'_>) -> Option<Happening> {
    let order = &draft.order;
    let customer = order.customer != CustomerCheck::Pending;
    (customer && order.is_priced() && stock::covers_target(order)).then(|| {
        Happening::OrderConfirmed {
            deadline: time::after(draft.ctx.now, draft.ctx.policies.payment_window),
        }
    })
}

/// What is due first is paid, and nothing holds it back.
fn release(draft: &Draft<'_>) -> Option<Happening> {
    let order = &draft.order;
    let ready = !order.is_held()
        && !order.revision_pending()
        && stock::covers_target(order)
        && !order.has_open_attempt()
        && is_paid_first(order, draft.ctx.policies.payment);
    ready.then_some(Happening::OrderReleased)
}

/// Whether what the policy wants before release is there.
pub(crate) fn is_paid_first(order: &Order, policy: PaymentPolicy) -> bool {
    let ledger = order.ledger();
    match policy {
        PaymentPolicy::Invoice => true,
        PaymentPolicy::CaptureOnShip => ledger.due() == 0,
        PaymentPolicy::CaptureOnConfirm => ledger.unpaid() == 0,
    }
}

/// Everything that is still ordered has arrived and is paid.
fn complete(order: &Order) -> Option<Happening> {
    let ledger = order.ledger();
    let delivered = order
        .lines
        .iter()
        .all(|line| line.delivered >= line.active());
    let done = delivered
        && ledger.unpaid() == 0
        && ledger.capturing == 0
        && !order.has_open_attempt()
        && !order.revision_pending()
        && !order.fulfillments.iter().any(Fulfillment::is_waiting);
    done.then_some(Happening::OrderCompleted)
}

/// Every compensation is proven.
fn finish_cancel(order: &Order) -> Option<Happening> {
    order.is_settled().then_some(Happening::OrderCancelled)
}

/// A delete that had to cancel first.
fn finish_deletion(order: &Order) -> Option<Happening> {
    let waiting = order
        .deletion
        .is_some_and(|deletion| deletion.deleted_at.is_none());
    (waiting && order.status.is_terminal() && order.is_settled() && !order.has_open_return())
        .then_some(Happening::OrderDeleted)
}

impl Order {
    /// Whether every line has a price.
    #[must_use]
    pub fn is_priced(&self) -> bool {
        self.lines.iter().all(|line| line.unit_price.is_some())
    }
}
