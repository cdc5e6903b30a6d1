//! What an event makes of an order. No rule lives here: an event has happened, and is applied.

mod goods;
mod money;
mod stock;

use crate::event::{Event, Happening, Placement};
use crate::order::{
    Cancellation, CustomerCheck, Deletion, Hold, HoldOrigin, Line, LineUnits, Order, OrderStatus,
    PersonalData, Revision,
};
use crate::policy::Dependency;
use crate::time::Timestamp;
use crate::value::{LineId, ReservationNo, Version};
use std::collections::BTreeSet;

/// The order after an event; the fold of all its events is the order.
///
/// The first event makes the order. An event that is not its first, or makes no sense on the order
/// it is given, changes nothing but the version: history that was stored is never refused.
#[must_use]
pub fn apply(order: Option<Order>, event: &Event) -> Option<Order> {
    let mut order = match (order, &event.happening) {
        (None, Happening::OrderPlaced(placement)) => placed(placement, event.at),
        (None, Happening::OrderImported(imported)) => (**imported).clone(),
        (None, _) => return None,
        (Some(order), _) => order,
    };
    order.apply_mut(event);
    Some(order)
}

fn placed(placement: &Placement, at: Timestamp) -> Order {
    let mut order = Order {
        id: placement.id,
        storefront: placement.storefront.clone(),
        version: Version::NONE,
        status: OrderStatus::Pending,
        customer_id: placement.customer_id.clone(),
        customer: CustomerCheck::Pending,
        currency: placement.currency,
        lines: placement.lines.clone(),
        adjustments: placement.adjustments.clone(),
        revision: None,
        reservation: None,
        payments: Vec::new(),
        refunds: Vec::new(),
        fulfillments: Vec::new(),
        returns: Vec::new(),
        holds: Vec::new(),
        pending_on: BTreeSet::new(),
        metadata: placement.metadata.clone(),
        labels: BTreeSet::new(),
        external_reference: None,
        deadline: Some(placement.deadline),
        cancellation: None,
        deletion: None,
        erased_at: None,
        payment_method_ready: placement.payment_method,
        placed_at: at,
        updated_at: at,
        personal: placement.personal.clone(),
    };
    let covers = order.stock_target();
    order.ask_for_stock(ReservationNo::FIRST, covers);
    order
}

impl Order {
    pub(crate) fn apply_mut(&mut self, event: &Event) {
        self.take_in(&event.happening, event.at);
        self.version = event.version;
        self.updated_at = event.at;
    }

