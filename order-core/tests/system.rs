//! The system clock and the random ids satisfy the contracts of their ports.

mod ids {
    use order_core::system::SystemIdGenerator;
    use std::sync::Arc;

    async fn ids() -> Arc<SystemIdGenerator> {
        Arc::new(SystemIdGenerator)
    }

    order_testing::ids_contract!(ids);
}

#[cfg(feature = "tokio")]
mod clock {
    use order_core::system::SystemClock;
    use std::sync::Arc;

    async fn clock() -> Arc<SystemClock> {
        Arc::new(SystemClock)
    }

    order_testing::clock_contract!(clock);
}
