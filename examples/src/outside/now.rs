//! The time, as the mocks see it. Nothing else in this module tree reads a clock.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use chrono::{DateTime, SubsecRound, Utc};

/// Where a service takes the time from, so that a test can let an hour pass at once.
#[derive(Clone)]
pub struct Now(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Now {
    /// The machine's clock, in whole microseconds.
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    pub fn system() -> Self {
        Self::from_fn(|| DateTime::<Utc>::from(SystemTime::now()).trunc_subsecs(6))
    }

    /// The time `read` gives at each call.
    pub fn from_fn(read: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// The time now.
    pub fn get(&self) -> DateTime<Utc> {
        (self.0)()
    }
}

impl Default for Now {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Now {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Now").field(&self.get()).finish()
    }
}
