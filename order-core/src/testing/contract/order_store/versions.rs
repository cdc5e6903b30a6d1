//! The version guard: of two changes with the same expected version exactly one is applied.

use super::{applied, found, outcome, same, story};
use crate::event::Happening;
use crate::ports::{CommitOutcome, OrderStore};
use crate::testing::Story;
use crate::testing::builders::{at, place};
use crate::testing::contract::MANY;
use crate::value::Version;
use futures::future::join_all;

fn count_applied(outcomes: &[CommitOutcome]) -> usize {
    outcomes
        .iter()
        .filter(|outcome| **outcome == CommitOutcome::Applied)
        .count()
}

/// A change whose expected version is the order's is applied.
pub async fn a_change_of_the_expected_version_is_applied(store: &(impl OrderStore + ?Sized)) {
    let mut story = story(1);
    applied(store, story.change()).await;
    let mut story = story.then(at(2), Happening::CustomerVerified);
    applied(store, story.change()).await;
    same(store, &story, "the order is as the last change left it").await;
}

/// Expecting no version means that the order must not exist.
pub async fn a_new_order_must_not_exist(store: &(impl OrderStore + ?Sized)) {
    let mut first = story(1);
    applied(store, first.change()).await;
    let mut second = Story::placed(1, place().customer("cus_2").build(), at(9));
    assert_eq!(
        outcome(store, second.change()).await,
        CommitOutcome::Stale {
            found: Version::INITIAL
        },
        "a new order of an id that is there is stale"
    );
    same(store, &first, "the order that was there stays").await;
}

/// A change of an order that does not exist is stale.
pub async fn a_change_of_an_order_that_is_not_there_is_stale(store: &(impl OrderStore + ?Sized)) {
    let mut story = story(1);
    let _never_committed = story.change();
    let mut story = story.then(at(2), Happening::CustomerVerified);
    assert_eq!(
        outcome(store, story.change()).await,
        CommitOutcome::Stale {
            found: Version::NONE
        },
        "a change of an order that is not there is stale, and finds no version"
    );
    assert_eq!(found(store, &story).await, None, "nothing is stored");
}

/// A change that expects an older or a newer version than there is, is stale and told the version.
pub async fn a_change_of_another_version_is_stale(store: &(impl OrderStore + ?Sized)) {
    let mut story = story(1);
    applied(store, story.change()).await;
    let mut older = story.clone().then(at(3), Happening::OrderExpired);
    let mut story = story.then(at(2), Happening::CustomerVerified);
    applied(store, story.change()).await;
    let stale = CommitOutcome::Stale {
        found: Version::new(2),
    };
    assert_eq!(
        outcome(store, older.change()).await,
        stale,
        "a change of an older version is stale, and told the version there is"
    );
    let mut newer = story.clone().then(at(4), Happening::CustomerVerified);
    let _never_committed = newer.change();
    let mut newer = newer.then(at(5), Happening::OrderExpired);
    assert_eq!(
        outcome(store, newer.change()).await,
        stale,
        "a change of a newer version is stale, and told the version there is"
    );
    same(store, &story, "the order that was there stays").await;
}

/// Of many new orders of one id exactly one is stored, whatever runs side by side.
pub async fn of_many_new_orders_of_one_id_exactly_one_is_stored(
    store: &(impl OrderStore + ?Sized),
) {
    let stories: Vec<Story> = (0..MANY)
        .map(|n| {
            let customer = format!("cus_{n}");
            Story::placed(1, place().customer(&customer).build(), at(1))
        })
        .collect();
    let outcomes = join_all(stories.iter().map(|story| {
        let mut story = story.clone();
        async move { outcome(store, story.change()).await }
    }))
    .await;
    assert_eq!(
        count_applied(&outcomes),
        1,
        "of new orders with one id exactly one is stored"
    );
    for (story, outcome) in stories.iter().zip(outcomes) {
        if outcome == CommitOutcome::Applied {
            same(store, story, "the one that was applied is stored").await;
        }
    }
}

/// Of many changes with the same expected version exactly one is applied, whatever runs side by
/// side.
pub async fn of_many_changes_of_one_version_exactly_one_is_applied(
    store: &(impl OrderStore + ?Sized),
) {
    let mut story = story(1);
    applied(store, story.change()).await;
    let rivals: Vec<Story> = (0..MANY)
        .map(|n| story.clone().then(at(10 + n), Happening::CustomerVerified))
        .collect();
    let outcomes = join_all(rivals.iter().map(|rival| {
        let mut rival = rival.clone();
        async move { outcome(store, rival.change()).await }
    }))
    .await;
    assert_eq!(
        count_applied(&outcomes),
        1,
        "of changes with the same expected version exactly one is applied"
    );
    for (rival, outcome) in rivals.iter().zip(outcomes) {
        match outcome {
            CommitOutcome::Applied => same(store, rival, "the one applied is stored").await,
            CommitOutcome::Stale { found } => assert_eq!(
                found,
                Version::new(2),
                "the others are told the version of the one that was applied"
            ),
            CommitOutcome::KeyTaken(_) | CommitOutcome::AlreadyReceived => {
                panic!("a change without key and receipt is applied or stale")
            }
        }
    }
}

/// Writers who load the order again whenever they are stale all get through, and none of their
/// changes is lost.
pub async fn changes_that_are_tried_again_until_they_apply_are_all_applied(
    store: &(impl OrderStore + ?Sized),
) {
    let mut first = story(1);
    applied(store, first.change()).await;
    let first = &first;
    join_all((0..MANY).map(|n| async move {
        // Whenever one is stale, another was applied: nobody has to try more often than this.
        for _try in 0..MANY {
            let order = found(store, first).await.expect("the order is there");
            let mut story = Story::of(order).then(at(n), Happening::OrderExpired);
            if outcome(store, story.change()).await == CommitOutcome::Applied {
                return;
            }
        }
        panic!("of the changes with one expected version one is applied, every time");
    }))
    .await;
    let events = store
        .events(first.storefront(), first.id())
        .await
        .expect("the store answers");
    let versions: Vec<u64> = events.iter().map(|event| event.version.get()).collect();
    assert_eq!(
        versions,
        (1..=MANY + 1).collect::<Vec<_>>(),
        "every change that was applied is part of the history, once and in its place"
    );
    let mut by: Vec<_> = events.iter().skip(1).map(|event| event.at).collect();
    by.sort();
    assert_eq!(
        by,
        (0..MANY).map(at).collect::<Vec<_>>(),
        "the change of every writer is part of the history"
    );
}

/// Changes of different orders, side by side, are all applied.
pub async fn changes_of_different_orders_do_not_meet(store: &(impl OrderStore + ?Sized)) {
    let stories: Vec<Story> = (1..=MANY).map(story).collect();
    let outcomes = join_all(stories.iter().map(|story| {
        let mut story = story.clone();
        async move { outcome(store, story.change()).await }
    }))
    .await;
    assert_eq!(
        count_applied(&outcomes),
        stories.len(),
        "changes of different orders are all applied"
    );
    for story in &stories {
        same(store, story, "each order is stored").await;
    }
}
