//! Applies events about fulfillments.

use super::lines::add;
use crate::event::EventPayload;
use crate::order::{Fulfillment, LineQuantity, Order, ShipmentStatus, SkuQuantity, Tracking};
use crate::time::Timestamp;
use crate::value::FulfillmentNo;

impl Order {
    /// Applies an event about fulfillments; ignores other events.
    pub(super) fn apply_fulfillment(&mut self, payload: &EventPayload, at: Timestamp) {
        match payload {
            EventPayload::FulfillmentPlanned { fulfillment, lines } => {
                self.fulfillments.push(Fulfillment {
                    no: *fulfillment,
                    status: ShipmentStatus::Planned,
                    lines: lines.clone(),
                    excess: Vec::new(),
                    tracking: Tracking::default(),
                    recalling: false,
                    shipped_at: None,
                    delivered_at: None,
                });
            }
            EventPayload::FulfillmentReleased { fulfillment } => {
                self.with_fulfillment(*fulfillment, |one| one.status = ShipmentStatus::Released);
            }
            EventPayload::FulfillmentRecallRequested { fulfillment } => {
                self.with_fulfillment(*fulfillment, |one| one.recalling = true);
            }
            EventPayload::FulfillmentCancelled { fulfillment, .. } => {
                self.with_fulfillment(*fulfillment, |one| {
                    one.status = ShipmentStatus::Cancelled;
                    one.recalling = false;
                });
            }
            EventPayload::FulfillmentShipped {
                fulfillment,
                lines,
                excess,
                tracking,
            } => self.shipped(*fulfillment, lines, excess, tracking, at),
            EventPayload::TrackingUpdated {
                fulfillment,
                tracking,
            } => self.with_fulfillment(*fulfillment, |one| one.tracking = tracking.clone()),
            EventPayload::FulfillmentDelivered { fulfillment } => {
                let lines = self.units_of(*fulfillment);
                self.count(&lines, |line, units| add(&mut line.delivered, units));
                self.with_fulfillment(*fulfillment, |one| {
                    one.status = ShipmentStatus::Delivered;
                    one.delivered_at = Some(at);
                });
            }
            EventPayload::FulfillmentLost { fulfillment } => {
                let lines = self.units_of(*fulfillment);
                self.count(&lines, |line, units| {
                    line.shipped = line.shipped.saturating_sub(units);
                    add(&mut line.lost, units);
                });
                self.with_fulfillment(*fulfillment, |one| one.status = ShipmentStatus::Lost);
            }
            _ => {}
        }
    }

    fn with_fulfillment(&mut self, no: FulfillmentNo, change: impl FnOnce(&mut Fulfillment)) {
        if let Some(one) = self.fulfillments.iter_mut().find(|one| one.no == no) {
            change(one);
        }
    }

    fn units_of(&self, no: FulfillmentNo) -> Vec<LineQuantity> {
        self.fulfillment(no)
            .map(|one| one.lines.clone())
            .unwrap_or_default()
    }

    fn shipped(
        &mut self,
        no: FulfillmentNo,
        lines: &[LineQuantity],
        excess: &[SkuQuantity],
        tracking: &Tracking,
        at: Timestamp,
    ) {
        let found_again = self
            .fulfillment(no)
            .is_some_and(|one| one.status == ShipmentStatus::Lost);
        self.count(lines, |line, units| {
            add(&mut line.shipped, units);
            if found_again {
                line.lost = line.lost.saturating_sub(units);
            }
        });
        for extra in excess {
            if let Some(line) = self.lines.iter_mut().find(|line| line.sku == extra.sku) {
                add(&mut line.overshipped, extra.quantity);
            }
        }
        let shipped = Fulfillment {
            no,
            status: ShipmentStatus::Shipped,
            lines: lines.to_vec(),
            excess: excess.to_vec(),
            tracking: tracking.clone(),
            recalling: false,
            shipped_at: Some(at),
            delivered_at: None,
        };
        match self.fulfillments.iter_mut().find(|one| one.no == no) {
            Some(one) => *one = shipped,
            None => self.fulfillments.push(shipped),
        }
    }
}
