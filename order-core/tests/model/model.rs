//! The model: an order as sums.
//!
//! An outage changes when an order settles, not how. So the model settles
//! at once, or when the service is back.

use crate::catalog::PRICES;
use crate::interaction::{Loss, Method, Product, Service};
use order_core::order::OrderStatus;
use order_core::policy::PaymentPolicy;

/// The units of a product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Units {
    pub(crate) ordered: u32,
    pub(crate) cancelled: u32,
    pub(crate) shipped: u32,
    pub(crate) delivered: u32,
    pub(crate) returned: u32,
    pub(crate) restocked: u32,
    pub(crate) lost: u32,
    /// Reserved or committed at the inventory.
    pub(crate) stock: u32,
}

impl Units {
    pub(crate) const fn active(self) -> u32 {
        self.ordered - self.cancelled
    }

    pub(crate) const fn unshipped(self) -> u32 {
        self.active() - self.shipped
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParcelAt {
    /// Requested at the warehouse.
    Requested,
    /// Shipped, but not reported.
    SlippedOut,
    Shipped,
    Delivered,
    Lost,
    Recalled,
}

/// Units of one product in one parcel, without excess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parcel {
    pub(crate) at: ParcelAt,
    pub(crate) product: Product,
    pub(crate) units: u32,
}

/// Why an order will be rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejection {
    UnknownCustomer,
    NoStock,
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) policy: PaymentPolicy,
    pub(crate) rejection: Option<Rejection>,
    pub(crate) first_method: Method,
    pub(crate) down: Option<(Service, Loss)>,
    pub(crate) lines: [Units; 2],
    pub(crate) excess: u32,
    pub(crate) parcels: Vec<Parcel>,
    /// The parcel of every return; `None` once it is no longer expected.
    pub(crate) returns: Vec<Option<Parcel>>,
    /// The status in which it has ended, or will.
    pub(crate) end: Option<OrderStatus>,
    pub(crate) released: bool,
    pub(crate) held: bool,
    pub(crate) deleting: bool,
    pub(crate) deleted: bool,
    /// The payment method, until it is used.
    pub(crate) method: Option<Method>,
    /// The amount of a payment that waits for the customer.
    pub(crate) acting: Option<i64>,
    /// The remaining amount of each authorization.
    pub(crate) authorizations: Vec<i64>,
    /// Captured and not refunded.
    pub(crate) kept: i64,
    /// Credited: goodwill, and returned units.
    pub(crate) credits: i64,
    /// Credited for returned units and not paid back for them.
    pub(crate) freed: i64,
    /// The largest amount that was ever owed.
    pub(crate) most: i64,
    pub(crate) days: u32,
    /// Whether the last interaction was accepted.
    pub(crate) accepted: bool,
}

impl Model {
    pub(crate) const fn is_any_service_down(&self) -> bool {
        self.down.is_some()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.end.is_some_and(|end| end != OrderStatus::Completed)
    }

    pub(crate) fn authorized(&self) -> i64 {
        self.authorizations.iter().sum()
    }

    pub(crate) fn worth(&self, units: impl Fn(&Units) -> u32) -> i64 {
        let each = self.lines.iter().zip(PRICES);
        each.map(|(line, price)| i64::from(units(line)) * price)
            .sum()
    }

    pub(crate) fn owed(&self) -> i64 {
        if self.is_closed() {
            return 0;
        }
        (self.worth(|line| line.active()) - self.credits).max(0)
    }

    /// Returns what was taken for units that came back, or were lost and cancelled, and is not paid
    /// back.
    pub(crate) fn repayable(&self) -> i64 {
        let given_up = self.worth(|line| line.lost.min(line.cancelled));
        let earned = (self.worth(|line| line.shipped) - self.credits).max(0);
        let spare = self.kept + self.authorized() - self.owed();
        (self.freed + given_up)
            .min(self.kept - earned)
            .min(spare)
            .max(0)
    }

    /// Returns what should be captured by now.
    pub(crate) fn wanted(&self) -> i64 {
        match self.policy {
            PaymentPolicy::CaptureOnShip => {
                (self.worth(|line| line.shipped) - self.credits).clamp(0, self.owed())
            }
            _ => self.owed(),
        }
    }

    pub(crate) fn is_paid_first(&self) -> bool {
        match self.policy {
            PaymentPolicy::CaptureOnShip => self.authorized() + self.kept >= self.owed(),
            PaymentPolicy::CaptureOnConfirm => self.kept >= self.owed(),
            _ => true,
        }
    }

    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Parcel> {
        let waits = |at| matches!(at, ParcelAt::Requested | ParcelAt::SlippedOut);
        self.parcels.iter().filter(move |parcel| waits(parcel.at))
    }

    pub(crate) fn open(&self, product: Product) -> u32 {
        let waiting = self.waiting().filter(|parcel| parcel.product == product);
        let line = self.lines[product];
        line.unshipped() - waiting.map(|parcel| parcel.units).sum::<u32>()
    }

    pub(crate) fn has_arrived(&self) -> bool {
        let mut lines = self.lines.iter();
        lines.all(|line| line.delivered >= line.active())
    }

    pub(crate) fn something_left(&self) -> bool {
        let stayed = |at| {
            matches!(
                at,
                ParcelAt::Requested | ParcelAt::SlippedOut | ParcelAt::Recalled
            )
        };
        self.parcels.iter().any(|parcel| !stayed(parcel.at))
    }

    pub(crate) fn first_expected(&self) -> Option<usize> {
        self.returns.iter().position(Option::is_some)
    }

    pub(crate) fn is_at(&self, no: usize, places: &[ParcelAt]) -> bool {
        let parcel = self.parcels.get(no);
        parcel.is_some_and(|parcel| places.contains(&parcel.at))
    }
}
