//! Applies events about the reservation of stock.

use crate::dependency::Dependency;
use crate::event::EventPayload;
use crate::order::{
    Order, OrderStatus, Reservation, ReservationOperation, ReservationStatus, SkuQuantity,
};
use crate::value::ReservationNo;

impl Order {
    /// Applies an event about the reservation; ignores other events.
    pub(super) fn apply_stock(&mut self, payload: &EventPayload) {
        match payload {
            EventPayload::ReservationRequested { reservation, lines } => {
                self.start_reservation(*reservation, lines.clone());
            }
            EventPayload::StockReserved {
                lines, expires_at, ..
            } => {
                self.pending_on.remove(&Dependency::Inventory);
                if let Some(reservation) = &mut self.reservation {
                    reservation.lines.clone_from(lines);
                    reservation.expires_at = Some(*expires_at);
                }
                self.finish_stock_operation(Some(ReservationStatus::Held));
            }
            EventPayload::ReservationRejected { .. } => {
                self.finish_stock_operation(Some(ReservationStatus::Rejected));
            }
            EventPayload::ReservationLost { .. } => {
                self.finish_stock_operation(Some(ReservationStatus::Expired));
                if self.status == OrderStatus::Confirmed {
                    self.status = OrderStatus::Pending;
                }
            }
            EventPayload::ReservationRevisionRequested { .. } => {
                self.start_stock_operation(ReservationOperation::Revise);
            }
            EventPayload::ReservationRevised { lines, .. } => {
                if let Some(reservation) = &mut self.reservation {
                    reservation.lines.clone_from(lines);
                }
                self.finish_stock_operation(None);
            }
            EventPayload::ReservationExtensionRequested { .. } => {
                self.start_stock_operation(ReservationOperation::Extend);
            }
            EventPayload::ReservationExtended { expires_at, .. } => {
                if let Some(reservation) = &mut self.reservation {
                    reservation.expires_at = Some(*expires_at);
                }
                self.finish_stock_operation(None);
            }
            EventPayload::StockCommitRequested { .. } => {
                self.start_stock_operation(ReservationOperation::Commit);
            }
            EventPayload::StockCommitted { .. } => {
                self.finish_stock_operation(Some(ReservationStatus::Committed));
            }
            EventPayload::StockReleaseRequested { .. } => {
                self.start_stock_operation(ReservationOperation::Release);
            }
            EventPayload::StockReleased { .. } => {
                self.finish_stock_operation(Some(ReservationStatus::Released));
            }
            _ => {}
        }
    }

    /// Adds the reservation that is being requested, in place of an earlier one.
    pub(super) fn start_reservation(&mut self, no: ReservationNo, lines: Vec<SkuQuantity>) {
        self.reservation = Some(Reservation {
            no,
            status: ReservationStatus::Requested,
            lines,
            expires_at: None,
            pending_operation: Some(ReservationOperation::Reserve),
        });
    }

    fn start_stock_operation(&mut self, operation: ReservationOperation) {
        if let Some(reservation) = &mut self.reservation {
            reservation.pending_operation = Some(operation);
        }
    }

    /// Ends the pending operation, and sets the status if it changes.
    pub(super) fn finish_stock_operation(&mut self, status: Option<ReservationStatus>) {
        if let Some(reservation) = &mut self.reservation {
            reservation.pending_operation = None;
            if let Some(status) = status {
                reservation.status = status;
            }
        }
    }
}
