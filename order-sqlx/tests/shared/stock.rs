//! What the stock in SQL promises beside the contract of its port, on each of the databases.
use order_core::order::SkuUnits;
use order_core::ports::{
    Inventory as _, OutsideErrorKind, Product, ReservationStatus, Reserve, ReserveOutcome,
    ReviseOutcome, StockOutcome,
};
use order_core::reference::Reference;
use order_core::testing::ManualClock;
use order_core::testing::builders::{
    at, call, call_at, noon, order_id, sku, storefront, units, usd,
};
use order_core::value::{ReservationNo, StorefrontId};
use std::sync::Arc;
use std::time::Duration;

use super::database::{Database, SqlInventory};

const TTL: Duration = Duration::from_secs(60);

fn id(number: u64) -> Reference {
    Reference::Reservation(order_id(number), ReservationNo::FIRST)
}

fn wish(number: u64, lines: &[SkuUnits]) -> Reserve {
    Reserve::new(id(number), lines.to_vec(), TTL)
}

struct Shop {
    clock: Arc<ManualClock>,
    stock: SqlInventory,
    _database: Database,
}

impl Shop {
    async fn with(products: &[(&str, u32)]) -> Self {
        let database = Database::new().await;
        let store = database.store().await;
        let clock = Arc::new(ManualClock::new(noon()));
        let stock = SqlInventory::new(&store, clock.clone());
        for (name, available) in products {
            let product = Product::new(sku(name), None, usd(100), *available);
            stock
                .put_product(&StorefrontId::default(), &product)
                .await
                .unwrap();
        }
        Self {
            clock,
            stock,
            _database: database,
        }
    }

    async fn reserve(&self, number: u64, lines: &[SkuUnits]) -> ReserveOutcome {
        self.stock
            .reserve(&call("reserve"), &wish(number, lines))
            .await
            .unwrap()
    }

    async fn available(&self, name: &str) -> u32 {
        let products = self.stock.products(&call("products"), &[sku(name)]).await;
        products.unwrap()[0].available
    }

