//! Applies events to an order: the order is the fold of its events.
//!
//! A file per subject, as in `order`. There is no rule here, and nothing is
//! refused: an event has happened.

mod details;
mod fulfillment;
mod lines;
mod payment;
mod returns;
mod stock;

use crate::dependency::Dependency;
use crate::event::{Event, EventPayload, OrderPlaced};
use crate::order::{
    Cancellation, CustomerVerification, Deletion, Hold, HoldOrigin, Order, OrderStatus,
};
use crate::time::Timestamp;
use crate::value::{ReservationNo, Version};
use std::collections::BTreeSet;

/// Returns the order after an event. The fold of all its events is the order.
///
/// The first event creates the order; without an order, any other event yields `None`. An event that
/// does not fit the order changes its version only: stored history is never refused.
#[must_use]
pub fn apply(order: Option<Order>, event: &Event) -> Option<Order> {
    let mut order = match (order, &event.payload) {
        (None, EventPayload::OrderPlaced(placed)) => new_order(placed, event.at),
        (None, EventPayload::OrderImported(imported)) => (**imported).clone(),
        (None, _) => return None,
        (Some(order), _) => order,
    };
    order.apply_mut(event);
    Some(order)
}

fn new_order(placed: &OrderPlaced, at: Timestamp) -> Order {
    let mut order = Order {
        id: placed.id,
        storefront: placed.storefront.clone(),
        version: Version::NONE,
        status: OrderStatus::Pending,
        customer_id: placed.customer_id.clone(),
        customer_verification: CustomerVerification::Pending,
        currency: placed.currency,
        lines: placed.lines.clone(),
        adjustments: placed.adjustments.clone(),
        revision: None,
        reservation: None,
        payments: Vec::new(),
        refunds: Vec::new(),
        fulfillments: Vec::new(),
        returns: Vec::new(),
        holds: Vec::new(),
        pending_on: BTreeSet::new(),
        metadata: placed.metadata.clone(),
        labels: BTreeSet::new(),
        external_reference: None,
        deadline: Some(placed.deadline),
        cancellation: None,
        deletion: None,
        erased_at: None,
        payment_method_ready: placed.payment_method,
        placement: placed.placement,
        placed_at: at,
        updated_at: at,
        personal: placed.personal.clone(),
    };
    let units = order.stock_target();
    order.start_reservation(ReservationNo::FIRST, units);
    order
}

impl Order {
    /// Applies an event in place.
    pub(crate) fn apply_mut(&mut self, event: &Event) {
        self.apply_payload(&event.payload, event.at);
        self.version = event.version;
        self.updated_at = event.at;
    }

