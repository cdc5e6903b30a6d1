//! Ids and random numbers that are the same in every run.

use crate::lock::locked;
use order_core::ports::IdGenerator;
use order_core::time::Timestamp;
use order_core::value::OrderId;
use std::sync::Mutex;
use uuid::Builder;

/// Generates order ids from the given instant, a seed and a counter. They are UUIDs of version 7 (RFC
/// 9562, section 5.7), sort in the order of generation within a millisecond, and are the same in every
/// run.
#[derive(Debug)]
pub struct SequentialIds {
    seed: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    made: u64,
    random: u64,
}

impl SequentialIds {
    /// Returns a generator with this seed. Generators whose seeds differ modulo 4096 never return the
    /// same id.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self {
            seed,
            state: Mutex::new(State {
                made: 0,
                random: seed,
            }),
        }
    }
}

impl Default for SequentialIds {
    /// Returns a generator with seed 0.
    fn default() -> Self {
        Self::seeded(0)
    }
}

impl IdGenerator for SequentialIds {
    fn order_id(&self, now: Timestamp) -> OrderId {
        let mut state = locked(&self.state);
        state.made += 1;
        let seed = self.seed.to_be_bytes();
        let made = state.made.to_be_bytes();
        let mut random = [0_u8; 10];
        random[..2].copy_from_slice(&seed[6..]);
        random[2..].copy_from_slice(&made);
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        OrderId::from_uuid(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// Returns the next number of `SplitMix64`.
    fn random_u64(&self) -> u64 {
        let mut state = locked(&self.state);
        state.random = state.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders::noon;

    fn ids(seed: u64) -> Vec<OrderId> {
        let ids = SequentialIds::seeded(seed);
        (0..100).map(|_| ids.order_id(noon())).collect()
    }

    #[test]
    fn they_are_version_7_of_the_given_instant() {
        let id = SequentialIds::default().order_id(noon());
        assert_eq!(id.as_uuid().get_version_num(), 7);
        let (seconds, _) = id.as_uuid().get_timestamp().unwrap().to_unix();
        assert_eq!(i64::try_from(seconds).unwrap(), noon().timestamp());
    }

    #[test]
    fn they_are_the_same_in_every_run_and_sort_as_they_were_made() {
        assert_eq!(ids(1), ids(1));
        assert!(ids(1).is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn two_seeds_share_no_id() {
        assert!(ids(1).iter().all(|id| !ids(2).contains(id)));
    }

    #[test]
    fn random_numbers_are_the_same_in_every_run() {
        let draw = || {
            let ids = SequentialIds::seeded(7);
            [ids.random_u64(), ids.random_u64(), ids.random_u64()]
        };
        assert_eq!(draw(), draw());
        assert_ne!(draw()[0], draw()[1]);
    }
}
