//! The inventory service: what there is, what it costs, and for whom it is kept.
//!
//! A product's file says how many units were delivered; what reservations hold or have committed is
//! counted here and taken off that number. So a raised number in the file is a delivery, and stock
//! can be short but never sold twice: changes are made one at a time, each with its own checks.

mod routes;
mod shelves;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use self::shelves::{Entry, Shelves, Units, free};
use super::files::{Document, Folder};
use super::state::{Change, Failure, NotSaved, State};
use super::{BadFile, Faults, Invalid, Line, Now, check};

pub use routes::router;
pub(super) use routes::routes;
pub(super) use shelves::make_tables;

/// The longest time a reservation may be held or extended: a year.
const MAX_TTL: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A product, as the file and the wire have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// What orders name it by.
    pub sku: String,
    /// What people call it.
    pub name: String,
    /// The price of one, in minor units of `currency`.
    pub unit_price: i64,
    /// ISO 4217.
    pub currency: String,
    /// Units: in the file all that were delivered, in an answer those that are free now.
    pub available: u32,
}

impl Document for Product {
    const KIND: &'static str = "product";

    fn key(&self) -> &str {
        &self.sku
    }

    fn check(&self) -> Result<(), Invalid> {
        check::sku("sku", &self.sku)?;
        check::text("name", &self.name)?;
        check::currency(&self.currency)?;
        if self.unit_price < 0 {
            return Err(Invalid::new("unit_price", "must not be negative"));
        }
        Ok(())
    }
}

/// Where a reservation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationStatus {
    /// Its units are kept until it expires.
    Held,
    /// Its units are taken for good, unless they are released.
    Committed,
    /// Its units went back.
    Released,
    /// Its time ran out, and its units went back.
    Expired,
}

/// Units kept for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The id the caller chose.
    pub id: String,
    /// Where it stands.
    pub status: ReservationStatus,
    /// What it keeps, or kept last: by SKU, one line each.
    pub lines: Vec<Line>,
    /// When a held one expires; for any other, when it would have.
    pub expires_at: DateTime<Utc>,
}

/// A product of which there is too little.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shortage {
    /// The product.
    pub sku: String,
    /// Units asked for.
    pub requested: u32,
    /// Units that could be had: the free ones, and those the reservation itself already keeps.
    pub available: u32,
}

/// Why the inventory says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// The request makes no sense.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// There is too little of something; nothing was taken.
    #[error("not enough stock")]
    InsufficientStock {
        /// Everything there is too little of.
        lines: Vec<Shortage>,
    },
    /// No such products; nothing was taken.
    #[error("unknown products: {}", skus.join(", "))]
    UnknownSku {
        /// All of them.
        skus: Vec<String>,
    },
    /// Nothing was ever reserved under this id.
    #[error("no reservation {id}")]
    NotFound {
        /// The id.
        id: String,
    },
    /// The id was used before, for other lines.
    #[error("reservation {id} was made for other lines")]
    Differs {
        /// The id.
        id: String,
    },
    /// The reservation no longer keeps anything.
    #[error("reservation {id} is no longer held")]
    Gone {
        /// The id.
        id: String,
        /// Released or expired.
        status: ReservationStatus,
    },
    /// A product's file, or the state file, cannot be read, so nobody can say.
    #[error(transparent)]
    BadFile(#[from] BadFile),
    /// The state file cannot be written: see [`NotSaved`].
    #[error(transparent)]
    NotSaved(#[from] NotSaved),
}

impl From<Failure> for InventoryError {
    fn from(failure: Failure) -> Self {
        Self::NotSaved(failure.into())
    }
}

impl InventoryError {
    /// What a client is told, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::InsufficientStock { .. } => "insufficient_stock",
            Self::UnknownSku { .. } => "unknown_sku",
            Self::NotFound { .. } => "unknown_reservation",
            Self::Differs { .. } => "reservation_differs",
            Self::Gone {
                status: ReservationStatus::Expired,
                ..
            } => "reservation_expired",
            Self::Gone { .. } => "reservation_released",
            Self::BadFile(_) => "unreadable_file",
            Self::NotSaved(_) => "not_saved",
        }
    }
}