    fn apply_payload(&mut self, payload: &EventPayload, at: Timestamp) {
        match payload {
            EventPayload::OrderPlaced(_)
            | EventPayload::OrderImported(_)
            | EventPayload::LateFactRecorded { .. } => {}
            EventPayload::CustomerVerified => {
                self.customer_verification = CustomerVerification::Verified;
                self.pending_on.remove(&Dependency::Customers);
            }
            EventPayload::CustomerAcceptedUnverified => {
                self.customer_verification = CustomerVerification::Unverified;
                self.pending_on.remove(&Dependency::Customers);
            }
            EventPayload::OrderDeferred { dependency } => {
                self.pending_on.insert(*dependency);
            }
            EventPayload::OrderConfirmed { deadline } => {
                self.status = OrderStatus::Confirmed;
                self.deadline = Some(*deadline);
                self.pending_on.clear();
            }
            EventPayload::OrderReleased => {
                self.status = OrderStatus::Processing;
                self.deadline = None;
                self.pending_on.clear();
            }
            EventPayload::OrderRejected { .. } => self.close(OrderStatus::Rejected),
            EventPayload::OrderExpired => self.close(OrderStatus::Expired),
            EventPayload::OrderCancelled => self.close(OrderStatus::Cancelled),
            EventPayload::CancelRequested { reason } => {
                self.close(OrderStatus::Cancelling);
                self.cancellation = Some(Cancellation {
                    reason: reason.clone(),
                    requested_at: at,
                    stuck: false,
                });
            }
            EventPayload::CompensationStuck { .. } => {
                if let Some(cancellation) = &mut self.cancellation {
                    cancellation.stuck = true;
                }
            }
            EventPayload::OrderCompleted => self.status = OrderStatus::Completed,
            EventPayload::DeletionRequested => {
                self.deletion = Some(Deletion {
                    requested_at: at,
                    deleted_at: None,
                });
            }
            EventPayload::OrderDeleted => {
                self.deletion = Some(Deletion {
                    requested_at: self.deletion.map_or(at, |deletion| deletion.requested_at),
                    deleted_at: Some(at),
                });
            }
            EventPayload::OrderHeld {
                hold,
                origin,
                reason,
            } => {
                self.holds.push(Hold {
                    no: *hold,
                    origin: *origin,
                    reason: reason.clone(),
                    placed_at: at,
                    released_at: None,
                });
                if *origin == HoldOrigin::StockUnavailable {
                    self.finish_stock_operation(None);
                }
            }
            EventPayload::HoldReleased { hold } => {
                if let Some(hold) = self.holds.iter_mut().find(|one| one.no == *hold) {
                    hold.released_at = Some(at);
                }
            }
            EventPayload::LinesPriced { .. }
            | EventPayload::LinesRevised { .. }
            | EventPayload::RevisionSettled
            | EventPayload::RevisionReverted { .. }
            | EventPayload::LinesCancelled { .. } => self.apply_lines(payload),
            EventPayload::AddressChanged { .. }
            | EventPayload::DetailsChanged { .. }
            | EventPayload::PersonalDataErased => self.apply_details(payload, at),
            EventPayload::ReservationRequested { .. }
            | EventPayload::StockReserved { .. }
            | EventPayload::ReservationRejected { .. }
            | EventPayload::ReservationLost { .. }
            | EventPayload::ReservationRevisionRequested { .. }
            | EventPayload::ReservationRevised { .. }
            | EventPayload::ReservationExtensionRequested { .. }
            | EventPayload::ReservationExtended { .. }
            | EventPayload::StockCommitRequested { .. }
            | EventPayload::StockCommitted { .. }
            | EventPayload::StockReleaseRequested { .. }
            | EventPayload::StockReleased { .. } => self.apply_stock(payload),
            EventPayload::PaymentMethodChanged { .. }
            | EventPayload::AttemptStarted { .. }
            | EventPayload::AttemptDispatched { .. }
            | EventPayload::AttemptAbandoned { .. }
            | EventPayload::PaymentActionRequired { .. }
            | EventPayload::PaymentAuthorized { .. }
            | EventPayload::PaymentCaptured { .. }
            | EventPayload::PaymentDeclined { .. }
            | EventPayload::PaymentUnknown { .. }
            | EventPayload::AuthorizationExpired { .. }
            | EventPayload::VoidRequested { .. }
            | EventPayload::PaymentVoided { .. }
            | EventPayload::CaptureRequested { .. }
            | EventPayload::CaptureFailed { .. }
            | EventPayload::CaptureUnknown { .. }
            | EventPayload::RefundRequested { .. }
            | EventPayload::RefundDispatched { .. }
            | EventPayload::RefundSucceeded { .. }
            | EventPayload::RefundFailed { .. }
            | EventPayload::RefundUnknown { .. } => self.apply_payment(payload, at),
            EventPayload::FulfillmentPlanned { .. }
            | EventPayload::FulfillmentReleased { .. }
            | EventPayload::FulfillmentRecallRequested { .. }
            | EventPayload::FulfillmentCancelled { .. }
            | EventPayload::FulfillmentShipped { .. }
            | EventPayload::TrackingUpdated { .. }
            | EventPayload::FulfillmentDelivered { .. }
            | EventPayload::FulfillmentLost { .. } => self.apply_fulfillment(payload, at),
            EventPayload::ReturnRequested { .. }
            | EventPayload::ReturnApproved { .. }
            | EventPayload::ReturnRejected { .. }
            | EventPayload::ReturnCancelled { .. }
            | EventPayload::ReturnReceived { .. }
            | EventPayload::ReturnClosed { .. } => self.apply_return(payload, at),
        }
    }

    fn close(&mut self, status: OrderStatus) {
        self.status = status;
        self.deadline = None;
        self.pending_on.clear();
    }
}
