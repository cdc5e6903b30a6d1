//! The memory adapters, and those of the system, keep the contracts.

use super::builders::noon;
use super::{
    ManualClock, MemoryCustomers, MemoryInventory, MemoryNotifications, MemoryPayments,
    MemoryPublisher, MemoryShipping, MemoryStore, SequentialIds,
};
use crate::system::SystemIds;
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

mod publisher {
    use super::{Arc, MemoryPublisher};

    async fn publisher() -> Arc<MemoryPublisher> {
        Arc::new(MemoryPublisher::new())
    }

    publisher_contract!(publisher);
}

mod clock {
    use super::{Arc, ManualClock, noon};

    async fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::auto(noon()))
    }

    clock_contract!(clock);

    #[cfg(feature = "tokio")]
    mod of_the_system {
        use crate::system::SystemClock;
        use std::sync::Arc;

        async fn clock() -> Arc<SystemClock> {
            Arc::new(SystemClock)
        }

        clock_contract!(clock);
    }
}

mod ids {
    use super::{Arc, SequentialIds, SystemIds};

    async fn sequential() -> Arc<SequentialIds> {
        Arc::new(SequentialIds::default())
    }

    ids_contract!(sequential);

    mod of_the_system {
        use super::{Arc, SystemIds};

        async fn system() -> Arc<SystemIds> {
            Arc::new(SystemIds)
        }

        ids_contract!(system);
    }
}
