//! Which interactions the model accepts, and which outcomes it can predict.

use crate::interaction::{Interaction, Loss, Service};
use crate::model::{Model, ParcelAt};
use order_core::order::OrderStatus;

impl Model {
    /// Returns whether a command is accepted.
    pub(crate) fn accepts(&self, interaction: Interaction) -> bool {
        let (going, left) = (self.end.is_none(), self.something_left());
        let arrived = self.end == Some(OrderStatus::Completed);
        let processing = going && self.released;
        if !interaction.is_command() {
            return true;
        }
        if self.deleted {
            return false;
        }
        match interaction {
            Interaction::Cancel => self.end == Some(OrderStatus::Cancelled) || (going && !left),
            Interaction::CancelUnits(product, units) => going && units <= self.open(product),
            Interaction::Ship(product, units) | Interaction::AskWarehouse(product, units) => {
                processing && !self.held && self.is_paid_first() && units <= self.open(product)
            }
            Interaction::Deliver(no) => {
                processing && self.is_at(no, &[ParcelAt::Shipped, ParcelAt::Delivered])
            }
            Interaction::Capture(amount) => {
                processing && amount <= self.authorized().min(self.owed() - self.kept)
            }
            Interaction::Refund(amount) => (processing || arrived) && amount <= self.kept,
            Interaction::PayWith(_) => going && self.acting.is_none(),
            Interaction::Hold => going && !left && self.waiting().next().is_none(),
            Interaction::Unhold => going && self.held,
            Interaction::Revise(_) => {
                going && !left && self.waiting().next().is_none() && self.acting.is_none()
            }
            Interaction::SendBack(product, units, _) => {
                let line = self.lines[product];
                (processing || arrived) && units <= line.delivered - line.returned
            }
            Interaction::Receive(_) => self.first_expected().is_some(),
            Interaction::Delete if going => !left,
            Interaction::Delete => self.first_expected().is_none(),
            _ => true,
        }
    }

    /// Returns whether the model predicts the outcome: while a service is down, much depends on how
    /// far the order had come.
    pub(crate) fn foresees(&self, interaction: Interaction) -> bool {
        let (up, going) = (self.down.is_none(), self.end.is_none());
        let doomed = self.rejection.is_some() && going;
        let unreachable = self.down.map(|(service, _)| service);
        let lost = |loss| self.down == Some((Service::Shipping, loss));
        match interaction {
            Interaction::ComesBack => !up,
            Interaction::GoesDown(..) => up,
            Interaction::Cancel => up || !self.deleting,
            // A payment that may have been sent has the amount that was owed by then.
            Interaction::CancelUnits(..) => {
                let before_payment = unreachable == Some(Service::Customers)
                    || unreachable == Some(Service::Inventory);
                !doomed && (up || self.released || before_payment)
            }
            Interaction::Delete => up || (going && !self.something_left()),
            Interaction::Ship(..) | Interaction::Hold => up || self.released,
            Interaction::Deliver(_) => up || !self.has_arrived(),
            Interaction::AskWarehouse(..) => {
                up || (self.released && unreachable != Some(Service::Shipping))
            }
            Interaction::ParcelLeaves(no) => {
                self.is_at(no, &[ParcelAt::Requested, ParcelAt::SlippedOut])
                    && (up || lost(Loss::Connection) || lost(Loss::Requests))
            }
            Interaction::ParcelSlipsOut(no) => up && self.is_at(no, &[ParcelAt::Requested]),
            Interaction::ParcelIsLost(no) => {
                up && going && !self.held && self.is_at(no, &[ParcelAt::Shipped])
            }
            Interaction::StrangeShipment(..) => {
                up && (self.released || !going) && self.waiting().next().is_none()
            }
            Interaction::AuthorizationLapses => up && self.authorizations.len() == 1,
            Interaction::StockLapses => up && going && !self.released && !self.held,
            Interaction::CustomerActs(_) => up && self.acting.is_some(),
            Interaction::DaysPass => up && self.days < 20,
            Interaction::Revise(wanted) => up && !self.held && wanted.iter().sum::<u32>() > 0,
            Interaction::Receive(_) => up && self.is_closed(),
            Interaction::Capture(_)
            | Interaction::Refund(_)
            | Interaction::PayWith(_)
            | Interaction::Unhold
            | Interaction::SendBack(..) => up,
        }
    }
}
