//! The outside world, as small as it can be: one shelf, one payment provider, one warehouse.

use order_core::money::Amount;
use order_core::order::SkuUnits;
use order_core::value::{AttemptNo, CaptureNo, FulfillmentNo, RefundNo, ReservationNo};
use std::collections::BTreeMap;

/// What the inventory service has of a reservation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Stock {
    Held(Vec<SkuUnits>),
    Committed(Vec<SkuUnits>),
    /// Given back, or lapsed: never again.
    Gone,
}

/// What the provider has of a payment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Payment {
    pub(crate) authorized: i64,
    pub(crate) declined: bool,
    pub(crate) at_once: bool,
    pub(crate) captures: BTreeMap<CaptureNo, i64>,
}

impl Payment {
    pub(crate) fn captured(&self) -> i64 {
        self.captures.values().sum()
    }
}

/// What the warehouse has of a fulfillment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Parcel {
    Asked,
    Recalled,
    Shipped,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Outside {
    pub(crate) stock: BTreeMap<ReservationNo, Stock>,
    pub(crate) payments: BTreeMap<AttemptNo, Payment>,
    pub(crate) refunds: BTreeMap<RefundNo, i64>,
    pub(crate) parcels: BTreeMap<FulfillmentNo, Parcel>,
}

impl Outside {
    /// What the provider holds or has taken and not given back, in minor units.
    pub(crate) fn money(&self) -> i64 {
        let taken: i64 = self
            .payments
            .values()
            .map(|payment| payment.authorized.max(payment.captured()))
            .sum();
        taken - self.refunds.values().sum::<i64>()
    }

    /// Units set aside or taken.
    pub(crate) fn units(&self) -> u32 {
        self.stock
            .values()
            .map(|stock| match stock {
                Stock::Held(lines) | Stock::Committed(lines) => {
                    lines.iter().map(|one| one.quantity).sum()
                }
                Stock::Gone => 0,
            })
            .sum()
    }

    pub(crate) fn pay(&mut self, no: AttemptNo, amount: Amount, at_once: bool, approved: bool) {
        let payment = self.payments.entry(no).or_default();
        if payment.authorized > 0 || payment.declined {
            return;
        }
        payment.declined = !approved;
        payment.at_once = at_once;
        if approved {
            payment.authorized = amount.minor();
            if at_once {
                payment.captures.insert(CaptureNo::FIRST, amount.minor());
            }
        }
    }

    /// Takes part of an authorization, once. Answers whether it could.
    pub(crate) fn capture(&mut self, no: AttemptNo, capture: CaptureNo, amount: Amount) -> bool {
        let Some(payment) = self.payments.get_mut(&no) else {
            return false;
        };
        if payment.captures.contains_key(&capture) {
            return true;
        }
        let fits = payment.captured() + amount.minor() <= payment.authorized;
        if fits {
            payment.captures.insert(capture, amount.minor());
        }
        fits
    }

    pub(crate) fn void(&mut self, no: AttemptNo) {
        if let Some(payment) = self.payments.get_mut(&no) {
            payment.authorized = payment.captured();
        }
    }

    pub(crate) fn release(&mut self, no: ReservationNo) {
        self.stock.insert(no, Stock::Gone);
    }
}
