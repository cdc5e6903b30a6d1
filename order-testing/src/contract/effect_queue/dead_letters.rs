//! Dead letters: parked effects, which are retried by a person only.

use super::{LEASE, applied, claim, finish, first, ids, park, postpone, stored, storing};
use crate::builders::{at, place, storefront};
use crate::history::OrderHistory;
use order_core::effect::EffectId;
use order_core::ports::{DeadLetter, EffectQueue, OrderStore};
use order_core::value::StorefrontId;

/// Claims all due effects and parks them.
async fn park_all(store: &(impl OrderStore + EffectQueue + ?Sized), seconds: u64, error: &str) {
    for one in claim(store, "w1", seconds).await {
        park(store, "w1", one.effect.id, seconds, error).await;
    }
}

async fn letters(store: &(impl EffectQueue + ?Sized)) -> Vec<DeadLetter> {
    store
        .dead_letters(&StorefrontId::default(), None, 100)
        .await
        .expect("the store answers")
        .letters
}

/// Checks that a parked effect is no longer claimed, and is a dead letter with its attempts and its
/// last error.
pub async fn a_parked_effect_is_a_dead_letter_and_is_not_claimed(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let history = stored(store, [1], 1).await.remove(0);
    assert_eq!(letters(store).await, [], "there is none");
    let effect = claim(store, "w1", 1).await.remove(0).effect;
    postpone(store, "w1", effect.id, 5).await;
    assert_eq!(letters(store).await, [], "a postponed effect is none");
    let error = "the last 'error' \"of\" several\nlines — 茶";
    park_all(store, 7, error).await;
    assert_eq!(
        letters(store).await,
        [DeadLetter::new(effect, 2, error.to_owned(), at(7))],
        "a parked effect is a dead letter"
    );
    assert_eq!(
        claim(store, "w1", LEASE + 1).await,
        [],
        "a parked effect is not claimed"
    );
    assert_eq!(
        letters(store).await[0].effect.id,
        first(&history, 0),
        "it stays"
    );
}

/// Checks that dead letters are listed per storefront.
pub async fn dead_letters_are_of_one_storefront(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    stored(store, [1], 1).await;
    let there = OrderHistory::placed(2, place().storefront("other").build(), at(0));
    let (there, change) = storing(there, 1, None);
    applied(store, change).await;
    park_all(store, 1, "no").await;
    assert_eq!(letters(store).await.len(), 1, "the one of this storefront");
    let others = store.dead_letters(&storefront("other"), None, 9).await;
    let others = others.expect("the store answers").letters;
    assert_eq!(others.len(), 1, "the one of the other storefront");
    assert_eq!(
        others[0].effect.id,
        first(&there, 0),
        "the one of the other storefront"
    );
}

/// Checks that dead letters are ordered by effect id, and that following the pages visits each once.
pub async fn dead_letters_are_paged_by_effect_id(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let histories = stored(store, [3, 1, 2], 2).await;
    park_all(store, 1, "no").await;
    let mut all: Vec<EffectId> = histories
        .iter()
        .flat_map(|history| [first(history, 0), first(history, 1)])
        .collect();
    all.sort();
    for limit in [1, 4, 5, 6, 7] {
        let mut visited = Vec::new();
        let mut after = None;
        loop {
            let page = store
                .dead_letters(&StorefrontId::default(), after, limit)
                .await
                .expect("the store answers");
            assert!(
                page.letters.len() <= usize::try_from(limit).unwrap_or(usize::MAX),
                "a page has at most as many as were requested"
            );
            visited.extend(page.letters.iter().map(|letter| letter.effect.id));
            after = page.next;
            if after.is_none() {
                break;
            }
            assert_eq!(
                after.as_ref(),
                visited.last(),
                "the next page begins behind the last of this one"
            );
            assert!(
                visited.len() <= all.len(),
                "the pages end, {limit} at a time"
            );
        }
        assert_eq!(
            visited, all,
            "the pages visit every dead letter once, by effect id, {limit} at a time"
        );
    }
    let full = store
        .dead_letters(&StorefrontId::default(), None, 6)
        .await
        .expect("the store answers");
    assert_eq!(full.next, None, "the last page has none behind it");
}

/// Checks that a retried dead letter is due from that instant on, and is no dead letter any more.
pub async fn a_retried_dead_letter_is_due_again(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let history = stored(store, [1], 2).await.remove(0);
    park_all(store, 1, "no").await;
    let effect = first(&history, 0);
    let retried = store.retry(history.storefront(), effect, at(50)).await;
    assert!(retried.expect("the store answers"), "there was one");
    assert_eq!(claim(store, "w2", 49).await, [], "it is not due before");
    let claimed = claim(store, "w2", 50).await;
    assert_eq!(ids(&claimed), [effect], "it is due again");
    assert_eq!(claimed[0].attempts, 2, "the first attempt stays counted");
    let left: Vec<EffectId> = letters(store)
        .await
        .iter()
        .map(|one| one.effect.id)
        .collect();
    assert_eq!(left, [first(&history, 1)], "it is no dead letter any more");
    let again = store.retry(history.storefront(), effect, at(51)).await;
    assert!(!again.expect("the store answers"), "there is none any more");
}

/// Checks that only a dead letter can be retried, and only at its own storefront.
pub async fn only_a_dead_letter_of_the_storefront_is_retried(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let history = stored(store, [1], 1).await.remove(0);
    let effect = first(&history, 0);
    for what in ["waits", "is leased"] {
        let retried = store.retry(history.storefront(), effect, at(1)).await;
        assert!(
            !retried.expect("the store answers"),
            "one that {what} is no dead letter"
        );
        claim(store, "w1", 1).await;
    }
    park(store, "w1", effect, 2, "no").await;
    let elsewhere = store.retry(&storefront("other"), effect, at(3)).await;
    assert!(
        !elsewhere.expect("the store answers"),
        "it is another storefront's"
    );
    assert_eq!(letters(store).await.len(), 1, "it stays a dead letter");
    let missing = store
        .retry(history.storefront(), first(&history, 9), at(3))
        .await;
    assert!(!missing.expect("the store answers"), "there is none");
}

/// Checks that a dead letter that is finished is removed.
pub async fn a_dead_letter_that_is_finished_is_gone(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let history = stored(store, [1], 1).await.remove(0);
    park_all(store, 1, "no").await;
    finish(store, &[first(&history, 0)]).await;
    assert_eq!(letters(store).await, [], "what is finished is gone");
}
