//! Several servers on one database: no work is lost, and none is done twice.

use futures::future::join_all;
use order_core::ports::{
    CommitOutcome, EffectQueue as _, Inventory as _, OrderStore as _, Outbox, Product, Reserve,
    ReserveOutcome,
};
use order_core::reference::Reference;
use order_core::testing::ManualClock;
use order_core::testing::builders::{at, call, noon, order_id, sku, units, usd, worker};
use order_core::value::{ReservationNo, StorefrontId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::database::{Database, SqlInventory, Store};
use super::support::{applied, full, story};

const ORDERS: u64 = 60;

/// Three servers, and orders with something to do and something to publish.
async fn servers(database: &Database) -> Vec<Store> {
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(database.store().await);
    }
    let changes: Vec<_> = (1..=ORDERS)
        .map(|number| full(&mut story(number)))
        .collect();
    let commits = changes.into_iter().zip(servers.iter().cycle());
    for outcome in join_all(commits.map(|(change, store)| store.commit(change))).await {
        assert_eq!(outcome.unwrap(), CommitOutcome::Applied);
    }
    servers
}

#[tokio::test(flavor = "multi_thread")]
async fn each_effect_is_taken_by_one_server() {
    let database = Database::new().await;
    let servers = servers(&database).await;
    let takers = (0..9).map(|n| {
        let store = servers[n % 3].clone();
        tokio::spawn(async move {
            let (who, mut mine) = (worker(&format!("w{n}")), Vec::new());
            loop {
                let taken = store.take(&who, at(100), at(200), 3).await.unwrap();
                if taken.is_empty() {
                    return mine;
                }
                mine.extend(taken.into_iter().map(|one| one.effect.id));
            }
        })
    });
    let mut all = Vec::new();
    for taken in join_all(takers).await {
        all.extend(taken.unwrap());
    }
    // Where others take at the same moment, a taker may see nothing left although there is.
    let left = servers[0]
        .take(&worker("last"), at(100), at(200), 100)
        .await;
    all.extend(left.unwrap().into_iter().map(|one| one.effect.id));
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "none is taken twice");
    assert_eq!(u64::try_from(all.len()).unwrap(), ORDERS, "none is left");
}

#[tokio::test]
async fn what_a_crashed_server_had_taken_passes_on_when_its_lease_lapses() {
    let database = Database::new().await;
    let mut servers = servers(&database).await;
    let crashed = servers.pop().unwrap();
    let taken = crashed.take(&worker("a"), at(100), at(200), 100).await;
    assert_eq!(u64::try_from(taken.unwrap().len()).unwrap(), ORDERS);
    let mut lanes = BTreeSet::new();
    while let Some(lane) = crashed.claim(&worker("a"), at(100), at(200)).await.unwrap() {
        if !lanes.insert(lane) {
            break;
        }
    }
    assert_eq!(lanes.len(), 16);
    drop(crashed);

    let other = servers.pop().unwrap();
    let early = other.take(&worker("b"), at(199), at(300), 100).await;
    assert!(early.unwrap().is_empty());
    let early = other.claim(&worker("b"), at(199), at(300)).await;
    assert_eq!(early.unwrap(), None);
    let over = other
        .take(&worker("b"), at(200), at(300), 100)
        .await
        .unwrap();
    assert_eq!(u64::try_from(over.len()).unwrap(), ORDERS);
    assert!(over.iter().all(|one| one.tries == 2));
    let lane = other.claim(&worker("b"), at(200), at(300)).await;
    assert!(lane.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn relays_of_several_servers_publish_each_order_in_its_order() {
    let database = Database::new().await;
    let servers = servers(&database).await;
    for number in 1..=ORDERS {
        let mut told = story(number);
        drop(told.change());
        let mut told = told.confirmed(at(90));
        let mut change = told.change();
        change.publish = true;
        applied(&servers[0], change).await;
    }
    let relays = (0..6).map(|n| {
        let store = servers[n % 3].clone();
        tokio::spawn(async move {
            let (who, mut published) = (worker(&format!("relay{n}")), Vec::new());
            while let Some(lane) = store.claim(&who, at(100), at(200)).await.unwrap() {
                loop {
                    let messages = store.fetch(lane, 5).await.unwrap();
                    if messages.is_empty() {
                        break;
                    }
                    let of = |message: &order_core::ports::OutboxMessage| {
                        (message.order, message.event.version)
                    };
                    published.extend(messages.iter().map(of));
                    store.confirm(lane, &messages).await.unwrap();
                }
                Outbox::release(&store, &who, lane).await.unwrap();
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
async fn several_servers_never_sell_a_unit_twice() {
    let database = Database::new().await;
    let servers = servers(&database).await;
    let clock = Arc::new(ManualClock::new(noon()));
    let stocks: Vec<_> = servers
        .iter()
        .map(|store| Arc::new(SqlInventory::new(store, clock.clone())))
        .collect();
    // Tea for all who want it alone and for all who get a pot, so that nobody goes without a pot for
    // want of tea.
    for (name, available) in [("tea", 170), ("pot", 40)] {
        let product = Product::new(sku(name), None, usd(100), available);
        let shop = StorefrontId::default();
        stocks[0].put_product(&shop, &product).await.unwrap();
    }
    let wishes = (0..240_usize).map(|n| {
        let stock = Arc::clone(&stocks[n % 3]);
        tokio::spawn(async move {
            let number = u64::try_from(n).unwrap();
            let id = Reference::Reservation(order_id(number), ReservationNo::FIRST);
            let lines = if n % 2 == 0 {
                vec![units("pot", 1), units("tea", 1)]
            } else {
                vec![units("tea", 1)]
            };
            let wish = Reserve::new(id, lines, Duration::from_secs(60));
            let outcome = stock.reserve(&call("reserve"), &wish).await.unwrap();
            match outcome {
                ReserveOutcome::Reserved { .. } => (1, u32::from(n % 2 == 0)),
                ReserveOutcome::Insufficient { .. } => (0, 0),
                other => unreachable!("{other:?}"),
            }
        })
    });
    let (mut tea, mut pots) = (0, 0);
    for wish in join_all(wishes).await {
        let (one, pot) = wish.unwrap();
        tea += one;
        pots += pot;
    }
    let left = stocks[0]
        .products(&call("products"), &[sku("pot"), sku("tea")])
        .await
        .unwrap();
    assert_eq!(pots, 40, "all pots are sold");
    assert_eq!(tea, 160, "who wants tea alone gets it");
    assert_eq!((left[0].available, left[1].available), (0, 170 - tea));
}
