//! Lanes: one relay holds each at a time.

use super::{claimed, fetched, lane, messages, published};
use crate::ports::{LANES, Lane, OrderStore, Outbox};
use crate::testing::builders::{at, worker};
use futures::future::join_all;
use std::collections::BTreeSet;

/// A lane without messages is given to nobody.
pub async fn a_lane_without_messages_is_given_to_nobody(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    assert_eq!(claimed(store, "w1", 0, 9).await, None, "there are none");
    let story = published(store, 5, 1).await;
    assert_eq!(
        claimed(store, "w1", 1, 9).await,
        Some(lane(5)),
        "the lane that has messages is given"
    );
    store
        .confirm(lane(5), &messages(&story, 0))
        .await
        .expect("the store answers");
    assert_eq!(
        claimed(store, "w2", 99, 999).await,
        None,
        "it has none left"
    );
}

/// A lane that one worker holds is given to no other.
pub async fn a_lane_is_given_to_one_worker_at_a_time(store: &(impl OrderStore + Outbox + ?Sized)) {
    published(store, 1, 1).await;
    assert_eq!(claimed(store, "w1", 1, 100).await, Some(lane(1)), "free");
    for now in [1, 50, 99] {
        assert_eq!(
            claimed(store, "w2", now, 200).await,
            None,
            "a lane that somebody holds is given to nobody else"
        );
    }
    published(store, 2, 1).await;
    assert_eq!(
        claimed(store, "w2", 50, 200).await,
        Some(lane(2)),
        "another lane is given"
    );
}

/// Of many workers that claim side by side, each lane goes to exactly one.
pub async fn of_many_workers_each_lane_goes_to_one(store: &(impl OrderStore + Outbox + ?Sized)) {
    let lanes = u64::from(LANES / 2);
    for number in 0..lanes {
        published(store, number, 1).await;
    }
    // More workers than lanes, each of which claims once.
    let given = join_all((0..2 * lanes).map(|n| async move {
        let who = format!("w{n}");
        claimed(store, &who, 1, 100).await
    }))
    .await;
    let given: Vec<Lane> = given.into_iter().flatten().collect();
    let once: BTreeSet<Lane> = given.iter().copied().collect();
    assert_eq!(once.len(), given.len(), "no lane is given to two workers");
    let mut all = once;
    for n in 0.. {
        let Some(lane) = claimed(store, &format!("late{n}"), 1, 100).await else {
            break;
        };
        assert!(all.insert(lane), "no lane is given to two workers");
    }
    assert_eq!(
        all,
        (0..lanes).map(lane).collect(),
        "every lane that has messages is given"
    );
}

/// A lane whose lease has lapsed is given to another.
pub async fn a_lane_whose_lease_has_lapsed_is_given_to_another(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    published(store, 1, 1).await;
    assert_eq!(claimed(store, "w1", 1, 100).await, Some(lane(1)), "free");
    assert_eq!(
        claimed(store, "w2", 101, 200).await,
        Some(lane(1)),
        "a lane whose lease has lapsed is given to another"
    );
    assert_eq!(
        claimed(store, "w1", 102, 300).await,
        None,
        "it is held again"
    );
}

/// A lane that its holder is given again is held until the new time.
pub async fn a_lane_that_is_given_again_is_held_for_longer(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    published(store, 1, 1).await;
    assert_eq!(claimed(store, "w1", 1, 100).await, Some(lane(1)), "free");
    let again = claimed(store, "w1", 50, 200).await;
    let expected = if again.is_some() { None } else { Some(lane(1)) };
    assert_eq!(
        claimed(store, "w2", 150, 300).await,
        expected,
        "a lane that is given again is held for longer"
    );
}

/// A lane that is given back is free at once, and its messages are as they were.
pub async fn a_lane_that_is_given_back_is_given_to_another(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let story = published(store, 1, 2).await;
    assert_eq!(claimed(store, "w1", 1, 100).await, Some(lane(1)), "free");
    store
        .release(&worker("w1"), lane(1))
        .await
        .expect("the store answers");
    assert_eq!(
        claimed(store, "w2", 2, 100).await,
        Some(lane(1)),
        "a lane that is given back is given to another"
    );
    assert_eq!(
        fetched(store, 1, 9).await,
        messages(&story, 0),
        "all is there"
    );
}

/// A worker gives back what it holds; what another holds stays held.
pub async fn only_its_holder_gives_a_lane_back(store: &(impl OrderStore + Outbox + ?Sized)) {
    published(store, 1, 1).await;
    let gives_back = async |who: &str| {
        store
            .release(&worker(who), lane(1))
            .await
            .expect("the store answers");
    };
    gives_back("w1").await;
    assert_eq!(claimed(store, "w1", 1, 100).await, Some(lane(1)), "free");
    gives_back("w2").await;
    assert_eq!(
        claimed(store, "w2", 2, 100).await,
        None,
        "a lane is given back by its holder only"
    );
    let passed = store.claim(&worker("w2"), at(101), at(200)).await;
    assert_eq!(passed.expect("the store answers"), Some(lane(1)), "lapsed");
    gives_back("w1").await;
    assert_eq!(
        claimed(store, "w3", 150, 300).await,
        None,
        "a worker whose lease has passed to another gives nothing back"
    );
}
