//! The memory adapters keep the contracts.

use super::{
    ManualClock, MemoryCustomers, MemoryInventory, MemoryNotifications, MemoryPayments,
    MemoryShipping, MemoryStore,
};
use std::sync::Arc;

async fn store() -> Arc<MemoryStore> {
    Arc::new(MemoryStore::new())
}

mod order_store {
    order_store_contract!(super::store);
}

mod effect_queue {
    effect_queue_contract!(super::store);
}

mod outbox {
    outbox_contract!(super::store);
}

mod inventory {
    use super::{Arc, ManualClock, MemoryInventory};

    async fn inventory() -> Arc<(MemoryInventory, ManualClock)> {
        let clock = ManualClock::default();
        Arc::new((MemoryInventory::new(Arc::new(clock.clone())), clock))
    }

    inventory_contract!(inventory);
}

mod payments {
    use super::{Arc, MemoryPayments};

    async fn payments() -> Arc<MemoryPayments> {
        Arc::new(MemoryPayments::new())
    }

    payments_contract!(payments);
}

mod customers {
    use super::{Arc, MemoryCustomers};

    async fn customers() -> Arc<MemoryCustomers> {
        Arc::new(MemoryCustomers::new())
    }

    customers_contract!(customers);
}

mod shipping {
    use super::{Arc, MemoryShipping};

    async fn shipping() -> Arc<MemoryShipping> {
        Arc::new(MemoryShipping::new())
    }

    shipping_contract!(shipping);
}

mod notifications {
    use super::{Arc, MemoryNotifications};

    async fn notifications() -> Arc<MemoryNotifications> {
        Arc::new(MemoryNotifications::new())
    }

    notifications_contract!(notifications);
}
