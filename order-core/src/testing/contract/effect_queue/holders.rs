//! What the holder of a lease can do, and nobody else.

use super::{LEASE, applied, first, ids, stored, storing, take_until, taken};
use crate::ports::{EffectQueue, Lease, OrderStore};
use crate::testing::Story;
use crate::testing::builders::{at, place, worker};

/// A finished effect is not handed out again, whether or not its lease has lapsed.
pub async fn a_finished_effect_is_gone(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let story = stored(store, [1], 3).await.remove(0);
    taken(store, "w1", 1).await;
    let done = [first(&story, 0), first(&story, 2)];
    store.finish(&done).await.expect("the store answers");
    assert_eq!(
        ids(&taken(store, "w2", LEASE + 1).await),
        [first(&story, 1)],
        "what is finished is gone, and nothing else"
    );
}

/// Finishing what is gone, or was never there, does nothing.
pub async fn finishing_again_does_nothing(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let story = stored(store, [1], 2).await.remove(0);
    let done = [first(&story, 0), first(&story, 99)];
    for _again in 0..2 {
        store
            .finish(&done)
            .await
            .expect("what is gone is passed over");
    }
    store.finish(&[]).await.expect("nothing is done");
    assert_eq!(
        ids(&taken(store, "w1", 1).await),
        [first(&story, 1)],
        "the others stay"
    );
}

/// A postponed effect is free, and due at its new time.
pub async fn a_postponed_effect_is_due_at_its_new_time(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let story = stored(store, [1], 1).await.remove(0);
    taken(store, "w1", 1).await;
    store
        .postpone(&worker("w1"), first(&story, 0), at(500), "later")
        .await
        .expect("the store answers");
    assert_eq!(taken(store, "w2", 499).await, [], "it is not due");
    let handed_out = taken(store, "w2", 500).await;
    assert_eq!(
        ids(&handed_out),
        [first(&story, 0)],
        "it is free and due, before the old lease would have lapsed"
    );
    assert_eq!(handed_out[0].tries, 2, "the first try stays counted");
}

/// Postponing does nothing once the lease has passed to another worker, nor without a lease.
pub async fn only_its_holder_postpones_an_effect(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let story = stored(store, [1, 2], 1).await.remove(0);
    let effect = first(&story, 0);
    store
        .postpone(&worker("w1"), effect, at(500), "later")
        .await
        .expect("the store answers");
    assert_eq!(
        taken(store, "w1", 1).await.len(),
        2,
        "who has no lease postpones nothing"
    );
    let handed_over = take_until(store, &worker("w2"), LEASE + 1, 2_000).await;
    assert_eq!(handed_over.len(), 2, "the leases have passed to another");
    store
        .postpone(&worker("w1"), effect, at(LEASE + 2), "later")
        .await
        .expect("the store answers");
    assert_eq!(
        taken(store, "w3", LEASE + 3).await,
        [],
        "an effect is not freed by a worker whose lease has passed to another"
    );
}

/// Parking does nothing once the lease has passed to another worker, nor without a lease.
pub async fn only_its_holder_parks_an_effect(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let story = stored(store, [1], 1).await.remove(0);
    let effect = first(&story, 0);
    store
        .park(&worker("w1"), effect, at(1), "no")
        .await
        .expect("the store answers");
    assert_eq!(
        taken(store, "w1", 1).await.len(),
        1,
        "who has no lease parks nothing"
    );
    take_until(store, &worker("w2"), LEASE + 1, 2_000).await;
    store
        .park(&worker("w1"), effect, at(LEASE + 2), "no")
        .await
        .expect("the store answers");
    let letters = store.dead_letters(story.storefront(), None, 9).await;
    assert_eq!(
        letters.expect("the store answers").letters,
        [],
        "an effect is not parked by a worker whose lease has passed to another"
    );
    assert_eq!(
        ids(&taken(store, "w3", 2_001).await),
        [effect],
        "it is due when the lease of its holder lapses"
    );
}

/// Whoever an effect was born leased to can postpone, park and release it.
pub async fn the_holder_of_a_lease_from_birth_holds_it_as_any_other(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let lease = Lease::new(worker("w1"), at(LEASE));
    let story = Story::placed(1, place().build(), at(0));
    let (story, change) = storing(story, 3, Some(&lease));
    applied(store, change).await;
    let [postponed, parked, released] = [0, 1, 2].map(|index| first(&story, index));
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
    assert_eq!(ids(&taken(store, "w2", 3).await), [released], "released");
    assert_eq!(
        ids(&taken(store, "w2", 500).await),
        [postponed],
        "postponed"
    );
    let letters = store.dead_letters(story.storefront(), None, 9).await;
    let letters = letters.expect("the store answers").letters;
    assert_eq!(letters[0].effect.id, parked, "parked");
    assert_eq!(letters[0].tries, 1, "its birth was a try");
}

/// Effects whose leases are given back are due at once; how many is answered.
pub async fn released_effects_are_due_at_once(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let nothing = store.release(&worker("w1")).await;
    assert_eq!(nothing.expect("the store answers"), 0, "nothing is leased");
    let story = stored(store, [1], 3).await.remove(0);
    taken(store, "w1", 1).await;
    store
        .finish(&[first(&story, 1)])
        .await
        .expect("the store answers");
    let count = store.release(&worker("w1")).await;
    assert_eq!(count.expect("the store answers"), 2, "two were leased");
    let mut handed_out = taken(store, "w2", 2).await;
    handed_out.sort_by_key(|one| one.effect.id);
    assert_eq!(
        ids(&handed_out),
        [first(&story, 0), first(&story, 2)],
        "what is given back is due at once"
    );
    assert!(
        handed_out.iter().all(|one| one.tries == 2),
        "the first try stays counted"
    );
}

/// A worker gives back its own leases, and no others.
pub async fn a_worker_releases_its_own_leases_only(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let stories = stored(store, [1, 2], 1).await;
    for (who, seconds) in [("w1", 1), ("w2", 2)] {
        let one = store.take(&worker(who), at(seconds), at(LEASE), 1).await;
        assert_eq!(one.expect("the store answers").len(), 1, "one each");
    }
    let count = store.release(&worker("w1")).await;
    assert_eq!(count.expect("the store answers"), 1, "its own lease");
    let handed_out = taken(store, "w3", 3).await;
    assert_eq!(handed_out.len(), 1, "the other's lease runs");
    assert!(
        stories
            .iter()
            .any(|story| first(story, 0) == handed_out[0].effect.id),
        "one of the two is free"
    );
}
