//! The optimistic lock: of two changes with the same expected version exactly one is applied.

use super::{applied, found, history, outcome, same};
use crate::builders::{at, place};
use crate::contract::MANY;
use crate::history::OrderHistory;
use futures::future::join_all;
use order_core::event::EventPayload;
use order_core::ports::{CommitOutcome, OrderStore};
use order_core::value::Version;

fn count_applied(outcomes: &[CommitOutcome]) -> usize {
    outcomes
        .iter()
        .filter(|outcome| **outcome == CommitOutcome::Applied)
        .count()
}

/// Checks that a change that expects the stored version is applied.
pub async fn a_change_of_the_expected_version_is_applied(store: &(impl OrderStore + ?Sized)) {
    let mut history = history(1);
    applied(store, history.change()).await;
    let mut history = history.then(at(2), EventPayload::CustomerVerified);
    applied(store, history.change()).await;
    same(store, &history, "the order is as the last change left it").await;
}

/// Checks that expecting no version means that the order must not exist.
pub async fn a_new_order_must_not_exist(store: &(impl OrderStore + ?Sized)) {
    let mut first = history(1);
    applied(store, first.change()).await;
    let mut second = OrderHistory::placed(1, place().customer("cus_2").build(), at(9));
    assert_eq!(
        outcome(store, second.change()).await,
        CommitOutcome::VersionConflict {
            found: Version::INITIAL
        },
        "a new order with an existing id is stale"
    );
    same(store, &first, "the stored order stays").await;
}

/// Checks that a change of an order that does not exist is stale.
pub async fn a_change_of_an_order_that_is_not_there_is_stale(store: &(impl OrderStore + ?Sized)) {
    let mut history = history(1);
    let _never_committed = history.change();
    let mut history = history.then(at(2), EventPayload::CustomerVerified);
    assert_eq!(
        outcome(store, history.change()).await,
        CommitOutcome::VersionConflict {
            found: Version::NONE
        },
        "a change of an order that does not exist is stale, and finds no version"
    );
    assert_eq!(found(store, &history).await, None, "nothing is stored");
}

/// Checks that a change that expects an older or a newer version than the stored one is stale, and
/// that the stored version is reported.
pub async fn a_change_of_another_version_is_stale(store: &(impl OrderStore + ?Sized)) {
    let mut history = history(1);
    applied(store, history.change()).await;
    let mut older = history.clone().then(at(3), EventPayload::OrderExpired);
    let mut history = history.then(at(2), EventPayload::CustomerVerified);
    applied(store, history.change()).await;
    let stale = CommitOutcome::VersionConflict {
        found: Version::new(2),
    };
    assert_eq!(
        outcome(store, older.change()).await,
        stale,
        "a change of an older version is stale, and gets the stored version"
    );
    let mut newer = history.clone().then(at(4), EventPayload::CustomerVerified);
    let _never_committed = newer.change();
    let mut newer = newer.then(at(5), EventPayload::OrderExpired);
    assert_eq!(
        outcome(store, newer.change()).await,
        stale,
        "a change of a newer version is stale, and gets the stored version"
    );
    same(store, &history, "the stored order stays").await;
}

/// Checks that of many concurrent new orders with one id exactly one is stored.
pub async fn of_many_new_orders_of_one_id_exactly_one_is_stored(
    store: &(impl OrderStore + ?Sized),
) {
    let histories: Vec<OrderHistory> = (0..MANY)
        .map(|n| {
            let customer = format!("cus_{n}");
            OrderHistory::placed(1, place().customer(&customer).build(), at(1))
        })
        .collect();
    let outcomes = join_all(histories.iter().map(|history| {
        let mut history = history.clone();
        async move { outcome(store, history.change()).await }
    }))
    .await;
    assert_eq!(
        count_applied(&outcomes),
        1,
        "of new orders with one id exactly one is stored"
    );
    for (history, outcome) in histories.iter().zip(outcomes) {
        if outcome == CommitOutcome::Applied {
            same(store, history, "the one that was applied is stored").await;
        }
    }
}

/// Checks that of many concurrent changes with the same expected version exactly one is applied.
pub async fn of_many_changes_of_one_version_exactly_one_is_applied(
    store: &(impl OrderStore + ?Sized),
) {
    let mut history = history(1);
    applied(store, history.change()).await;
    let rivals: Vec<OrderHistory> = (0..MANY)
        .map(|n| {
            history
                .clone()
                .then(at(10 + n), EventPayload::CustomerVerified)
        })
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
            CommitOutcome::VersionConflict { found } => assert_eq!(
                found,
                Version::new(2),
                "the others get the version of the one that was applied"
            ),
            other => {
                panic!("a change without key and external event is applied or stale, not {other:?}")
            }
        }
    }
}

/// Checks that writers who reload the order and retry after every conflict all succeed, and that none
/// of their changes is lost.
pub async fn changes_that_are_tried_again_until_they_apply_are_all_applied(
    store: &(impl OrderStore + ?Sized),
) {
    let mut first = history(1);
    applied(store, first.change()).await;
    let first = &first;
    join_all((0..MANY).map(|n| async move {
        // Whenever one is stale, another was applied: nobody needs more attempts than this.
        for _attempt in 0..MANY {
            let order = found(store, first).await.expect("the order is there");
            let mut history =
                OrderHistory::continuing(order).then(at(n), EventPayload::OrderExpired);
            if outcome(store, history.change()).await == CommitOutcome::Applied {
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
        "every applied change is part of the history, once and in order"
    );
    let mut by: Vec<_> = events.iter().skip(1).map(|event| event.at).collect();
    by.sort();
    assert_eq!(
        by,
        (0..MANY).map(at).collect::<Vec<_>>(),
        "the change of every writer is part of the history"
    );
}

/// Checks that concurrent changes of different orders are all applied.
pub async fn changes_of_different_orders_do_not_meet(store: &(impl OrderStore + ?Sized)) {
    let histories: Vec<OrderHistory> = (1..=MANY).map(history).collect();
    let outcomes = join_all(histories.iter().map(|history| {
        let mut history = history.clone();
        async move { outcome(store, history.change()).await }
    }))
    .await;
    assert_eq!(
        count_applied(&outcomes),
        histories.len(),
        "changes of different orders are all applied"
    );
    for history in &histories {
        same(store, history, "each order is stored").await;
    }
}
