//! The units of each product that reservations use, as tables. It reads neither product files nor
//! the clock.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::error::InventoryError;
use super::reservation::{MockReservation, MockReservationStatus};
use crate::line_item::LineItem;
use crate::store::{Failure, ReadTables, Table, Transaction};

/// Units by SKU; never zero.
pub(super) type Quantities = BTreeMap<String, u32>;

/// A reservation, as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ReservationEntry {
    pub(super) status: MockReservationStatus,
    /// Units of the first request: a repeated request is recognised by them after a revision.
    #[serde(rename = "asked")]
    pub(super) first_request: Quantities,
    pub(super) units: Quantities,
    pub(super) expires_at: DateTime<Utc>,
}

impl ReservationEntry {
    /// Whether it uses stock.
    pub(super) fn is_active(&self) -> bool {
        matches!(
            self.status,
            MockReservationStatus::Held | MockReservationStatus::Committed
        )
    }

    pub(super) fn reservation(&self, id: &str) -> MockReservation {
        let lines = self
            .units
            .iter()
            .map(|(sku, quantity)| LineItem::new(sku, *quantity))
            .collect();
        MockReservation {
            id: id.to_owned(),
            status: self.status,
            lines,
            expires_at: self.expires_at,
        }
    }
}

const RESERVATIONS: Table<&str, ReservationEntry> = Table::named("reservations");
/// Units held or committed, by SKU.
const USED_UNITS: Table<&str, u64> = Table::named("units_taken");
/// Held reservations by expiry: seconds, nanoseconds, id.
const DEADLINES: Table<(i64, u32, &str), ()> = Table::named("deadlines");

/// Returns how many of `delivered` units are free.
pub(super) fn free_units(delivered: u32, used: u64) -> u32 {
    u32::try_from(u64::from(delivered).saturating_sub(used)).unwrap_or(delivered)
}

/// The stock as of `now`: a hold that has run out counts as expired.
pub(super) struct Stock<'t, V> {
    tables: &'t V,
    now: DateTime<Utc>,
}

impl<'t, V: ReadTables> Stock<'t, V> {
    pub(super) const fn new(tables: &'t V, now: DateTime<Utc>) -> Self {
        Self { tables, now }
    }

    /// Returns the used units of each of these SKUs.
    pub(super) fn used_units<'s>(
        &self,
        skus: impl IntoIterator<Item = &'s str>,
    ) -> Result<HashMap<String, u64>, Failure> {
        let mut used = HashMap::new();
        for sku in skus {
            let units = self.tables.get(&USED_UNITS, sku)?.unwrap_or(0);
            used.insert(sku.to_owned(), units);
        }
        for (_, entry) in self.overdue()? {
            for (sku, quantity) in &entry.units {
                if let Some(used) = used.get_mut(sku) {
                    *used = used.saturating_sub(u64::from(*quantity));
                }
            }
        }
        Ok(used)
    }

    /// Finds a reservation by id.
    pub(super) fn find(&self, id: &str) -> Result<Option<ReservationEntry>, Failure> {
        let mut found = self.tables.get(&RESERVATIONS, id)?;
        if let Some(entry) = &mut found
            && entry.status == MockReservationStatus::Held
            && entry.expires_at <= self.now
        {
            entry.status = MockReservationStatus::Expired;
        }
        Ok(found)
    }

    /// Returns the answer to a reserve whose id was used before; `None` if the id is new.
    pub(super) fn earlier_answer(
        &self,
        id: &str,
        requested: &Quantities,
    ) -> Result<Option<Result<MockReservation, InventoryError>>, Failure> {
        let Some(entry) = self.find(id)? else {
            return Ok(None);
        };
        let id = id.to_owned();
        Ok(Some(match entry.status {
            status @ (MockReservationStatus::Released | MockReservationStatus::Expired) => {
                Err(InventoryError::Gone { id, status })
            }
            MockReservationStatus::Held | MockReservationStatus::Committed
                if entry.first_request == *requested =>
            {
                Ok(entry.reservation(&id))
            }
            MockReservationStatus::Held | MockReservationStatus::Committed => {
                Err(InventoryError::Differs { id })
            }
        }))
    }

    /// Returns the entry, if it uses stock.
    pub(super) fn active(
        &self,
        id: &str,
    ) -> Result<Result<ReservationEntry, InventoryError>, Failure> {
        let id = || id.to_owned();
        Ok(match self.find(&id())? {
            None => Err(InventoryError::NotFound { id: id() }),
            Some(entry) if entry.is_active() => Ok(entry),
            Some(entry) => Err(InventoryError::Gone {
                id: id(),
                status: entry.status,
            }),
        })
    }

    /// Returns the holds that have run out and are not marked as expired yet.
    fn overdue(&self) -> Result<Vec<(String, ReservationEntry)>, Failure> {
        let (seconds, nanos) = timestamp(self.now);
        // Includes those that expire at exactly `now`.
        let end = (seconds, nanos + 1, "");
        let ids = self
            .tables
            .keys_below(&DEADLINES, end, |(_, _, id)| id.to_owned())?;
        let mut overdue = Vec::new();
        for id in ids {
            if let Some(entry) = self.tables.get(&RESERVATIONS, id.as_str())? {
                overdue.push((id, entry));
            }
        }
        Ok(overdue)
    }
}

impl Stock<'_, Transaction> {
    /// Marks holds that have run out as expired, which frees their units.
    pub(super) fn expire(&self) -> Result<(), Failure> {
        for (id, mut entry) in self.overdue()? {
            entry.status = MockReservationStatus::Expired;
            self.put(&id, &entry)?;
            tracing::info!(reservation = id, "reservation expired");
        }
        Ok(())
    }

    /// Stores a reservation, and counts the units that it uses now.
    pub(super) fn put(&self, id: &str, entry: &ReservationEntry) -> Result<(), Failure> {
        let old: Option<ReservationEntry> = self.tables.get(&RESERVATIONS, id)?;
        let mut changed: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        if let Some(old) = &old {
            if old.status == MockReservationStatus::Held {
                self.tables.remove(&DEADLINES, deadline(id, old))?;
            }
            if old.is_active() {
                for (sku, quantity) in &old.units {
                    changed.entry(sku).or_default().0 += u64::from(*quantity);
                }
            }
        }
        if entry.is_active() {
            for (sku, quantity) in &entry.units {
                changed.entry(sku).or_default().1 += u64::from(*quantity);
            }
        }
        for (sku, (freed, reserved)) in changed {
            if freed != reserved {
                let used: u64 = self.tables.get(&USED_UNITS, sku)?.unwrap_or(0);
                let used = used.saturating_sub(freed) + reserved;
                self.tables.put(&USED_UNITS, sku, &used)?;
            }
        }
        if entry.status == MockReservationStatus::Held {
            self.tables.put(&DEADLINES, deadline(id, entry), &())?;
        }
        self.tables.put(&RESERVATIONS, id, entry)
    }
}

fn deadline<'i>(id: &'i str, entry: &ReservationEntry) -> (i64, u32, &'i str) {
    let (seconds, nanos) = timestamp(entry.expires_at);
    (seconds, nanos, id)
}

fn timestamp(time: DateTime<Utc>) -> (i64, u32) {
    (time.timestamp(), time.timestamp_subsec_nanos())
}
