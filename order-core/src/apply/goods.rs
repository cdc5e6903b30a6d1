//! What an event about goods, on their way there or back, makes of an order.

use super::add;
use crate::event::Happening;
use crate::money::Amount;
use crate::order::{
    Fulfillment, FulfillmentState, LineUnits, Order, Return, ReturnState, SkuUnits, Tracking,
};
use crate::time::Timestamp;
use crate::value::{FulfillmentNo, ReturnNo};

impl Order {
    pub(super) fn take_in_goods(&mut self, happening: &Happening, at: Timestamp) {
        match happening {
            Happening::FulfillmentPlanned { fulfillment, lines } => {
                self.fulfillments.push(Fulfillment {
                    no: *fulfillment,
                    state: FulfillmentState::Planned,
                    lines: lines.clone(),
                    excess: Vec::new(),
                    tracking: Tracking::default(),
                    recalling: false,
                    shipped_at: None,
                    delivered_at: None,
                });
            }
            Happening::FulfillmentReleased { fulfillment } => {
                self.with_fulfillment(*fulfillment, |one| one.state = FulfillmentState::Released);
            }
            Happening::FulfillmentRecallRequested { fulfillment } => {
                self.with_fulfillment(*fulfillment, |one| one.recalling = true);
            }
            Happening::FulfillmentCancelled { fulfillment, .. } => {
                self.with_fulfillment(*fulfillment, |one| {
                    one.state = FulfillmentState::Cancelled;
                    one.recalling = false;
                });
            }
            Happening::FulfillmentShipped {
                fulfillment,
                lines,
                excess,
                tracking,
            } => self.shipped(*fulfillment, lines, excess, tracking, at),
            Happening::TrackingUpdated {
                fulfillment,
                tracking,
            } => self.with_fulfillment(*fulfillment, |one| one.tracking = tracking.clone()),
            Happening::FulfillmentDelivered { fulfillment } => {
                let lines = self.units_of(*fulfillment);
                self.count(&lines, |line, units| add(&mut line.delivered, units));
                self.with_fulfillment(*fulfillment, |one| {
                    one.state = FulfillmentState::Delivered;
                    one.delivered_at = Some(at);
                });
            }
            Happening::FulfillmentLost { fulfillment } => {
                let lines = self.units_of(*fulfillment);
                self.count(&lines, |line, units| {
                    line.shipped = line.shipped.saturating_sub(units);
                    add(&mut line.lost, units);
                });
                self.with_fulfillment(*fulfillment, |one| one.state = FulfillmentState::Lost);
            }
            Happening::ReturnRequested {
                return_no,
                lines,
                reason,
            } => {
                self.count(lines, |line, units| add(&mut line.return_requested, units));
                self.returns.push(Return {
                    no: *return_no,
                    state: ReturnState::Requested,
                    lines: lines.clone(),
                    reason: reason.clone(),
                    credit: Amount::ZERO,
                    restocked: false,
                    requested_at: at,
                });
            }
            Happening::ReturnApproved { return_no } => {
                self.with_return(*return_no, |one| one.state = ReturnState::Approved);
            }
            Happening::ReturnRejected { return_no, .. } => {
                self.return_given_up(*return_no, ReturnState::Rejected);
            }
            Happening::ReturnCancelled { return_no } => {
                self.return_given_up(*return_no, ReturnState::Cancelled);
            }
            Happening::ReturnReceived {
                return_no,
                restocked,
                credit,
            } => {
                let lines = self.units_returned(*return_no);
                self.count(&lines, |line, units| {
                    add(&mut line.returned, units);
                    if *restocked {
                        add(&mut line.restocked, units);
                    }
                });
                self.with_return(*return_no, |one| {
                    one.state = ReturnState::Received;
                    one.restocked = *restocked;
                    one.credit = *credit;
                });
            }
            Happening::ReturnClosed { return_no } => {
                self.with_return(*return_no, |one| one.state = ReturnState::Closed);
            }
            _ => {}
        }
    }

    fn with_fulfillment(&mut self, no: FulfillmentNo, change: impl FnOnce(&mut Fulfillment)) {
        if let Some(one) = self.fulfillments.iter_mut().find(|one| one.no == no) {
            change(one);
        }
    }

    fn units_of(&self, no: FulfillmentNo) -> Vec<LineUnits> {
        self.fulfillment(no)
            .map(|one| one.lines.clone())
            .unwrap_or_default()
    }

    fn shipped(
        &mut self,
        no: FulfillmentNo,
        lines: &[LineUnits],
        excess: &[SkuUnits],
        tracking: &Tracking,
        at: Timestamp,
    ) {
        let found_again = self
            .fulfillment(no)
            .is_some_and(|one| one.state == FulfillmentState::Lost);
        self.count(lines, |line, units| {
            add(&mut line.shipped, units);
            if found_again {
                line.lost = line.lost.saturating_sub(units);
            }
        });
        for extra in excess {
            if let Some(line) = self.lines.iter_mut().find(|line| line.sku == extra.sku) {
                add(&mut line.excess, extra.quantity);
            }
        }
        let sent = Fulfillment {
            no,
            state: FulfillmentState::Shipped,
            lines: lines.to_vec(),
            excess: excess.to_vec(),
            tracking: tracking.clone(),
            recalling: false,
            shipped_at: Some(at),
            delivered_at: None,
        };
        match self.fulfillments.iter_mut().find(|one| one.no == no) {
            Some(one) => *one = sent,
            None => self.fulfillments.push(sent),
        }
    }

    fn with_return(&mut self, no: ReturnNo, change: impl FnOnce(&mut Return)) {
        if let Some(one) = self.returns.iter_mut().find(|one| one.no == no) {
            change(one);
        }
    }

    fn units_returned(&self, no: ReturnNo) -> Vec<LineUnits> {
        self.return_with(no)
            .map(|one| one.lines.clone())
            .unwrap_or_default()
    }

    fn return_given_up(&mut self, no: ReturnNo, state: ReturnState) {
        let lines = self.units_returned(no);
        self.count(&lines, |line, units| {
            line.return_requested = line.return_requested.saturating_sub(units);
        });
        self.with_return(no, |one| one.state = state);
    }
}