    async fn status(&self, number: u64) -> ReservationStatus {
        let found = self.stock.find(&call("find"), &id(number)).await.unwrap();
        found.unwrap().status
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_never_oversold_by_reservations_side_by_side() {
    let shop = Arc::new(Shop::with(&[("tea", 50), ("pot", 20)]).await);
    let wishes: Vec<_> = (1..=100_u64)
        .map(|number| {
            let shop = Arc::clone(&shop);
            tokio::spawn(async move {
                let lines = if number % 2 == 0 {
                    vec![units("tea", 1), units("pot", 1)]
                } else {
                    vec![units("pot", 1), units("tea", 2)]
                };
                let outcome = shop.reserve(number, &lines).await;
                matches!(outcome, ReserveOutcome::Reserved { .. }).then_some(lines)
            })
        })
        .collect();
    let (mut tea, mut pots) = (0, 0);
    for wish in wishes {
        for line in wish.await.unwrap().into_iter().flatten() {
            if line.sku == sku("tea") {
                tea += line.quantity;
            } else {
                pots += line.quantity;
            }
        }
    }
    assert_eq!(pots, 20);
    assert_eq!(shop.available("pot").await, 0);
    assert_eq!(tea + shop.available("tea").await, 50);
}

#[tokio::test]
async fn what_has_lapsed_goes_to_whoever_wants_it_next() {
    let shop = Shop::with(&[("tea", 3)]).await;
    shop.reserve(1, &[units("tea", 2)]).await;
    assert!(matches!(
        shop.reserve(2, &[units("tea", 2)]).await,
        ReserveOutcome::Insufficient { .. }
    ));
    shop.clock.set(at(60));
    assert!(matches!(
        shop.reserve(2, &[units("tea", 3)]).await,
        ReserveOutcome::Reserved { .. }
    ));
    assert_eq!(shop.status(1).await, ReservationStatus::Expired);
    assert_eq!(
        shop.reserve(1, &[units("tea", 2)]).await,
        ReserveOutcome::Gone
    );
    let late = shop.stock.commit(&call("commit"), &id(1)).await.unwrap();
    assert_eq!(late, StockOutcome::Gone);
    assert_eq!(shop.available("tea").await, 0);
}

#[tokio::test]
async fn a_reservation_that_has_lapsed_is_not_committed_although_nobody_has_swept() {
    let shop = Shop::with(&[("tea", 3)]).await;
    shop.reserve(1, &[units("tea", 2)]).await;
    shop.clock.set(at(60));
    let late = shop.stock.commit(&call("commit"), &id(1)).await.unwrap();
    assert_eq!(late, StockOutcome::Gone);
    assert_eq!(shop.available("tea").await, 3);
    shop.stock.release(&call("release"), &id(1)).await.unwrap();
    assert_eq!(shop.available("tea").await, 3);
}

#[tokio::test]
async fn a_sweep_gives_back_what_has_lapsed_in_batches() {
    let shop = Shop::with(&[("tea", 10)]).await;
    for number in 1..=5 {
        shop.reserve(number, &[units("tea", 1)]).await;
    }
    shop.stock.commit(&call("commit"), &id(5)).await.unwrap();
    assert_eq!(shop.stock.sweep(10).await.unwrap(), 0);
    shop.clock.set(at(61));
    let given_back = async || {
        let listed = shop
            .stock
            .list_products(&StorefrontId::default(), None, 1)
            .await;
        listed.unwrap()[0].available
    };
    assert_eq!(shop.stock.sweep(3).await.unwrap(), 3);
    assert_eq!(given_back().await, 8);
    assert_eq!(shop.available("tea").await, 9);
    assert_eq!(shop.stock.sweep(3).await.unwrap(), 1);
    assert_eq!(shop.stock.sweep(3).await.unwrap(), 0);
    assert_eq!(given_back().await, 9);
    assert_eq!(shop.available("tea").await, 9);
}

#[tokio::test]
async fn a_revision_sets_aside_or_gives_back_the_difference_only() {
    let shop = Shop::with(&[("tea", 10), ("pot", 5)]).await;
    shop.reserve(1, &[units("tea", 4)]).await;
    for committed in [false, true] {
        let revise = async |lines: &[SkuUnits]| {
            shop.stock
                .revise(&call("revise"), &id(1), lines)
                .await
                .unwrap()
        };
        assert_eq!(revise(&[units("tea", 4)]).await, ReviseOutcome::Revised);
        assert_eq!(shop.available("tea").await, 6);
        assert_eq!(
            revise(&[units("tea", 10), units("pot", 5)]).await,
            ReviseOutcome::Revised
        );
        assert_eq!(
            (shop.available("tea").await, shop.available("pot").await),
            (0, 0)
        );
        assert!(matches!(
            revise(&[units("tea", 11)]).await,
            ReviseOutcome::Insufficient { .. }
        ));
        assert_eq!(
            (shop.available("tea").await, shop.available("pot").await),
            (0, 0)
        );
        assert_eq!(revise(&[units("tea", 4)]).await, ReviseOutcome::Revised);
        assert_eq!(
            (shop.available("tea").await, shop.available("pot").await),
            (6, 5)
        );
        if !committed {
            shop.stock.commit(&call("commit"), &id(1)).await.unwrap();
        }
    }
    shop.stock.release(&call("release"), &id(1)).await.unwrap();
    shop.stock.release(&call("release"), &id(1)).await.unwrap();
    assert_eq!(shop.available("tea").await, 10);
}

#[tokio::test]
async fn a_release_that_comes_first_leaves_a_mark() {
    let shop = Shop::with(&[("tea", 10)]).await;
    shop.stock.release(&call("release"), &id(1)).await.unwrap();
    assert_eq!(
        shop.reserve(1, &[units("tea", 1)]).await,
        ReserveOutcome::Gone
    );
    assert_eq!(shop.available("tea").await, 10);
}

#[tokio::test]
async fn storefronts_have_stock_of_their_own() {
    let shop = Shop::with(&[("tea", 10)]).await;
    let other = storefront("other");
    let foreign = shop
        .stock
        .reserve(&call_at(&other, "k"), &wish(1, &[units("tea", 1)]))
        .await
        .unwrap();
    assert_eq!(
        foreign,
        ReserveOutcome::UnknownSkus {
            skus: vec![sku("tea")]
        }
    );
    let tea = Product::new(sku("tea"), None, usd(90), 1);
    assert!(shop.stock.add_product(&other, &tea).await.unwrap());
    assert!(!shop.stock.add_product(&other, &tea).await.unwrap());
    assert!(matches!(
        shop.stock
            .reserve(&call_at(&other, "k"), &wish(1, &[units("tea", 1)]))
            .await
            .unwrap(),
        ReserveOutcome::Reserved { .. }
    ));
    assert_eq!(shop.available("tea").await, 10);
    assert_eq!(
        shop.stock.restock(&other, &sku("tea"), 4).await.unwrap(),
        Some(4)
    );
    assert_eq!(
        shop.stock.restock(&other, &sku("ore"), 4).await.unwrap(),
        None
    );
    let listed = shop.stock.list_products(&other, None, 10).await.unwrap();
    assert_eq!(listed, [Product::new(sku("tea"), None, usd(90), 4)]);
    let behind = shop
        .stock
        .list_products(&other, Some(&sku("tea")), 10)
        .await;
    assert_eq!(behind.unwrap(), []);
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_given() {
    let shop = Shop::with(&[("tea", 10)]).await;
    let mut late = call("late");
    late.deadline = noon();
    let error = shop
        .stock
        .reserve(&late, &wish(1, &[units("tea", 1)]))
        .await
        .unwrap_err();
    assert_eq!(
        error.kind,
        OutsideErrorKind::Unavailable { retry_after: None }
    );
    assert_eq!(shop.available("tea").await, 10);
}

#[tokio::test]
async fn what_is_over_is_forgotten_in_batches_and_what_is_taken_is_kept() {
    let shop = Shop::with(&[("tea", 10)]).await;
    for number in 1..=6 {
        shop.reserve(number, &[units("tea", 1)]).await;
    }
    shop.stock.commit(&call("commit"), &id(5)).await.unwrap();
    for number in [1, 2, 9] {
        shop.stock
            .release(&call("release"), &id(number))
            .await
            .unwrap();
    }
    shop.clock.set(at(61));
    assert_eq!(shop.stock.sweep(10).await.unwrap(), 3);
    assert_eq!(shop.stock.purge(at(59), 10).await.unwrap(), 0);
    assert_eq!(shop.stock.purge(at(60), 3).await.unwrap(), 3);
    assert_eq!(shop.stock.purge(at(60), 3).await.unwrap(), 2);
    assert_eq!(shop.stock.purge(at(60), 3).await.unwrap(), 0);
    for (number, kept) in [
        (1, None),
        (6, None),
        (5, Some(ReservationStatus::Committed)),
        // It came before what it keeps from being made, which may still come.
        (9, Some(ReservationStatus::Released)),
    ] {
        let found = shop.stock.find(&call("find"), &id(number)).await.unwrap();
        assert_eq!(found.map(|found| found.status), kept, "{number}");
    }
    assert_eq!(shop.available("tea").await, 9);
}
