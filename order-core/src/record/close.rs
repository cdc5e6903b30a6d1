//! Facts that close an order: rejections by external services, and the deadline.

use super::fulfillment::request_return_of_all;
use super::late::late;
use crate::event::{EventPayload, RejectionReason};
use crate::fact::FactKind;
use crate::order::OrderStatus;
use crate::transition::EventSink;

/// Rejects a pending order; for one that was confirmed meanwhile, the fact is late.
pub(super) fn reject(sink: &mut EventSink<'_>, reason: RejectionReason, fact: FactKind) {
    match sink.order.status {
        OrderStatus::Pending => {
            sink.emit(EventPayload::OrderRejected { reason });
            request_return_of_all(sink);
        }
        OrderStatus::Confirmed | OrderStatus::Processing | OrderStatus::Completed => {
            late(sink, fact);
        }
        OrderStatus::Cancelling
        | OrderStatus::Cancelled
        | OrderStatus::Rejected
        | OrderStatus::Expired => {}
    }
}

/// Expires an order whose deadline has passed, unless the outcome of a payment that was sent is open.
pub(super) fn expire(sink: &mut EventSink<'_>) {
    let order = &sink.order;
    let is_open = matches!(order.status, OrderStatus::Pending | OrderStatus::Confirmed);
    let passed = order
        .deadline
        .is_some_and(|deadline| deadline <= sink.ctx.now);
    if is_open && passed && !order.has_sent_attempt() {
        sink.emit(EventPayload::OrderExpired);
        request_return_of_all(sink);
    }
}
