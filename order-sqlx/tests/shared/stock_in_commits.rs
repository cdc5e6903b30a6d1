//! What a store guarantees about the stock that its commits reserve, beyond the contract.

use futures::future::join_all;
use order_core::order::SkuQuantity;
use order_core::ports::{
    Change, CommitOutcome, Inventory as _, OrderStore as _, Product, StockReservation, StoreError,
};
use order_core::reference::Reference;
use order_core::value::{ReservationNo, StorefrontId};
use order_testing::builders::{at, call, noon, order_id, place, sku, units, usd};
use order_testing::{ManualClock, OrderHistory};
use sqlx::{AssertSqlSafe, Executor as _};
use std::sync::Arc;

use super::database::{BEGIN, Database, FAIL_ON_CUSTOMER, Store, StoreInventory, table};
use super::support::{applied, history};

fn id(number: u64) -> Reference {
    Reference::Reservation(order_id(number), ReservationNo::FIRST)
}

fn inventory(store: &Store) -> StoreInventory {
    StoreInventory::new(store, Arc::new(ManualClock::new(noon())))
}

async fn stock(store: &Store, name: &str, units: u32) {
    let product = Product::new(sku(name), None, usd(100), units);
    let storefront = StorefrontId::default();
    let inventory = inventory(store);
    inventory.put_product(&storefront, &product).await.unwrap();
}

async fn available(store: &Store, name: &str) -> u32 {
    let inventory = inventory(store);
    let found = inventory.products(&call("products"), &[sku(name)]).await;
    found.unwrap()[0].available
}

async fn is_reserved(store: &Store, number: u64) -> bool {
    let found = inventory(store).find(&call("find"), &id(number)).await;
    found.unwrap().is_some()
}

async fn is_stored(store: &Store, number: u64) -> bool {
    let found = store.find(&StorefrontId::default(), order_id(number)).await;
    found.unwrap().is_some()
}

