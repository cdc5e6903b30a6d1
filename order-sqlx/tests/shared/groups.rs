//! What many callers write at the same time goes out together, and each is answered for itself.
//!
//! Everything that is asked for here is in line before the first of it is written: these tests have
//! one thread, and ask for all before they wait for any.

use futures::future::join_all;
use order_core::event::Happening;
use order_core::ports::{
    Change, CommitOutcome, Inventory as _, KeyChange, KeyRecord, OrderStore as _, Product, Receipt,
    Reserve, ReserveOutcome, ScopedKey, StoreError,
};
use order_core::reference::Reference;
use order_core::testing::ManualClock;
use order_core::testing::builders::{
    at, call, fact_id, idempotency, noon, order_id, sku, units, usd,
};
use order_core::value::{ReservationNo, StorefrontId, Version};
use sqlx::{AssertSqlSafe, Executor as _};
use std::sync::Arc;
use std::time::Duration;

use super::database::{Database, FAIL_ON_CUSTOMER, SqlInventory, table};
use super::support::{applied, full, story};

fn claim(change: &mut Change, key: &str) {
    let record = KeyRecord::new(
        change.order.id(),
        [7; 32],
        Version::NONE,
        Version::INITIAL,
        None,
        at(3_600),
    );
    change.key = Some(KeyChange::Claim {
        key: ScopedKey::new(StorefrontId::default(), &idempotency("place", key)),
        record,
        now: at(0),
    });
}

fn receive(change: &mut Change, event: &str) {
    change.receipt = Some(Receipt {
        source: "payments".to_owned(),
        id: fact_id(event),
    });
}

#[tokio::test]
async fn each_change_of_a_group_keeps_its_own_outcome() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut known = story(1);
    let mut first = full(&mut known);
    claim(&mut first, "taken");
    receive(&mut first, "evt_1");
    let born = first.effects[0].effect.id;
    applied(&store, first).await;

    let (mut fresh, mut second, mut third) = (story(2), story(3), story(4));
    let mut twice = full(&mut fresh);
    claim(&mut twice, "free");
    let mut taken = full(&mut second);
    claim(&mut taken, "taken");
    let mut received = full(&mut third);
    receive(&mut received, "evt_1");
    let stale = story(1).change();
    let mut next = known.clone().confirmed(at(5)).change();
    next.finished = vec![born];
    let mut gap = story(5).change();
    gap.events.clear();
    let changes = [twice, taken, received, stale, next, gap, story(6).change()];
    let outcomes = join_all(changes.map(|change| store.commit(change))).await;
    let [twice, taken, received, stale, next, gap, last] = &outcomes[..] else {
        unreachable!("there are seven");
    };
    for one in [twice, next, last] {
        assert!(matches!(one, Ok(CommitOutcome::Applied)), "{one:?}");
    }
    assert!(
        matches!(taken, Ok(CommitOutcome::KeyTaken(record)) if record.order == known.id()),
        "{taken:?}"
    );
    assert!(matches!(received, Ok(CommitOutcome::AlreadyReceived)));
    assert!(matches!(stale, Ok(CommitOutcome::Stale { found }) if *found == Version::INITIAL));
    assert!(matches!(gap, Err(StoreError::Failed(_))), "{gap:?}");
    for (number, is_there) in [(2, true), (3, false), (4, false), (5, false), (6, true)] {
        let found = store.find(&StorefrontId::default(), order_id(number)).await;
        assert_eq!(found.unwrap().is_some(), is_there, "{number}");
    }
}

#[tokio::test]
async fn changes_of_one_order_keep_their_order_in_line() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut told = story(1);
    let mut changes = vec![told.change()];
    for n in 0..9 {
        told = told.then(at(60 + n), Happening::CustomerVerified);
        changes.push(told.change());
    }
    let outcomes = join_all(changes.into_iter().map(|change| store.commit(change))).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Ok(CommitOutcome::Applied))),
        "{outcomes:?}"
    );
    let events = store.events(told.storefront(), told.id()).await.unwrap();
    assert_eq!(events, told.events());
}

#[tokio::test]
async fn a_change_that_the_database_refuses_fails_alone() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut connection = database.connection().await;
    connection.execute(FAIL_ON_CUSTOMER).await.unwrap();
    let refused = order_core::testing::Story::placed(
        77,
        order_core::testing::builders::place()
            .customer("refused")
            .build(),
        at(77),
    );
    let mut stories: Vec<_> = (1..=20).map(story).collect();
    stories.insert(9, refused);
    let changes: Vec<_> = stories.iter_mut().map(|told| told.change()).collect();
    let outcomes = join_all(changes.into_iter().map(|change| store.commit(change))).await;
    for (place, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Err(error) => assert!(
                place == 9 && matches!(error, StoreError::Failed(_)),
                "{error}"
            ),
            Ok(outcome) => assert_eq!(*outcome, CommitOutcome::Applied, "{place}"),
        }
    }
    assert!(outcomes[9].is_err());
}

