//! What [`Ids`] must do.

use crate::ports::Ids;
use crate::testing::builders::{at, noon};
use crate::value::OrderId;
use chrono::TimeDelta;
use std::collections::BTreeSet;

suite! {
    $ ids, ids_contract, Ids:
    order_ids_are_uuids_of_version_7,
    order_ids_carry_the_instant_they_were_made_at,
    no_two_order_ids_are_alike,
    chance_is_spread,
}

/// Order ids are UUIDs of version 7 (RFC 9562, section 5.7).
pub async fn order_ids_are_uuids_of_version_7(ids: &(impl Ids + ?Sized)) {
    for seconds in 0..100 {
        let id = ids.order_id(at(seconds));
        let uuid = id.as_uuid();
        assert_eq!(uuid.get_version_num(), 7, "an order id is of version 7");
        assert_eq!(
            uuid.get_variant(),
            uuid::Variant::RFC4122,
            "an order id is of the variant that RFC 9562 describes"
        );
    }
}

/// Order ids begin with the milliseconds of the instant that was given, so that they sort by it.
pub async fn order_ids_carry_the_instant_they_were_made_at(ids: &(impl Ids + ?Sized)) {
    for millis in [0, 1, 999, 86_400_000] {
        let instant = noon() + TimeDelta::milliseconds(millis);
        let uuid = *ids.order_id(instant).as_uuid();
        let written = u64::try_from(uuid.as_u128() >> 80);
        assert_eq!(
            written.ok(),
            u64::try_from(instant.timestamp_millis()).ok(),
            "an order id is of the given instant"
        );
    }
}

/// No two order ids are alike, also not of one instant and side by side.
pub async fn no_two_order_ids_are_alike(ids: &(impl Ids + ?Sized)) {
    const EACH: usize = 2_500;
    let make = || -> Vec<OrderId> { (0..EACH).map(|_| ids.order_id(noon())).collect() };
    let made: Vec<OrderId> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("making ids does not panic"))
            .collect()
    });
    let distinct: BTreeSet<OrderId> = made.iter().copied().collect();
    assert_eq!(distinct.len(), made.len(), "no two order ids are alike");
}

/// Chance is not the same again and again, and reaches high and low numbers.
pub async fn chance_is_spread(ids: &(impl Ids + ?Sized)) {
    let drawn: BTreeSet<u64> = (0..100).map(|_| ids.chance()).collect();
    assert!(drawn.len() > 90, "chance is not the same again and again");
    let high = drawn
        .iter()
        .filter(|number| **number > u64::MAX / 2)
        .count();
    assert!(
        (10..=90).contains(&high),
        "chance reaches high and low numbers"
    );
}