/// Returns the next change of an order, which reserves these units.
fn reserving(history: &mut OrderHistory, lines: &[SkuQuantity]) -> Change {
    let mut change = history.change();
    let id = Reference::Reservation(history.id(), ReservationNo::FIRST);
    change.reserve = Some(StockReservation::new(id, lines.to_vec(), at(600)));
    change
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_buyers_of_ten_products_at_two_stores_none_oversells() {
    const BUYERS: u64 = 64;
    const ORDERS: u64 = 6;
    const STOCK: u32 = 50;
    let database = Database::new().await;
    let stores = [database.store().await, database.store().await];
    for product in 0..10 {
        stock(&stores[0], &format!("hot-{product}"), STOCK).await;
    }
    // More than there are: each order takes two units of one product and one of another.
    let lines = |number: u64| {
        [
            units(&format!("hot-{}", number * 7 % 10), 2),
            units(&format!("hot-{}", (number * 7 + 3) % 10), 1),
        ]
    };
    let buyers = (0..BUYERS).map(|buyer| {
        let store = stores[usize::from(buyer % 2 == 1)].clone();
        tokio::spawn(async move {
            let mut bought = Vec::new();
            for number in buyer * ORDERS..(buyer + 1) * ORDERS {
                let change = reserving(&mut history(number), &lines(number));
                match store.commit(change).await.unwrap() {
                    CommitOutcome::Applied => bought.push(number),
                    CommitOutcome::OutOfStock { shortages, unknown } => {
                        assert!(!shortages.is_empty() && unknown.is_empty());
                    }
                    other => unreachable!("{other:?}"),
                }
            }
            bought
        })
    });
    let mut bought = Vec::new();
    for buyer in join_all(buyers).await {
        bought.extend(buyer.unwrap());
    }
    let store = &stores[0];
    for product in 0..10 {
        let name = format!("hot-{product}");
        let sold: u32 = bought
            .iter()
            .flat_map(|number| lines(*number))
            .filter(|line| line.sku == sku(&name))
            .map(|line| line.quantity)
            .sum();
        let left = available(store, &name).await;
        assert_eq!(sold + left, STOCK, "{name}");
    }
    for number in 0..BUYERS * ORDERS {
        let is_bought = bought.contains(&number);
        assert_eq!(is_stored(store, number).await, is_bought, "{number}");
        assert_eq!(is_reserved(store, number).await, is_bought, "{number}");
    }
    assert!(bought.len() > 100, "{} were bought", bought.len());
}

#[tokio::test]
async fn an_order_that_the_database_refuses_reserves_nothing() {
    let database = Database::new().await;
    let store = database.store().await;
    stock(&store, "tea", 10).await;
    let mut connection = database.connection().await;
    connection.execute(FAIL_ON_CUSTOMER).await.unwrap();
    let mut histories: Vec<_> = (1..=5).map(history).collect();
    let refused = place().customer("refused").build();
    histories.push(OrderHistory::placed(6, refused, at(6)));
    let changes = histories
        .iter_mut()
        .map(|history| store.commit(reserving(history, &[units("tea", 1)])));
    let mut outcomes = join_all(changes.collect::<Vec<_>>()).await;
    let refused = outcomes.pop().unwrap();
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
    for outcome in outcomes {
        assert_eq!(outcome.unwrap(), CommitOutcome::Applied);
    }
    assert!(!is_reserved(&store, 6).await);
    assert_eq!(available(&store, "tea").await, 5);
}

#[tokio::test]
async fn a_reservation_that_the_database_refuses_stores_no_order() {
    let database = Database::new().await;
    let store = database.store().await;
    stock(&store, "tea", 10).await;
    let mut connection = database.connection().await;
    let (lines, hidden) = (table("reservation_lines"), table("hidden"));
    let mut rename = async |from: &str, to: &str| {
        // The new name has no schema.
        let to = to.rsplit('.').next().unwrap();
        let statement = format!("ALTER TABLE {from} RENAME TO {to}");
        connection.execute(AssertSqlSafe(statement)).await.unwrap();
    };
    rename(&lines, &hidden).await;
    let change = reserving(&mut history(1), &[units("tea", 1)]);
    let refused = store.commit(change.clone()).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
    assert!(!is_stored(&store, 1).await);
    rename(&hidden, &lines).await;
    assert!(!is_reserved(&store, 1).await);
    assert_eq!(available(&store, "tea").await, 10);
    applied(&store, change).await;
    assert_eq!(available(&store, "tea").await, 9);
}

#[tokio::test]
async fn a_transaction_of_the_host_decides_about_order_and_reservation() {
    let database = Database::new().await;
    let pool = database.pool().await;
    let store = Store::from_pool(pool.clone());
    store.migrate().await.unwrap();
    stock(&store, "tea", 10).await;
    let change = reserving(&mut history(1), &[units("tea", 4)]);
    let too_much = reserving(&mut history(2), &[units("tea", 7)]);

    let mut transaction = pool.begin_with(BEGIN).await.unwrap();
    let outcome = store.commit_in(&mut transaction, &change).await;
    assert_eq!(outcome.unwrap(), CommitOutcome::Applied);
    transaction.rollback().await.unwrap();
    assert!(!is_reserved(&store, 1).await);
    assert_eq!(available(&store, "tea").await, 10);

    let mut transaction = pool.begin_with(BEGIN).await.unwrap();
    let outcome = store.commit_in(&mut transaction, &change).await;
    assert_eq!(outcome.unwrap(), CommitOutcome::Applied);
    let outcome = store.commit_in(&mut transaction, &too_much).await;
    assert!(matches!(outcome, Ok(CommitOutcome::OutOfStock { .. })));
    transaction.commit().await.unwrap();
    assert!(is_stored(&store, 1).await && is_reserved(&store, 1).await);
    assert!(!is_stored(&store, 2).await && !is_reserved(&store, 2).await);
    assert_eq!(available(&store, "tea").await, 6);
}

#[tokio::test]
async fn units_that_are_not_summed_by_sku_are_refused() {
    let database = Database::new().await;
    let store = database.store().await;
    stock(&store, "tea", 10).await;
    let mut change = reserving(&mut history(1), &[units("tea", 4)]);
    change.reserve.as_mut().unwrap().lines.push(units("tea", 4));
    let refused = store.commit(change).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
    assert_eq!(available(&store, "tea").await, 10);
}

#[tokio::test]
async fn a_batch_that_is_short_as_a_whole_sells_what_there_is() {
    let database = Database::new().await;
    let store = database.store().await;
    stock(&store, "tea", 7).await;
    stock(&store, "pot", 100).await;
    let changes: Vec<_> = (1..=40)
        .map(|number| {
            let name = if number % 4 == 0 { "tea" } else { "pot" };
            reserving(&mut history(number), &[units(name, 1)])
        })
        .collect();
    let outcomes = join_all(changes.into_iter().map(|change| store.commit(change))).await;
    let refused = outcomes
        .into_iter()
        .filter(|outcome| *outcome.as_ref().unwrap() != CommitOutcome::Applied);
    assert_eq!(refused.count(), 3);
    assert_eq!(available(&store, "tea").await, 0);
    assert_eq!(available(&store, "pot").await, 70);
}
