//! Claiming: what is due, oldest first, each effect by one worker at a time.

use super::{applied, claim, claim_until, first, going_on, ids, postpone, stored, storing};
use crate::builders::{at, place, worker};
use crate::contract::MANY;
use crate::history::OrderHistory;
use futures::future::join_all;
use order_core::effect::EffectId;
use order_core::ports::{EffectQueue, Lease, OrderStore};
use std::collections::BTreeMap;

/// Checks that an effect is not claimed before it is due.
pub async fn an_effect_is_not_claimed_before_it_is_due(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    assert_eq!(claim(store, "w1", 0).await, [], "an empty queue has none");
    let history = stored(store, [1], 1).await.remove(0);
    claim(store, "w1", 1).await;
    postpone(store, "w1", first(&history, 0), 500).await;
    assert_eq!(claim(store, "w1", 499).await, [], "it is not due yet");
    assert_eq!(
        ids(&claim(store, "w1", 500).await),
        [first(&history, 0)],
        "it is due now"
    );
}

/// Checks that effects are claimed in the order in which they are due.
pub async fn the_oldest_due_are_claimed_first(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let history = stored(store, [1], 4).await.remove(0);
    claim(store, "w1", 1).await;
    for (index, due) in [(0, 30), (1, 10), (2, 40), (3, 20)] {
        postpone(store, "w1", first(&history, index), due).await;
    }
    let mut claimed = Vec::new();
    for limit in [1, 2, 5] {
        let some = store.claim(&worker("w1"), at(35), at(900), limit).await;
        claimed.extend(ids(&some.expect("the store answers")));
    }
    assert_eq!(
        claimed,
        [1, 3, 0].map(|index| first(&history, index)),
        "the oldest due are claimed first"
    );
}

/// Checks that at most `limit` effects are claimed; the others stay.
pub async fn at_most_as_many_are_claimed_as_were_asked_for(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    stored(store, 1..=5, 1).await;
    let mut counts = Vec::new();
    for limit in [0, 2, 2, 2] {
        let some = store.claim(&worker("w1"), at(1), at(900), limit).await;
        counts.push(some.expect("the store answers").len());
    }
    assert_eq!(counts, [0, 2, 2, 1], "at most as many as were requested");
}

/// Checks that while a lease runs, its effect is not claimed again by anybody.
pub async fn an_effect_is_claimed_once_while_its_lease_runs(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    stored(store, [1], 3).await;
    assert_eq!(claim(store, "w1", 1).await.len(), 3, "all are due");
    for who in ["w1", "w2"] {
        assert_eq!(
            claim(store, who, 999).await,
            [],
            "no effect is claimed while a lease on it runs"
        );
    }
}

/// Checks that each effect is claimed by exactly one of many concurrent workers.
pub async fn of_many_workers_each_effect_goes_to_one(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    stored(store, 1..=MANY, 3).await;
    let claimed = join_all((0..MANY).map(|n| async move {
        let me = worker(&format!("w{n}"));
        let mut mine = Vec::new();
        // Enough rounds to claim all of them twice, and an upper bound.
        for _round in 0..3 * MANY {
            let some = store.claim(&me, at(1), at(900), 2).await;
            let some = some.expect("the store answers");
            if some.is_empty() {
                break;
            }
            mine.extend(ids(&some));
        }
        mine
    }))
    .await;
    let mut counts = BTreeMap::<EffectId, u32>::new();
    for id in claimed.into_iter().flatten() {
        *counts.entry(id).or_default() += 1;
    }
    assert!(
        counts.values().all(|count| *count == 1),
        "no effect is claimed by two workers while a lease runs"
    );
    assert_eq!(
        u64::try_from(counts.len()),
        Ok(3 * MANY),
        "every effect is claimed"
    );
}

/// Checks that an effect whose lease has expired is due, whoever held the lease.
pub async fn an_effect_whose_lease_has_expired_is_due(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let history = stored(store, [1], 1).await.remove(0);
    claim_until(store, &worker("w1"), 1, 100).await;
    assert_eq!(claim(store, "w2", 99).await, [], "the lease runs");
    let claimed = claim_until(store, &worker("w2"), 101, 200).await;
    assert_eq!(ids(&claimed), [first(&history, 0)], "the lease has expired");
    assert_eq!(claim(store, "w1", 199).await, [], "the new lease runs");
    assert_eq!(
        ids(&claim(store, "w2", 201).await),
        [first(&history, 0)],
        "the new lease has expired"
    );
}

/// Checks that every claim of an effect counts as an attempt, also after an expired lease or a
/// delay.
pub async fn every_time_an_effect_is_claimed_counts_as_an_attempt(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let history = stored(store, [1], 1).await.remove(0);
    let mut attempts = Vec::new();
    for (seconds, until) in [(1, 100), (101, 200), (301, 400)] {
        let claimed = claim_until(store, &worker("w1"), seconds, until).await;
        attempts.extend(claimed.iter().map(|one| one.attempts));
        postpone(store, "w1", first(&history, 0), until).await;
    }
    assert_eq!(attempts, [1, 2, 3], "each claim is an attempt");
}

fn leased_from_the_start(who: &str, until: u64) -> (OrderHistory, order_core::ports::Change) {
    let history = OrderHistory::placed(1, place().build(), at(0));
    storing(history, 1, Some(&Lease::new(worker(who), at(until))))
}

/// Checks that an effect that is committed with a lease is not claimed until that lease expires.
pub async fn an_effect_that_is_leased_from_the_start_is_nobody_elses(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let (history, change) = leased_from_the_start("w1", 100);
    applied(store, change).await;
    let (_, free) = storing(going_on(history.clone(), 1), 1, None);
    let free_id = free.effects[0].effect.id;
    applied(store, free).await;
    assert_eq!(
        ids(&claim_until(store, &worker("w2"), 99, 999).await),
        [free_id],
        "an effect is not claimed while the lease of its commit runs"
    );
    assert_eq!(
        ids(&claim(store, "w2", 101).await),
        [first(&history, 0)],
        "it is due once that lease has expired"
    );
}

/// Checks that an effect that is committed with a lease counts as attempted once.
pub async fn an_effect_that_is_leased_from_the_start_counts_as_attempted_once(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let (_, change) = leased_from_the_start("w1", 100);
    applied(store, change).await;
    let attempts: Vec<u32> = claim(store, "w2", 101)
        .await
        .iter()
        .map(|one| one.attempts)
        .collect();
    assert_eq!(
        attempts,
        [2],
        "the lease of its commit was the first attempt"
    );
}
