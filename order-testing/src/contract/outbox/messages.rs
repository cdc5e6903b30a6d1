//! Messages: which are in the outbox, and in which order they are fetched.

use super::{
    applied, claimed, fetched, history, messages, partition, publish, published, same_partition,
};
use crate::builders::{at, place};
use crate::history::OrderHistory;
use order_core::event::EventPayload;
use order_core::ports::{CommitOutcome, OrderStore, Outbox};

/// Checks that events of a change that is not to be published are not in the outbox.
pub async fn events_that_are_not_to_be_published_are_not_in_it(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    applied(store, history(1, 3).change()).await;
    assert_eq!(
        fetched(store, 1, 100).await,
        [],
        "nothing is to be published"
    );
}

/// Checks that every event of a change that is to be published is in the outbox, with order and
/// storefront.
pub async fn events_that_are_to_be_published_are_in_it(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let here = published(store, 1, 3).await;
    let elsewhere = place().storefront("other").build();
    let mut there = OrderHistory::placed(2, elsewhere, at(9));
    publish(store, &mut there).await;
    assert_eq!(
        fetched(store, 1, 100).await,
        messages(&here, 0),
        "every event is in the outbox"
    );
    assert_eq!(
        fetched(store, 2, 100).await,
        messages(&there, 0),
        "also one of another storefront"
    );
}

/// Checks that messages have no personal data; the history keeps it.
pub async fn messages_carry_no_personal_data(store: &(impl OrderStore + Outbox + ?Sized)) {
    let history = published(store, 1, 1).await;
    assert!(!history.order().personal().is_empty(), "there is some");
    let fetched = fetched(store, 1, 100).await;
    assert!(
        fetched
            .iter()
            .all(|message| message.event.payload.personal().is_none()),
        "messages carry no personal data"
    );
    let events = store.events(history.storefront(), history.id()).await;
    assert_eq!(
        events.expect("the store answers"),
        history.events(),
        "history keeps it"
    );
}

/// Checks that a change that is not applied publishes nothing.
pub async fn a_change_that_is_not_applied_publishes_nothing(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let mut history = history(1, 1);
    applied(store, history.change()).await;
    let mut late = history.clone().then(at(2), EventPayload::CustomerVerified);
    let mut history = history.then(at(1), EventPayload::OrderExpired);
    applied(store, history.change()).await;
    let mut change = late.change();
    change.publish = true;
    let outcome = store.commit(change).await.expect("the store answers");
    assert!(
        matches!(outcome, CommitOutcome::VersionConflict { .. }),
        "it is stale"
    );
    assert_eq!(fetched(store, 1, 100).await, [], "nothing is published");
}

/// Checks that the messages of a partition are sorted by order, and those of an order by version.
pub async fn messages_come_by_order_and_version(store: &(impl OrderStore + Outbox + ?Sized)) {
    let mut later = history(same_partition(1, 1), 2);
    publish(store, &mut later).await;
    let mut early = history(1, 2);
    publish(store, &mut early).await;
    let mut later = later.then(at(50), EventPayload::OrderExpired);
    publish(store, &mut later).await;
    let mut early = (0..12).fold(early, |history, n| {
        history.then(at(60 + n), EventPayload::OrderExpired)
    });
    publish(store, &mut early).await;
    let expected = [messages(&early, 0), messages(&later, 0)].concat();
    assert_eq!(
        fetched(store, 1, 100).await,
        expected,
        "messages come by order and version"
    );
    for limit in [0, 1, 3, 15] {
        let some: Vec<_> = expected
            .iter()
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .cloned()
            .collect();
        assert_eq!(
            fetched(store, 1, limit).await,
            some,
            "there are at most as many as were requested, from the first on"
        );
    }
}

/// Checks that a partition holds the messages of its own orders, and no others.
pub async fn a_partition_holds_its_own_orders_only(store: &(impl OrderStore + Outbox + ?Sized)) {
    let one = published(store, 1, 1).await;
    let two = published(store, 2, 1).await;
    assert_ne!(partition(1), partition(2), "they are in two partitions");
    assert_eq!(fetched(store, 1, 100).await, messages(&one, 0), "its own");
    assert_eq!(fetched(store, 2, 100).await, messages(&two, 0), "its own");
    assert_eq!(
        fetched(store, 3, 100).await,
        [],
        "an empty partition has none"
    );
}

/// Checks that the first message fetched of an order is its oldest unconfirmed one.
pub async fn the_oldest_message_of_an_order_comes_first_until_it_is_confirmed(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let history = published(store, 1, 3).await;
    for _again in 0..2 {
        assert_eq!(
            fetched(store, 1, 2).await,
            messages(&history, 0)[..2],
            "unconfirmed messages are fetched again"
        );
    }
    let first = &messages(&history, 0)[..1];
    store.confirm(first).await.expect("the store answers");
    assert_eq!(
        fetched(store, 1, 2).await,
        messages(&history, 1),
        "the oldest that is not confirmed comes first"
    );
}

/// Checks that confirmed messages are removed and others stay; confirming again does nothing.
pub async fn confirmed_messages_are_gone_and_no_others(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let history = published(store, 1, 3).await;
    let neighbour = published(store, same_partition(1, 1), 2).await;
    let done = [
        messages(&history, 0)[0].clone(),
        messages(&neighbour, 0)[0].clone(),
    ];
    for _again in 0..2 {
        store
            .confirm(&done)
            .await
            .expect("a message that is gone is ignored");
    }
    assert_eq!(
        fetched(store, 1, 100).await,
        [messages(&history, 1), messages(&neighbour, 1)].concat(),
        "confirmed messages are gone, and no others"
    );
    store
        .confirm(&fetched(store, 1, 100).await)
        .await
        .expect("the store answers");
    assert_eq!(fetched(store, 1, 100).await, [], "all is confirmed");
    assert_eq!(claimed(store, "w1", 1, 9).await, None, "nothing is left");
    let events = store.events(history.storefront(), history.id()).await;
    assert_eq!(
        events.expect("the store answers"),
        history.events(),
        "history keeps what was published"
    );
}

/// Checks that messages of orders in several partitions are confirmed in one call, some of them with only
/// a part of a change.
pub async fn messages_of_several_partitions_are_confirmed_at_once(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let whole = published(store, 1, 3).await;
    let part = published(store, 2, 3).await;
    let mut twice = published(store, 3, 2).await;
    twice = twice
        .then(at(50), EventPayload::OrderExpired)
        .then(at(51), EventPayload::OrderExpired);
    publish(store, &mut twice).await;
    let other = published(store, same_partition(1, 1), 2).await;
    let confirmed = [
        messages(&whole, 0),
        messages(&part, 0)[..2].to_vec(),
        messages(&twice, 0)[..3].to_vec(),
    ]
    .concat();
    store.confirm(&confirmed).await.expect("the store answers");
    assert_eq!(fetched(store, 1, 100).await, messages(&other, 0), "whole");
    assert_eq!(fetched(store, 2, 100).await, messages(&part, 2), "a part");
    assert_eq!(
        fetched(store, 3, 100).await,
        messages(&twice, 3),
        "a change and a part of the next"
    );
}