/// Stock, and reservations of it.
///
/// ```
/// use std::time::Duration;
/// use order_examples::outside::{Inventory, Line, Now};
///
/// # let folder = std::env::temp_dir().join(format!("inventory-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// std::fs::write(
///     folder.join("mug.json"),
///     r#"{"sku": "mug", "name": "Mug", "unit_price": 900, "currency": "USD", "available": 3}"#,
/// )?;
/// let inventory = Inventory::new(&folder, Now::system());
/// inventory.reserve("r1", &[Line::new("mug", 2)], Duration::from_secs(900))?;
/// assert!(inventory.reserve("r2", &[Line::new("mug", 2)], Duration::from_secs(900)).is_err());
/// inventory.release("r1")?;
/// assert_eq!(inventory.products(&["mug"])?[0].available, 3);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Inventory {
    files: Folder<Product>,
    now: Now,
    faults: Faults,
    state: Arc<State>,
}

impl Inventory {
    /// The products in `folder`, one `*.json` file each, and no reservations yet.
    pub fn new(folder: impl Into<PathBuf>, now: Now) -> Self {
        Self::over(folder.into(), now, Arc::default())
    }

    /// The products in `folder`, and the reservations of before.
    pub(super) fn over(folder: PathBuf, now: Now, state: Arc<State>) -> Self {
        Self {
            files: Folder::new(folder),
            now,
            faults: Faults::default(),
            state,
        }
    }

    /// The products with these SKUs, each once, in the order asked; unknown ones are missing.
    /// `available` is what is free now. Reads files, so it may block for a moment.
    ///
    /// # Errors
    ///
    /// [`BadFile`] when a product's own file is there and unreadable, or the state file is.
    pub fn products<S: AsRef<str>>(&self, skus: &[S]) -> Result<Vec<Product>, BadFile> {
        let mut asked = BTreeSet::new();
        let mut products = Vec::new();
        for sku in skus.iter().map(AsRef::as_ref) {
            if asked.insert(sku) {
                products.extend(self.files.find(sku)?);
            }
        }
        self.as_of_now(products)
    }

    /// Every product there is, by file name. Reads files, so it may block for a moment.
    ///
    /// # Errors
    ///
    /// [`BadFile`] when the folder cannot be listed, or the state file cannot be read; single bad
    /// product files are passed over.
    pub fn all_products(&self) -> Result<Vec<Product>, BadFile> {
        self.as_of_now(self.files.all()?)
    }

    /// Keeps all of `lines` for `ttl`, or nothing at all. Lines of one SKU are added up. Reads files,
    /// so it may block for a moment.
    ///
    /// The same id with the same lines is the same reservation and gets the same answer, whatever
    /// has been revised since.
    ///
    /// # Errors
    ///
    /// [`InventoryError::InsufficientStock`], [`UnknownSku`](InventoryError::UnknownSku);
    /// [`Differs`](InventoryError::Differs) when the id was used for other lines;
    /// [`Gone`](InventoryError::Gone) when it has expired, or was released, even before it was ever
    /// reserved.
    pub fn reserve(
        &self,
        id: &str,
        lines: &[Line],
        ttl: Duration,
    ) -> Result<Reservation, InventoryError> {
        check::id("id", id)?;
        check::some_lines(lines)?;
        let ttl = checked_ttl(ttl)?;
        let asked = add_up(lines)?;
        let now = self.now.get();
        let seen = self
            .state
            .read(|view| Shelves::new(view, now).seen_before(id, &asked))?;
        if let Some(answer) = seen {
            return answer;
        }

        let mut delivered = HashMap::new();
        let mut unknown = Vec::new();
        for sku in asked.keys() {
            match self.files.find(sku)? {
                Some(product) => {
                    delivered.insert(sku.clone(), product.available);
                }
                None => unknown.push(sku.clone()),
            }
        }
        if !unknown.is_empty() {
            return Err(InventoryError::UnknownSku { skus: unknown });
        }

        let given = id.to_owned();
        self.change("reserved", move |shelves, now| {
            if let Some(answer) = shelves.seen_before(&given, &asked)? {
                return answer;
            }
            let taken = shelves.taken(asked.keys().map(String::as_str))?;
            let short: Vec<Shortage> = asked
                .iter()
                .filter_map(|(sku, requested)| {
                    let available = free(*delivered.get(sku)?, *taken.get(sku)?);
                    (available < *requested).then(|| Shortage {
                        sku: sku.clone(),
                        requested: *requested,
                        available,
                    })
                })
                .collect();
            if !short.is_empty() {
                return Err(InventoryError::InsufficientStock { lines: short });
            }
            let entry = Entry {
                status: ReservationStatus::Held,
                units: asked.clone(),
                asked,
                expires_at: now + ttl,
            };
            shelves.put(&given, &entry)?;
            Ok(entry.seen(&given))
        })
    }

