//! Leases: what their holder may do, and nobody else.

use super::{
    LEASE, applied, claim, claim_until, finish, first, ids, park, postpone, settle, stored, storing,
};
use crate::builders::{at, place, worker};
use crate::history::OrderHistory;
use order_core::ports::{
    EffectQueue, EffectSettlement, Lease, OrderStore, ParkedEffect, PostponedEffect,
};

/// Checks that a finished effect is not claimed again, whether or not its lease has expired.
pub async fn a_finished_effect_is_gone(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let history = stored(store, [1], 3).await.remove(0);
    claim(store, "w1", 1).await;
    let done = [first(&history, 0), first(&history, 2)];
    finish(store, &done).await;
    assert_eq!(
        ids(&claim(store, "w2", LEASE + 1).await),
        [first(&history, 1)],
        "what is finished is gone, and nothing else"
    );
}

/// Checks that finishing an effect that is gone or never existed does nothing.
pub async fn finishing_again_does_nothing(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let history = stored(store, [1], 2).await.remove(0);
    let done = [first(&history, 0), first(&history, 99)];
    for _again in 0..2 {
        finish(store, &done).await;
    }
    finish(store, &[]).await;
    assert_eq!(
        ids(&claim(store, "w1", 1).await),
        [first(&history, 1)],
        "the others stay"
    );
}

/// Checks that one settlement finishes, postpones and parks effects of several orders, and that one
/// whose lease has passed to another worker keeps none of the others from it.
pub async fn one_settlement_finishes_postpones_and_parks(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let histories = stored(store, [1, 2], 4).await;
    let [one, two] = [&histories[0], &histories[1]];
    assert_eq!(
        claim_until(store, &worker("w1"), 1, 50).await.len(),
        8,
        "all are due"
    );
    // One of each order passes to another worker.
    let passed = store.claim(&worker("w2"), at(51), at(LEASE), 2).await;
    let passed = ids(&passed.expect("the store answers"));
    let mine: Vec<_> = [one, two]
        .iter()
        .flat_map(|history| (0..4).map(|index| first(history, index)))
        .filter(|id| !passed.contains(id))
        .collect();
    let postponed = |effect, due| PostponedEffect::new(effect, at(due), "later".to_owned());
    let parked = |effect| ParkedEffect::new(effect, "no".to_owned());
    let settlement = EffectSettlement::new(
        vec![mine[0], mine[3], first(one, 99)],
        vec![
            postponed(mine[1], 500),
            postponed(passed[0], 60),
            postponed(mine[4], 400),
        ],
        vec![parked(mine[2]), parked(passed[1]), parked(mine[5])],
    );
    settle(store, "w1", 55, &settlement).await;
    assert_eq!(claim(store, "w3", 399).await, [], "nothing is due");
    assert_eq!(ids(&claim(store, "w3", 400).await), [mine[4]], "postponed");
    assert_eq!(ids(&claim(store, "w3", 500).await), [mine[1]], "postponed");
    let letters = store.dead_letters(one.storefront(), None, 9).await;
    let letters = letters.expect("the store answers").letters;
    let parked: Vec<_> = letters.iter().map(|letter| letter.effect.id).collect();
    assert_eq!(parked, [mine[2], mine[5]], "parked");
    assert!(
        letters
            .iter()
            .all(|letter| letter.parked_at == at(55) && letter.error == "no"),
        "with the error, when they were parked"
    );
    let left = store.release(&worker("w2")).await;
    assert_eq!(
        left.expect("the store answers"),
        2,
        "what is leased to another worker stays so"
    );
    settle(store, "w1", 55, &EffectSettlement::default()).await;
}

/// Checks that a postponed effect is not leased any more, and due at its new time.
pub async fn a_postponed_effect_is_due_at_its_new_time(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let history = stored(store, [1], 1).await.remove(0);
    claim(store, "w1", 1).await;
    postpone(store, "w1", first(&history, 0), 500).await;
    assert_eq!(claim(store, "w2", 499).await, [], "it is not due");
    let claimed = claim(store, "w2", 500).await;
    assert_eq!(
        ids(&claimed),
        [first(&history, 0)],
        "it is free and due, before the old lease would have expired"
    );
    assert_eq!(claimed[0].attempts, 2, "the first attempt stays counted");
}

