//! What the inventory guarantees beyond the contract of its port, on each database.
use order_core::order::SkuQuantity;
use order_core::ports::{
    Inventory as _, Product, ReserveOutcome, ReserveRequest, ReviseOutcome, ServiceErrorKind,
    StockOutcome, StoredReservationStatus,
};
use order_core::reference::Reference;
use order_core::value::{ReservationNo, StorefrontId};
use order_testing::ManualClock;
use order_testing::builders::{at, call, call_at, noon, order_id, sku, storefront, units, usd};
use std::sync::Arc;
use std::time::Duration;

use super::database::{Database, StoreInventory};

const TTL: Duration = Duration::from_secs(60);

fn id(number: u64) -> Reference {
    Reference::Reservation(order_id(number), ReservationNo::FIRST)
}

fn request(number: u64, lines: &[SkuQuantity]) -> ReserveRequest {
    ReserveRequest::new(id(number), lines.to_vec(), TTL)
}

struct Shop {
    clock: Arc<ManualClock>,
    inventory: StoreInventory,
    _database: Database,
}

impl Shop {
    async fn with(products: &[(&str, u32)]) -> Self {
        let database = Database::new().await;
        let store = database.store().await;
        let clock = Arc::new(ManualClock::new(noon()));
        let inventory = StoreInventory::new(&store, clock.clone());
        for (name, available) in products {
            let product = Product::new(sku(name), None, usd(100), *available);
            inventory
                .put_product(&StorefrontId::default(), &product)
                .await
                .unwrap();
        }
        Self {
            clock,
            inventory,
            _database: database,
        }
    }

    async fn reserve(&self, number: u64, lines: &[SkuQuantity]) -> ReserveOutcome {
        self.inventory
            .reserve(&call("reserve"), &request(number, lines))
            .await
            .unwrap()
    }

    async fn available(&self, name: &str) -> u32 {
        let products = self
            .inventory
            .products(&call("products"), &[sku(name)])
            .await;
        products.unwrap()[0].available
    }