    /// Makes the reservation, held or committed, keep exactly `lines`: what is more is taken, what is
    /// less goes back, all or nothing. No lines at all: everything goes back, and it stays as it is
    /// otherwise. Reads files, so it may block for a moment.
    ///
    /// # Errors
    ///
    /// [`InventoryError::InsufficientStock`] or [`UnknownSku`](InventoryError::UnknownSku), and
    /// nothing has changed; [`NotFound`](InventoryError::NotFound); [`Gone`](InventoryError::Gone).
    pub fn revise(&self, id: &str, lines: &[Line]) -> Result<Reservation, InventoryError> {
        check::id("id", id)?;
        check::lines(lines)?;
        let target = add_up(lines)?;
        let now = self.now.get();
        self.state.read(|view| Shelves::new(view, now).live(id))??;
        // Only what grows needs its file, and what grows is known in the change alone.
        let mut files: HashMap<String, Result<Option<Product>, BadFile>> = target
            .keys()
            .map(|sku| (sku.clone(), self.files.find(sku)))
            .collect();

        let id = id.to_owned();
        self.change("revised", move |shelves, _| {
            let mut entry = shelves.live(&id)??;
            let taken = shelves.taken(target.keys().map(String::as_str))?;
            let mut unknown = Vec::new();
            let mut short = Vec::new();
            for (sku, requested) in &target {
                let had = entry.units.get(sku).copied().unwrap_or(0);
                if *requested <= had {
                    continue;
                }
                let Some(product) = files.remove(sku).transpose()?.flatten() else {
                    unknown.push(sku.clone());
                    continue;
                };
                let taken = taken.get(sku).copied().unwrap_or(0);
                let available = free(product.available, taken).saturating_add(had);
                if available < *requested {
                    short.push(Shortage {
                        sku: sku.clone(),
                        requested: *requested,
                        available,
                    });
                }
            }
            if !unknown.is_empty() {
                return Err(InventoryError::UnknownSku { skus: unknown });
            }
            if !short.is_empty() {
                return Err(InventoryError::InsufficientStock { lines: short });
            }
            entry.units = target;
            shelves.put(&id, &entry)?;
            Ok(entry.seen(&id))
        })
    }

    /// Makes a held reservation last `ttl` from now, if that is longer than it lasts already. A
    /// committed one does not expire and stays as it is.
    ///
    /// # Errors
    ///
    /// [`InventoryError::NotFound`], [`Gone`](InventoryError::Gone).
    pub fn extend(&self, id: &str, ttl: Duration) -> Result<Reservation, InventoryError> {
        check::id("id", id)?;
        let ttl = checked_ttl(ttl)?;
        let id = id.to_owned();
        self.change("extended", move |shelves, now| {
            let mut entry = shelves.live(&id)??;
            if entry.status == ReservationStatus::Held {
                entry.expires_at = entry.expires_at.max(now + ttl);
                shelves.put(&id, &entry)?;
            }
            Ok(entry.seen(&id))
        })
    }

