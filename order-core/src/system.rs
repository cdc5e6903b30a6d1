//! The system clock and random ids: the only code in the core that reads either.

#[cfg(feature = "tokio")]
use crate::ports::Clock;
use crate::ports::IdGenerator;
use crate::time::Timestamp;
use crate::value::OrderId;
use uuid::{NoContext, Uuid};

/// A [`Clock`] that reads the system time and sleeps on tokio's timer.
#[cfg(feature = "tokio")]
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[cfg(feature = "tokio")]
#[async_trait::async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        crate::time::truncated(chrono::Utc::now())
    }

    async fn sleep(&self, span: std::time::Duration) {
        tokio::time::sleep(span).await;
    }
}

/// An [`IdGenerator`] on the operating system's source of randomness. Order ids are UUIDv7.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIdGenerator;

impl IdGenerator for SystemIdGenerator {
    fn order_id(&self, now: Timestamp) -> OrderId {
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        let instant = uuid::Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos());
        OrderId::from_uuid(Uuid::new_v7(instant))
    }

    #[expect(clippy::disallowed_methods, reason = "this is where chance comes from")]
    fn random_u64(&self) -> u64 {
        let (high, low) = Uuid::new_v4().as_u64_pair();
        high ^ low.rotate_left(32)
    }
}