#[tokio::test]
async fn what_was_asked_for_is_written_before_the_store_closes() {
    let database = Database::new().await;
    let store = database.store().await;
    let changes: Vec<_> = (1..=200).map(|number| story(number).change()).collect();
    let commits = join_all(changes.into_iter().map(|change| store.commit(change)));
    let (outcomes, ()) = futures::future::join(commits, store.close()).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Ok(CommitOutcome::Applied))),
        "{outcomes:?}"
    );
    let late = store.commit(story(201).change()).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    let again = database.store().await;
    let last = again.find(&StorefrontId::default(), order_id(200)).await;
    assert!(last.unwrap().is_some());
}

#[tokio::test]
async fn orders_that_are_listed_by_other_skus_are_found_by_these_alone() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut told = story(1);
    applied(&store, told.change()).await;
    let mut connection = database.connection().await;
    // As if its lines had been others until now.
    for statement in [
        format!("UPDATE {} SET skus = '[\"old\",\"abc\"]'", table("orders")),
        format!(
            "INSERT INTO {skus} SELECT storefront, deleted, 'old', placed_at, order_id FROM {skus}",
            skus = table("skus")
        ),
    ] {
        connection.execute(AssertSqlSafe(statement)).await.unwrap();
    }
    let mut told = told.confirmed(at(5));
    applied(&store, told.change()).await;
    for (name, listed) in [("old", 0), ("abc", 1)] {
        let mut query = order_core::ports::ListQuery::new(StorefrontId::default(), 10);
        query.sku = Some(sku(name));
        let page = store.list(&query).await.unwrap();
        assert_eq!(page.orders.len(), listed, "{name}");
    }
}

fn reservation(number: u64) -> Reference {
    Reference::Reservation(order_id(number), ReservationNo::FIRST)
}

#[tokio::test]
async fn reservations_side_by_side_each_get_what_is_left_in_their_turn() {
    let database = Database::new().await;
    let store = database.store().await;
    let stock = SqlInventory::new(&store, Arc::new(ManualClock::new(noon())));
    for (name, available) in [("tea", 100), ("pot", 5), ("cup", 100)] {
        let product = Product::new(sku(name), None, usd(100), available);
        stock
            .put_product(&StorefrontId::default(), &product)
            .await
            .unwrap();
    }
    // Tea for all, pots for five, and what nobody has.
    let wishes: Vec<_> = (1..=40_u64)
        .map(|number| {
            let mut lines = vec![units("tea", 1)];
            if number % 4 == 0 {
                lines.push(units("pot", 1));
            }
            if number % 10 == 3 {
                lines.push(units("ore", 1));
            }
            Reserve::new(reservation(number), lines, Duration::from_secs(60))
        })
        .collect();
    let key = call("reserve");
    // Each twice, as after an answer that was lost.
    let asked = wishes.iter().chain(&wishes);
    let outcomes = join_all(asked.map(|wish| stock.reserve(&key, wish))).await;
    let (mut held, mut short, mut unknown) = (0_u32, 0, 0);
    for (first, again) in outcomes.iter().zip(&outcomes[wishes.len()..]) {
        match (first.as_ref().unwrap(), again.as_ref().unwrap()) {
            (first @ ReserveOutcome::Reserved { .. }, again) => {
                assert_eq!(first, again);
                held += 1;
            }
            (ReserveOutcome::Insufficient { .. }, _) => short += 1,
            (ReserveOutcome::UnknownSkus { skus }, _) => {
                assert_eq!(*skus, [sku("ore")]);
                unknown += 1;
            }
            (other, _) => unreachable!("{other:?}"),
        }
    }
    assert_eq!((held, short, unknown), (31, 5, 4));
    let left = stock
        .products(&key, &[sku("pot"), sku("tea"), sku("cup")])
        .await;
    let left: std::collections::BTreeMap<_, _> = left
        .unwrap()
        .into_iter()
        .map(|product| (product.sku.to_string(), product.available))
        .collect();
    assert_eq!(
        (left["pot"], left["tea"], left["cup"]),
        (0, 100 - held, 100)
    );
}
