//! The operations of the inventory service.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::ports::Clock;

use super::error::InventoryError;
use super::product::MockProduct;
use super::reservation::{MockReservation, MockReservationStatus, MockShortage};
use super::stock::{Quantities, ReservationEntry, Stock, free_units};
use crate::faults::FaultInjector;
use crate::json_dir::JsonDir;
use crate::line_item::LineItem;
use crate::store::{Store, Transaction};
use crate::unreadable_file::UnreadableFile;
use crate::validate::{self, InvalidField};

/// The longest time for which a reservation may be held or extended.
const MAX_TTL: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Products, and reservations of their stock.
///
/// ```
/// use order_core::system::SystemClock;
/// use order_mocks::{LineItem, MockInventory};
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// # let dir = std::env::temp_dir().join(format!("inventory-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// std::fs::write(
///     dir.join("mug.json"),
///     r#"{"sku": "mug", "name": "Mug", "unit_price": 900, "currency": "USD", "available": 3}"#,
/// )?;
/// let inventory = MockInventory::new(&dir, Arc::new(SystemClock));
/// inventory.reserve("r1", &[LineItem::new("mug", 2)], Duration::from_secs(900))?;
/// assert!(inventory.reserve("r2", &[LineItem::new("mug", 2)], Duration::from_secs(900)).is_err());
/// inventory.release("r1")?;
/// assert_eq!(inventory.products(&["mug"])?[0].available, 3);
/// # std::fs::remove_dir_all(dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MockInventory {
    files: JsonDir<MockProduct>,
    clock: Arc<dyn Clock>,
    faults: FaultInjector,
    store: Arc<Store>,
}

