//! Partitions: one relay holds each at a time.

use super::{claimed, claimed_up_to, fetched, messages, partition, published};
use crate::builders::worker;
use futures::future::join_all;
use order_core::ports::{OrderStore, Outbox, PARTITIONS, Partition};
use std::collections::BTreeSet;

/// Checks that a partition without messages is claimed by nobody.
pub async fn a_partition_without_messages_is_given_to_nobody(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    assert_eq!(claimed(store, "w1", 0, 9).await, None, "there are none");
    let history = published(store, 5, 1).await;
    assert_eq!(
        claimed(store, "w1", 1, 9).await,
        Some(partition(5)),
        "the partition that has messages is claimed"
    );
    store
        .confirm(&messages(&history, 0))
        .await
        .expect("the store answers");
    assert_eq!(
        claimed(store, "w2", 99, 999).await,
        None,
        "it has none left"
    );
}

/// Checks that a partition that one worker holds is claimed by no other.
pub async fn a_partition_is_given_to_one_worker_at_a_time(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    published(store, 1, 1).await;
    assert_eq!(
        claimed(store, "w1", 1, 100).await,
        Some(partition(1)),
        "free"
    );
    for now in [1, 50, 99] {
        assert_eq!(
            claimed(store, "w2", now, 200).await,
            None,
            "a partition that one worker holds is claimed by no other"
        );
    }
    published(store, 2, 1).await;
    assert_eq!(
        claimed(store, "w2", 50, 200).await,
        Some(partition(2)),
        "another partition is claimed"
    );
}

/// Checks that each partition is claimed by exactly one of many concurrent workers.
pub async fn of_many_workers_each_partition_goes_to_one(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let partitions = u64::from(PARTITIONS / 2);
    for number in 0..partitions {
        published(store, number, 1).await;
    }
    // More workers than partitions, each of which claims once.
    let given = join_all((0..2 * partitions).map(|n| async move {
        let who = format!("w{n}");
        claimed(store, &who, 1, 100).await
    }))
    .await;
    let given: Vec<Partition> = given.into_iter().flatten().collect();
    let once: BTreeSet<Partition> = given.iter().copied().collect();
    assert_eq!(
        once.len(),
        given.len(),
        "no partition is claimed by two workers"
    );
    let mut all = once;
    for n in 0.. {
        let Some(partition) = claimed(store, &format!("late{n}"), 1, 100).await else {
            break;
        };
        assert!(
            all.insert(partition),
            "no partition is claimed by two workers"
        );
    }
    assert_eq!(
        all,
        (0..partitions).map(partition).collect(),
        "every partition that has messages is claimed"
    );
}

/// Checks that a worker claims as many partitions as it asks for, if there are as many with messages, and
/// releases them together.
pub async fn several_partitions_are_given_at_once(store: &(impl OrderStore + Outbox + ?Sized)) {
    for number in 0..5 {
        published(store, number, 1).await;
    }
    let some = claimed_up_to(store, "w1", 3, 1, 100).await;
    let rest = claimed_up_to(store, "w2", 9, 1, 100).await;
    assert_eq!((some.len(), rest.len()), (3, 2), "as many as there are");
    let all: BTreeSet<Partition> = some.iter().chain(&rest).copied().collect();
    assert_eq!(
        all,
        (0..5).map(partition).collect(),
        "each is claimed by one of the two"
    );
    assert_eq!(
        claimed_up_to(store, "w3", 0, 101, 200).await,
        [],
        "none is asked for"
    );
    store
        .release_partitions(&worker("w1"), &[some.clone(), rest.clone()].concat())
        .await
        .expect("the store answers");
    let again: BTreeSet<Partition> = claimed_up_to(store, "w3", 9, 2, 100)
        .await
        .into_iter()
        .collect();
    assert_eq!(
        again,
        some.into_iter().collect(),
        "a worker releases those that it holds"
    );
}

/// Checks that the partitions whose last turns are the longest ago are claimed first.
pub async fn partitions_are_given_in_turn(store: &(impl OrderStore + Outbox + ?Sized)) {
    for number in 0..6 {
        published(store, number, 1).await;
    }
    let mut turns = Vec::new();
    for now in 1..4 {
        let turn = claimed_up_to(store, "w1", 2, now, now + 100).await;
        store
            .release_partitions(&worker("w1"), &turn)
            .await
            .expect("the store answers");
        turns.extend(turn);
    }
    let all: BTreeSet<Partition> = turns.into_iter().collect();
    assert_eq!(
        all,
        (0..6).map(partition).collect(),
        "none is passed over for one that had its turn"
    );
}

/// Checks that another worker claims a partition whose lease has expired.
pub async fn a_partition_whose_lease_has_expired_is_given_to_another(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    published(store, 1, 1).await;
    assert_eq!(
        claimed(store, "w1", 1, 100).await,
        Some(partition(1)),
        "free"
    );
    assert_eq!(
        claimed(store, "w2", 101, 200).await,
        Some(partition(1)),
        "a partition whose lease has expired is claimed by another"
    );
    assert_eq!(
        claimed(store, "w1", 102, 300).await,
        None,
        "it is held again"
    );
}

/// Checks that the lease of a partition that its holder claims again runs until the new time.
pub async fn a_partition_that_is_given_again_is_held_for_longer(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    published(store, 1, 1).await;
    assert_eq!(
        claimed(store, "w1", 1, 100).await,
        Some(partition(1)),
        "free"
    );
    let again = claimed(store, "w1", 50, 200).await;
    let expected = if again.is_some() {
        None
    } else {
        Some(partition(1))
    };
    assert_eq!(
        claimed(store, "w2", 150, 300).await,
        expected,
        "a partition that is claimed again is held for longer"
    );
}

/// Checks that a released partition can be claimed at once, and keeps its messages.
pub async fn a_partition_that_is_given_back_is_given_to_another(
    store: &(impl OrderStore + Outbox + ?Sized),
) {
    let history = published(store, 1, 2).await;
    assert_eq!(
        claimed(store, "w1", 1, 100).await,
        Some(partition(1)),
        "free"
    );
    store
        .release_partitions(&worker("w1"), &[partition(1)])
        .await
        .expect("the store answers");
    assert_eq!(
        claimed(store, "w2", 2, 100).await,
        Some(partition(1)),
        "a released partition is claimed by another"
    );
    assert_eq!(
        fetched(store, 1, 9).await,
        messages(&history, 0),
        "all is there"
    );
}

/// Checks that a worker releases its own lease only.
pub async fn only_its_holder_gives_a_partition_back(store: &(impl OrderStore + Outbox + ?Sized)) {
    published(store, 1, 1).await;
    let release = async |who: &str| {
        store
            .release_partitions(&worker(who), &[partition(1)])
            .await
            .expect("the store answers");
    };
    release("w1").await;
    assert_eq!(
        claimed(store, "w1", 1, 100).await,
        Some(partition(1)),
        "free"
    );
    release("w2").await;
    assert_eq!(
        claimed(store, "w2", 2, 100).await,
        None,
        "a partition is released by its holder only"
    );
    assert_eq!(
        claimed(store, "w2", 101, 200).await,
        Some(partition(1)),
        "expired"
    );
    release("w1").await;
    assert_eq!(
        claimed(store, "w3", 150, 300).await,
        None,
        "a worker whose lease has passed to another releases nothing"
    );
}
