//! Tests of the circuit breaker, with one policy and clock for all of them.

mod circuit;
mod registry;
mod with_breaker;

use super::BreakerPolicy;
use crate::time::Timestamp;
use chrono::DateTime;
use std::time::Duration;

const START: i64 = 1_800_000_000_000;

fn at(millis: i64) -> Timestamp {
    DateTime::from_timestamp_millis(START + millis).unwrap()
}

fn policy() -> BreakerPolicy {
    BreakerPolicy::default()
        .with_consecutive(3)
        .with_rate(50, 10, Duration::from_secs(10))
        .with_open(Duration::from_secs(1), Duration::from_secs(4))
        .with_probe_lapse(Duration::from_secs(2))
}
