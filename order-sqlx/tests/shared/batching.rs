//! Concurrent writes are batched, and each has its own outcome.
//!
//! These tests have one thread and submit everything before they wait, so that all of it is queued
//! before the first batch is written.

use futures::future::join_all;
use order_core::event::EventPayload;
use order_core::ports::{
    Change, CommitOutcome, ExternalEventRef, IdempotencyRecord, IdempotencyScope,
    IdempotencyUpdate, Inventory as _, OrderStore as _, Product, ReserveOutcome, ReserveRequest,
    StoreError,
};
use order_core::reference::Reference;
use order_core::value::{ReservationNo, StorefrontId, Version};
use order_testing::ManualClock;
use order_testing::builders::{at, call, fact_id, idempotency, noon, order_id, sku, units, usd};
use sqlx::{AssertSqlSafe, Executor as _};
use std::sync::Arc;
use std::time::Duration;

use super::database::{Database, FAIL_ON_CUSTOMER, StoreInventory, table};
use super::support::{applied, full, history};

fn claim(change: &mut Change, key: &str) {
    let record = IdempotencyRecord::new(
        change.order.id(),
        [7; 32],
        Version::NONE,
        Version::INITIAL,
        None,
        at(3_600),
    );
    change.idempotency = Some(IdempotencyUpdate::Claim {
        key: IdempotencyScope::new(StorefrontId::default(), &idempotency("place", key)),
        record,
        now: at(0),
    });
}

fn receive(change: &mut Change, event: &str) {
    change.external_event = Some(ExternalEventRef {
        source: "payments".to_owned(),
        id: fact_id(event),
    });
}

#[tokio::test]
async fn each_change_of_a_batch_has_its_own_outcome() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut known = history(1);
    let mut first = full(&mut known);
    claim(&mut first, "taken");
    receive(&mut first, "evt_1");
    let born = first.effects[0].effect.id;
    applied(&store, first).await;

    let (mut fresh, mut second, mut third) = (history(2), history(3), history(4));
    let mut twice = full(&mut fresh);
    claim(&mut twice, "free");
    let mut conflict = full(&mut second);
    claim(&mut conflict, "taken");
    let mut received = full(&mut third);
    receive(&mut received, "evt_1");
    let stale = history(1).change();
    let mut next = known.clone().confirmed(at(5)).change();
    next.completed_effects = vec![born];
    let mut gap = history(5).change();
    gap.events.clear();
    let changes = [
        twice,
        conflict,
        received,
        stale,
        next,
        gap,
        history(6).change(),
    ];
    let outcomes = join_all(changes.map(|change| store.commit(change))).await;
    let [twice, conflict, received, stale, next, gap, last] = &outcomes[..] else {
        unreachable!("there are seven");
    };
    for one in [twice, next, last] {
        assert!(matches!(one, Ok(CommitOutcome::Applied)), "{one:?}");
    }
    assert!(
        matches!(conflict, Ok(CommitOutcome::IdempotencyKeyTaken(record)) if record.order == known.id()),
        "{conflict:?}"
    );
    assert!(matches!(
        received,
        Ok(CommitOutcome::DuplicateExternalEvent)
    ));
    assert!(
        matches!(stale, Ok(CommitOutcome::VersionConflict { found }) if *found == Version::INITIAL)
    );
    assert!(matches!(gap, Err(StoreError::Failed(_))), "{gap:?}");
    for (number, is_there) in [(2, true), (3, false), (4, false), (5, false), (6, true)] {
        let found = store.find(&StorefrontId::default(), order_id(number)).await;
        assert_eq!(found.unwrap().is_some(), is_there, "{number}");
    }
}

