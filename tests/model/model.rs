//! The model: what an order comes to, as sums.
//!
//! Services that are away change nothing of what an order comes to, only when. So the model settles
//! at once, or when the service is back.

use crate::step::{Loss, Method, Product, Service, losses, methods, services};
use order_core::order::OrderStatus;
use order_core::policy::PaymentPolicy;
use proptest::prelude::*;

/// The prices of the two products.
pub(crate) const PRICES: [i64; 2] = [700, 150];
/// Units of each on the shelf.
pub(crate) const SHELF: u32 = 40;

/// Where the units of a product are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Units {
    pub(crate) ordered: u32,
    pub(crate) cancelled: u32,
    pub(crate) shipped: u32,
    pub(crate) delivered: u32,
    pub(crate) returned: u32,
    pub(crate) restocked: u32,
    pub(crate) lost: u32,
    /// Set aside or taken at the inventory.
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
pub(crate) enum Where {
    /// At the warehouse, which was asked to send it.
    Asked,
    /// It has left, and nobody has said so.
    SlippedOut,
    Shipped,
    Delivered,
    Lost,
    CalledBack,
}

/// Units sent together: so many that were ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parcel {
    pub(crate) at: Where,
    pub(crate) product: Product,
    pub(crate) units: u32,
}

/// Why an order will be rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doom {
    UnknownCustomer,
    NoStock,
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) policy: PaymentPolicy,
    pub(crate) doom: Option<Doom>,
    pub(crate) first_method: Method,
    pub(crate) down: Option<(Service, Loss)>,
    pub(crate) lines: [Units; 2],
    pub(crate) excess: u32,
    pub(crate) parcels: Vec<Parcel>,
    /// Every return: the parcel it is of, while that is still expected.
    pub(crate) returns: Vec<Option<Parcel>>,
    /// How it has ended, or will.
    pub(crate) end: Option<OrderStatus>,
    pub(crate) released: bool,
    pub(crate) held: bool,
    pub(crate) deleting: bool,
    pub(crate) deleted: bool,
    /// A payment method that was not used yet.
    pub(crate) method: Option<Method>,
    /// The amount of a payment that waits for the customer.
    pub(crate) acting: Option<i64>,
    /// What is left of each authorization, and whether something was captured of it.
    pub(crate) authorizations: Vec<(i64, bool)>,
    /// Captured and not paid back.
    pub(crate) kept: i64,
    /// What the customer need not pay: goodwill, and what came back.
    pub(crate) credits: i64,
    /// The most that was ever owed.
    pub(crate) most: i64,
    pub(crate) days: u32,
    /// Whether the last step was accepted.
    pub(crate) accepted: bool,
}

pub(crate) fn beginnings() -> impl Strategy<Value = Model> {
    let policy = prop_oneof![
        2 => Just(PaymentPolicy::CaptureOnShip),
        1 => Just(PaymentPolicy::CaptureOnConfirm),
        1 => Just(PaymentPolicy::Invoice),
    ];
    let doom = prop_oneof![
        18 => Just(None),
        1 => Just(Some(Doom::UnknownCustomer)),
        1 => Just(Some(Doom::NoStock)),
    ];
    let down = prop_oneof![
        3 => Just(None),
        1 => (services(), losses()).prop_map(Some),
    ];
    (policy, doom, methods(), down, 1..4_u32, 0..4_u32).prop_map(
        |(policy, doom, first_method, down, one, other)| {
            let line = |ordered| Units {
                ordered,
                ..Units::default()
            };
            let mut model = Model {
                policy,
                doom,
                first_method,
                down,
                lines: [line(one), line(other)],
                excess: 0,
                parcels: Vec::new(),
                returns: Vec::new(),
                end: None,
                released: false,
                held: false,
                deleting: false,
                deleted: false,
                method: Some(first_method),
                acting: None,
                authorizations: Vec::new(),
                kept: 0,
                credits: 0,
                most: 0,
                days: 0,
                accepted: true,
            };
            model.settle();
            model
        },
    )
}

impl Model {
    pub(crate) const fn is_any_service_down(&self) -> bool {
        self.down.is_some()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.end.is_some_and(|end| end != OrderStatus::Completed)
    }

    pub(crate) fn authorized(&self) -> i64 {
        self.authorizations.iter().map(|(left, _)| left).sum()
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

    /// What should be captured by now.
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
        let waits = |at| matches!(at, Where::Asked | Where::SlippedOut);
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
        let stayed = |at| matches!(at, Where::Asked | Where::SlippedOut | Where::CalledBack);
        self.parcels.iter().any(|parcel| !stayed(parcel.at))
    }

    pub(crate) fn first_expected(&self) -> Option<usize> {
        self.returns.iter().position(Option::is_some)
    }

    pub(crate) fn is_at(&self, no: usize, places: &[Where]) -> bool {
        let parcel = self.parcels.get(no);
        parcel.is_some_and(|parcel| places.contains(&parcel.at))
    }
}
