//! The memory adapters, the manual clock and the sequential ids satisfy the contracts of their ports.

use order_testing::builders::noon;
use order_testing::{
    ManualClock, MemoryCustomers, MemoryInventory, MemoryNotifications, MemoryPayments,
    MemoryPublisher, MemoryShipping, MemoryStore, SequentialIds,
};
use std::sync::Arc;

async fn store() -> Arc<MemoryStore> {
    Arc::new(MemoryStore::new())
}

mod order_store {
    order_testing::order_store_contract!(super::store);
}

mod effect_queue {
    order_testing::effect_queue_contract!(super::store);
}

mod outbox {
    order_testing::outbox_contract!(super::store);
}

mod inventory {
    use super::{Arc, ManualClock, MemoryInventory};

    async fn inventory() -> Arc<(MemoryInventory, ManualClock)> {
        let clock = ManualClock::default();
        Arc::new((MemoryInventory::new(Arc::new(clock.clone())), clock))
    }

    order_testing::inventory_contract!(inventory);
}

mod stock_in_commits {
    use super::{Arc, ManualClock, MemoryInventory, MemoryStore};
    use async_trait::async_trait;
    use order_core::money::Money;
    use order_core::ports::{Inventory, OrderStore};
    use order_core::value::{Sku, StorefrontId};
    use order_testing::contract::inventory::InventoryUnderTest;
    use order_testing::contract::stock_in_commits::ReservingStoreUnderTest;
    use std::time::Duration;

    struct Reserving {
        store: MemoryStore,
        inventory: Arc<MemoryInventory>,
        clock: ManualClock,
    }

    #[async_trait]
    impl InventoryUnderTest for Reserving {
        fn inventory(&self) -> &dyn Inventory {
            &*self.inventory
        }

        async fn stock(&self, storefront: &StorefrontId, sku: &Sku, unit_price: Money, units: u32) {
            self.inventory.stock(storefront, sku, unit_price, units);
        }

        async fn pass(&self, span: Duration) {
            self.clock.advance(span);
        }
    }

    impl ReservingStoreUnderTest for Reserving {
        fn store(&self) -> &dyn OrderStore {
            &self.store
        }
    }

    async fn reserving() -> Arc<Reserving> {
        let clock = ManualClock::default();
        let inventory = Arc::new(MemoryInventory::new(Arc::new(clock.clone())));
        Arc::new(Reserving {
            store: MemoryStore::with_inventory(inventory.clone()),
            inventory,
            clock,
        })
    }

    order_testing::stock_in_commits_contract!(reserving);
}

mod payments {
    use super::{Arc, MemoryPayments};

    async fn payments() -> Arc<MemoryPayments> {
        Arc::new(MemoryPayments::new())
    }

    order_testing::payments_contract!(payments);
}

mod customers {
    use super::{Arc, MemoryCustomers};

    async fn customers() -> Arc<MemoryCustomers> {
        Arc::new(MemoryCustomers::new())
    }

    order_testing::customers_contract!(customers);
}

mod shipping {
    use super::{Arc, MemoryShipping};

    async fn shipping() -> Arc<MemoryShipping> {
        Arc::new(MemoryShipping::new())
    }

    order_testing::shipping_contract!(shipping);
}

mod notifications {
    use super::{Arc, MemoryNotifications};

    async fn notifications() -> Arc<MemoryNotifications> {
        Arc::new(MemoryNotifications::new())
    }

    order_testing::notifications_contract!(notifications);
}

mod publisher {
    use super::{Arc, MemoryPublisher};

    async fn publisher() -> Arc<MemoryPublisher> {
        Arc::new(MemoryPublisher::new())
    }

    order_testing::publisher_contract!(publisher);
}

mod clock {
    use super::{Arc, ManualClock, noon};

    async fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::auto(noon()))
    }

    order_testing::clock_contract!(clock);
}

mod ids {
    use super::{Arc, SequentialIds};

    async fn sequential() -> Arc<SequentialIds> {
        Arc::new(SequentialIds::default())
    }

    order_testing::ids_contract!(sequential);
}
