//! Products are read from their files at each request.

use std::fs;

use order_mocks::inventory::InventoryError;

use super::fixture::{TTL, Warehouse, lines};

#[test]
fn a_new_file_is_a_new_product_and_a_raised_number_a_delivery() {
    let warehouse = Warehouse::with(&[]);
    let one_hat = lines([("hat", 1)]);
    assert_eq!(
        warehouse.inventory.reserve("r", &one_hat, TTL),
        Err(InventoryError::UnknownSku {
            skus: vec!["hat".into()]
        })
    );
    warehouse.deliver("hat", 1);
    warehouse.inventory.reserve("r", &one_hat, TTL).unwrap();
    assert!(warehouse.inventory.reserve("r2", &one_hat, TTL).is_err());
    warehouse.deliver("hat", 2);
    warehouse.inventory.reserve("r2", &one_hat, TTL).unwrap();
    // A number below the used units leaves nothing free, and breaks nothing.
    warehouse.deliver("hat", 0);
    assert_eq!(warehouse.free_units("hat"), 0);
    warehouse.inventory.release("r").unwrap();
    assert_eq!(warehouse.free_units("hat"), 0);
}

#[test]
fn an_unreadable_file_affects_its_product_alone() {
    let warehouse = Warehouse::with(&[("mug", 10)]);
    fs::write(
        warehouse.directory.path().join("pen.json"),
        r#"{"sku": "pen", "prise": 3}"#,
    )
    .unwrap();
    let error = warehouse
        .inventory
        .reserve("r", &lines([("pen", 1)]), TTL)
        .unwrap_err();
    let InventoryError::UnreadableFile(file) = error else {
        panic!("{error:?}")
    };
    assert!(file.reason().contains("prise"), "{}", file.reason());
    warehouse
        .inventory
        .reserve("r", &lines([("mug", 1)]), TTL)
        .unwrap();
    assert_eq!(warehouse.inventory.all_products().unwrap().len(), 1);
}
