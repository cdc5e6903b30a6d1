//! Which steps the model accepts, and of which it knows what they come to.

use crate::model::{Model, Where};
use crate::step::{Loss, Service, Step};
use order_core::order::OrderStatus;

impl Model {
    /// Whether a command is accepted.
    pub(crate) fn accepts(&self, step: Step) -> bool {
        let (going, left) = (self.end.is_none(), self.something_left());
        let arrived = self.end == Some(OrderStatus::Completed);
        let processing = going && self.released;
        if !step.is_command() {
            return true;
        }
        if self.deleted {
            return false;
        }
        match step {
            Step::Cancel => self.end == Some(OrderStatus::Cancelled) || (going && !left),
            Step::CancelUnits(product, units) => going && units <= self.open(product),
            Step::Ship(product, units) | Step::AskWarehouse(product, units) => {
                processing && !self.held && self.is_paid_first() && units <= self.open(product)
            }
            Step::Deliver(no) => processing && self.is_at(no, &[Where::Shipped, Where::Delivered]),
            Step::Capture(amount) => {
                processing && amount <= self.authorized().min(self.owed() - self.kept)
            }
            Step::Refund(amount) => (processing || arrived) && amount <= self.kept,
            Step::PayWith(_) => going && self.acting.is_none(),
            Step::Hold => going && !left && self.waiting().next().is_none(),
            Step::Unhold => going && self.held,
            Step::Revise(_) => {
                going && !left && self.waiting().next().is_none() && self.acting.is_none()
            }
            Step::SendBack(product, units, _) => {
                let line = self.lines[product];
                (processing || arrived) && units <= line.delivered - line.returned
            }
            Step::Receive(_) => self.first_expected().is_some(),
            Step::Delete if going => !left,
            Step::Delete => self.first_expected().is_none(),
            _ => true,
        }
    }

    /// Whether the model knows what a step comes to: while a service is away, much depends on how
    /// far the order had come.
    pub(crate) fn foresees(&self, step: Step) -> bool {
        let (up, going) = (self.down.is_none(), self.end.is_none());
        let doomed = self.doom.is_some() && going;
        let away = self.down.map(|(service, _)| service);
        let lost = |loss| self.down == Some((Service::Shipping, loss));
        match step {
            Step::ComesBack => !up,
            Step::GoesDown(..) => up,
            Step::Cancel => up || !self.deleting,
            // A payment that may have been sent is of what was owed by then.
            Step::CancelUnits(..) => {
                let before_payment =
                    away == Some(Service::Customers) || away == Some(Service::Inventory);
                !doomed && (up || self.released || before_payment)
            }
            Step::Delete => up || (going && !self.something_left()),
            Step::Ship(..) | Step::Hold => up || self.released,
            Step::Deliver(_) => up || !self.has_arrived(),
            Step::AskWarehouse(..) => up || (self.released && away != Some(Service::Shipping)),
            Step::ParcelLeaves(no) => {
                self.is_at(no, &[Where::Asked, Where::SlippedOut])
                    && (up || lost(Loss::Connection) || lost(Loss::Requests))
            }
            Step::ParcelSlipsOut(no) => up && self.is_at(no, &[Where::Asked]),
            Step::ParcelIsLost(no) => {
                up && going && !self.held && self.is_at(no, &[Where::Shipped])
            }
            Step::StrangeShipment(..) => {
                up && (self.released || !going) && self.waiting().next().is_none()
            }
            Step::AuthorizationLapses => up && self.authorizations.len() == 1,
            Step::StockLapses => up && going && !self.released && !self.held,
            Step::CustomerActs(_) => up && self.acting.is_some(),
            Step::DaysPass => up && self.days < 20,
            Step::Revise(wanted) => up && !self.held && wanted.iter().sum::<u32>() > 0,
            Step::Receive(_) => up && self.is_closed(),
            Step::Capture(_)
            | Step::Refund(_)
            | Step::PayWith(_)
            | Step::Unhold
            | Step::SendBack(..) => up,
        }
    }
}