/// Checks that postponing does nothing without a lease, or once the lease has passed to another
/// worker.
pub async fn only_its_holder_postpones_an_effect(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let history = stored(store, [1, 2], 1).await.remove(0);
    let effect = first(&history, 0);
    postpone(store, "w1", effect, 500).await;
    assert_eq!(
        claim(store, "w1", 1).await.len(),
        2,
        "a worker without a lease postpones nothing"
    );
    let handed_over = claim_until(store, &worker("w2"), LEASE + 1, 2_000).await;
    assert_eq!(handed_over.len(), 2, "the leases have passed to another");
    postpone(store, "w1", effect, LEASE + 2).await;
    assert_eq!(
        claim(store, "w3", LEASE + 3).await,
        [],
        "an effect is not freed by a worker whose lease has passed to another"
    );
}

/// Checks that parking does nothing without a lease, or once the lease has passed to another worker.
pub async fn only_its_holder_parks_an_effect(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let history = stored(store, [1], 1).await.remove(0);
    let effect = first(&history, 0);
    park(store, "w1", effect, 1, "no").await;
    assert_eq!(
        claim(store, "w1", 1).await.len(),
        1,
        "a worker without a lease parks nothing"
    );
    claim_until(store, &worker("w2"), LEASE + 1, 2_000).await;
    park(store, "w1", effect, LEASE + 2, "no").await;
    let letters = store.dead_letters(history.storefront(), None, 9).await;
    assert_eq!(
        letters.expect("the store answers").letters,
        [],
        "an effect is not parked by a worker whose lease has passed to another"
    );
    assert_eq!(
        ids(&claim(store, "w3", 2_001).await),
        [effect],
        "it is due when the lease of its holder expires"
    );
}

/// Checks that the holder of the lease of a commit can postpone, park and release the effect.
pub async fn the_holder_of_a_lease_from_the_start_holds_it_as_any_other(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let lease = Lease::new(worker("w1"), at(LEASE));
    let history = OrderHistory::placed(1, place().build(), at(0));
    let (history, change) = storing(history, 3, Some(&lease));
    applied(store, change).await;
    let [postponed, parked, released] = [0, 1, 2].map(|index| first(&history, index));
    postpone(store, "w1", postponed, 500).await;
    park(store, "w1", parked, 2, "no").await;
    let count = store.release(&worker("w1")).await;
    assert_eq!(count.expect("the store answers"), 1, "one lease is left");
    assert_eq!(ids(&claim(store, "w2", 3).await), [released], "released");
    assert_eq!(
        ids(&claim(store, "w2", 500).await),
        [postponed],
        "postponed"
    );
    let letters = store.dead_letters(history.storefront(), None, 9).await;
    let letters = letters.expect("the store answers").letters;
    assert_eq!(letters[0].effect.id, parked, "parked");
    assert_eq!(
        letters[0].attempts, 1,
        "the lease of its commit was an attempt"
    );
}

/// Checks that effects whose leases are released are due at once; their number is returned.
pub async fn released_effects_are_due_at_once(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let nothing = store.release(&worker("w1")).await;
    assert_eq!(nothing.expect("the store answers"), 0, "nothing is leased");
    let history = stored(store, [1], 3).await.remove(0);
    claim(store, "w1", 1).await;
    finish(store, &[first(&history, 1)]).await;
    let count = store.release(&worker("w1")).await;
    assert_eq!(count.expect("the store answers"), 2, "two were leased");
    let mut claimed = claim(store, "w2", 2).await;
    claimed.sort_by_key(|one| one.effect.id);
    assert_eq!(
        ids(&claimed),
        [first(&history, 0), first(&history, 2)],
        "released effects are due at once"
    );
    assert!(
        claimed.iter().all(|one| one.attempts == 2),
        "the first attempt stays counted"
    );
}

/// Checks that a worker releases its own leases, and no others.
pub async fn a_worker_releases_its_own_leases_only(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let histories = stored(store, [1, 2], 1).await;
    for (who, seconds) in [("w1", 1), ("w2", 2)] {
        let one = store.claim(&worker(who), at(seconds), at(LEASE), 1).await;
        assert_eq!(one.expect("the store answers").len(), 1, "one each");
    }
    let count = store.release(&worker("w1")).await;
    assert_eq!(count.expect("the store answers"), 1, "its own lease");
    let claimed = claim(store, "w3", 3).await;
    assert_eq!(claimed.len(), 1, "the other's lease runs");
    assert!(
        histories
            .iter()
            .any(|history| first(history, 0) == claimed[0].effect.id),
        "one of the two is free"
    );
}
