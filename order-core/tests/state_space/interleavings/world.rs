//! A minimal model of the external services: one inventory, one payment provider, one warehouse.

use order_core::money::Amount;
use order_core::order::SkuQuantity;
use order_core::value::{CaptureNo, FulfillmentNo, PaymentAttemptNo, RefundNo, ReservationNo};
use std::collections::BTreeMap;

/// A reservation at the inventory service.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Stock {
    Held(Vec<SkuQuantity>),
    Committed(Vec<SkuQuantity>),
    /// Released or expired, for good.
    Gone,
}

/// A payment at the provider, in minor units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Payment {
    pub(crate) authorized: i64,
    pub(crate) declined: bool,
    pub(crate) captured_at_once: bool,
    pub(crate) captures: BTreeMap<CaptureNo, i64>,
}

impl Payment {
    pub(crate) fn captured(&self) -> i64 {
        self.captures.values().sum()
    }
}

/// A fulfillment at the warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Parcel {
    Requested,
    Recalled,
    Shipped,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) stock: BTreeMap<ReservationNo, Stock>,
    pub(crate) payments: BTreeMap<PaymentAttemptNo, Payment>,
    pub(crate) refunds: BTreeMap<RefundNo, i64>,
    pub(crate) parcels: BTreeMap<FulfillmentNo, Parcel>,
}

impl World {
    /// Returns what is authorized or captured and not refunded, in minor units.
    pub(crate) fn money(&self) -> i64 {
        let charged: i64 = self
            .payments
            .values()
            .map(|payment| payment.authorized.max(payment.captured()))
            .sum();
        charged - self.refunds.values().sum::<i64>()
    }

    /// Returns the units that are reserved or committed.
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

    pub(crate) fn pay(
        &mut self,
        no: PaymentAttemptNo,
        amount: Amount,
        at_once: bool,
        approved: bool,
    ) {
        let payment = self.payments.entry(no).or_default();
        if payment.authorized > 0 || payment.declined {
            return;
        }
        payment.declined = !approved;
        payment.captured_at_once = at_once;
        if approved {
            payment.authorized = amount.minor();
            if at_once {
                payment.captures.insert(CaptureNo::FIRST, amount.minor());
            }
        }
    }

    /// Captures part of an authorization, once. Returns whether that is possible.
    pub(crate) fn capture(
        &mut self,
        no: PaymentAttemptNo,
        capture: CaptureNo,
        amount: Amount,
    ) -> bool {
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

    pub(crate) fn void(&mut self, no: PaymentAttemptNo) {
        if let Some(payment) = self.payments.get_mut(&no) {
            payment.authorized = payment.captured();
        }
    }

    pub(crate) fn release(&mut self, no: ReservationNo) {
        self.stock.insert(no, Stock::Gone);
    }
}
