//! How long to wait before a retry: exponential back-off with full jitter. It never sleeps itself.

use crate::client::ClientConfig;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The waits between the attempts of one call: each is random between zero and a bound that doubles.
#[derive(Debug)]
pub(in crate::client) struct FullJitter {
    retries_left: u32,
    bound: Duration,
    max: Duration,
    /// Seeded by the operating system, anew for each call. It only spreads waits.
    random: RandomState,
}

impl FullJitter {
    pub(in crate::client) fn new(config: &ClientConfig) -> Self {
        Self {
            retries_left: config.max_attempts.saturating_sub(1),
            bound: config.initial_backoff,
            max: config.max_backoff,
            random: RandomState::new(),
        }
    }
}

impl Iterator for FullJitter {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.retries_left = self.retries_left.checked_sub(1)?;
        let bound = self.bound.min(self.max);
        self.bound = bound.saturating_mul(2);
        let micros = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX);
        let random = self.random.hash_one(self.retries_left);
        Some(Duration::from_micros(
            random % micros.saturating_add(1).max(1),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn there_is_a_wait_between_attempts_and_its_bound_doubles() {
        let config = ClientConfig::default()
            .with_max_attempts(5)
            .with_backoff(millis(10), millis(35));
        let mut longest = [Duration::ZERO; 4];
        for _ in 0..400 {
            let waits: Vec<_> = FullJitter::new(&config).collect();
            assert_eq!(waits.len(), 4);
            for (longest, wait) in longest.iter_mut().zip(waits) {
                *longest = (*longest).max(wait);
            }
        }
        for (longest, bound) in longest.iter().zip([10, 20, 35, 35]) {
            assert!(*longest <= millis(bound), "{longest:?} of {bound}");
            assert!(*longest > millis(bound) / 2, "{longest:?} of {bound}");
        }
    }

    #[test]
    fn a_single_attempt_has_no_wait() {
        for attempts in [0, 1] {
            let config = ClientConfig::default().with_max_attempts(attempts);
            assert_eq!(FullJitter::new(&config).count(), 0);
        }
    }

    #[test]
    fn a_back_off_of_zero_is_no_wait() {
        let config = ClientConfig::default().with_backoff(Duration::ZERO, millis(9));
        let waits: Vec<_> = FullJitter::new(&config).collect();
        assert_eq!(waits, [Duration::ZERO, Duration::ZERO]);
    }
}
