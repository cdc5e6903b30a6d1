//! What [`IdGenerator`] must do.

use crate::builders::{at, noon};
use chrono::TimeDelta;
use order_core::ports::IdGenerator;
use order_core::value::OrderId;
use std::collections::BTreeSet;

suite! {
    $ ids, ids_contract, IdGenerator:
    order_ids_are_uuids_of_version_7,
    order_ids_carry_the_instant_they_were_made_at,
    no_two_order_ids_are_alike,
    random_numbers_are_spread,
}

/// Checks that order ids are UUIDs of version 7 (RFC 9562, section 5.7).
pub async fn order_ids_are_uuids_of_version_7(ids: &(impl IdGenerator + ?Sized)) {
    for seconds in 0..100 {
        let id = ids.order_id(at(seconds));
        let uuid = id.as_uuid();
        assert_eq!(
            uuid.get_version_num(),
            7,
            "an order id is a UUID of version 7"
        );
        assert_eq!(
            uuid.get_variant(),
            uuid::Variant::RFC4122,
            "an order id has the variant of RFC 9562"
        );
    }
}

/// Checks that order ids begin with the milliseconds of the given instant, so that they sort by it.
pub async fn order_ids_carry_the_instant_they_were_made_at(ids: &(impl IdGenerator + ?Sized)) {
    for millis in [0, 1, 999, 86_400_000] {
        let instant = noon() + TimeDelta::milliseconds(millis);
        let uuid = *ids.order_id(instant).as_uuid();
        let written = u64::try_from(uuid.as_u128() >> 80);
        assert_eq!(
            written.ok(),
            u64::try_from(instant.timestamp_millis()).ok(),
            "an order id carries the given instant"
        );
    }
}

/// Checks that order ids are unique, also for one instant and under concurrency.
pub async fn no_two_order_ids_are_alike(ids: &(impl IdGenerator + ?Sized)) {
    const EACH: usize = 2_500;
    let make = || -> Vec<OrderId> { (0..EACH).map(|_| ids.order_id(noon())).collect() };
    let made: Vec<OrderId> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("generating ids does not panic"))
            .collect()
    });
    let distinct: BTreeSet<OrderId> = made.iter().copied().collect();
    assert_eq!(distinct.len(), made.len(), "order ids are unique");
}

/// Checks that random numbers differ, and are spread over the whole range.
pub async fn random_numbers_are_spread(ids: &(impl IdGenerator + ?Sized)) {
    let drawn: BTreeSet<u64> = (0..100).map(|_| ids.random_u64()).collect();
    assert!(drawn.len() > 90, "random numbers do not repeat");
    let high = drawn
        .iter()
        .filter(|number| **number > u64::MAX / 2)
        .count();
    assert!(
        (10..=90).contains(&high),
        "random numbers reach both ends of the range"
    );
}
