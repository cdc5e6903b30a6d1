//! How many retries a client may cause, so that a service in trouble does not get a multiple of its
//! load.

use crate::client::ClientConfig;
use order_core::time::{Timestamp, between};
use std::sync::{Mutex, PoisonError};

/// One retry, in the unit that tokens are counted in: hundredths.
const RETRY: u64 = 100;

/// A token bucket of retries: every call adds a share of a retry, time adds some, a retry takes one.
#[derive(Debug)]
pub(in crate::client) struct RetryBudget {
    percent: u64,
    per_second: u64,
    capacity: u64,
    bucket: Mutex<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: u64,
    /// When time last added tokens; absent before the first retry.
    refilled_at: Option<Timestamp>,
}

impl RetryBudget {
    /// Makes a full budget.
    pub(in crate::client) fn new(config: &ClientConfig) -> Self {
        let capacity = u64::from(config.retry_reserve) * RETRY;
        Self {
            percent: config.retry_percent.into(),
            per_second: config.retries_per_second.into(),
            capacity,
            bucket: Mutex::new(Bucket {
                tokens: capacity,
                refilled_at: None,
            }),
        }
    }

    /// Adds the share of a call.
    pub(in crate::client) fn record_call(&self) {
        self.with_bucket(|bucket| bucket.tokens += self.percent);
    }

    /// Takes a retry, and returns whether there was one.
    pub(in crate::client) fn try_take(&self, now: Timestamp) -> bool {
        self.with_bucket(|bucket| {
            let since = bucket.refilled_at.map_or(now, |at| at.min(now));
            let millis = u64::try_from(between(since, now).as_millis()).unwrap_or(u64::MAX);
            let gained = millis.saturating_mul(self.per_second * RETRY) / 1_000;
            if gained > 0 || bucket.refilled_at != Some(since) {
                bucket.refilled_at = Some(now);
            }
            bucket.tokens = bucket.tokens.saturating_add(gained).min(self.capacity);
            let has_retry = bucket.tokens >= RETRY;
            if has_retry {
                bucket.tokens -= RETRY;
            }
            has_retry
        })
    }

    fn with_bucket<T>(&self, update: impl FnOnce(&mut Bucket) -> T) -> T {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let result = update(&mut bucket);
        bucket.tokens = bucket.tokens.min(self.capacity);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn at(millis: i64) -> Timestamp {
        DateTime::from_timestamp_millis(1_800_000_000_000 + millis).unwrap()
    }

    fn budget(percent: u32, per_second: u32, reserve: u32) -> RetryBudget {
        RetryBudget::new(&ClientConfig::default().with_retry_budget(percent, per_second, reserve))
    }

    fn retries(budget: &RetryBudget, now: i64) -> usize {
        (0..100).take_while(|_| budget.try_take(at(now))).count()
    }

    #[test]
    fn a_share_of_the_calls_can_be_retried() {
        let budget = budget(10, 0, 5);
        assert_eq!(
            retries(&budget, 0),
            5,
            "the reserve is there from the start"
        );
        (0..29).for_each(|_| budget.record_call());
        assert_eq!(retries(&budget, 0), 2);
        (0..1_000).for_each(|_| budget.record_call());
        assert_eq!(
            retries(&budget, 0),
            5,
            "no more than the reserve is saved up"
        );
    }

    #[test]
    fn time_refills_the_budget_of_an_idle_client() {
        let budget = budget(0, 2, 3);
        assert_eq!(retries(&budget, 0), 3);
        assert_eq!(retries(&budget, 499), 0);
        assert_eq!(retries(&budget, 1_000), 1);
        assert_eq!(retries(&budget, 60_000), 3);
        assert_eq!(
            retries(&budget, -60_000),
            0,
            "a clock set back gives nothing"
        );
        assert_eq!(retries(&budget, -59_000), 2, "and takes nothing for long");
    }

    #[test]
    fn no_reserve_is_no_retry() {
        let budget = budget(100, 10, 0);
        (0..100).for_each(|_| budget.record_call());
        assert_eq!(retries(&budget, 10_000), 0);
    }
}
