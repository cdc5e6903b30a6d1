//! The stock in SQL as the contract of its port looks at it.

use async_trait::async_trait;
use order_core::money::Money;
use order_core::ports::{Inventory, Product};
use order_core::testing::ManualClock;
use order_core::testing::builders::noon;
use order_core::testing::contract::inventory::InventoryUnderTest;
use order_core::value::{Sku, StorefrontId};
use std::sync::Arc;
use std::time::Duration;

use super::database::{SqlInventory, Store};

pub(crate) struct Stock {
    inventory: SqlInventory,
    clock: Arc<ManualClock>,
}

impl Stock {
    pub(crate) fn of(store: &Store) -> Arc<Self> {
        let clock = Arc::new(ManualClock::new(noon()));
        Arc::new(Self {
            inventory: SqlInventory::new(store, clock.clone()),
            clock,
        })
    }
}

#[async_trait]
impl InventoryUnderTest for Stock {
    fn inventory(&self) -> &dyn Inventory {
        &self.inventory
    }

    async fn stock(&self, storefront: &StorefrontId, sku: &Sku, unit_price: Money, units: u32) {
        let product = Product::new(sku.clone(), None, unit_price, units);
        self.inventory
            .put_product(storefront, &product)
            .await
            .unwrap();
    }

    async fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }
}