    async fn status(&self, number: u64) -> StoredReservationStatus {
        let found = self
            .inventory
            .find(&call("find"), &id(number))
            .await
            .unwrap();
        found.unwrap().status
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_reservations_never_oversell() {
    let shop = Arc::new(Shop::with(&[("tea", 50), ("pot", 20)]).await);
    let requests: Vec<_> = (1..=100_u64)
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
    for request in requests {
        for line in request.await.unwrap().into_iter().flatten() {
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
async fn an_expired_reservation_frees_its_units_for_the_next_request() {
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
    assert_eq!(shop.status(1).await, StoredReservationStatus::Expired);
    assert_eq!(
        shop.reserve(1, &[units("tea", 2)]).await,
        ReserveOutcome::Gone
    );
    let late = shop
        .inventory
        .commit(&call("commit"), &id(1))
        .await
        .unwrap();
    assert_eq!(late, StockOutcome::Gone);
    assert_eq!(shop.available("tea").await, 0);
}

#[tokio::test]
async fn an_expired_reservation_cannot_be_committed_even_before_a_sweep() {
    let shop = Shop::with(&[("tea", 3)]).await;
    shop.reserve(1, &[units("tea", 2)]).await;
    shop.clock.set(at(60));
    let late = shop
        .inventory
        .commit(&call("commit"), &id(1))
        .await
        .unwrap();
    assert_eq!(late, StockOutcome::Gone);
    assert_eq!(shop.available("tea").await, 3);
    shop.inventory
        .release(&call("release"), &id(1))
        .await
        .unwrap();
    assert_eq!(shop.available("tea").await, 3);
}

#[tokio::test]
async fn a_sweep_returns_expired_units_in_batches() {
    let shop = Shop::with(&[("tea", 10)]).await;
    for number in 1..=5 {
        shop.reserve(number, &[units("tea", 1)]).await;
    }
    shop.inventory
        .commit(&call("commit"), &id(5))
        .await
        .unwrap();
    assert_eq!(shop.inventory.sweep(10).await.unwrap(), 0);
    shop.clock.set(at(61));
    let given_back = async || {
        let listed = shop
            .inventory
            .list_products(&StorefrontId::default(), None, 1)
            .await;
        listed.unwrap()[0].available
    };
    assert_eq!(shop.inventory.sweep(3).await.unwrap(), 3);
    assert_eq!(given_back().await, 8);
    assert_eq!(shop.available("tea").await, 9);
    assert_eq!(shop.inventory.sweep(3).await.unwrap(), 1);
    assert_eq!(shop.inventory.sweep(3).await.unwrap(), 0);
    assert_eq!(given_back().await, 9);
    assert_eq!(shop.available("tea").await, 9);
}

#[tokio::test]
async fn a_revision_reserves_or_returns_the_difference_only() {
    let shop = Shop::with(&[("tea", 10), ("pot", 5)]).await;
    shop.reserve(1, &[units("tea", 4)]).await;
    for committed in [false, true] {
        let revise = async |lines: &[SkuQuantity]| {
            shop.inventory
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
            shop.inventory
                .commit(&call("commit"), &id(1))
                .await
                .unwrap();
        }
    }
    shop.inventory
        .release(&call("release"), &id(1))
        .await
        .unwrap();
    shop.inventory
        .release(&call("release"), &id(1))
        .await
        .unwrap();
    assert_eq!(shop.available("tea").await, 10);
}

#[tokio::test]
async fn a_release_before_its_reserve_is_remembered() {
    let shop = Shop::with(&[("tea", 10)]).await;
    shop.inventory
        .release(&call("release"), &id(1))
        .await
        .unwrap();
    assert_eq!(
        shop.reserve(1, &[units("tea", 1)]).await,
        ReserveOutcome::Gone
    );
    assert_eq!(shop.available("tea").await, 10);
}

#[tokio::test]
async fn each_storefront_has_stock_of_its_own() {
    let shop = Shop::with(&[("tea", 10)]).await;
    let other = storefront("other");
    let foreign = shop
        .inventory
        .reserve(&call_at(&other, "k"), &request(1, &[units("tea", 1)]))
        .await
        .unwrap();
    assert_eq!(
        foreign,
        ReserveOutcome::UnknownSkus {
            skus: vec![sku("tea")]
        }
    );
    let tea = Product::new(sku("tea"), None, usd(90), 1);
    assert!(shop.inventory.add_product(&other, &tea).await.unwrap());
    assert!(!shop.inventory.add_product(&other, &tea).await.unwrap());
    assert!(matches!(
        shop.inventory
            .reserve(&call_at(&other, "k"), &request(1, &[units("tea", 1)]))
            .await
            .unwrap(),
        ReserveOutcome::Reserved { .. }
    ));
    assert_eq!(shop.available("tea").await, 10);
    assert_eq!(
        shop.inventory
            .restock(&other, &sku("tea"), 4)
            .await
            .unwrap(),
        Some(4)
    );
    assert_eq!(
        shop.inventory
            .restock(&other, &sku("ore"), 4)
            .await
            .unwrap(),
        None
    );
    let listed = shop
        .inventory
        .list_products(&other, None, 10)
        .await
        .unwrap();
    assert_eq!(listed, [Product::new(sku("tea"), None, usd(90), 4)]);
    let behind = shop
        .inventory
        .list_products(&other, Some(&sku("tea")), 10)
        .await;
    assert_eq!(behind.unwrap(), []);
}

#[tokio::test]
async fn a_call_past_its_deadline_is_unavailable_and_reserves_nothing() {
    let shop = Shop::with(&[("tea", 10)]).await;
    let mut late = call("late");
    late.deadline = noon();
    let error = shop
        .inventory
        .reserve(&late, &request(1, &[units("tea", 1)]))
        .await
        .unwrap_err();
    assert_eq!(
        error.kind,
        ServiceErrorKind::Unavailable { retry_after: None }
    );
    assert_eq!(shop.available("tea").await, 10);
}

#[tokio::test]
async fn ended_reservations_are_purged_in_batches_and_committed_ones_are_kept() {
    let shop = Shop::with(&[("tea", 10)]).await;
    for number in 1..=6 {
        shop.reserve(number, &[units("tea", 1)]).await;
    }
    shop.inventory
        .commit(&call("commit"), &id(5))
        .await
        .unwrap();
    for number in [1, 2, 9] {
        shop.inventory
            .release(&call("release"), &id(number))
            .await
            .unwrap();
    }
    shop.clock.set(at(61));
    assert_eq!(shop.inventory.sweep(10).await.unwrap(), 3);
    assert_eq!(
        shop.inventory.purge_reservations(at(59), 10).await.unwrap(),
        0
    );
    assert_eq!(
        shop.inventory.purge_reservations(at(60), 3).await.unwrap(),
        3
    );
    assert_eq!(
        shop.inventory.purge_reservations(at(60), 3).await.unwrap(),
        2
    );
    assert_eq!(
        shop.inventory.purge_reservations(at(60), 3).await.unwrap(),
        0
    );
    for (number, kept) in [
        (1, None),
        (6, None),
        (5, Some(StoredReservationStatus::Committed)),
        // It was released before it was made; the late reserve may still come.
        (9, Some(StoredReservationStatus::Released)),
    ] {
        let found = shop
            .inventory
            .find(&call("find"), &id(number))
            .await
            .unwrap();
        assert_eq!(found.map(|found| found.status), kept, "{number}");
    }
    assert_eq!(shop.available("tea").await, 9);
}
