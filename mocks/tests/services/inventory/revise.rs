//! Revising a reservation.

use order_mocks::inventory::{InventoryError, MockReservationStatus, MockShortage};

use super::fixture::{TTL, Warehouse, lines};

#[test]
fn a_revision_frees_and_reserves_the_difference() {
    for committed in [false, true] {
        let warehouse = Warehouse::with(&[("mug", 10), ("pen", 10)]);
        warehouse
            .inventory
            .reserve("r", &lines([("mug", 4), ("pen", 2)]), TTL)
            .unwrap();
        if committed {
            warehouse.inventory.commit("r").unwrap();
        }
        let fewer = warehouse
            .inventory
            .revise("r", &lines([("mug", 1)]))
            .unwrap();
        assert_eq!(fewer.lines, lines([("mug", 1)]));
        assert_eq!(
            (warehouse.free_units("mug"), warehouse.free_units("pen")),
            (9, 10)
        );

        let more = lines([("mug", 10), ("pen", 3)]);
        let revised = warehouse.inventory.revise("r", &more).unwrap();
        assert_eq!(warehouse.inventory.revise("r", &more).unwrap(), revised);
        assert_eq!(
            (warehouse.free_units("mug"), warehouse.free_units("pen")),
            (0, 7)
        );

        assert_eq!(
            warehouse
                .inventory
                .revise("r", &lines([("mug", 11), ("pen", 1)])),
            Err(InventoryError::InsufficientStock {
                lines: vec![MockShortage {
                    sku: "mug".into(),
                    requested: 11,
                    available: 10
                }]
            })
        );
        assert_eq!(
            warehouse.inventory.revise("r", &lines([("hat", 1)])),
            Err(InventoryError::UnknownSku {
                skus: vec!["hat".into()]
            })
        );
        assert_eq!(
            (warehouse.free_units("mug"), warehouse.free_units("pen")),
            (0, 7)
        );
        let status = warehouse.inventory.find("r").unwrap().unwrap().status;
        assert_eq!(status == MockReservationStatus::Committed, committed);
    }
}

#[test]
fn an_unknown_reservation_cannot_be_committed_extended_or_revised() {
    let warehouse = Warehouse::with(&[("mug", 10)]);
    let missing = Err(InventoryError::NotFound { id: "r".into() });
    assert_eq!(warehouse.inventory.commit("r"), missing);
    assert_eq!(warehouse.inventory.extend("r", TTL), missing);
    assert_eq!(
        warehouse.inventory.revise("r", &lines([("mug", 1)])),
        missing
    );
}
