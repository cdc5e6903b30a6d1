//! Orders that time moves, and orders that wait for an outside service.

use super::{applied, story};
use crate::event::Happening;
use crate::policy::Dependency;
use crate::ports::OrderStore;
use crate::testing::Story;
use crate::testing::builders::{at, order_id, place, storefront};
use crate::value::{OrderId, StorefrontId};

async fn waking(store: &(impl OrderStore + ?Sized), mut story: Story, seconds: u64) -> Story {
    let mut change = story.change();
    change.wake_at = Some(at(seconds));
    applied(store, change).await;
    story
}

async fn due(store: &(impl OrderStore + ?Sized), seconds: u64, limit: u32) -> Vec<OrderId> {
    let due = store.due(at(seconds), limit).await;
    due.expect("the store answers")
        .into_iter()
        .map(|(_, id)| id)
        .collect()
}

/// An order is due from its time on, and one without a time never is.
pub async fn an_order_is_due_when_its_time_has_come(store: &(impl OrderStore + ?Sized)) {
    waking(store, story(1), 100).await;
    applied(store, story(2).change()).await;
    assert_eq!(due(store, 99, 10).await, [], "its time has not come");
    assert_eq!(due(store, 100, 10).await, [order_id(1)], "its time is now");
    assert_eq!(due(store, 999, 10).await, [order_id(1)], "it has passed");
}

/// The longest due come first, of all storefronts, as many as were asked for.
pub async fn the_longest_due_come_first(store: &(impl OrderStore + ?Sized)) {
    let elsewhere = place().storefront("other").build();
    for (number, seconds) in [(1, 300), (3, 200), (4, 400)] {
        waking(store, story(number), seconds).await;
    }
    waking(store, Story::placed(2, elsewhere, at(2)), 100).await;
    assert_eq!(
        due(store, 399, 10).await,
        [2, 3, 1].map(order_id),
        "the longest due come first"
    );
    assert_eq!(
        store.due(at(399), 2).await.expect("the store answers"),
        [
            (storefront("other"), order_id(2)),
            (StorefrontId::default(), order_id(3))
        ],
        "there are as many as were asked for, with their storefronts"
    );
}

/// Every change sets the time anew, or takes it away.
pub async fn every_change_sets_the_time_anew(store: &(impl OrderStore + ?Sized)) {
    let later = waking(store, story(1), 100).await;
    let mut never = waking(store, story(2), 100).await;
    let later = later.then(at(5), Happening::CustomerVerified);
    waking(store, later, 200).await;
    never = never.then(at(5), Happening::CustomerVerified);
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

/// Orders that wait for an outside service are counted, each once, at their own storefront.
pub async fn orders_that_wait_are_counted(store: &(impl OrderStore + ?Sized)) {
    let twice = Happening::OrderDeferred {
        dependency: Dependency::Customers,
    };
    let elsewhere = place().storefront("other").build();
    let mut stories = vec![
        story(1).deferred(at(2)),
        story(2).deferred(at(2)).then(at(2), twice),
        story(3),
        story(4).deferred(at(2)).cancelled(at(3)),
        Story::placed(5, elsewhere, at(5)).deferred(at(6)),
    ];
    for story in &mut stories {
        applied(store, story.change()).await;
    }
    assert_eq!(waiting(store, 100).await, 2, "those that wait are counted");
    let goes_on = stories.swap_remove(0);
    assert!(goes_on.order().is_deferred(), "it waits");
    let mut goes_on = goes_on.confirmed(at(9));
    assert!(!goes_on.order().is_deferred(), "it waits no more");
    applied(store, goes_on.change()).await;
    assert_eq!(waiting(store, 100).await, 1, "one that goes on is not");
}

/// Orders that wait are counted up to a bound.
pub async fn orders_that_wait_are_counted_up_to_a_bound(store: &(impl OrderStore + ?Sized)) {
    for number in 1..=5 {
        applied(store, story(number).deferred(at(9)).change()).await;
    }
    for (at_most, counted) in [(0, 0), (3, 3), (5, 5), (6, 5)] {
        assert_eq!(waiting(store, at_most).await, counted, "up to the bound");
    }
}
