//! Holds expire, unless they are extended or committed.

use std::time::Duration;

use order_mocks::inventory::{InventoryError, MockReservationStatus};

use super::fixture::{TTL, Warehouse, lines};

#[test]
fn a_hold_expires_and_its_units_are_freed_once() {
    let warehouse = Warehouse::with(&[("mug", 10)]);
    warehouse
        .inventory
        .reserve("r", &lines([("mug", 4)]), TTL)
        .unwrap();
    warehouse.advance(TTL - Duration::from_secs(1));
    assert_eq!(warehouse.free_units("mug"), 6);
    warehouse.advance(Duration::from_secs(1));
    assert_eq!(warehouse.free_units("mug"), 10);
    let gone = Err(InventoryError::Gone {
        id: "r".into(),
        status: MockReservationStatus::Expired,
    });
    assert_eq!(warehouse.inventory.commit("r"), gone);
    assert_eq!(warehouse.inventory.extend("r", TTL), gone);
    assert_eq!(warehouse.inventory.revise("r", &lines([("mug", 1)])), gone);
    assert_eq!(
        warehouse.inventory.reserve("r", &lines([("mug", 4)]), TTL),
        gone
    );
    warehouse.inventory.release("r").unwrap();
    assert_eq!(warehouse.free_units("mug"), 10);
}

#[test]
fn an_extended_hold_lasts_longer_and_never_shorter() {
    let warehouse = Warehouse::with(&[("mug", 10)]);
    let first = warehouse
        .inventory
        .reserve("r", &lines([("mug", 4)]), TTL)
        .unwrap();
    let same = warehouse
        .inventory
        .extend("r", Duration::from_secs(1))
        .unwrap();
    assert_eq!(same.expires_at, first.expires_at);
    warehouse.inventory.extend("r", TTL * 2).unwrap();
    warehouse.advance(TTL);
    assert_eq!(warehouse.free_units("mug"), 6);
    warehouse.advance(TTL);
    assert_eq!(warehouse.free_units("mug"), 10);
}

#[test]
fn a_committed_reservation_does_not_expire() {
    let warehouse = Warehouse::with(&[("mug", 10)]);
    warehouse
        .inventory
        .reserve("r", &lines([("mug", 4)]), TTL)
        .unwrap();
    warehouse.inventory.commit("r").unwrap();
    warehouse.inventory.extend("r", TTL).unwrap();
    warehouse.advance(TTL * 10);
    assert_eq!(
        warehouse.inventory.commit("r").unwrap().status,
        MockReservationStatus::Committed
    );
    assert_eq!(warehouse.free_units("mug"), 6);
}
