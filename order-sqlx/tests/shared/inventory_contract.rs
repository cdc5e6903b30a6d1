//! The inventory, and the store whose changes reserve its stock, as the contract suites need them.

use async_trait::async_trait;
use order_core::money::Money;
use order_core::ports::{Inventory, OrderStore, Product};
use order_core::value::{Sku, StorefrontId};
use order_testing::ManualClock;
use order_testing::builders::noon;
use order_testing::contract::inventory::InventoryUnderTest;
use order_testing::contract::stock_in_commits::ReservingStoreUnderTest;
use std::sync::Arc;
use std::time::Duration;

use super::database::{Store, StoreInventory};

pub(crate) struct ContractInventory {
    store: Store,
    inventory: StoreInventory,
    clock: Arc<ManualClock>,
}

impl ContractInventory {
    pub(crate) fn of(store: &Store) -> Arc<Self> {
        let clock = Arc::new(ManualClock::new(noon()));
        Arc::new(Self {
            store: store.clone(),
            inventory: StoreInventory::new(store, clock.clone()),
            clock,
        })
    }
}

#[async_trait]
impl InventoryUnderTest for ContractInventory {
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

impl ReservingStoreUnderTest for ContractInventory {
    fn store(&self) -> &dyn OrderStore {
        &self.store
    }
}
