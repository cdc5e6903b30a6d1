//! Instants and the arithmetic on them.
//!
//! Nothing here reads a clock: an instant comes in as an argument, read from the
//! [`Clock`](crate::ports::Clock) port. Instants are in UTC with microseconds, the finest resolution
//! that every supported database stores.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::time::Duration;

/// An instant in UTC, in whole microseconds.
pub type Timestamp = DateTime<Utc>;

/// Truncates to microseconds, so that an instant is the same before and after storage.
#[must_use]
pub fn truncated(instant: DateTime<Utc>) -> Timestamp {
    instant.trunc_subsecs(6)
}

/// Returns the instant `span` after `instant`, saturating at the latest representable instant.
#[must_use]
pub fn after(instant: Timestamp, span: Duration) -> Timestamp {
    TimeDelta::from_std(span)
        .ok()
        .and_then(|delta| instant.checked_add_signed(delta))
        .map_or(DateTime::<Utc>::MAX_UTC, truncated)
}

/// Returns the duration from `from` to `to`; zero if `to` is not later.
#[must_use]
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    (to - from).to_std().unwrap_or(Duration::ZERO)
}
