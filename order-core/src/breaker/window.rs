//! The sliding window of recent calls, counted in buckets so that memory is bounded.

use super::BreakerPolicy;
use crate::time::Timestamp;

/// The number of buckets of a window, as both types that are needed.
const BUCKETS: usize = 10;
const BUCKETS_I64: i64 = 10;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// The number of its interval of time, since 1970.
    index: i64,
    calls: u32,
    failures: u32,
}

impl Bucket {
    const fn empty(index: i64) -> Self {
        Self {
            index,
            calls: 0,
            failures: 0,
        }
    }
}

/// Calls and failures in the window of a policy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    buckets: [Bucket; BUCKETS],
}

/// The totals of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) calls: u64,
    pub(super) failures: u64,
}

impl Window {
    /// A window without calls.
    pub(super) const EMPTY: Self = Self {
        buckets: [Bucket::empty(0); BUCKETS],
    };

    pub(super) fn count(&mut self, policy: &BreakerPolicy, now: Timestamp, failed: bool) {
        let index = index_of(policy, now);
        let position = usize::try_from(index.rem_euclid(BUCKETS_I64)).unwrap_or(0);
        let Some(bucket) = self.buckets.get_mut(position) else {
            return;
        };
        if bucket.index != index {
            *bucket = Bucket::empty(index);
        }
        bucket.calls = bucket.calls.saturating_add(1);
        bucket.failures = bucket.failures.saturating_add(u32::from(failed));
    }

    /// Returns the totals of the window. Buckets of the future, left by a clock that was set back, do
    /// not count.
    pub(super) fn tally(&self, policy: &BreakerPolicy, now: Timestamp) -> Tally {
        let current = index_of(policy, now);
        let oldest = current.saturating_sub(BUCKETS_I64 - 1);
        let mut tally = Tally {
            calls: 0,
            failures: 0,
        };
        for bucket in &self.buckets {
            if (oldest..=current).contains(&bucket.index) {
                tally.calls += u64::from(bucket.calls);
                tally.failures += u64::from(bucket.failures);
            }
        }
        tally
    }
}

fn index_of(policy: &BreakerPolicy, now: Timestamp) -> i64 {
    let bucket = policy.window.as_micros() / BUCKETS as u128;
    let bucket = i64::try_from(bucket).unwrap_or(i64::MAX).max(1);
    now.timestamp_micros().div_euclid(bucket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;
    use std::time::Duration;

    fn at(micros: i64) -> Timestamp {
        DateTime::from_timestamp_micros(micros).unwrap()
    }

    #[test]
    fn the_oldest_bucket_leaves_as_a_whole() {
        let policy = BreakerPolicy::default().with_rate(50, 1, Duration::from_secs(10));
        let mut window = Window::EMPTY;
        window.count(&policy, at(0), true);
        window.count(&policy, at(999_999), false);
        window.count(&policy, at(1_000_000), false);
        let seen = |micros| {
            let tally = window.tally(&policy, at(micros));
            (tally.calls, tally.failures)
        };
        assert_eq!(seen(9_999_999), (3, 1));
        assert_eq!(seen(10_000_000), (1, 0));
        assert_eq!(seen(11_000_000), (0, 0));
        assert_eq!(seen(-1), (0, 0));
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_list_of_all_calls(
            steps in prop::collection::vec((0..4_000_000_i64, any::<bool>()), 0..60),
            rest in 0..12_000_000_i64,
        ) {
            let policy = BreakerPolicy::default().with_rate(50, 1, Duration::from_secs(10));
            let mut window = Window::EMPTY;
            let mut all = Vec::new();
            let mut now = 1_700_000_000_000_000;
            for (step, failed) in steps {
                now += step;
                window.count(&policy, at(now), failed);
                all.push((now.div_euclid(1_000_000), failed));
            }
            now += rest;
            let oldest = now.div_euclid(1_000_000) - 9;
            all.retain(|(index, _)| *index >= oldest);
            let failures = all.iter().filter(|(_, failed)| *failed).count();
            prop_assert_eq!(
                window.tally(&policy, at(now)),
                Tally { calls: all.len() as u64, failures: failures as u64 }
            );
        }
    }
}