    /// Takes the units of a held reservation for good. Again is the same.
    ///
    /// # Errors
    ///
    /// [`InventoryError::NotFound`], [`Gone`](InventoryError::Gone).
    pub fn commit(&self, id: &str) -> Result<Reservation, InventoryError> {
        check::id("id", id)?;
        let id = id.to_owned();
        self.change("committed", move |shelves, _| {
            let mut entry = shelves.live(&id)??;
            if entry.status == ReservationStatus::Held {
                entry.status = ReservationStatus::Committed;
                shelves.put(&id, &entry)?;
            }
            Ok(entry.seen(&id))
        })
    }

    /// Puts back what the reservation keeps, held or committed. Again is the same. An id that was
    /// never reserved is remembered: a reserve that comes late finds it released.
    ///
    /// # Errors
    ///
    /// Only [`InventoryError::Invalid`] and [`NotSaved`](InventoryError::NotSaved).
    pub fn release(&self, id: &str) -> Result<Reservation, InventoryError> {
        check::id("id", id)?;
        let id = id.to_owned();
        self.change("released", move |shelves, now| {
            let known = shelves.find(&id)?;
            let mut entry = known.unwrap_or_else(|| Entry {
                status: ReservationStatus::Released,
                asked: Units::new(),
                units: Units::new(),
                expires_at: now,
            });
            entry.status = ReservationStatus::Released;
            shelves.put(&id, &entry)?;
            Ok(entry.seen(&id))
        })
    }

    /// The reservation with this id, if there ever was one. Reads the state file, so it may block for
    /// a moment.
    ///
    /// # Errors
    ///
    /// [`BadFile`] when the state file cannot be read.
    pub fn find(&self, id: &str) -> Result<Option<Reservation>, BadFile> {
        let now = self.now.get();
        let found = self.state.read(|view| Shelves::new(view, now).find(id))?;
        Ok(found.map(|entry| entry.seen(id)))
    }

    /// What goes wrong with the next calls.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Makes a change to a reservation, with everything that has expired by then put back.
    fn change(
        &self,
        what: &'static str,
        make: impl FnOnce(
            &Shelves<'_, Change<'_>>,
            DateTime<Utc>,
        ) -> Result<Reservation, InventoryError>
        + Send
        + 'static,
    ) -> Result<Reservation, InventoryError> {
        let clock = self.now.clone();
        let reservation = self.state.change(move |change| {
            let now = clock.get();
            let shelves = Shelves::new(change, now);
            shelves.expire()?;
            make(&shelves, now)
        })?;
        tracing::info!(reservation = reservation.id, "{what}");
        Ok(reservation)
    }

    fn as_of_now(&self, mut products: Vec<Product>) -> Result<Vec<Product>, BadFile> {
        let now = self.now.get();
        let taken = self.state.read(|view| {
            let skus = products.iter().map(|product| product.sku.as_str());
            Shelves::new(view, now).taken(skus)
        })?;
        for product in &mut products {
            let taken = taken.get(&product.sku).copied().unwrap_or(0);
            product.available = free(product.available, taken);
        }
        Ok(products)
    }
}

fn add_up(lines: &[Line]) -> Result<Units, Invalid> {
    let mut units = Units::new();
    for line in lines {
        let sum = units.entry(line.sku.clone()).or_insert(0u32);
        *sum = sum
            .checked_add(line.quantity)
            .ok_or_else(|| Invalid::new("lines.quantity", "adds up to too much"))?;
    }
    Ok(units)
}

fn checked_ttl(ttl: Duration) -> Result<TimeDelta, Invalid> {
    match TimeDelta::from_std(ttl) {
        Ok(delta) if !ttl.is_zero() && ttl <= MAX_TTL => Ok(delta),
        _ => Err(Invalid::new("ttl_seconds", "must be 1 second to 366 days")),
    }
}

#[cfg(test)]
mod tests;
