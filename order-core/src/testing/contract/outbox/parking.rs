//! Orders whose messages are set aside.

use super::{claimed, fetched, lane, messages, publish, published, same_lane};
use crate::event::Happening;
use crate::ports::{OrderStore, Outbox, ParkedOrder};
use crate::testing::builders::{at, order_id};

async fn park(outbox: &(impl Outbox + ?Sized), number: u64, error: &str) {
    outbox
        .park(order_id(number), error)
        .await
        .expect("the store answers");
}

/// Messages of a parked order are not fetched, and make no lane worth claiming.
pub async fn messages_of_a_parked_order_are_left_out(store: &(impl OrderStore + Outbox + ?Sized)) {
    published(store, 1, 2).await;
    park(store, 1, "no").await;
    assert_eq!(fetched(store, 1, 9).await, [], "they are left out");
    assert_eq!(
        claimed(store, "w1", 1, 100).await,
        None,
        "a lane with nothing to fetch is given to nobody"
    );
}

/// What happens to an order while it is parked waits behind what is set aside.
pub async fn later_messages_of_a_parked_order_are_left_out(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let story = published(store, 1, 2).await;
    park(store, 1, "no").await;
    let mut story = story.then(at(9), Happening::OrderExpired);
    publish(store, &mut story).await;
    assert_eq!(
        fetched(store, 1, 9).await,
        [],
        "later messages do not overtake those that are set aside"
    );
}

/// A parked order leaves the other orders of its lane alone.
pub async fn a_parked_order_leaves_the_others_of_its_lane(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    published(store, 1, 3).await;
    let neighbour = published(store, same_lane(1, 1), 2).await;
    park(store, 1, "no").await;
    assert_eq!(
        fetched(store, 1, 1).await,
        messages(&neighbour, 0)[..1],
        "the others go on, also where few are asked for"
    );
    assert_eq!(
        claimed(store, "w1", 1, 100).await,
        Some(lane(1)),
        "their lane is given"
    );
}

/// A resumed order goes on with the oldest message that was not confirmed.
pub async fn a_resumed_order_goes_on_where_it_stopped(store: &(impl OrderStore + Outbox + ?Sized)) {
    let story = published(store, 1, 2).await;
    let first = &messages(&story, 0)[..1];
    store
        .confirm(lane(1), first)
        .await
        .expect("the store answers");
    park(store, 1, "no").await;
    let mut story = story.then(at(9), Happening::OrderExpired);
    publish(store, &mut story).await;
    let resumed = store.resume(order_id(1)).await;
    assert!(resumed.expect("the store answers"), "it was set aside");
    assert_eq!(
        fetched(store, 1, 9).await,
        messages(&story, 1),
        "it goes on where it stopped"
    );
    assert_eq!(
        claimed(store, "w1", 1, 9).await,
        Some(lane(1)),
        "it goes on"
    );
    for number in [1, 2] {
        let resumed = store.resume(order_id(number)).await;
        assert!(
            !resumed.expect("the store answers"),
            "one that is not set aside cannot be resumed"
        );
    }
}

/// Parked orders are listed, each once, with why, as many as were asked for.
pub async fn parked_orders_are_listed(store: &(impl OrderStore + Outbox + ?Sized)) {
    let parked = async |limit| store.parked(limit).await.expect("the store answers");
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
    assert_eq!(parked(2).await.len(), 2, "as many as were asked for");
    store.resume(order_id(2)).await.expect("the store answers");
    let left = parked(9).await;
    assert!(
        left.len() == 2 && left.iter().all(|one| one.order != order_id(2)),
        "one that is resumed is not listed"
    );
}