    fn take_in(&mut self, happening: &Happening, at: Timestamp) {
        match happening {
            Happening::OrderPlaced(_)
            | Happening::OrderImported(_)
            | Happening::LateFactRecorded { .. } => {}
            Happening::LinesPriced { lines } => {
                for priced in lines {
                    if let Some(line) = self.line_mut(priced.line) {
                        line.unit_price = Some(priced.unit_price);
                        line.name = line.name.take().or_else(|| priced.name.clone());
                    }
                }
            }
            Happening::CustomerVerified => {
                self.customer = CustomerCheck::Verified;
                self.pending_on.remove(&Dependency::Customers);
            }
            Happening::CustomerAcceptedUnverified => {
                self.customer = CustomerCheck::Unverified;
                self.pending_on.remove(&Dependency::Customers);
            }
            Happening::OrderDeferred { dependency } => {
                self.pending_on.insert(*dependency);
            }
            Happening::OrderConfirmed { deadline } => {
                self.status = OrderStatus::Confirmed;
                self.deadline = Some(*deadline);
                self.pending_on.clear();
            }
            Happening::OrderReleased => {
                self.status = OrderStatus::Processing;
                self.deadline = None;
                self.pending_on.clear();
            }
            Happening::OrderRejected { .. } => self.close(OrderStatus::Rejected),
            Happening::OrderExpired => self.close(OrderStatus::Expired),
            Happening::OrderCancelled => self.close(OrderStatus::Cancelled),
            Happening::CancelRequested { reason } => {
                self.close(OrderStatus::Cancelling);
                self.cancellation = Some(Cancellation {
                    reason: reason.clone(),
                    requested_at: at,
                    stuck: false,
                });
            }
            Happening::CompensationStuck { .. } => {
                if let Some(cancellation) = &mut self.cancellation {
                    cancellation.stuck = true;
                }
            }
            Happening::OrderCompleted => self.status = OrderStatus::Completed,
            Happening::DeletionRequested => {
                self.deletion = Some(Deletion {
                    requested_at: at,
                    deleted_at: None,
                });
            }
            Happening::OrderDeleted => {
                self.deletion = Some(Deletion {
                    requested_at: self.deletion.map_or(at, |deletion| deletion.requested_at),
                    deleted_at: Some(at),
                });
            }
            Happening::PersonalDataErased => {
                self.personal = PersonalData::default();
                self.payment_method_ready = false;
                self.erased_at = Some(at);
            }
            Happening::AddressChanged { personal } => self.overlay(personal),
            Happening::DetailsChanged {
                metadata,
                labels,
                personal,
            } => {
                self.metadata = metadata.clone();
                self.labels.clone_from(labels);
                self.overlay(personal);
            }
            Happening::OrderHeld {
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
                    self.stock_work_done(None);
                }
            }
            Happening::HoldReleased { hold } => {
                if let Some(hold) = self.holds.iter_mut().find(|one| one.no == *hold) {
                    hold.released_at = Some(at);
                }
            }
            Happening::LinesRevised { lines, adjustments } => {
                self.revision = Some(Box::new(Revision {
                    lines: std::mem::replace(&mut self.lines, lines.clone()),
                    adjustments: std::mem::replace(&mut self.adjustments, adjustments.clone()),
                }));
            }
            Happening::RevisionSettled => self.revision = None,
            Happening::RevisionReverted { .. } => {
                if let Some(before) = self.revision.take() {
                    self.lines = before.lines;
                    self.adjustments = before.adjustments;
                }
                self.stock_work_done(None);
            }
            Happening::LinesCancelled { lines, .. } => {
                self.count(lines, |line, units| add(&mut line.cancelled, units));
            }
            Happening::ReservationRequested { .. }
            | Happening::StockReserved { .. }
            | Happening::ReservationRejected { .. }
            | Happening::ReservationLost { .. }
            | Happening::ReservationRevisionRequested { .. }
            | Happening::ReservationRevised { .. }
            | Happening::ReservationExtensionRequested { .. }
            | Happening::ReservationExtended { .. }
            | Happening::StockCommitRequested { .. }
            | Happening::StockCommitted { .. }
            | Happening::StockReleaseRequested { .. }
            | Happening::StockReleased { .. } => self.take_in_stock(happening),
            Happening::PaymentMethodChanged { .. }
            | Happening::AttemptStarted { .. }
            | Happening::AttemptDispatched { .. }
            | Happening::AttemptAbandoned { .. }
            | Happening::PaymentActionRequired { .. }
            | Happening::PaymentAuthorized { .. }
            | Happening::PaymentCaptured { .. }
            | Happening::PaymentDeclined { .. }
            | Happening::PaymentUnknown { .. }
            | Happening::AuthorizationExpired { .. }
            | Happening::VoidRequested { .. }
            | Happening::PaymentVoided { .. }
            | Happening::CaptureRequested { .. }
            | Happening::CaptureFailed { .. }
            | Happening::CaptureUnknown { .. }
            | Happening::RefundRequested { .. }
            | Happening::RefundDispatched { .. }
            | Happening::RefundSucceeded { .. }
            | Happening::RefundFailed { .. }
            | Happening::RefundUnknown { .. } => self.take_in_money(happening, at),
            Happening::FulfillmentPlanned { .. }
            | Happening::FulfillmentReleased { .. }
            | Happening::FulfillmentRecallRequested { .. }
            | Happening::FulfillmentCancelled { .. }
            | Happening::FulfillmentShipped { .. }
            | Happening::TrackingUpdated { .. }
            | Happening::FulfillmentDelivered { .. }
            | Happening::FulfillmentLost { .. }
            | Happening::ReturnRequested { .. }
            | Happening::ReturnApproved { .. }
            | Happening::ReturnRejected { .. }
            | Happening::ReturnCancelled { .. }
            | Happening::ReturnReceived { .. }
            | Happening::ReturnClosed { .. } => self.take_in_goods(happening, at),
        }
    }

    fn close(&mut self, status: OrderStatus) {
        self.status = status;
        self.deadline = None;
        self.pending_on.clear();
    }

    fn overlay(&mut self, newer: &PersonalData) {
        self.personal = std::mem::take(&mut self.personal).overlaid(newer.clone());
    }

    fn line_mut(&mut self, id: LineId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.id == id)
    }

    fn count(&mut self, units: &[LineUnits], how: impl Fn(&mut Line, u32)) {
        for one in units {
            if let Some(line) = self.line_mut(one.line) {
                how(line, one.units);
            }
        }
    }
}

const fn add(count: &mut u32, units: u32) {
    *count = count.saturating_add(units);
}
