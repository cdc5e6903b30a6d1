//! Orders whose messages are parked.

use super::{claimed, fetched, messages, partition, publish, published, same_partition};
use crate::builders::{at, order_id};
use order_core::event::EventPayload;
use order_core::ports::{OrderStore, Outbox, ParkedOrder};

async fn park(outbox: &(impl Outbox + ?Sized), number: u64, error: &str) {
    outbox
        .park_order(order_id(number), error)
        .await
        .expect("the store answers");
}

/// Checks that messages of a parked order are not fetched, and that no partition is claimed for them
/// alone.
pub async fn messages_of_a_parked_order_are_left_out(store: &(impl OrderStore + Outbox + ?Sized)) {
    published(store, 1, 2).await;
    park(store, 1, "no").await;
    assert_eq!(fetched(store, 1, 9).await, [], "they are left out");
    assert_eq!(
        claimed(store, "w1", 1, 100).await,
        None,
        "a partition with nothing to fetch is not claimed"
    );
}

/// Checks that new messages of a parked order wait behind those that are parked.
pub async fn later_messages_of_a_parked_order_are_left_out(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let history = published(store, 1, 2).await;
    park(store, 1, "no").await;
    let mut history = history.then(at(9), EventPayload::OrderExpired);
    publish(store, &mut history).await;
    assert_eq!(
        fetched(store, 1, 9).await,
        [],
        "later messages do not overtake those that are parked"
    );
}

/// Checks that a parked order leaves the other orders of its partition alone.
pub async fn a_parked_order_leaves_the_others_of_its_partition(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    published(store, 1, 3).await;
    let neighbour = published(store, same_partition(1, 1), 2).await;
    park(store, 1, "no").await;
    assert_eq!(
        fetched(store, 1, 1).await,
        messages(&neighbour, 0)[..1],
        "the others go on, also with a small limit"
    );
    assert_eq!(
        claimed(store, "w1", 1, 100).await,
        Some(partition(1)),
        "their partition is claimed"
    );
}

/// Checks that a resumed order continues with its oldest unconfirmed message.
pub async fn a_resumed_order_goes_on_where_it_stopped(store: &(impl OrderStore + Outbox + ?Sized)) {
    let history = published(store, 1, 2).await;
    let first = &messages(&history, 0)[..1];
    store.confirm(first).await.expect("the store answers");
    park(store, 1, "no").await;
    let mut history = history.then(at(9), EventPayload::OrderExpired);
    publish(store, &mut history).await;
    let resumed = store.resume_order(order_id(1)).await;
    assert!(resumed.expect("the store answers"), "it was parked");
    assert_eq!(
        fetched(store, 1, 9).await,
        messages(&history, 1),
        "it goes on where it stopped"
    );
    assert_eq!(
        claimed(store, "w1", 1, 9).await,
        Some(partition(1)),
        "it goes on"
    );
    for number in [1, 2] {
        let resumed = store.resume_order(order_id(number)).await;
        assert!(
            !resumed.expect("the store answers"),
            "one that is not parked cannot be resumed"
        );
    }
}

/// Checks that parked orders are listed, each once, with the last error, at most `limit` of them.
pub async fn parked_orders_are_listed(store: &(impl OrderStore + Outbox + ?Sized)) {
    let parked = async |limit| store.parked_orders(limit).await.expect("the store answers");
    assert_eq!(parked(9).await, [], "there are none");
    for number in 1..=3 {
        published(store, number, 2).await;
        park(store, number, "first").await;
    }
    park(store, 2, "too 'large' — 茶").await;
    let mut all = parked(9).await;
    all.sort_by_key(|one| one.order);
    let expected = [(1, "first"), (2, "too 'large' — 茶"), (3, "first")]
        .map(|(number, error)| ParkedOrder::new(order_id(number), error.to_owned()));
    assert_eq!(all, expected, "each is listed once, with the last reason");
    assert_eq!(parked(2).await.len(), 2, "as many as were requested");
    store
        .resume_order(order_id(2))
        .await
        .expect("the store answers");
    let left = parked(9).await;
    assert!(
        left.len() == 2 && left.iter().all(|one| one.order != order_id(2)),
        "one that is resumed is not listed"
    );
}
