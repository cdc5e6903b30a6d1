//! What a step makes of the model, and what follows from it.

use crate::model::{Doom, Model, PRICES, Parcel, SHELF, Where};
use crate::step::{Method, Product, Service, Step};
use order_core::order::OrderStatus;
use order_core::policy::PaymentPolicy;

impl Model {
    /// Takes a step, and settles.
    pub(crate) fn take(&mut self, step: Step) {
        self.accepted = self.accepts(step);
        if self.accepted {
            self.most = self.most.max(self.owed());
            self.happens(step);
            self.settle();
        }
    }

    fn happens(&mut self, step: Step) {
        match step {
            Step::Cancel => self.end = Some(OrderStatus::Cancelled),
            Step::CancelUnits(product, units) => {
                let all: u32 = self.lines.iter().map(|line| line.active()).sum();
                if units == all && !self.something_left() {
                    self.end = Some(OrderStatus::Cancelled);
                } else {
                    self.lines[product].cancelled += units;
                }
            }
            Step::Ship(product, units) | Step::StrangeShipment(product, units) => {
                self.parcels.push(Parcel {
                    at: Where::Asked,
                    product,
                    units,
                });
                self.leaves(self.parcels.len() - 1);
            }
            Step::AskWarehouse(product, units) => self.parcels.push(Parcel {
                at: Where::Asked,
                product,
                units,
            }),
            Step::ParcelLeaves(no) => self.leaves(no),
            Step::ParcelSlipsOut(no) => self.parcels[no].at = Where::SlippedOut,
            Step::ParcelIsLost(no) => {
                let Parcel { product, units, .. } = self.parcels[no];
                self.parcels[no].at = Where::Lost;
                self.lines[product].shipped -= units;
                self.lines[product].lost += units;
            }
            Step::Deliver(no) if self.parcels[no].at == Where::Shipped => {
                let Parcel { product, units, .. } = self.parcels[no];
                self.parcels[no].at = Where::Delivered;
                self.lines[product].delivered += units;
            }
            Step::Capture(amount) => self.capture(amount),
            Step::Refund(amount) => {
                self.kept -= amount;
                self.credits += amount;
            }
            Step::PayWith(method) => self.method = Some(method),
            Step::Hold => self.held = true,
            Step::Unhold => self.held = false,
            Step::Revise(wanted) => {
                if wanted.iter().all(|units| *units <= SHELF) {
                    for (line, ordered) in self.lines.iter_mut().zip(wanted) {
                        (line.ordered, line.cancelled) = (ordered, 0);
                    }
                }
            }
            Step::SendBack(product, units, restock) => {
                self.credits += PRICES[product] * i64::from(units);
                self.returns.push(None);
                self.comes_back(product, units, restock);
            }
            Step::Receive(restock) => {
                let expected = self.first_expected().and_then(|no| self.returns[no].take());
                if let Some(Parcel { product, units, .. }) = expected {
                    self.comes_back(product, units, restock);
                }
            }
            Step::Delete => {
                self.end = self.end.or(Some(OrderStatus::Cancelled));
                self.deleting = true;
            }
            Step::AuthorizationLapses => self.authorizations.clear(),
            Step::CustomerActs(approved) => {
                let amount = self.acting.take().filter(|_| approved);
                self.charge(amount.unwrap_or_default());
            }
            Step::DaysPass => {
                self.days += 4;
                self.acting = None;
                if !self.released && self.end.is_none() {
                    self.end = Some(OrderStatus::Expired);
                }
            }
            Step::GoesDown(service, loss) => self.down = Some((service, loss)),
            Step::ComesBack => self.down = None,
            Step::Deliver(_) | Step::StockLapses => {}
        }
    }

