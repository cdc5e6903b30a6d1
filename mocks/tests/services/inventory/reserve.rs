//! Reserving and releasing: all lines or none, and once per id.

use std::time::Duration;

use order_mocks::LineItem;
use order_mocks::inventory::{InventoryError, MockReservationStatus, MockShortage};

use super::fixture::{TTL, Warehouse, lines};

#[test]
fn a_reservation_reserves_all_its_lines_or_none() {
    let warehouse = Warehouse::with(&[("mug", 5), ("pen", 1)]);
    let two_of_each = lines([("mug", 2), ("pen", 2)]);
    assert_eq!(
        warehouse.inventory.reserve("r", &two_of_each, TTL),
        Err(InventoryError::InsufficientStock {
            lines: vec![MockShortage {
                sku: "pen".into(),
                requested: 2,
                available: 1
            }]
        })
    );
    assert_eq!(
        (warehouse.free_units("mug"), warehouse.free_units("pen")),
        (5, 1)
    );
    assert_eq!(warehouse.inventory.find("r").unwrap(), None);
}

#[test]
fn lines_of_one_product_count_together() {
    let warehouse = Warehouse::with(&[("mug", 3)]);
    let twice = lines([("mug", 2), ("mug", 2)]);
    assert!(warehouse.inventory.reserve("r", &twice, TTL).is_err());
    let overflow = lines([("mug", u32::MAX), ("mug", u32::MAX)]);
    assert!(matches!(
        warehouse.inventory.reserve("r", &overflow, TTL),
        Err(InventoryError::Invalid(_))
    ));
}

#[test]
fn a_repeated_reserve_gets_the_same_answer() {
    let warehouse = Warehouse::with(&[("mug", 10)]);
    let first = warehouse
        .inventory
        .reserve("r", &lines([("mug", 4)]), TTL)
        .unwrap();
    warehouse.advance(Duration::from_secs(60));
    assert_eq!(
        warehouse.inventory.reserve("r", &lines([("mug", 4)]), TTL),
        Ok(first)
    );
    assert_eq!(warehouse.free_units("mug"), 6);
    assert_eq!(
        warehouse.inventory.reserve("r", &lines([("mug", 5)]), TTL),
        Err(InventoryError::Differs { id: "r".into() })
    );
    // A revision and a commit in between do not make the late duplicate reserve anything.
    warehouse
        .inventory
        .revise("r", &lines([("mug", 2)]))
        .unwrap();
    warehouse.inventory.commit("r").unwrap();
    let late = warehouse
        .inventory
        .reserve("r", &lines([("mug", 4)]), TTL)
        .unwrap();
    assert_eq!(late.lines, lines([("mug", 2)]));
    assert_eq!(warehouse.free_units("mug"), 8);
}

#[test]
fn a_reserve_after_its_release_is_refused() {
    let warehouse = Warehouse::with(&[("mug", 10)]);
    let released = warehouse.inventory.release("r").unwrap();
    assert_eq!(
        (released.status, released.lines),
        (MockReservationStatus::Released, vec![])
    );
    assert_eq!(
        warehouse.inventory.reserve("r", &lines([("mug", 4)]), TTL),
        Err(InventoryError::Gone {
            id: "r".into(),
            status: MockReservationStatus::Released
        })
    );
    assert_eq!(warehouse.free_units("mug"), 10);
}

#[test]
fn a_release_frees_held_or_committed_units_once() {
    for committed in [false, true] {
        let warehouse = Warehouse::with(&[("mug", 10)]);
        warehouse
            .inventory
            .reserve("r", &lines([("mug", 4)]), TTL)
            .unwrap();
        if committed {
            warehouse.inventory.commit("r").unwrap();
        }
        warehouse.inventory.release("r").unwrap();
        assert_eq!(warehouse.free_units("mug"), 10);
        warehouse
            .inventory
            .reserve("other", &lines([("mug", 10)]), TTL)
            .unwrap();
        warehouse.inventory.release("r").unwrap();
        assert_eq!(warehouse.free_units("mug"), 0);
        assert!(matches!(
            warehouse.inventory.commit("r"),
            Err(InventoryError::Gone { .. })
        ));
        // Nor does its expiry free anything a second time.
        warehouse.inventory.commit("other").unwrap();
        warehouse.advance(TTL);
        assert_eq!(warehouse.free_units("mug"), 0);
        assert_eq!(
            warehouse.inventory.find("r").unwrap().unwrap().status,
            MockReservationStatus::Released
        );
    }
}

#[test]
fn an_invalid_request_is_refused() {
    let warehouse = Warehouse::with(&[("mug", 10)]);
    let reserve = |id: &str, lines: &[LineItem], ttl| {
        matches!(
            warehouse.inventory.reserve(id, lines, ttl),
            Err(InventoryError::Invalid(_))
        )
    };
    assert!(reserve("", &lines([("mug", 1)]), TTL));
    assert!(reserve("r\n", &lines([("mug", 1)]), TTL));
    assert!(reserve("r", &[], TTL));
    assert!(reserve("r", &lines([("mug", 0)]), TTL));
    assert!(reserve("r", &lines([("mug", 1)]), Duration::ZERO));
    assert!(reserve("r", &lines([("mug", 1)]), Duration::MAX));
    assert!(reserve("r", &vec![LineItem::new("mug", 1); 501], TTL));
    assert_eq!(warehouse.free_units("mug"), 10);
}
