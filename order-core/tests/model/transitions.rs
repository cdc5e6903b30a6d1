//! How an interaction changes the model, and what follows from it.

use crate::catalog::{IN_STOCK, PRICES};
use crate::interaction::{Interaction, Method, Product, Service};
use crate::model::{Model, Parcel, ParcelAt, Rejection};
use order_core::order::OrderStatus;
use order_core::policy::PaymentPolicy;

impl Model {
    /// Applies an interaction, and settles.
    pub(crate) fn take(&mut self, interaction: Interaction) {
        self.accepted = self.accepts(interaction);
        if self.accepted {
            self.most = self.most.max(self.owed());
            self.happens(interaction);
            self.settle();
        }
    }

    fn happens(&mut self, interaction: Interaction) {
        match interaction {
            Interaction::Cancel => self.end = Some(OrderStatus::Cancelled),
            Interaction::CancelUnits(product, units) => {
                let all: u32 = self.lines.iter().map(|line| line.active()).sum();
                if units == all && !self.something_left() {
                    self.end = Some(OrderStatus::Cancelled);
                } else {
                    self.lines[product].cancelled += units;
                }
            }
            Interaction::Ship(product, units) | Interaction::StrangeShipment(product, units) => {
                self.parcels.push(Parcel {
                    at: ParcelAt::Requested,
                    product,
                    units,
                });
                self.leaves(self.parcels.len() - 1);
            }
            Interaction::AskWarehouse(product, units) => self.parcels.push(Parcel {
                at: ParcelAt::Requested,
                product,
                units,
            }),
            Interaction::ParcelLeaves(no) => self.leaves(no),
            Interaction::ParcelSlipsOut(no) => self.parcels[no].at = ParcelAt::SlippedOut,
            Interaction::ParcelIsLost(no) => {
                let Parcel { product, units, .. } = self.parcels[no];
                self.parcels[no].at = ParcelAt::Lost;
                self.lines[product].shipped -= units;
                self.lines[product].lost += units;
            }
            Interaction::Deliver(no) if self.parcels[no].at == ParcelAt::Shipped => {
                let Parcel { product, units, .. } = self.parcels[no];
                self.parcels[no].at = ParcelAt::Delivered;
                self.lines[product].delivered += units;
            }
            Interaction::Capture(amount) => self.capture(amount),
            Interaction::Refund(amount) => {
                self.kept -= amount;
                self.credits += amount;
            }
            Interaction::PayWith(method) => self.method = Some(method),
            Interaction::Hold => self.held = true,
            Interaction::Unhold => self.held = false,
            Interaction::Revise(wanted) => {
                if wanted.iter().all(|units| *units <= IN_STOCK) {
                    for (line, ordered) in self.lines.iter_mut().zip(wanted) {
                        (line.ordered, line.cancelled) = (ordered, 0);
                    }
                }
            }
            Interaction::SendBack(product, units, restock) => {
                let credit = PRICES[product] * i64::from(units);
                self.credits += credit;
                self.freed += credit;
                self.returns.push(None);
                self.comes_back(product, units, restock);
            }
            Interaction::Receive(restock) => {
                let expected = self.first_expected().and_then(|no| self.returns[no].take());
                if let Some(Parcel { product, units, .. }) = expected {
                    self.comes_back(product, units, restock);
                }
            }
            Interaction::Delete => {
                self.end = self.end.or(Some(OrderStatus::Cancelled));
                self.deleting = true;
            }
            Interaction::AuthorizationLapses => self.authorizations.clear(),
            Interaction::CustomerActs(approved) => {
                let amount = self.acting.take().filter(|_| approved);
                self.charge(amount.unwrap_or_default());
            }
            Interaction::DaysPass => {
                self.days += 4;
                self.acting = None;
                if !self.released && self.end.is_none() {
                    self.end = Some(OrderStatus::Expired);
                }
            }
            Interaction::GoesDown(service, loss) => self.down = Some((service, loss)),
            Interaction::ComesBack => self.down = None,
            Interaction::Deliver(_) | Interaction::StockLapses => {}
        }
    }

    /// Ships a parcel. Units that no line is short of are excess.
    fn leaves(&mut self, no: usize) {
        let Parcel { product, units, .. } = self.parcels[no];
        let fitting = units.min(self.lines[product].unshipped());
        self.excess += units - fitting;
        self.lines[product].shipped += fitting;
        let gone = Parcel {
            at: ParcelAt::Shipped,
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

    /// Adds an approved payment: captured at once, or authorized and captured as units are shipped.
    fn charge(&mut self, amount: i64) {
        match self.policy {
            PaymentPolicy::CaptureOnShip if amount > 0 => self.authorizations.push(amount),
            PaymentPolicy::CaptureOnShip => {}
            _ => self.kept += amount,
        }
    }

    /// Captures from the oldest authorizations first.
    fn capture(&mut self, amount: i64) {
        let mut missing = amount;
        for left in &mut self.authorizations {
            let part = missing.min(*left);
            *left -= part;
            missing -= part;
            self.kept += part;
        }
        self.authorizations.retain(|left| *left > 0);
    }

    /// Does all that follows by itself once every service answers.
    pub(crate) fn settle(&mut self) {
        let decides = |rejection| match rejection {
            Rejection::UnknownCustomer => Service::Customers,
            Rejection::NoStock => Service::Inventory,
        };
        let unreachable = self.down.map(|(service, _)| service);
        if self.end.is_none()
            && self
                .rejection
                .is_some_and(|rejection| Some(decides(rejection)) != unreachable)
        {
            self.end = Some(OrderStatus::Rejected);
        }
        if unreachable.is_some() {
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
                ParcelAt::Requested => self.parcels[no].at = ParcelAt::Recalled,
                ParcelAt::SlippedOut => self.leaves(no),
                ParcelAt::Shipped | ParcelAt::Delivered | ParcelAt::Lost | ParcelAt::Recalled => {}
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
        let repaid = self.repayable();
        self.kept -= repaid;
        self.freed -= repaid;
        self.kept = self.kept.min(self.owed());
        self.void_spare();
        if self.end == Some(OrderStatus::Completed) {
            self.authorizations.clear();
            return;
        }
        self.release();
        self.pay();
        self.release();
        self.capture((self.wanted() - self.kept).max(0));
        self.void_spare();
        let paid = self.kept >= self.owed() && self.acting.is_none();
        if self.released && self.has_arrived() && paid && self.waiting().next().is_none() {
            self.end = Some(OrderStatus::Completed);
            self.authorizations.clear();
        }
    }

    /// Voids every authorization of which nothing is needed any more.
    fn void_spare(&mut self) {
        let spare = |model: &Self| model.authorized() + model.kept - model.owed();
        let unneeded = |model: &Self| {
            let mut each = model.authorizations.iter();
            each.position(|left| spare(model) >= *left)
        };
        while let Some(no) = unneeded(self) {
            self.authorizations.remove(no);
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
