//! What is taken of each product, and by whom. It knows no files and no clock, and every change here
//! happens under the one lock its owner holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{InventoryError, Line, Reservation, ReservationStatus};

/// Units by SKU: each at most once, and never zero.
pub(super) type Units = BTreeMap<String, u32>;

/// A reservation, as it stands now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::outside) struct Record {
    pub(super) id: String,
    pub(super) entry: Entry,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::outside) struct Entry {
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

#[derive(Debug, Default)]
pub(super) struct Shelves {
    /// Units held or committed, by SKU.
    pub(super) taken: HashMap<String, u64>,
    pub(super) entries: HashMap<String, Entry>,
    /// The held ones, by when they expire.
    pub(super) deadlines: BTreeSet<(DateTime<Utc>, String)>,
}

impl Shelves {
    /// Units of `sku` that are free, of `delivered`.
    pub(super) fn free(&self, sku: &str, delivered: u32) -> u32 {
        let taken = self.taken.get(sku).copied().unwrap_or(0);
        u32::try_from(u64::from(delivered).saturating_sub(taken)).unwrap_or(delivered)
    }

    /// Makes a reservation stand so, and counts its units accordingly.
    pub(super) fn put(&mut self, Record { id, entry }: Record) {
        if let Some(old) = self.entries.remove(&id) {
            self.deadlines.remove(&(old.expires_at, id.clone()));
            if old.keeps_units() {
                self.put_back(&old.units);
            }
        }
        if entry.keeps_units() {
            for (sku, quantity) in &entry.units {
                *self.taken.entry(sku.clone()).or_default() += u64::from(*quantity);
            }
        }
        if entry.status == ReservationStatus::Held {
            self.deadlines.insert((entry.expires_at, id.clone()));
        }
        self.entries.insert(id, entry);
    }

    fn put_back(&mut self, units: &Units) {
        for (sku, quantity) in units {
            if let Some(taken) = self.taken.get_mut(sku) {
                *taken = taken.saturating_sub(u64::from(*quantity));
            }
        }
    }

    /// Records from which all of it can be made again.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> {
        self.entries.iter().map(|(id, entry)| Record {
            id: id.clone(),
            entry: entry.clone(),
        })
    }

    /// Gives back what has expired by `now`.
    pub(super) fn expire(&mut self, now: DateTime<Utc>) {
        while self.deadlines.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, id)) = self.deadlines.pop_first() else {
                break;
            };
            let Some(entry) = self.entries.get_mut(&id) else {
                continue;
            };
            entry.status = ReservationStatus::Expired;
            let units = entry.units.clone();
            self.put_back(&units);
            tracing::info!(reservation = id, "reservation expired");
        }
    }

    /// The answer to a reserve whose id has been seen; none: it is new.
    pub(super) fn seen_before(
        &self,
        id: &str,
        asked: &Units,
    ) -> Option<Result<Reservation, InventoryError>> {
        let entry = self.entries.get(id)?;
        match entry.status {
            ReservationStatus::Released | ReservationStatus::Expired => {
                Some(Err(InventoryError::Gone {
                    id: id.to_owned(),
                    status: entry.status,
                }))
            }
            ReservationStatus::Held | ReservationStatus::Committed if entry.asked == *asked => {
                Some(Ok(entry.seen(id)))
            }
            ReservationStatus::Held | ReservationStatus::Committed => {
                Some(Err(InventoryError::Differs { id: id.to_owned() }))
            }
        }
    }

    /// The entry, if it still keeps units.
    pub(super) fn live(&self, id: &str) -> Result<&Entry, InventoryError> {
        let entry = self
            .entries
            .get(id)
            .ok_or_else(|| InventoryError::NotFound { id: id.to_owned() })?;
        if entry.keeps_units() {
            Ok(entry)
        } else {
            Err(InventoryError::Gone {
                id: id.to_owned(),
                status: entry.status,
            })
        }
    }
}
