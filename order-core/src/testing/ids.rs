//! Ids and chance that are the same in every run.

use super::locked;
use crate::ports::Ids;
use crate::time::Timestamp;
use crate::value::OrderId;
use std::sync::Mutex;
use uuid::Builder;

/// Ids made of the given instant, a seed and a counter: UUIDv7 in shape (RFC 9562, section 5.7),
/// sorting as they were made within a millisecond, and the same in every run.
#[derive(Debug)]
pub struct SequentialIds {
    seed: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    made: u64,
    chance: u64,
}

impl SequentialIds {
    /// Ids and chance of this seed. Two sources whose seeds differ below 4096 make different ids.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self {
            seed,
            state: Mutex::new(State {
                made: 0,
                chance: seed,
            }),
        }
    }
}

impl Default for SequentialIds {
    /// Those of seed 0.
    fn default() -> Self {
        Self::seeded(0)
    }
}

impl Ids for SequentialIds {
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

    /// `SplitMix64`: evenly spread, and fixed by the seed.
    fn chance(&self) -> u64 {
        let mut state = locked(&self.state);
        state.chance = state.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::builders::noon;

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
    fn chance_is_the_same_in_every_run() {
        let draw = || {
            let ids = SequentialIds::seeded(7);
            [ids.chance(), ids.chance(), ids.chance()]
        };
        assert_eq!(draw(), draw());
        assert_ne!(draw()[0], draw()[1]);
    }
}
