//! All mock services, opened over one directory of JSON files and one store.

pub mod customers;
pub mod inventory;
pub mod notifications;
pub mod payments;
pub mod shipping;

pub use customers::MockCustomers;
pub use inventory::MockInventory;
pub use notifications::MockNotifications;
pub use payments::MockPayments;
pub use shipping::MockShipping;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use order_core::ports::Clock;

use crate::store::{StateFileError, Store};

/// All services, each behind an `Arc` so that a program and its tests can share it.
#[derive(Debug, Clone)]
pub struct MockServices {
    /// Knows the customers.
    pub customers: Arc<MockCustomers>,
    /// Prices products and reserves stock.
    pub inventory: Arc<MockInventory>,
    /// Authorizes, captures, voids and refunds payments.
    pub payments: Arc<MockPayments>,
    /// Quotes shipping rates and takes fulfillments.
    pub shipping: Arc<MockShipping>,
    /// Accepts messages to customers.
    pub notifications: Arc<MockNotifications>,
}

/// The services cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The directory of customers or of products is missing.
    #[error(transparent)]
    MissingDirectory(#[from] MissingDirectory),
    /// The state file cannot be used.
    #[error(transparent)]
    StateFile(#[from] StateFileError),
}

/// The directory of customers or of products is missing.
#[derive(Debug, thiserror::Error)]
#[error("{} is not a directory; it should hold the mock {kind}, as JSON files", path.display())]
pub struct MissingDirectory {
    path: PathBuf,
    kind: &'static str,
}

impl MockServices {
    /// Opens the services over `<mocks>/customers` and `<mocks>/inventory`, with their state in
    /// memory. `clock` decides when a reservation expires.
    ///
    /// # Errors
    ///
    /// [`MissingDirectory`] when either directory is missing.
    pub fn open(mocks: impl AsRef<Path>, clock: Arc<dyn Clock>) -> Result<Self, MissingDirectory> {
        let directories = DataDirectories::find(mocks.as_ref())?;
        Ok(Self::with_store(directories, clock, Store::in_memory()))
    }

    /// Opens the services like [`open`](Self::open), with payments, refunds, reservations and
    /// fulfillments in `state_file`, which is created if it is missing: whatever was answered
    /// survives a crash. The file holds no payment token; it does hold the addresses of
    /// fulfillments.
    ///
    /// # Errors
    ///
    /// [`OpenError`], also while another process has the state file open.
    pub fn open_persistent(
        mocks: impl AsRef<Path>,
        state_file: impl AsRef<Path>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let directories = DataDirectories::find(mocks.as_ref())?;
        let store = Store::open(state_file.as_ref())?;
        Ok(Self::with_store(directories, clock, store))
    }

    fn with_store(directories: DataDirectories, clock: Arc<dyn Clock>, store: Store) -> Self {
        let store = Arc::new(store);
        let inventory = MockInventory::with_store(directories.inventory, clock, Arc::clone(&store));
        Self {
            customers: Arc::new(MockCustomers::new(directories.customers)),
            inventory: Arc::new(inventory),
            payments: Arc::new(MockPayments::with_store(Arc::clone(&store))),
            shipping: Arc::new(MockShipping::with_store(store)),
            notifications: Arc::new(MockNotifications::new()),
        }
    }
}

/// The directories of the JSON files.
struct DataDirectories {
    customers: PathBuf,
    inventory: PathBuf,
}

impl DataDirectories {
    fn find(mocks: &Path) -> Result<Self, MissingDirectory> {
        let directory = |kind: &'static str| {
            let path = mocks.join(kind);
            if path.is_dir() {
                Ok(path)
            } else {
                Err(MissingDirectory { path, kind })
            }
        };
        Ok(Self {
            customers: directory("customers")?,
            inventory: directory("inventory")?,
        })
    }
}

#[cfg(test)]
mod tests;
