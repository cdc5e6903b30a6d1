//! Several processes on one database: no effect, message or unit is lost or handled twice.

use futures::future::join_all;
use order_core::ports::{
    CommitOutcome, EffectQueue as _, Inventory as _, OrderStore as _, Outbox, Product,
    ReserveOutcome, ReserveRequest,
};
use order_core::reference::Reference;
use order_core::value::{ReservationNo, StorefrontId};
use order_testing::ManualClock;
use order_testing::builders::{at, call, noon, order_id, sku, units, usd, worker};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::database::{Database, Store, StoreInventory};
use super::support::{applied, full, history};

const ORDERS: u64 = 60;

/// Returns three stores on one database, and commits orders with an effect and a message each.
async fn processes(database: &Database) -> Vec<Store> {
    let mut processes = Vec::new();
    for _ in 0..3 {
        processes.push(database.store().await);
    }
    let changes: Vec<_> = (1..=ORDERS)
        .map(|number| full(&mut history(number)))
        .collect();
    let commits = changes.into_iter().zip(processes.iter().cycle());
    for outcome in join_all(commits.map(|(change, store)| store.commit(change))).await {
        assert_eq!(outcome.unwrap(), CommitOutcome::Applied);
    }
    processes
}

#[tokio::test(flavor = "multi_thread")]
async fn each_effect_is_leased_by_one_process() {
    let database = Database::new().await;
    let processes = processes(&database).await;
    let takers = (0..9).map(|n| {
        let store = processes[n % 3].clone();
        tokio::spawn(async move {
            let (who, mut mine) = (worker(&format!("w{n}")), Vec::new());
            loop {
                let claimed = store.claim(&who, at(100), at(200), 3).await.unwrap();
                if claimed.is_empty() {
                    return mine;
                }
                mine.extend(claimed.into_iter().map(|one| one.effect.id));
            }
        })
    });
    let mut all = Vec::new();
    for claimed in join_all(takers).await {
        all.extend(claimed.unwrap());
    }
    // While others claim at the same moment, a worker may get no effect although some are left.
    let left = processes[0]
        .claim(&worker("last"), at(100), at(200), 100)
        .await;
    all.extend(left.unwrap().into_iter().map(|one| one.effect.id));
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "none is claimed twice");
    assert_eq!(u64::try_from(all.len()).unwrap(), ORDERS, "none is left");
}

#[tokio::test]
async fn leases_of_a_crashed_process_pass_on_when_they_lapse() {
    let database = Database::new().await;
    let mut processes = processes(&database).await;
    let crashed = processes.pop().unwrap();
    let claimed = crashed.claim(&worker("a"), at(100), at(200), 100).await;
    assert_eq!(u64::try_from(claimed.unwrap().len()).unwrap(), ORDERS);
    let partitions = crashed
        .claim_partitions(&worker("a"), u16::MAX, at(100), at(200))
        .await
        .unwrap();
    assert_eq!(partitions.len(), 16);
    drop(crashed);

    let other = processes.pop().unwrap();
    let early = other.claim(&worker("b"), at(199), at(300), 100).await;
    assert!(early.unwrap().is_empty());
    let claim = async |now: u64| {
        let who = worker("b");
        let claimed = other.claim_partitions(&who, 16, at(now), at(300)).await;
        claimed.unwrap()
    };
    assert_eq!(claim(199).await, []);
    let over = other
        .claim(&worker("b"), at(200), at(300), 100)
        .await
        .unwrap();
    assert_eq!(u64::try_from(over.len()).unwrap(), ORDERS);
    assert!(over.iter().all(|one| one.attempts == 2));
    assert_eq!(claim(200).await.len(), 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn relays_of_several_processes_publish_the_events_of_an_order_in_order() {
    let database = Database::new().await;
    let processes = processes(&database).await;
    for number in 1..=ORDERS {
        let mut given = history(number);
        drop(given.change());
        let mut given = given.confirmed(at(90));
        let mut change = given.change();
        change.publish = true;
        applied(&processes[0], change).await;
    }
    let relays = (0..6).map(|n| {
        let store = processes[n % 3].clone();
        tokio::spawn(async move {
            let (who, mut published) = (worker(&format!("relay{n}")), Vec::new());
            loop {
                let partitions = store.claim_partitions(&who, 3, at(100), at(200)).await;
                let partitions = partitions.unwrap();
                let Some(partition) = partitions.first() else {
                    break;
                };
                loop {
                    let messages = store.fetch(*partition, 5).await.unwrap();
                    if messages.is_empty() {
                        break;
                    }
                    let of = |message: &order_core::ports::OutboxMessage| {
                        (message.order, message.event.version)
                    };
                    published.extend(messages.iter().map(of));
                    store.confirm(&messages).await.unwrap();
                }
                Outbox::release_partitions(&store, &who, &partitions)
                    .await
                    .unwrap();
            }
            published
        })
    });
    let mut by_order = BTreeMap::<_, Vec<_>>::new();
    for published in join_all(relays).await {
        for (order, version) in published.unwrap() {
            by_order.entry(order).or_default().push(version);
        }
    }
    assert_eq!(u64::try_from(by_order.len()).unwrap(), ORDERS);
    for (order, versions) in by_order {
        assert!(
            versions.is_sorted_by(|one, next| one < next),
            "{order}: {versions:?}"
        );
        assert!(versions.len() >= 2, "{order}: {versions:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_never_reserve_a_unit_twice() {
    let database = Database::new().await;
    let processes = processes(&database).await;
    let clock = Arc::new(ManualClock::new(noon()));
    let inventories: Vec<_> = processes
        .iter()
        .map(|store| Arc::new(StoreInventory::new(store, clock.clone())))
        .collect();
    // Enough tea for every request that can get a pot and for every one without, so that no pot is left for
    // lack of tea.
    for (name, available) in [("tea", 170), ("pot", 40)] {
        let product = Product::new(sku(name), None, usd(100), available);
        let shop = StorefrontId::default();
        inventories[0].put_product(&shop, &product).await.unwrap();
    }
    let requests = (0..240_usize).map(|n| {
        let inventory = Arc::clone(&inventories[n % 3]);
        tokio::spawn(async move {
            let number = u64::try_from(n).unwrap();
            let id = Reference::Reservation(order_id(number), ReservationNo::FIRST);
            let lines = if n % 2 == 0 {
                vec![units("pot", 1), units("tea", 1)]
            } else {
                vec![units("tea", 1)]
            };
            let request = ReserveRequest::new(id, lines, Duration::from_secs(60));
            let outcome = inventory.reserve(&call("reserve"), &request).await.unwrap();
            match outcome {
                ReserveOutcome::Reserved { .. } => (1, u32::from(n % 2 == 0)),
                ReserveOutcome::Insufficient { .. } => (0, 0),
                other => unreachable!("{other:?}"),
            }
        })
    });
    let (mut tea, mut pots) = (0, 0);
    for request in join_all(requests).await {
        let (one, pot) = request.unwrap();
        tea += one;
        pots += pot;
    }
    let left = inventories[0]
        .products(&call("products"), &[sku("pot"), sku("tea")])
        .await
        .unwrap();
    assert_eq!(pots, 40, "all pots are sold");
    assert_eq!(tea, 160, "who wants tea alone gets it");
    assert_eq!((left[0].available, left[1].available), (0, 170 - tea));
}
