//! What there is of each product, and what reservations keep of it. It knows no clock.

use crate::money::Money;
use crate::order::{Shortage, SkuUnits};
use crate::ports::{Product, ReservationStatus, ReservationView};
use crate::reference::Reference;
use crate::time::Timestamp;
use crate::value::{ProductName, Sku, StorefrontId};
use std::collections::{BTreeMap, HashMap};

/// What there is of a product, in units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shelf {
    /// In all.
    pub total: u32,
    /// Set aside.
    pub held: u32,
    /// Taken.
    pub committed: u32,
}

impl Shelf {
    /// Units that can be reserved.
    #[must_use]
    pub const fn available(&self) -> u32 {
        self.total
            .saturating_sub(self.held)
            .saturating_sub(self.committed)
    }
}

/// A reservation.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) status: ReservationStatus,
    /// What was first asked for, to tell a repetition from another request.
    pub(super) asked: Vec<SkuUnits>,
    pub(super) lines: Vec<SkuUnits>,
    pub(super) expires_at: Timestamp,
}

impl Held {
    pub(super) const fn keeps_units(&self) -> bool {
        match self.status {
            ReservationStatus::Held | ReservationStatus::Committed => true,
            ReservationStatus::Released | ReservationStatus::Expired => false,
        }
    }

    pub(super) fn view(&self) -> ReservationView {
        let is_held = self.status == ReservationStatus::Held;
        ReservationView::new(
            self.status,
            self.lines.clone(),
            is_held.then_some(self.expires_at),
        )
    }
}

#[derive(Debug, Default)]
pub(super) struct Shelves {
    products: BTreeMap<(StorefrontId, Sku), (Money, u32)>,
    reservations: HashMap<(StorefrontId, Reference), Held>,
}

impl Shelves {
    pub(super) fn stock(&mut self, storefront: &StorefrontId, sku: &Sku, price: Money, units: u32) {
        let key = (storefront.clone(), sku.clone());
        self.products.insert(key, (price, units));
    }

    pub(super) fn products(&self, storefront: &StorefrontId, skus: &[Sku]) -> Vec<Product> {
        skus.iter()
            .filter_map(|sku| {
                let (price, _) = self.products.get(&(storefront.clone(), sku.clone()))?;
                let available = self.shelf(storefront, sku).available();
                let name = ProductName::parse(sku.as_str()).ok();
                Some(Product::new(sku.clone(), name, *price, available))
            })
            .collect()
    }

    pub(super) fn shelf(&self, storefront: &StorefrontId, sku: &Sku) -> Shelf {
        let mut shelf = Shelf {
            total: self
                .products
                .get(&(storefront.clone(), sku.clone()))
                .map_or(0, |(_, units)| *units),
            ..Shelf::default()
        };
        for ((at, _), held) in &self.reservations {
            if at != storefront {
                continue;
            }
            let units = units_of(&held.lines, sku);
            match held.status {
                ReservationStatus::Held => shelf.held = shelf.held.saturating_add(units),
                ReservationStatus::Committed => {
                    shelf.committed = shelf.committed.saturating_add(units);
                }
                ReservationStatus::Released | ReservationStatus::Expired => {}
            }
        }
        shelf
    }

    pub(super) fn unknown(&self, storefront: &StorefrontId, lines: &[SkuUnits]) -> Vec<Sku> {
        lines
            .iter()
            .map(|line| line.sku.clone())
            .filter(|sku| {
                !self
                    .products
                    .contains_key(&(storefront.clone(), sku.clone()))
            })
            .collect()
    }

    /// What there is too little of, for a reservation that has these units already.
    pub(super) fn shortages(
        &self,
        storefront: &StorefrontId,
        lines: &[SkuUnits],
        had: &[SkuUnits],
    ) -> Vec<Shortage> {
        lines
            .iter()
            .filter_map(|line| {
                let own = units_of(had, &line.sku);
                let free = self.shelf(storefront, &line.sku).available();
                let available = free.saturating_add(own);
                // What it has stays its own, also where stock has shrunk below what is reserved.
                (line.quantity > own && line.quantity > available)
                    .then(|| Shortage::new(line.sku.clone(), line.quantity, available))
            })
            .collect()
    }

    pub(super) fn find(&mut self, storefront: &StorefrontId, id: &Reference) -> Option<&mut Held> {
        self.reservations.get_mut(&(storefront.clone(), *id))
    }

    pub(super) fn put(&mut self, storefront: &StorefrontId, id: &Reference, held: Held) {
        self.reservations.insert((storefront.clone(), *id), held);
    }

    /// Marks a reservation as released, one that never was too.
    pub(super) fn release(&mut self, storefront: &StorefrontId, id: &Reference, now: Timestamp) {
        self.reservations
            .entry((storefront.clone(), *id))
            .or_insert_with(|| Held {
                status: ReservationStatus::Released,
                asked: Vec::new(),
                lines: Vec::new(),
                expires_at: now,
            })
            .status = ReservationStatus::Released;
    }

    pub(super) fn expire(&mut self, storefront: &StorefrontId, now: Timestamp) {
        for ((at, _), held) in &mut self.reservations {
            if at == storefront && held.status == ReservationStatus::Held && held.expires_at <= now
            {
                held.status = ReservationStatus::Expired;
            }
        }
    }
}

fn units_of(lines: &[SkuUnits], sku: &Sku) -> u32 {
    lines
        .iter()
        .filter(|line| &line.sku == sku)
        .fold(0, |sum, line| sum.saturating_add(line.quantity))
}
