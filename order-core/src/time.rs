//! Instants and spans, as the core counts them.
//!
//! The core never asks what time it is: an instant comes in as an argument, read from the
//! [`Clock`](crate::ports::Clock) port. Instants are UTC with microseconds, the finest that every
//! supported database keeps.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::time::Duration;

/// An instant in UTC, whole microseconds.
pub type Timestamp = DateTime<Utc>;

/// Drops what is finer than a microsecond, so that an instant is the same before and after storage.
#[must_use]
pub fn truncated(instant: DateTime<Utc>) -> Timestamp {
    instant.trunc_subsecs(6)
}

/// The instant `span` after `instant`; the end of time where that cannot be written.
#[must_use]
pub fn after(instant: Timestamp, span: Duration) -> Timestamp {
    TimeDelta::from_std(span)
        .ok()
        .and_then(|delta| instant.checked_add_signed(delta))
        .map_or(DateTime::<Utc>::MAX_UTC, truncated)
}

/// How long it is from `from` to `to`; zero where `to` is not later.
#[must_use]
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    (to - from).to_std().unwrap_or(Duration::ZERO)
}