#[tokio::test]
async fn changes_of_one_order_are_committed_in_the_order_they_were_queued() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut given = history(1);
    let mut changes = vec![given.change()];
    for n in 0..9 {
        given = given.then(at(60 + n), EventPayload::CustomerVerified);
        changes.push(given.change());
    }
    let outcomes = join_all(changes.into_iter().map(|change| store.commit(change))).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Ok(CommitOutcome::Applied))),
        "{outcomes:?}"
    );
    let events = store.events(given.storefront(), given.id()).await.unwrap();
    assert_eq!(events, given.events());
}

#[tokio::test]
async fn a_change_that_the_database_refuses_fails_alone() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut connection = database.connection().await;
    connection.execute(FAIL_ON_CUSTOMER).await.unwrap();
    let refused = order_testing::OrderHistory::placed(
        77,
        order_testing::builders::place().customer("refused").build(),
        at(77),
    );
    let mut histories: Vec<_> = (1..=20).map(history).collect();
    histories.insert(9, refused);
    let changes: Vec<_> = histories.iter_mut().map(|given| given.change()).collect();
    let outcomes = join_all(changes.into_iter().map(|change| store.commit(change))).await;
    for (index, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Err(error) => assert!(
                index == 9 && matches!(error, StoreError::Failed(_)),
                "{error}"
            ),
            Ok(outcome) => assert_eq!(*outcome, CommitOutcome::Applied, "{index}"),
        }
    }
    assert!(outcomes[9].is_err());
}

#[tokio::test]
async fn queued_changes_are_committed_before_the_store_closes() {
    let database = Database::new().await;
    let store = database.store().await;
    let changes: Vec<_> = (1..=200).map(|number| history(number).change()).collect();
    let commits = join_all(changes.into_iter().map(|change| store.commit(change)));
    let (outcomes, ()) = futures::future::join(commits, store.close()).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Ok(CommitOutcome::Applied))),
        "{outcomes:?}"
    );
    let late = store.commit(history(201).change()).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    let again = database.store().await;
    let last = again.find(&StorefrontId::default(), order_id(200)).await;
    assert!(last.unwrap().is_some());
}

#[tokio::test]
async fn an_order_whose_skus_change_is_listed_by_the_new_ones_only() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut given = history(1);
    applied(&store, given.change()).await;
    let mut connection = database.connection().await;
    // As if the order had been stored with other SKUs.
    for statement in [
        format!("UPDATE {} SET skus = '[\"old\",\"abc\"]'", table("orders")),
        format!(
            "INSERT INTO {skus} SELECT storefront, deleted, 'old', placed_at, order_id FROM {skus}",
            skus = table("order_skus")
        ),
    ] {
        connection.execute(AssertSqlSafe(statement)).await.unwrap();
    }
    let mut given = given.confirmed(at(5));
    applied(&store, given.change()).await;
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
async fn each_reservation_of_a_batch_has_its_own_outcome() {
    let database = Database::new().await;
    let store = database.store().await;
    let inventory = StoreInventory::new(&store, Arc::new(ManualClock::new(noon())));
    for (name, available) in [("tea", 100), ("pot", 5), ("cup", 100)] {
        let product = Product::new(sku(name), None, usd(100), available);
        inventory
            .put_product(&StorefrontId::default(), &product)
            .await
            .unwrap();
    }
    // Tea for all, pots for five, and an unknown SKU.
    let requests: Vec<_> = (1..=40_u64)
        .map(|number| {
            let mut lines = vec![units("tea", 1)];
            if number % 4 == 0 {
                lines.push(units("pot", 1));
            }
            if number % 10 == 3 {
                lines.push(units("ore", 1));
            }
            ReserveRequest::new(reservation(number), lines, Duration::from_secs(60))
        })
        .collect();
    let key = call("reserve");
    // Each twice, as after a lost answer.
    let asked = requests.iter().chain(&requests);
    let outcomes = join_all(asked.map(|request| inventory.reserve(&key, request))).await;
    let (mut held, mut short, mut unknown) = (0_u32, 0, 0);
    for (first, again) in outcomes.iter().zip(&outcomes[requests.len()..]) {
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
    let left = inventory
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
