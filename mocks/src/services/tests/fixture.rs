//! A directory with one product and a state file, and the requests that the tests send.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use order_core::system::SystemClock;
use tempfile::TempDir;

use crate::line_item::LineItem;
use crate::payments::MockPaymentRequest;
use crate::services::{DataDirectories, MockServices, OpenError};
use crate::shipping::MockFulfillmentRequest;
use crate::store::disk::FaultyDisk;
use crate::store::{Location, StateFileError, Store};

/// How long a test's reservations are held.
pub(super) const TTL: Duration = Duration::from_secs(900);

/// A directory with ten units of `mug`, and a state file.
pub(super) struct StateDir(TempDir);

impl StateDir {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for part in ["customers", "inventory"] {
            fs::create_dir(directory.path().join(part)).unwrap();
        }
        let mug = r#"{"sku": "mug", "name": "Mug", "unit_price": 900, "currency": "USD", "available": 10}"#;
        fs::write(directory.path().join("inventory/mug.json"), mug).unwrap();
        Self(directory)
    }

    pub(super) fn state_file(&self) -> PathBuf {
        self.0.path().join("order.mocks.redb")
    }

    fn try_open(&self) -> Result<MockServices, OpenError> {
        MockServices::open_persistent(self.0.path(), self.state_file(), Arc::new(SystemClock))
    }

    pub(super) fn open(&self) -> MockServices {
        self.try_open().unwrap()
    }

    /// Opens the services with their state on a disk that can fail.
    pub(super) fn open_on(&self, disk: &FaultyDisk) -> MockServices {
        let store = Store::at(Location::Disk(disk.clone())).unwrap();
        let directories = DataDirectories::find(self.0.path()).unwrap();
        MockServices::with_store(directories, Arc::new(SystemClock), store)
    }

    /// Returns why the state file cannot be used.
    pub(super) fn open_error(&self) -> StateFileError {
        match self.try_open().unwrap_err() {
            OpenError::StateFile(error) => error,
            other => panic!("{other}"),
        }
    }
}

pub(super) fn mugs(quantity: u32) -> [LineItem; 1] {
    [LineItem::new("mug", quantity)]
}

pub(super) fn free_mugs(services: &MockServices) -> u32 {
    services.inventory.products(&["mug"]).unwrap()[0].available
}

/// A request for 10 dollars for order-1.
pub(super) fn payment_request(reference: &str, token: &str) -> MockPaymentRequest {
    MockPaymentRequest {
        reference: reference.into(),
        order_id: "order-1".into(),
        amount: 1000,
        currency: "USD".into(),
        token: token.into(),
        capture: false,
    }
}

pub(super) fn fulfillment(reference: &str) -> MockFulfillmentRequest {
    MockFulfillmentRequest {
        reference: reference.into(),
        order_id: "order-1".into(),
        address: None,
        lines: mugs(1).to_vec(),
    }
}
