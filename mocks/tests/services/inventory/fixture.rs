//! An inventory over a directory of its own, with a clock that the test advances.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use order_mocks::inventory::MockProduct;
use order_mocks::{LineItem, MockInventory};
use order_testing::ManualClock;
use tempfile::TempDir;

/// How long a test's reservations are held.
pub(crate) const TTL: Duration = Duration::from_secs(900);

/// An inventory over a directory of its own.
pub(crate) struct Warehouse {
    pub(crate) inventory: MockInventory,
    pub(crate) directory: TempDir,
    clock: ManualClock,
}

impl Warehouse {
    pub(crate) fn with(products: &[(&str, u32)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = ManualClock::default();
        let warehouse = Self {
            inventory: MockInventory::new(directory.path(), Arc::new(clock.clone())),
            directory,
            clock,
        };
        for (sku, available) in products {
            warehouse.deliver(sku, *available);
        }
        warehouse
    }

    /// Writes the product's file.
    pub(crate) fn deliver(&self, sku: &str, available: u32) {
        let product = MockProduct {
            sku: sku.to_owned(),
            name: format!("The {sku}"),
            unit_price: 1999,
            currency: "USD".to_owned(),
            available,
        };
        let path = self.directory.path().join(format!("{sku}.json"));
        fs::write(path, serde_json::to_vec(&product).unwrap()).unwrap();
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    pub(crate) fn free_units(&self, sku: &str) -> u32 {
        self.inventory.products(&[sku]).unwrap()[0].available
    }
}

pub(crate) fn lines<const N: usize>(lines: [(&str, u32); N]) -> Vec<LineItem> {
    lines
        .into_iter()
        .map(|(sku, quantity)| LineItem::new(sku, quantity))
        .collect()
}
