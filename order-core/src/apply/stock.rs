//! What an event about the reservation makes of an order.

use crate::event::Happening;
use crate::order::{Order, OrderStatus, Reservation, ReservationState, SkuUnits, StockWork};
use crate::policy::Dependency;
use crate::value::ReservationNo;

impl Order {
    pub(super) fn take_in_stock(&mut self, happening: &Happening) {
        match happening {
            Happening::ReservationRequested { reservation, lines } => {
                self.ask_for_stock(*reservation, lines.clone());
            }
            Happening::StockReserved {
                lines, expires_at, ..
            } => {
                self.pending_on.remove(&Dependency::Inventory);
                if let Some(reservation) = &mut self.reservation {
                    reservation.covers.clone_from(lines);
                    reservation.expires_at = Some(*expires_at);
                }
                self.stock_work_done(Some(ReservationState::Held));
            }
            Happening::ReservationRejected { .. } => {
                self.stock_work_done(Some(ReservationState::Rejected));
            }
            Happening::ReservationLost { .. } => {
                self.stock_work_done(Some(ReservationState::Expired));
                if self.status == OrderStatus::Confirmed {
                    self.status = OrderStatus::Pending;
                }
            }
            Happening::ReservationRevisionRequested { .. } => {
                self.stock_work(StockWork::Revise);
            }
            Happening::ReservationRevised { lines, .. } => {
                if let Some(reservation) = &mut self.reservation {
                    reservation.covers.clone_from(lines);
                }
                self.stock_work_done(None);
            }
            Happening::ReservationExtensionRequested { .. } => self.stock_work(StockWork::Extend),
            Happening::ReservationExtended { expires_at, .. } => {
                if let Some(reservation) = &mut self.reservation {
                    reservation.expires_at = Some(*expires_at);
                }
                self.stock_work_done(None);
            }
            Happening::StockCommitRequested { .. } => self.stock_work(StockWork::Commit),
            Happening::StockCommitted { .. } => {
                self.stock_work_done(Some(ReservationState::Committed));
            }
            Happening::StockReleaseRequested { .. } => self.stock_work(StockWork::Release),
            Happening::StockReleased { .. } => {
                self.stock_work_done(Some(ReservationState::Released));
            }
            _ => {}
        }
    }

    pub(super) fn ask_for_stock(&mut self, no: ReservationNo, covers: Vec<SkuUnits>) {
        self.reservation = Some(Reservation {
            no,
            state: ReservationState::Requested,
            covers,
            expires_at: None,
            work: Some(StockWork::Reserve),
        });
    }

    fn stock_work(&mut self, work: StockWork) {
        if let Some(reservation) = &mut self.reservation {
            reservation.work = Some(work);
        }
    }

    pub(super) fn stock_work_done(&mut self, state: Option<ReservationState>) {
        if let Some(reservation) = &mut self.reservation {
            reservation.work = None;
            if let Some(state) = state {
                reservation.state = state;
            }
        }
    }
}
