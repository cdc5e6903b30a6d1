//! [`Version`]: how many events an order consists of.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The number of events an order consists of, used for optimistic locking.
///
/// A change states the version it was decided on. In JSON it is an integer.
///
/// ```
/// use order_core::value::Version;
///
/// assert_eq!(Version::NONE.next(), Version::INITIAL);
/// assert_eq!(Version::INITIAL.get(), 1);
/// ```
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Version(u64);

impl Version {
    /// Zero: there is no order yet.
    pub const NONE: Self = Self(0);
    /// After the first event.
    pub const INITIAL: Self = Self(1);

    /// Makes the version after this many events.
    #[must_use]
    pub const fn new(events: u64) -> Self {
        Self(events)
    }

    /// Returns the number of events.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Returns the version after one more event, saturating at `u64::MAX`.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_up_and_stop_at_the_end() {
        assert_eq!(Version::new(41).next(), Version::new(42));
        assert_eq!(Version::new(u64::MAX).next(), Version::new(u64::MAX));
        assert!(Version::NONE < Version::INITIAL);
        assert_eq!(Version::default(), Version::NONE);
    }

    #[test]
    fn in_json_it_is_an_integer() {
        assert_eq!(serde_json::to_string(&Version::new(7)).unwrap(), "7");
    }
}
