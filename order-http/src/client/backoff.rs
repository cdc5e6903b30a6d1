//! How long to wait before the next try: exponential, with full jitter.

use super::ClientSettings;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The waits between the tries of one call: each by chance between nothing and a bound that doubles.
#[derive(Debug)]
pub(super) struct FullJitter {
    left: u32,
    bound: Duration,
    cap: Duration,
    /// Seeded by the machine, anew for each call. It only spreads waits.
    chance: RandomState,
}

impl FullJitter {
    pub(super) fn new(settings: &ClientSettings) -> Self {
        Self {
            left: settings.tries.saturating_sub(1),
            bound: settings.backoff_first,
            cap: settings.backoff_cap,
            chance: RandomState::new(),
        }
    }
}

impl Iterator for FullJitter {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let bound = self.bound.min(self.cap);
        self.bound = bound.saturating_mul(2);
        let micros = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX);
        let chance = self.chance.hash_one(self.left);
        Some(Duration::from_micros(
            chance % micros.saturating_add(1).max(1),
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
    fn there_is_a_wait_between_tries_and_each_may_be_twice_the_last() {
        let settings = ClientSettings::default()
            .with_tries(5)
            .with_backoff(millis(10), millis(35));
        let mut longest = [Duration::ZERO; 4];
        for _ in 0..400 {
            let waits: Vec<_> = FullJitter::new(&settings).collect();
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
    fn one_try_has_no_wait() {
        for tries in [0, 1] {
            let settings = ClientSettings::default().with_tries(tries);
            assert_eq!(FullJitter::new(&settings).count(), 0);
        }
    }

    #[test]
    fn no_backoff_is_no_wait() {
        let settings = ClientSettings::default().with_backoff(Duration::ZERO, millis(9));
        let waits: Vec<_> = FullJitter::new(&settings).collect();
        assert_eq!(waits, [Duration::ZERO, Duration::ZERO]);
    }
}
