//! Handing out: to one worker at a time, what is due, oldest first.

use super::{applied, first, going_on, ids, stored, storing, take_until, taken};
use crate::effect::EffectId;
use crate::ports::{EffectQueue, Lease, OrderStore};
use crate::testing::Story;
use crate::testing::builders::{at, place, worker};
use crate::testing::contract::MANY;
use futures::future::join_all;
use std::collections::BTreeMap;

/// An effect is not handed out before it is due.
pub async fn an_effect_is_not_handed_out_before_it_is_due(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    assert_eq!(taken(store, "w1", 0).await, [], "an empty queue has none");
    let story = stored(store, [1], 1).await.remove(0);
    taken(store, "w1", 1).await;
    store
        .postpone(&worker("w1"), first(&story, 0), at(500), "later")
        .await
        .expect("the store answers");
    assert_eq!(taken(store, "w1", 499).await, [], "it is not due yet");
    assert_eq!(
        ids(&taken(store, "w1", 500).await),
        [first(&story, 0)],
        "it is due now"
    );
}

/// What is due the longest is handed out first.
pub async fn the_oldest_due_are_handed_out_first(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let story = stored(store, [1], 4).await.remove(0);
    taken(store, "w1", 1).await;
    for (index, due) in [(0, 30), (1, 10), (2, 40), (3, 20)] {
        store
            .postpone(&worker("w1"), first(&story, index), at(due), "later")
            .await
            .expect("the store answers");
    }
    let mut handed_out = Vec::new();
    for limit in [1, 2, 5] {
        let some = store.take(&worker("w1"), at(35), at(900), limit).await;
        handed_out.extend(ids(&some.expect("the store answers")));
    }
    assert_eq!(
        handed_out,
        [1, 3, 0].map(|index| first(&story, index)),
        "the oldest due are handed out first"
    );
}

/// At most as many effects are handed out as were asked for; the others stay.
pub async fn at_most_as_many_are_handed_out_as_were_asked_for(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    stored(store, 1..=5, 1).await;
    let mut counts = Vec::new();
    for limit in [0, 2, 2, 2] {
        let some = store.take(&worker("w1"), at(1), at(900), limit).await;
        counts.push(some.expect("the store answers").len());
    }
    assert_eq!(counts, [0, 2, 2, 1], "at most as many as were asked for");
}

/// While a lease runs, its effect is not handed out again, to anybody.
pub async fn an_effect_is_handed_out_once_while_its_lease_runs(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    stored(store, [1], 3).await;
    assert_eq!(taken(store, "w1", 1).await.len(), 3, "all are due");
    for who in ["w1", "w2"] {
        assert_eq!(
            taken(store, who, 999).await,
            [],
            "no effect is handed out while a lease on it runs"
        );
    }
}

/// Of many workers that take side by side, each effect goes to exactly one.
pub async fn of_many_workers_each_effect_goes_to_one(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    stored(store, 1..=MANY, 3).await;
    let handed_out = join_all((0..MANY).map(|n| async move {
        let me = worker(&format!("w{n}"));
        let mut mine = Vec::new();
        // Rounds enough to get all of them twice over, and an end to it.
        for _round in 0..3 * MANY {
            let some = store.take(&me, at(1), at(900), 2).await;
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
    for id in handed_out.into_iter().flatten() {
        *counts.entry(id).or_default() += 1;
    }
    assert!(
        counts.values().all(|count| *count == 1),
        "no effect is handed out to two workers while a lease runs"
    );
    assert_eq!(
        u64::try_from(counts.len()),
        Ok(3 * MANY),
        "every effect is handed out"
    );
}

/// An effect whose lease has lapsed is due, whoever had it.
pub async fn an_effect_whose_lease_has_lapsed_is_due(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let story = stored(store, [1], 1).await.remove(0);
    take_until(store, &worker("w1"), 1, 100).await;
    assert_eq!(taken(store, "w2", 99).await, [], "the lease runs");
    let handed_out = take_until(store, &worker("w2"), 101, 200).await;
    assert_eq!(ids(&handed_out), [first(&story, 0)], "the lease has lapsed");
    assert_eq!(taken(store, "w1", 199).await, [], "the new lease runs");
    assert_eq!(
        ids(&taken(store, "w2", 201).await),
        [first(&story, 0)],
        "the new lease has lapsed"
    );
}

/// Every time an effect is handed out counts as a try, also after a lapse or a delay.
pub async fn every_time_an_effect_is_handed_out_counts_as_a_try(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let story = stored(store, [1], 1).await.remove(0);
    let mut tries = Vec::new();
    for (seconds, until) in [(1, 100), (101, 200), (301, 400)] {
        let handed_out = take_until(store, &worker("w1"), seconds, until).await;
        tries.extend(handed_out.iter().map(|one| one.tries));
        store
            .postpone(&worker("w1"), first(&story, 0), at(until), "later")
            .await
            .expect("the store answers");
    }
    assert_eq!(tries, [1, 2, 3], "each time it is handed out is a try");
}

fn born_leased(who: &str, until: u64) -> (Story, crate::ports::Change) {
    let story = Story::placed(1, place().build(), at(0));
    storing(story, 1, Some(&Lease::new(worker(who), at(until))))
}

/// An effect that is born leased is handed out to nobody until that lease lapses.
pub async fn an_effect_that_is_born_leased_is_nobody_elses(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let (story, change) = born_leased("w1", 100);
    applied(store, change).await;
    let (_, free) = storing(going_on(story.clone(), 1), 1, None);
    let free_id = free.effects[0].effect.id;
    applied(store, free).await;
    assert_eq!(
        ids(&take_until(store, &worker("w2"), 99, 999).await),
        [free_id],
        "an effect is handed out to nobody while the lease runs that it was born with"
    );
    assert_eq!(
        ids(&taken(store, "w2", 101).await),
        [first(&story, 0)],
        "it is due once that lease has lapsed"
    );
}

/// An effect that is born leased counts as tried once.
pub async fn an_effect_that_is_born_leased_counts_as_tried_once(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let (_, change) = born_leased("w1", 100);
    applied(store, change).await;
    let tries: Vec<u32> = taken(store, "w2", 101)
        .await
        .iter()
        .map(|one| one.tries)
        .collect();
    assert_eq!(tries, [2], "its birth was the first try");
}
