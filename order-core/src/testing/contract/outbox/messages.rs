//! Messages: which there are, and in which order they come.

use super::{applied, claimed, fetched, lane, messages, publish, published, same_lane, story};
use crate::event::Happening;
use crate::ports::{CommitOutcome, OrderStore, Outbox};
use crate::testing::Story;
use crate::testing::builders::{at, place};

/// Events of a change that is not to be published are not in the outbox.
pub async fn events_that_are_not_to_be_published_are_not_in_it(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    applied(store, story(1, 3).change()).await;
    assert_eq!(
        fetched(store, 1, 100).await,
        [],
        "nothing is to be published"
    );
}

/// Every event of a change that is to be published is in the outbox, with order and storefront.
pub async fn events_that_are_to_be_published_are_in_it(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let here = published(store, 1, 3).await;
    let elsewhere = place().storefront("other").build();
    let mut there = Story::placed(2, elsewhere, at(9));
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

/// Messages carry no personal data; the history keeps it.
pub async fn messages_carry_no_personal_data(store: &(impl OrderStore + Outbox + ?Sized)) {
    let story = published(store, 1, 1).await;
    assert!(!story.order().personal().is_empty(), "there is some");
    let fetched = fetched(store, 1, 100).await;
    assert!(
        fetched
            .iter()
            .all(|message| message.event.happening.personal().is_none()),
        "messages carry no personal data"
    );
    let events = store.events(story.storefront(), story.id()).await;
    assert_eq!(
        events.expect("the store answers"),
        story.events(),
        "history keeps it"
    );
}

/// A change that is not applied publishes nothing.
pub async fn a_change_that_is_not_applied_publishes_nothing(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let mut story = story(1, 1);
    applied(store, story.change()).await;
    let mut late = story.clone().then(at(2), Happening::CustomerVerified);
    let mut story = story.then(at(1), Happening::OrderExpired);
    applied(store, story.change()).await;
    let mut change = late.change();
    change.publish = true;
    let outcome = store.commit(change).await.expect("the store answers");
    assert!(
        matches!(outcome, CommitOutcome::Stale { .. }),
        "it is stale"
    );
    assert_eq!(fetched(store, 1, 100).await, [], "nothing is published");
}

/// The messages of a lane come by order, and those of an order by version.
pub async fn messages_come_by_order_and_version(store: &(impl OrderStore + Outbox + ?Sized)) {
    let mut later = story(same_lane(1, 1), 2);
    publish(store, &mut later).await;
    let mut early = story(1, 2);
    publish(store, &mut early).await;
    let mut later = later.then(at(50), Happening::OrderExpired);
    publish(store, &mut later).await;
    let mut early = (0..12).fold(early, |story, n| {
        story.then(at(60 + n), Happening::OrderExpired)
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
            "there are at most as many as were asked for, from the first on"
        );
    }
}

/// A lane holds the messages of its own orders, and no others.
pub async fn a_lane_holds_its_own_orders_only(store: &(impl OrderStore + Outbox + ?Sized)) {
    let one = published(store, 1, 1).await;
    let two = published(store, 2, 1).await;
    assert_ne!(lane(1), lane(2), "they are in two lanes");
    assert_eq!(fetched(store, 1, 100).await, messages(&one, 0), "its own");
    assert_eq!(fetched(store, 2, 100).await, messages(&two, 0), "its own");
    assert_eq!(fetched(store, 3, 100).await, [], "an empty lane has none");
}

/// For every order there is no older unconfirmed message than the first one fetched.
pub async fn the_oldest_message_of_an_order_comes_first_until_it_is_confirmed(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let story = published(store, 1, 3).await;
    for _again in 0..2 {
        assert_eq!(
            fetched(store, 1, 2).await,
            messages(&story, 0)[..2],
            "what is not confirmed comes again"
        );
    }
    let first = &messages(&story, 0)[..1];
    store
        .confirm(lane(1), first)
        .await
        .expect("the store answers");
    assert_eq!(
        fetched(store, 1, 2).await,
        messages(&story, 1),
        "the oldest that is not confirmed comes first"
    );
}

/// Confirmed messages are gone, others stay; confirming again does nothing.
pub async fn confirmed_messages_are_gone_and_no_others(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let story = published(store, 1, 3).await;
    let neighbour = published(store, same_lane(1, 1), 2).await;
    let done = [
        messages(&story, 0)[0].clone(),
        messages(&neighbour, 0)[0].clone(),
    ];
    for _again in 0..2 {
        store
            .confirm(lane(1), &done)
            .await
            .expect("what is gone is passed over");
    }
    assert_eq!(
        fetched(store, 1, 100).await,
        [messages(&story, 1), messages(&neighbour, 1)].concat(),
        "what is confirmed is gone, and nothing else"
    );
    store
        .confirm(lane(1), &fetched(store, 1, 100).await)
        .await
        .expect("the store answers");
    assert_eq!(fetched(store, 1, 100).await, [], "all is confirmed");
    assert_eq!(claimed(store, "w1", 1, 9).await, None, "nothing is left");
    let events = store.events(story.storefront(), story.id()).await;
    assert_eq!(
        events.expect("the store answers"),
        story.events(),
        "history keeps what was published"
    );
}