impl fmt::Debug for MockInventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockInventory")
            .field("files", &self.files)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl MockInventory {
    /// Creates the service over `directory`, which has one `*.json` file per product, with
    /// reservations in memory.
    pub fn new(directory: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self::with_store(directory.into(), clock, Arc::default())
    }

    pub(crate) fn with_store(directory: PathBuf, clock: Arc<dyn Clock>, store: Arc<Store>) -> Self {
        Self {
            files: JsonDir::new(directory),
            clock,
            faults: FaultInjector::default(),
            store,
        }
    }

    /// Returns the products with these SKUs, each once, in the order asked for; unknown ones are
    /// left out. `available` is what is free now. It reads files, so it may block.
    ///
    /// # Errors
    ///
    /// [`UnreadableFile`] when a product's own file exists and is unreadable, or the state file is.
    pub fn products<S: AsRef<str>>(&self, skus: &[S]) -> Result<Vec<MockProduct>, UnreadableFile> {
        let mut seen = BTreeSet::new();
        let mut products = Vec::new();
        for sku in skus.iter().map(AsRef::as_ref) {
            if seen.insert(sku) {
                products.extend(self.files.find(sku)?);
            }
        }
        self.with_free_units(products)
    }

    /// Returns every product, ordered by file name. It reads files, so it may block.
    ///
    /// # Errors
    ///
    /// [`UnreadableFile`] when the directory cannot be listed, or the state file cannot be read;
    /// unreadable product files are skipped.
    pub fn all_products(&self) -> Result<Vec<MockProduct>, UnreadableFile> {
        self.with_free_units(self.files.all()?)
    }

    /// Reserves all of `lines` for `ttl`, or nothing. Lines of one SKU are added up. It reads
    /// files, so it may block.
    ///
    /// A request repeated under its id gets the same answer and reserves nothing more, whatever has
    /// been revised since.
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
        lines: &[LineItem],
        ttl: Duration,
    ) -> Result<MockReservation, InventoryError> {
        validate::id("id", id)?;
        validate::non_empty_lines(lines)?;
        let ttl = checked_ttl(ttl)?;
        let requested = sum_by_sku(lines)?;
        let now = self.clock.now();
        let earlier = self
            .store
            .read(|snapshot| Stock::new(snapshot, now).earlier_answer(id, &requested))?;
        if let Some(answer) = earlier {
            return answer;
        }

        let mut delivered = HashMap::new();
        let mut unknown = Vec::new();
        for sku in requested.keys() {
            match self.files.find(sku)? {
                Some(product) => {
                    delivered.insert(sku.as_str(), product.available);
                }
                None => unknown.push(sku.clone()),
            }
        }
        if !unknown.is_empty() {
            return Err(InventoryError::UnknownSku { skus: unknown });
        }

        self.change("reserved", |stock, now| {
            if let Some(answer) = stock.earlier_answer(id, &requested)? {
                return answer;
            }
            let used = stock.used_units(requested.keys().map(String::as_str))?;
            let short: Vec<MockShortage> = requested
                .iter()
                .filter_map(|(sku, requested)| {
                    let available = free_units(*delivered.get(sku.as_str())?, *used.get(sku)?);
                    (available < *requested).then(|| MockShortage {
                        sku: sku.clone(),
                        requested: *requested,
                        available,
                    })
                })
                .collect();
            if !short.is_empty() {
                return Err(InventoryError::InsufficientStock { lines: short });
            }
            let entry = ReservationEntry {
                status: MockReservationStatus::Held,
                first_request: requested.clone(),
                units: requested.clone(),
                expires_at: now + ttl,
            };
            stock.put(id, &entry)?;
            Ok(entry.reservation(id))
        })
    }

    /// Changes a held or committed reservation to exactly `lines`: units beyond it are reserved,
    /// units no longer in it are freed, all or nothing. Without any lines all units are freed; the
    /// status stays. It reads files, so it may block.
    ///
    /// # Errors
    ///
    /// [`InventoryError::InsufficientStock`] or [`UnknownSku`](InventoryError::UnknownSku), and
    /// nothing has changed; [`NotFound`](InventoryError::NotFound); [`Gone`](InventoryError::Gone).
    pub fn revise(&self, id: &str, lines: &[LineItem]) -> Result<MockReservation, InventoryError> {
        validate::id("id", id)?;
        validate::lines(lines)?;
        let target = sum_by_sku(lines)?;
        let now = self.clock.now();
        self.store
            .read(|snapshot| Stock::new(snapshot, now).active(id))??;
        // Only SKUs that grow need their file, and only inside the change is it known which grow.
        let mut files: HashMap<&str, Result<Option<MockProduct>, UnreadableFile>> = target
            .keys()
            .map(|sku| (sku.as_str(), self.files.find(sku)))
            .collect();

        self.change("revised", |stock, _| {
            let mut entry = stock.active(id)??;
            let used = stock.used_units(target.keys().map(String::as_str))?;
            let mut unknown = Vec::new();
            let mut short = Vec::new();
            for (sku, requested) in &target {
                let reserved = entry.units.get(sku).copied().unwrap_or(0);
                if *requested <= reserved {
                    continue;
                }
                let Some(product) = files.remove(sku.as_str()).transpose()?.flatten() else {
                    unknown.push(sku.clone());
                    continue;
                };
                let used = used.get(sku).copied().unwrap_or(0);
                let available = free_units(product.available, used).saturating_add(reserved);
                if available < *requested {
                    short.push(MockShortage {
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
            entry.units.clone_from(&target);
            stock.put(id, &entry)?;
            Ok(entry.reservation(id))
        })
    }

    /// Extends a held reservation to `ttl` from now, and never shortens it. A committed one does
    /// not expire and stays as it is.
    ///
    /// # Errors
    ///
    /// [`InventoryError::NotFound`], [`Gone`](InventoryError::Gone).
    pub fn extend(&self, id: &str, ttl: Duration) -> Result<MockReservation, InventoryError> {
        validate::id("id", id)?;
        let ttl = checked_ttl(ttl)?;
        self.change("extended", |stock, now| {
            let mut entry = stock.active(id)??;
            if entry.status == MockReservationStatus::Held {
                entry.expires_at = entry.expires_at.max(now + ttl);
                stock.put(id, &entry)?;
            }
            Ok(entry.reservation(id))
        })
    }

    /// Commits a held reservation: its units leave the stock for good. Repeating it changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`InventoryError::NotFound`], [`Gone`](InventoryError::Gone).
    pub fn commit(&self, id: &str) -> Result<MockReservation, InventoryError> {
        validate::id("id", id)?;
        self.change("committed", |stock, _| {
            let mut entry = stock.active(id)??;
            if entry.status == MockReservationStatus::Held {
                entry.status = MockReservationStatus::Committed;
                stock.put(id, &entry)?;
            }
            Ok(entry.reservation(id))
        })
    }

    /// Frees the units of a reservation, held or committed. Repeating it changes nothing. An id
    /// that was never reserved is remembered: a late reserve under it is refused.
    ///
    /// # Errors
    ///
    /// Only [`InventoryError::Invalid`] and [`NotSaved`](InventoryError::NotSaved).
    pub fn release(&self, id: &str) -> Result<MockReservation, InventoryError> {
        validate::id("id", id)?;
        self.change("released", |stock, now| {
            let known = stock.find(id)?;
            let mut entry = known.unwrap_or_else(|| ReservationEntry {
                status: MockReservationStatus::Released,
                first_request: Quantities::new(),
                units: Quantities::new(),
                expires_at: now,
            });
            entry.status = MockReservationStatus::Released;
            stock.put(id, &entry)?;
            Ok(entry.reservation(id))
        })
    }

    /// Finds a reservation by id. It reads the state file, so it may block.
    ///
    /// # Errors
    ///
    /// [`UnreadableFile`] when the state file cannot be read.
    pub fn find(&self, id: &str) -> Result<Option<MockReservation>, UnreadableFile> {
        let now = self.clock.now();
        let found = self
            .store
            .read(|snapshot| Stock::new(snapshot, now).find(id))?;
        Ok(found.map(|entry| entry.reservation(id)))
    }

    /// Returns the switches that make the next calls fail.
    pub fn faults(&self) -> &FaultInjector {
        &self.faults
    }

    /// Changes a reservation, after all holds that have run out by then are expired.
    fn change(
        &self,
        what: &'static str,
        make: impl FnOnce(
            &Stock<'_, Transaction>,
            DateTime<Utc>,
        ) -> Result<MockReservation, InventoryError>,
    ) -> Result<MockReservation, InventoryError> {
        let reservation = self.store.change(|transaction| {
            let now = self.clock.now();
            let stock = Stock::new(transaction, now);
            stock.expire()?;
            make(&stock, now)
        })?;
        tracing::info!(reservation = reservation.id, "{what}");
        Ok(reservation)
    }

    /// Replaces the delivered units in `available` by those that are free now.
    fn with_free_units(
        &self,
        mut products: Vec<MockProduct>,
    ) -> Result<Vec<MockProduct>, UnreadableFile> {
        let now = self.clock.now();
        let used = self.store.read(|snapshot| {
            let skus = products.iter().map(|product| product.sku.as_str());
            Stock::new(snapshot, now).used_units(skus)
        })?;
        for product in &mut products {
            let used = used.get(&product.sku).copied().unwrap_or(0);
            product.available = free_units(product.available, used);
        }
        Ok(products)
    }
}

fn sum_by_sku(lines: &[LineItem]) -> Result<Quantities, InvalidField> {
    let mut sums = Quantities::new();
    for line in lines {
        let sum = sums.entry(line.sku.clone()).or_insert(0u32);
        *sum = sum
            .checked_add(line.quantity)
            .ok_or_else(|| InvalidField::new("lines.quantity", "adds up to too much"))?;
    }
    Ok(sums)
}

fn checked_ttl(ttl: Duration) -> Result<TimeDelta, InvalidField> {
    match TimeDelta::from_std(ttl) {
        Ok(delta) if !ttl.is_zero() && ttl <= MAX_TTL => Ok(delta),
        _ => Err(InvalidField::new(
            "ttl_seconds",
            "must be 1 second to 366 days",
        )),
    }
}
