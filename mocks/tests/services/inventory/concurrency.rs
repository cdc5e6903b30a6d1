//! Concurrent requests never reserve more than there is.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use order_mocks::inventory::InventoryError;

use super::fixture::{TTL, Warehouse, lines};

#[test]
fn concurrent_reserves_never_exceed_the_stock() {
    let warehouse = Warehouse::with(&[("mug", 100)]);
    let sold = AtomicUsize::new(0);
    thread::scope(|scope| {
        for worker in 0..16 {
            let (warehouse, sold) = (&warehouse, &sold);
            scope.spawn(move || {
                for n in 0..25 {
                    let id = format!("r-{worker}-{n}");
                    match warehouse.inventory.reserve(&id, &lines([("mug", 1)]), TTL) {
                        Ok(_) => sold.fetch_add(1, Ordering::SeqCst),
                        Err(error) => {
                            assert!(matches!(error, InventoryError::InsufficientStock { .. }));
                            0
                        }
                    };
                }
            });
        }
    });
    assert_eq!(sold.into_inner(), 100);
    assert_eq!(warehouse.free_units("mug"), 0);
}

#[test]
fn concurrent_retries_of_one_reserve_use_its_units_once() {
    const TRIES: usize = 8;
    let warehouse = Warehouse::with(&[("mug", 100)]);
    for round in 0..50 {
        let id = format!("r-{round}");
        let start = Barrier::new(TRIES);
        thread::scope(|scope| {
            for _ in 0..TRIES {
                scope.spawn(|| {
                    start.wait();
                    warehouse
                        .inventory
                        .reserve(&id, &lines([("mug", 2)]), TTL)
                        .unwrap();
                });
            }
        });
    }
    assert_eq!(warehouse.free_units("mug"), 0);
}

#[test]
fn free_and_reserved_units_add_up_under_concurrency() {
    let warehouse = Warehouse::with(&[("mug", 40), ("pen", 40)]);
    thread::scope(|scope| {
        for worker in 0..8 {
            let inventory = &warehouse.inventory;
            scope.spawn(move || {
                for n in 0..30 {
                    let id = format!("r-{}", (worker + n) % 12);
                    // Refusals are expected.
                    let _ = match (worker * 7 + n) % 5 {
                        0 => inventory.reserve(&id, &lines([("mug", 3), ("pen", 1)]), TTL),
                        1 => inventory.revise(&id, &lines([("mug", 1), ("pen", 6)])),
                        2 => inventory.revise(&id, &lines([("mug", 9)])),
                        3 => inventory.commit(&id),
                        _ => inventory.reserve(&format!("{id}-{n}"), &lines([("pen", 2)]), TTL),
                    };
                }
            });
        }
    });
    let reserved = |sku: &str| -> u32 {
        let ids = (0..12).flat_map(|id| {
            let alone = std::iter::once(format!("r-{id}"));
            alone.chain((0..30).map(move |n| format!("r-{id}-{n}")))
        });
        let found = ids.filter_map(|id| warehouse.inventory.find(&id).unwrap());
        let lines = found.flat_map(|found| found.lines);
        lines
            .filter(|line| line.sku == sku)
            .map(|line| line.quantity)
            .sum()
    };
    for sku in ["mug", "pen"] {
        let reserved = reserved(sku);
        assert!(reserved > 0 && reserved <= 40, "{reserved} of 40 {sku}");
        assert_eq!(warehouse.free_units(sku), 40 - reserved, "{sku}");
    }
}
