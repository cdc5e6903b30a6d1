//! Orders with a wake time, and orders that wait for an external service.

use super::{applied, history};
use crate::builders::{at, order_id, place, storefront};
use crate::history::OrderHistory;
use order_core::dependency::Dependency;
use order_core::event::EventPayload;
use order_core::ports::OrderStore;
use order_core::value::{OrderId, StorefrontId};

async fn waking(
    store: &(impl OrderStore + ?Sized),
    mut history: OrderHistory,
    seconds: u64,
) -> OrderHistory {
    let mut change = history.change();
    change.wake_at = Some(at(seconds));
    applied(store, change).await;
    history
}

async fn due(store: &(impl OrderStore + ?Sized), seconds: u64, limit: u32) -> Vec<OrderId> {
    let due = store.find_due(at(seconds), limit).await;
    due.expect("the store answers")
        .into_iter()
        .map(|(_, id)| id)
        .collect()
}

/// Checks that an order is due from its wake time on, and never without one.
pub async fn an_order_is_due_when_its_time_has_come(store: &(impl OrderStore + ?Sized)) {
    waking(store, history(1), 100).await;
    applied(store, history(2).change()).await;
    assert_eq!(due(store, 99, 10).await, [], "its time has not come");
    assert_eq!(due(store, 100, 10).await, [order_id(1)], "its time is now");
    assert_eq!(due(store, 999, 10).await, [order_id(1)], "it has passed");
}

/// Checks that at most `limit` due orders are returned, of all storefronts, the longest due first.
pub async fn the_longest_due_come_first(store: &(impl OrderStore + ?Sized)) {
    let elsewhere = place().storefront("other").build();
    for (number, seconds) in [(1, 300), (3, 200), (4, 400)] {
        waking(store, history(number), seconds).await;
    }
    waking(store, OrderHistory::placed(2, elsewhere, at(2)), 100).await;
    assert_eq!(
        due(store, 399, 10).await,
        [2, 3, 1].map(order_id),
        "the longest due come first"
    );
    assert_eq!(
        store.find_due(at(399), 2).await.expect("the store answers"),
        [
            (storefront("other"), order_id(2)),
            (StorefrontId::default(), order_id(3))
        ],
        "there are as many as were requested, with their storefronts"
    );
}

/// Checks that every change sets or clears the wake time.
pub async fn every_change_sets_the_time_anew(store: &(impl OrderStore + ?Sized)) {
    let later = waking(store, history(1), 100).await;
    let mut never = waking(store, history(2), 100).await;
    let later = later.then(at(5), EventPayload::CustomerVerified);
    waking(store, later, 200).await;
    never = never.then(at(5), EventPayload::CustomerVerified);
    applied(store, never.change()).await;
    assert_eq!(due(store, 199, 10).await, [], "the old times are forgotten");
    assert_eq!(
        due(store, 200, 10).await,
        [order_id(1)],
        "the new one counts"
    );
}

async fn waiting(store: &(impl OrderStore + ?Sized), at_most: u32) -> u32 {
    store
        .count_deferred(&StorefrontId::default(), at_most)
        .await
        .expect("the store answers")
}

/// Checks that deferred orders are counted, each once, per storefront.
pub async fn orders_that_wait_are_counted(store: &(impl OrderStore + ?Sized)) {
    let twice = EventPayload::OrderDeferred {
        dependency: Dependency::Customers,
    };
    let elsewhere = place().storefront("other").build();
    let mut histories = vec![
        history(1).deferred(at(2)),
        history(2).deferred(at(2)).then(at(2), twice),
        history(3),
        history(4).deferred(at(2)).cancelled(at(3)),
        OrderHistory::placed(5, elsewhere, at(5)).deferred(at(6)),
    ];
    for history in &mut histories {
        applied(store, history.change()).await;
    }
    assert_eq!(waiting(store, 100).await, 2, "those that wait are counted");
    let resumed = histories.swap_remove(0);
    assert!(resumed.order().is_deferred(), "it waits");
    let mut resumed = resumed.confirmed(at(9));
    assert!(!resumed.order().is_deferred(), "it waits no more");
    applied(store, resumed.change()).await;
    assert_eq!(waiting(store, 100).await, 1, "one that goes on is not");
}

/// Checks that deferred orders are counted up to a bound.
pub async fn orders_that_wait_are_counted_up_to_a_bound(store: &(impl OrderStore + ?Sized)) {
    for number in 1..=5 {
        applied(store, history(number).deferred(at(9)).change()).await;
    }
    for (at_most, counted) in [(0, 0), (3, 3), (5, 5), (6, 5)] {
        assert_eq!(waiting(store, at_most).await, counted, "up to the bound");
    }
}
