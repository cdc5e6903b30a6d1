//! Leases: what their holder may do, and nobody else.

use super::{LEASE, applied, claim, claim_until, first, ids, stored, storing};
use crate::builders::{at, place, worker};
use crate::history::OrderHistory;
use order_core::ports::{EffectQueue, Lease, OrderStore};

/// Checks that a finished effect is not claimed again, whether or not its lease has expired.
pub async fn a_finished_effect_is_gone(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let history = stored(store, [1], 3).await.remove(0);
    claim(store, "w1", 1).await;
    let done = [first(&history, 0), first(&history, 2)];
    store.finish(&done).await.expect("the store answers");
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
        store
            .finish(&done)
            .await
            .expect("an effect that is gone is ignored");
    }
    store.finish(&[]).await.expect("nothing is done");
    assert_eq!(
        ids(&claim(store, "w1", 1).await),
        [first(&history, 1)],
        "the others stay"
    );
}

/// Checks that a postponed effect is not leased any more, and due at its new time.
pub async fn a_postponed_effect_is_due_at_its_new_time(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let history = stored(store, [1], 1).await.remove(0);
    claim(store, "w1", 1).await;
    store
        .postpone(&worker("w1"), first(&history, 0), at(500), "later")
        .await
        .expect("the store answers");
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
    store
        .postpone(&worker("w1"), effect, at(500), "later")
        .await
        .expect("the store answers");
    assert_eq!(
        claim(store, "w1", 1).await.len(),
        2,
        "a worker without a lease postpones nothing"
    );
    let handed_over = claim_until(store, &worker("w2"), LEASE + 1, 2_000).await;
    assert_eq!(handed_over.len(), 2, "the leases have passed to another");
    store
        .postpone(&worker("w1"), effect, at(LEASE + 2), "later")
        .await
        .expect("the store answers");
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
    store
        .park(&worker("w1"), effect, at(1), "no")
        .await
        .expect("the store answers");
    assert_eq!(
        claim(store, "w1", 1).await.len(),
        1,
        "a worker without a lease parks nothing"
    );
    claim_until(store, &worker("w2"), LEASE + 1, 2_000).await;
    store
        .park(&worker("w1"), effect, at(LEASE + 2), "no")
        .await
        .expect("the store answers");
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
    store
        .postpone(&worker("w1"), postponed, at(500), "later")
        .await
        .expect("the store answers");
    store
        .park(&worker("w1"), parked, at(2), "no")
        .await
        .expect("the store answers");
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
    store
        .finish(&[first(&history, 1)])
        .await
        .expect("the store answers");
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
