//! The services around an order system: customers, inventory, payments, shipping and
//! notifications.
//!
//! Each is a plain struct with methods that do the work, and a thin axum router over it that speaks
//! the wire contract. A program can put the structs behind its own ports, in its own process, or
//! serve [`router`] and talk to it over HTTP: the behaviour is the same.
//!
//! Reservations, payments and parcels are kept in tables: in memory, and gone with the process, unless
//! [`Outside::open_persistent`] is given a file to keep them in. Customers and products are JSON files that are read
//! anew at each look-up, so a new file is a new customer or product.
//!
//! Nothing here authenticates anybody: serve it on loopback, or in a test.
//!
//! ```
//! use order_examples::outside::{Now, Outside, router};
//!
//! # let folder = std::env::temp_dir().join(format!("outside-doc-{}", std::process::id()));
//! # for part in ["customers", "inventory"] { std::fs::create_dir_all(folder.join(part))?; }
//! let outside = Outside::open(&folder, Now::system())?;
//! outside.payments.faults().next(1, order_examples::outside::Fault::DropAnswer);
//! let app: axum::Router = router(&outside);
//! # let _ = app;
//! # std::fs::remove_dir_all(folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
pub mod customers;
mod faults;
mod files;
pub mod inventory;
pub mod notifications;
mod now;
pub mod payments;
pub mod shipping;
mod state;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use serde::{Deserialize, Serialize};

use self::state::State;

pub use check::Invalid;
pub use customers::Customers;
pub use faults::{Fault, Faults};
pub use files::BadFile;
pub use inventory::Inventory;
pub use notifications::Notifications;
pub use now::Now;
pub use payments::Payments;
pub use shipping::Shipping;
pub use state::{NotSaved, StateFileError};

/// How many of one product: what is reserved, or put into a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The product.
    pub sku: String,
    /// Units, at least 1.
    pub quantity: u32,
}

impl Line {
    /// `quantity` units of `sku`.
    pub fn new(sku: impl Into<String>, quantity: u32) -> Self {
        Self {
            sku: sku.into(),
            quantity,
        }
    }
}

/// All five services, each behind an `Arc` so that a program and its tests can hold the same one.
#[derive(Debug, Clone)]
pub struct Outside {
    /// Who may order.
    pub customers: Arc<Customers>,
    /// What there is, and for whom it is kept.
    pub inventory: Arc<Inventory>,
    /// Who has paid.
    pub payments: Arc<Payments>,
    /// What a parcel costs, and where it is.
    pub shipping: Arc<Shipping>,
    /// What customers were told.
    pub notifications: Arc<Notifications>,
}

/// The services cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A folder is missing.
    #[error(transparent)]
    MissingFolder(#[from] MissingFolder),
    /// The state file cannot be used.
    #[error(transparent)]
    StateFile(#[from] StateFileError),
}

/// A folder the mocks need is not there.
#[derive(Debug, thiserror::Error)]
#[error("{} is not a folder; it should hold the mock {kind}, as JSON files", path.display())]
pub struct MissingFolder {
    path: PathBuf,
    kind: &'static str,
}

impl Outside {
    /// The services over `<mocks>/customers` and `<mocks>/inventory`. `now` decides when a
    /// reservation has expired.
    ///
    /// # Errors
    ///
    /// [`MissingFolder`] when either folder is not there.
    pub fn open(mocks: impl AsRef<Path>, now: Now) -> Result<Self, MissingFolder> {
        let folders = Folders::of(mocks.as_ref())?;
        Ok(Self::over(folders, now, State::in_memory()))
    }

    /// The same, with payments, refunds, reservations and parcels as `state_file` has them, and kept
    /// there: what was answered outlasts even a crash. The file is made where there is none. It holds
    /// no payment token; it does hold the addresses that parcels go to.
    ///
    /// # Errors
    ///
    /// [`OpenError`], also while something else has the state file open.
    pub fn open_persistent(
        mocks: impl AsRef<Path>,
        state_file: impl AsRef<Path>,
        now: Now,
    ) -> Result<Self, OpenError> {
        let folders = Folders::of(mocks.as_ref())?;
        let state = State::open(state_file.as_ref())?;
        Ok(Self::over(folders, now, state))
    }

    fn over(folders: Folders, now: Now, state: State) -> Self {
        let state = Arc::new(state);
        let inventory = Inventory::over(folders.inventory, now, Arc::clone(&state));
        Self {
            customers: Arc::new(Customers::new(folders.customers)),
            inventory: Arc::new(inventory),
            payments: Arc::new(Payments::over(Arc::clone(&state))),
            shipping: Arc::new(Shipping::over(state)),
            notifications: Arc::new(Notifications::new()),
        }
    }
}

/// Where customers and products are.
struct Folders {
    customers: PathBuf,
    inventory: PathBuf,
}

impl Folders {
    fn of(mocks: &Path) -> Result<Self, MissingFolder> {
        let folder = |kind: &'static str| {
            let path = mocks.join(kind);
            if path.is_dir() {
                Ok(path)
            } else {
                Err(MissingFolder { path, kind })
            }
        };
        Ok(Self {
            customers: folder("customers")?,
            inventory: folder("inventory")?,
        })
    }
}

/// One router that serves all five, so that every service's base URL can be the same.
pub fn router(outside: &Outside) -> Router {
    wire::with_fallbacks(
        Router::new()
            .merge(customers::routes(Arc::clone(&outside.customers)))
            .merge(inventory::routes(Arc::clone(&outside.inventory)))
            .merge(payments::routes(Arc::clone(&outside.payments)))
            .merge(shipping::routes(Arc::clone(&outside.shipping)))
            .merge(notifications::routes(Arc::clone(&outside.notifications))),
    )
}

/// Locks, also after a panic elsewhere: every change made under these locks is whole before
/// anything that could panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
