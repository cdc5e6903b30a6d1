//! What is taken of each product, and by whom. It knows no products' files and no clock, and changes
//! are made one at a time.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{InventoryError, Line, Reservation, ReservationStatus};
use crate::outside::state::{Change, Failure, Table, View};

/// Units by SKU: each at most once, and never zero.
pub(super) type Units = BTreeMap<String, u32>;

/// A reservation, as it stands now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) status: ReservationStatus,
    /// What was first asked for, to know the same request again after a revision.
    pub(super) asked: Units,
    pub(super) units: Units,
    pub(super) expires_at: DateTime<Utc>,
}

impl Entry {
    pub(super) fn keeps_units(&self) -> bool {
        matches!(
            self.status,
            ReservationStatus::Held | ReservationStatus::Committed
        )
    }

    pub(super) fn seen(&self, id: &str) -> Reservation {
        let lines = self
            .units
            .iter()
            .map(|(sku, quantity)| Line::new(sku, *quantity))
            .collect();
        Reservation {
            id: id.to_owned(),
            status: self.status,
            lines,
            expires_at: self.expires_at,
        }
    }
}

const RESERVATIONS: Table<&str, Entry> = Table::named("reservations");
/// Units held or committed, by SKU.
const TAKEN: Table<&str, u64> = Table::named("units_taken");
/// The held ones, by when they expire: seconds, nanoseconds, and the id.
const DEADLINES: Table<(i64, u32, &str), ()> = Table::named("deadlines");

/// Makes the tables that are looked into here.
pub(in crate::outside) fn make_tables(change: &Change<'_>) -> Result<(), Failure> {
    change.make(&RESERVATIONS)?;
    change.make(&TAKEN)?;
    change.make(&DEADLINES)
}

/// Units that are free, of `delivered`.
pub(super) fn free(delivered: u32, taken: u64) -> u32 {
    u32::try_from(u64::from(delivered).saturating_sub(taken)).unwrap_or(delivered)
}

/// What is taken, as it is now: what is held and has run out counts as expired.
pub(super) struct Shelves<'v, V> {
    view: &'v V,
    now: DateTime<Utc>,
}

impl<'v, V: View> Shelves<'v, V> {
    pub(super) const fn new(view: &'v V, now: DateTime<Utc>) -> Self {
        Self { view, now }
    }

    /// Units taken of each of these.
    pub(super) fn taken<'s>(
        &self,
        skus: impl IntoIterator<Item = &'s str>,
    ) -> Result<HashMap<String, u64>, Failure> {
        let mut taken = HashMap::new();
        for sku in skus {
            let units = self.view.get(&TAKEN, sku)?.unwrap_or(0);
            taken.insert(sku.to_owned(), units);
        }
        for (_, entry) in self.overdue()? {
            for (sku, quantity) in &entry.units {
                if let Some(taken) = taken.get_mut(sku) {
                    *taken = taken.saturating_sub(u64::from(*quantity));
                }
            }
        }
        Ok(taken)
    }

    /// The reservation with this id.
    pub(super) fn find(&self, id: &str) -> Result<Option<Entry>, Failure> {
        let mut found = self.view.get(&RESERVATIONS, id)?;
        if let Some(entry) = &mut found
            && entry.status == ReservationStatus::Held
            && entry.expires_at <= self.now
        {
            entry.status = ReservationStatus::Expired;
        }
        Ok(found)
    }

    /// The answer to a reserve whose id has been seen; none: it is new.
    pub(super) fn seen_before(
        &self,
        id: &str,
        asked: &Units,
    ) -> Result<Option<Result<Reservation, InventoryError>>, Failure> {
        let Some(entry) = self.find(id)? else {
            return Ok(None);
        };
        let id = id.to_owned();
        Ok(Some(match entry.status {
            status @ (ReservationStatus::Released | ReservationStatus::Expired) => {
                Err(InventoryError::Gone { id, status })
            }
            ReservationStatus::Held | ReservationStatus::Committed if entry.asked == *asked => {
                Ok(entry.seen(&id))
            }
            ReservationStatus::Held | ReservationStatus::Committed => {
                Err(InventoryError::Differs { id })
            }
        }))
    }

    /// The entry, if it still keeps units.
    pub(super) fn live(&self, id: &str) -> Result<Result<Entry, InventoryError>, Failure> {
        let id = || id.to_owned();
        Ok(match self.find(&id())? {
            None => Err(InventoryError::NotFound { id: id() }),
            Some(entry) if entry.keeps_units() => Ok(entry),
            Some(entry) => Err(InventoryError::Gone {
                id: id(),
                status: entry.status,
            }),
        })
    }

    /// What is held on the shelves still, though it has expired by now.
    fn overdue(&self) -> Result<Vec<(String, Entry)>, Failure> {
        let (seconds, nanos) = moment(self.now);
        // Also those of this very moment.
        let end = (seconds, nanos + 1, "");
        let ids = self
            .view
            .keys_below(&DEADLINES, end, |(_, _, id)| id.to_owned())?;
        let mut overdue = Vec::new();
        for id in ids {
            if let Some(entry) = self.view.get(&RESERVATIONS, id.as_str())? {
                overdue.push((id, entry));
            }
        }
        Ok(overdue)
    }
}

impl Shelves<'_, Change<'_>> {
    /// Gives back what has expired by now.
    pub(super) fn expire(&self) -> Result<(), Failure> {
        for (id, mut entry) in self.overdue()? {
            entry.status = ReservationStatus::Expired;
            self.put(&id, &entry)?;
            tracing::info!(reservation = id, "reservation expired");
        }
        Ok(())
    }

    /// Makes a reservation stand so, and counts its units accordingly.
    pub(super) fn put(&self, id: &str, entry: &Entry) -> Result<(), Failure> {
        let old: Option<Entry> = self.view.get(&RESERVATIONS, id)?;
        let mut moved: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        if let Some(old) = &old {
            if old.status == ReservationStatus::Held {
                self.view.remove(&DEADLINES, deadline(id, old))?;
            }
            if old.keeps_units() {
                for (sku, quantity) in &old.units {
                    moved.entry(sku).or_default().0 += u64::from(*quantity);
                }
            }
        }
        if entry.keeps_units() {
            for (sku, quantity) in &entry.units {
                moved.entry(sku).or_default().1 += u64::from(*quantity);
            }
        }
        for (sku, (back, more)) in moved {
            if back != more {
                let taken: u64 = self.view.get(&TAKEN, sku)?.unwrap_or(0);
                let taken = taken.saturating_sub(back) + more;
                self.view.put(&TAKEN, sku, &taken)?;
            }
        }
        if entry.status == ReservationStatus::Held {
            self.view.put(&DEADLINES, deadline(id, entry), &())?;
        }
        self.view.put(&RESERVATIONS, id, entry)
    }
}

fn deadline<'i>(id: &'i str, entry: &Entry) -> (i64, u32, &'i str) {
    let (seconds, nanos) = moment(entry.expires_at);
    (seconds, nanos, id)
}

fn moment(time: DateTime<Utc>) -> (i64, u32) {
    (time.timestamp(), time.timestamp_subsec_nanos())
}
