use std::fs;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use tempfile::TempDir;

use super::*;

const TTL: Duration = Duration::from_secs(900);

/// An inventory over a folder of its own, and a clock that stands still until told.
struct Stock {
    inventory: Inventory,
    folder: TempDir,
    seconds: Arc<AtomicI64>,
}

impl Stock {
    fn of(products: &[(&str, u32)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let seconds = Arc::new(AtomicI64::new(1_700_000_000));
        let read = Arc::clone(&seconds);
        let now =
            Now::from_fn(move || DateTime::from_timestamp(read.load(Ordering::SeqCst), 0).unwrap());
        let stock = Self {
            inventory: Inventory::new(folder.path(), now),
            folder,
            seconds,
        };
        for (sku, available) in products {
            stock.deliver(sku, *available);
        }
        stock
    }

    /// Writes the product's file.
    fn deliver(&self, sku: &str, available: u32) {
        let product = Product {
            sku: sku.to_owned(),
            name: format!("The {sku}"),
            unit_price: 1999,
            currency: "USD".to_owned(),
            available,
        };
        let path = self.folder.path().join(format!("{sku}.json"));
        fs::write(path, serde_json::to_vec(&product).unwrap()).unwrap();
    }

    fn pass(&self, time: Duration) {
        let seconds = i64::try_from(time.as_secs()).unwrap();
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    fn free(&self, sku: &str) -> u32 {
        self.inventory.products(&[sku]).unwrap()[0].available
    }
}

fn lines<const N: usize>(lines: [(&str, u32); N]) -> Vec<Line> {
    lines
        .into_iter()
        .map(|(sku, quantity)| Line::new(sku, quantity))
        .collect()
}

#[test]
fn parallel_reserves_never_sell_more_than_there_is() {
    let stock = Stock::of(&[("mug", 100)]);
    let sold = AtomicUsize::new(0);
    thread::scope(|scope| {
        for worker in 0..16 {
            let (stock, sold) = (&stock, &sold);
            scope.spawn(move || {
                for n in 0..25 {
                    let id = format!("r-{worker}-{n}");
                    match stock.inventory.reserve(&id, &lines([("mug", 1)]), TTL) {
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
    assert_eq!(stock.free("mug"), 0);
}

#[test]
fn parallel_tries_of_one_reserve_take_its_units_once() {
    const TRIES: usize = 8;
    let stock = Stock::of(&[("mug", 100)]);
    for round in 0..50 {
        let id = format!("r-{round}");
        let start = Barrier::new(TRIES);
        thread::scope(|scope| {
            for _ in 0..TRIES {
                scope.spawn(|| {
                    start.wait();
                    stock
                        .inventory
                        .reserve(&id, &lines([("mug", 2)]), TTL)
                        .unwrap();
                });
            }
        });
    }
    assert_eq!(stock.free("mug"), 0);
}

#[test]
fn whatever_happens_at_once_free_and_kept_units_add_up() {
    let stock = Stock::of(&[("mug", 40), ("pen", 40)]);
    thread::scope(|scope| {
        for worker in 0..8 {
            let inventory = &stock.inventory;
            scope.spawn(move || {
                for n in 0..30 {
                    let id = format!("r-{}", (worker + n) % 12);
                    // Refusals are part of it.
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
    let kept = |sku: &str| -> u32 {
        let ids = (0..12).flat_map(|id| {
            let alone = std::iter::once(format!("r-{id}"));
            alone.chain((0..30).map(move |n| format!("r-{id}-{n}")))
        });
        let found = ids.filter_map(|id| stock.inventory.find(&id).unwrap());
        let lines = found.flat_map(|found| found.lines);
        lines
            .filter(|line| line.sku == sku)
            .map(|line| line.quantity)
            .sum()
    };
    for sku in ["mug", "pen"] {
        let kept = kept(sku);
        assert!(kept > 0 && kept <= 40, "{kept} of 40 {sku}");
        assert_eq!(stock.free(sku), 40 - kept, "{sku}");
    }
}

#[test]
fn a_reservation_takes_all_its_lines_or_none() {
    let stock = Stock::of(&[("mug", 5), ("pen", 1)]);
    let asked = lines([("mug", 2), ("pen", 2)]);
    assert_eq!(
        stock.inventory.reserve("r", &asked, TTL),
        Err(InventoryError::InsufficientStock {
            lines: vec![Shortage {
                sku: "pen".into(),
                requested: 2,
                available: 1
            }]
        })
    );
    assert_eq!((stock.free("mug"), stock.free("pen")), (5, 1));
    assert_eq!(stock.inventory.find("r").unwrap(), None);
}

#[test]
fn lines_of_one_product_count_together() {
    let stock = Stock::of(&[("mug", 3)]);
    let twice = lines([("mug", 2), ("mug", 2)]);
    assert!(stock.inventory.reserve("r", &twice, TTL).is_err());
    let overflow = lines([("mug", u32::MAX), ("mug", u32::MAX)]);
    assert!(matches!(
        stock.inventory.reserve("r", &overflow, TTL),
        Err(InventoryError::Invalid(_))
    ));
}

#[test]
fn the_same_reserve_again_gets_the_same_answer() {
    let stock = Stock::of(&[("mug", 10)]);
    let first = stock
        .inventory
        .reserve("r", &lines([("mug", 4)]), TTL)
        .unwrap();
    stock.pass(Duration::from_secs(60));
    assert_eq!(
        stock.inventory.reserve("r", &lines([("mug", 4)]), TTL),
        Ok(first)
    );
    assert_eq!(stock.free("mug"), 6);
    assert_eq!(
        stock.inventory.reserve("r", &lines([("mug", 5)]), TTL),
        Err(InventoryError::Differs { id: "r".into() })
    );
    // Neither a revision nor a commit in between makes the late duplicate take anything.
    stock.inventory.revise("r", &lines([("mug", 2)])).unwrap();
    stock.inventory.commit("r").unwrap();
    let late = stock
        .inventory
        .reserve("r", &lines([("mug", 4)]), TTL)
        .unwrap();
    assert_eq!(late.lines, lines([("mug", 2)]));
    assert_eq!(stock.free("mug"), 8);
}

#[test]
fn a_reserve_that_comes_after_its_release_takes_nothing() {
    let stock = Stock::of(&[("mug", 10)]);
    let released = stock.inventory.release("r").unwrap();
    assert_eq!(
        (released.status, released.lines),
        (ReservationStatus::Released, vec![])
    );
    assert_eq!(
        stock.inventory.reserve("r", &lines([("mug", 4)]), TTL),
        Err(InventoryError::Gone {
            id: "r".into(),
            status: ReservationStatus::Released
        })
    );
    assert_eq!(stock.free("mug"), 10);
}

#[test]
fn a_hold_expires_and_its_units_go_back_once() {
    let stock = Stock::of(&[("mug", 10)]);
    stock
        .inventory
        .reserve("r", &lines([("mug", 4)]), TTL)
        .unwrap();
    stock.pass(TTL - Duration::from_secs(1));
    assert_eq!(stock.free("mug"), 6);
    stock.pass(Duration::from_secs(1));
    assert_eq!(stock.free("mug"), 10);
    let gone = Err(InventoryError::Gone {
        id: "r".into(),
        status: ReservationStatus::Expired,
    });
    assert_eq!(stock.inventory.commit("r"), gone);
    assert_eq!(stock.inventory.extend("r", TTL), gone);
    assert_eq!(stock.inventory.revise("r", &lines([("mug", 1)])), gone);
    assert_eq!(
        stock.inventory.reserve("r", &lines([("mug", 4)]), TTL),
        gone
    );
    stock.inventory.release("r").unwrap();
    assert_eq!(stock.free("mug"), 10);
}

#[test]
fn an_extended_hold_lasts_longer_and_never_shorter() {
    let stock = Stock::of(&[("mug", 10)]);
    let first = stock
        .inventory
        .reserve("r", &lines([("mug", 4)]), TTL)
        .unwrap();
    let same = stock.inventory.extend("r", Duration::from_secs(1)).unwrap();
    assert_eq!(same.expires_at, first.expires_at);
    stock.inventory.extend("r", TTL * 2).unwrap();
    stock.pass(TTL);
    assert_eq!(stock.free("mug"), 6);
    stock.pass(TTL);
    assert_eq!(stock.free("mug"), 10);
}

#[test]
fn a_committed_reservation_does_not_expire() {
    let stock = Stock::of(&[("mug", 10)]);
    stock
        .inventory
        .reserve("r", &lines([("mug", 4)]), TTL)
        .unwrap();
    stock.inventory.commit("r").unwrap();
    stock.inventory.extend("r", TTL).unwrap();
    stock.pass(TTL * 10);
    assert_eq!(
        stock.inventory.commit("r").unwrap().status,
        ReservationStatus::Committed
    );
    assert_eq!(stock.free("mug"), 6);
}

#[test]
fn a_revision_gives_back_what_is_less_and_takes_what_is_more() {
    for committed in [false, true] {
        let stock = Stock::of(&[("mug", 10), ("pen", 10)]);
        stock
            .inventory
            .reserve("r", &lines([("mug", 4), ("pen", 2)]), TTL)
            .unwrap();
        if committed {
            stock.inventory.commit("r").unwrap();
        }
        let fewer = stock.inventory.revise("r", &lines([("mug", 1)])).unwrap();
        assert_eq!(fewer.lines, lines([("mug", 1)]));
        assert_eq!((stock.free("mug"), stock.free("pen")), (9, 10));

        let more = lines([("mug", 10), ("pen", 3)]);
        let revised = stock.inventory.revise("r", &more).unwrap();
        assert_eq!(stock.inventory.revise("r", &more).unwrap(), revised);
        assert_eq!((stock.free("mug"), stock.free("pen")), (0, 7));

        assert_eq!(
            stock
                .inventory
                .revise("r", &lines([("mug", 11), ("pen", 1)])),
            Err(InventoryError::InsufficientStock {
                lines: vec![Shortage {
                    sku: "mug".into(),
                    requested: 11,
                    available: 10
                }]
            })
        );
        assert_eq!(
            stock.inventory.revise("r", &lines([("hat", 1)])),
            Err(InventoryError::UnknownSku {
                skus: vec!["hat".into()]
            })
        );
        assert_eq!((stock.free("mug"), stock.free("pen")), (0, 7));
        let status = stock.inventory.find("r").unwrap().unwrap().status;
        assert_eq!(status == ReservationStatus::Committed, committed);
    }
}

#[test]
fn a_release_puts_back_what_was_held_or_committed_once() {
    for committed in [false, true] {
        let stock = Stock::of(&[("mug", 10)]);
        stock
            .inventory
            .reserve("r", &lines([("mug", 4)]), TTL)
            .unwrap();
        if committed {
            stock.inventory.commit("r").unwrap();
        }
        stock.inventory.release("r").unwrap();
        assert_eq!(stock.free("mug"), 10);
        stock
            .inventory
            .reserve("other", &lines([("mug", 10)]), TTL)
            .unwrap();
        stock.inventory.release("r").unwrap();
        assert_eq!(stock.free("mug"), 0);
        assert!(matches!(
            stock.inventory.commit("r"),
            Err(InventoryError::Gone { .. })
        ));
        // Nor does its time running out put anything back a second time.
        stock.inventory.commit("other").unwrap();
        stock.pass(TTL);
        assert_eq!(stock.free("mug"), 0);
        assert_eq!(
            stock.inventory.find("r").unwrap().unwrap().status,
            ReservationStatus::Released
        );
    }
}

#[test]
fn what_was_never_reserved_cannot_be_committed_extended_or_revised() {
    let stock = Stock::of(&[("mug", 10)]);
    let missing = Err(InventoryError::NotFound { id: "r".into() });
    assert_eq!(stock.inventory.commit("r"), missing);
    assert_eq!(stock.inventory.extend("r", TTL), missing);
    assert_eq!(stock.inventory.revise("r", &lines([("mug", 1)])), missing);
}

#[test]
fn a_new_file_is_a_new_product_and_a_raised_number_a_delivery() {
    let stock = Stock::of(&[]);
    let one_hat = lines([("hat", 1)]);
    assert_eq!(
        stock.inventory.reserve("r", &one_hat, TTL),
        Err(InventoryError::UnknownSku {
            skus: vec!["hat".into()]
        })
    );
    stock.deliver("hat", 1);
    stock.inventory.reserve("r", &one_hat, TTL).unwrap();
    assert!(stock.inventory.reserve("r2", &one_hat, TTL).is_err());
    stock.deliver("hat", 2);
    stock.inventory.reserve("r2", &one_hat, TTL).unwrap();
    // A number below what is taken leaves nothing free, and breaks nothing.
    stock.deliver("hat", 0);
    assert_eq!(stock.free("hat"), 0);
    stock.inventory.release("r").unwrap();
    assert_eq!(stock.free("hat"), 0);
}

#[test]
fn a_bad_file_is_an_outage_of_its_product_alone() {
    let stock = Stock::of(&[("mug", 10)]);
    fs::write(
        stock.folder.path().join("pen.json"),
        r#"{"sku": "pen", "prise": 3}"#,
    )
    .unwrap();
    let error = stock
        .inventory
        .reserve("r", &lines([("pen", 1)]), TTL)
        .unwrap_err();
    let InventoryError::BadFile(file) = error else {
        panic!("{error:?}")
    };
    assert!(file.reason().contains("prise"), "{}", file.reason());
    stock
        .inventory
        .reserve("r", &lines([("mug", 1)]), TTL)
        .unwrap();
    assert_eq!(stock.inventory.all_products().unwrap().len(), 1);
}

#[test]
fn a_request_that_makes_no_sense_is_refused() {
    let stock = Stock::of(&[("mug", 10)]);
    let reserve = |id: &str, lines: &[Line], ttl| {
        matches!(
            stock.inventory.reserve(id, lines, ttl),
            Err(InventoryError::Invalid(_))
        )
    };
    assert!(reserve("", &lines([("mug", 1)]), TTL));
    assert!(reserve("r\n", &lines([("mug", 1)]), TTL));
    assert!(reserve("r", &[], TTL));
    assert!(reserve("r", &lines([("mug", 0)]), TTL));
    assert!(reserve("r", &lines([("mug", 1)]), Duration::ZERO));
    assert!(reserve("r", &lines([("mug", 1)]), Duration::MAX));
    assert!(reserve("r", &vec![Line::new("mug", 1); 501], TTL));
    assert_eq!(stock.free("mug"), 10);
}