    /// A parcel is gone. Units for which no line waits were sent in excess.
    fn leaves(&mut self, no: usize) {
        let Parcel { product, units, .. } = self.parcels[no];
        let fitting = units.min(self.lines[product].unshipped());
        self.excess += units - fitting;
        self.lines[product].shipped += fitting;
        let gone = Parcel {
            at: Where::Shipped,
            product,
            units: fitting,
        };
        self.parcels[no] = gone;
        if self.is_closed() && fitting > 0 {
            self.returns.push(Some(gone));
        }
    }

    fn comes_back(&mut self, product: Product, units: u32, restock: bool) {
        self.lines[product].returned += units;
        self.lines[product].restocked += if restock { units } else { 0 };
    }

    /// A payment is approved: taken, or put by to be captured as units are shipped.
    fn charge(&mut self, amount: i64) {
        match self.policy {
            PaymentPolicy::CaptureOnShip if amount > 0 => self.authorizations.push((amount, false)),
            PaymentPolicy::CaptureOnShip => {}
            _ => self.kept += amount,
        }
    }

    /// Takes from the oldest authorizations first.
    fn capture(&mut self, amount: i64) {
        let mut missing = amount;
        for (left, used) in &mut self.authorizations {
            let part = missing.min(*left);
            *left -= part;
            *used |= part > 0;
            missing -= part;
            self.kept += part;
        }
        self.authorizations.retain(|(left, _)| *left > 0);
    }

    /// Everything that follows by itself, once every service answers.
    pub(crate) fn settle(&mut self) {
        let decides = |doom| match doom {
            Doom::UnknownCustomer => Service::Customers,
            Doom::NoStock => Service::Inventory,
        };
        let away = self.down.map(|(service, _)| service);
        if self.end.is_none() && self.doom.is_some_and(|doom| Some(decides(doom)) != away) {
            self.end = Some(OrderStatus::Rejected);
        }
        if away.is_some() {
            return;
        }
        if self.is_closed() {
            self.give_everything_back();
        } else {
            self.go_on();
        }
        self.deleted |= self.deleting && self.first_expected().is_none();
    }

    fn give_everything_back(&mut self) {
        for no in 0..self.parcels.len() {
            match self.parcels[no].at {
                Where::Asked => self.parcels[no].at = Where::CalledBack,
                Where::SlippedOut => self.leaves(no),
                Where::Shipped | Where::Delivered | Where::Lost | Where::CalledBack => {}
            }
        }
        for line in &mut self.lines {
            let gone = line.shipped + line.lost - line.restocked;
            line.stock = line.stock.min(gone);
        }
        self.authorizations.clear();
        self.acting = None;
        self.kept = 0;
    }

    fn go_on(&mut self) {
        for line in &mut self.lines {
            line.stock = line.active() + line.lost - line.restocked;
        }
        self.kept = self.kept.min(self.owed());
        let spare = |model: &Self| model.authorized() + model.kept - model.owed();
        while let Some(no) = self
            .authorizations
            .iter()
            .position(|(left, used)| !used && spare(self) >= *left)
        {
            self.authorizations.remove(no);
        }
        if self.end == Some(OrderStatus::Completed) {
            self.authorizations.clear();
            return;
        }
        self.release();
        self.pay();
        self.release();
        self.capture((self.wanted() - self.kept).max(0));
        let paid = self.kept >= self.owed() && self.acting.is_none();
        if self.released && self.has_arrived() && paid && self.waiting().next().is_none() {
            self.end = Some(OrderStatus::Completed);
            self.authorizations.clear();
        }
    }

    fn release(&mut self) {
        self.released |= !self.held && self.acting.is_none() && self.is_paid_first();
    }

    fn pay(&mut self) {
        let due = self.owed() - self.authorized() - self.kept;
        if due <= 0 || self.held || self.acting.is_some() {
            return;
        }
        match self.method.take() {
            Some(Method::Good | Method::Slow) => self.charge(due),
            Some(Method::Asks) => self.acting = Some(due),
            Some(Method::Bad) | None => {}
        }
        self.most = self.most.max(self.owed());
    }
}
