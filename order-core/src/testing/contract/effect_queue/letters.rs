//! Dead letters: what was given up on until a person looks.

use super::{LEASE, applied, first, ids, stored, storing, taken};
use crate::effect::EffectId;
use crate::ports::{DeadLetter, EffectQueue, OrderStore};
use crate::testing::Story;
use crate::testing::builders::{at, place, storefront, worker};
use crate::value::StorefrontId;

/// Takes all that is due and gives up on it.
async fn park_all(store: &(impl OrderStore + EffectQueue + ?Sized), seconds: u64, error: &str) {
    for one in taken(store, "w1", seconds).await {
        store
            .park(&worker("w1"), one.effect.id, at(seconds), error)
            .await
            .expect("the store answers");
    }
}

async fn letters(store: &(impl EffectQueue + ?Sized)) -> Vec<DeadLetter> {
    store
        .dead_letters(&StorefrontId::default(), None, 100)
        .await
        .expect("the store answers")
        .letters
}

/// A parked effect is handed out no more, and is a dead letter with its tries and its last error.
pub async fn a_parked_effect_is_a_dead_letter_and_is_not_handed_out(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let story = stored(store, [1], 1).await.remove(0);
    assert_eq!(letters(store).await, [], "there is none");
    let effect = taken(store, "w1", 1).await.remove(0).effect;
    store
        .postpone(&worker("w1"), effect.id, at(5), "first error")
        .await
        .expect("the store answers");
    assert_eq!(letters(store).await, [], "one that waits is none");
    let error = "the last 'error' \"of\" several\nlines — 茶";
    park_all(store, 7, error).await;
    assert_eq!(
        letters(store).await,
        [DeadLetter::new(effect, 2, error.to_owned(), at(7))],
        "a parked effect is a dead letter"
    );
    assert_eq!(
        taken(store, "w1", LEASE + 1).await,
        [],
        "a parked effect is not handed out"
    );
    assert_eq!(
        letters(store).await[0].effect.id,
        first(&story, 0),
        "it stays"
    );
}

/// Dead letters are those of one storefront.
pub async fn dead_letters_are_of_one_storefront(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    stored(store, [1], 1).await;
    let there = Story::placed(2, place().storefront("other").build(), at(0));
    let (there, change) = storing(there, 1, None);
    applied(store, change).await;
    park_all(store, 1, "no").await;
    assert_eq!(letters(store).await.len(), 1, "the one here");
    let others = store.dead_letters(&storefront("other"), None, 9).await;
    let others = others.expect("the store answers").letters;
    assert_eq!(others.len(), 1, "the one there");
    assert_eq!(others[0].effect.id, first(&there, 0), "the one there");
}

/// Dead letters are ordered by effect id; following the pages visits each once.
pub async fn dead_letters_are_paged_by_effect_id(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let stories = stored(store, [3, 1, 2], 2).await;
    park_all(store, 1, "no").await;
    let mut all: Vec<EffectId> = stories
        .iter()
        .flat_map(|story| [first(story, 0), first(story, 1)])
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
                "a page has at most as many as were asked for"
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
                "the pages come to an end, {limit} at a time"
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

/// A dead letter that is retried is due again, from then on, and no dead letter any more.
pub async fn a_retried_dead_letter_is_due_again(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let story = stored(store, [1], 2).await.remove(0);
    park_all(store, 1, "no").await;
    let effect = first(&story, 0);
    let retried = store.retry(story.storefront(), effect, at(50)).await;
    assert!(retried.expect("the store answers"), "there was one");
    assert_eq!(taken(store, "w2", 49).await, [], "it is not due before");
    let handed_out = taken(store, "w2", 50).await;
    assert_eq!(ids(&handed_out), [effect], "it is due again");
    assert_eq!(handed_out[0].tries, 2, "the first try stays counted");
    let left: Vec<EffectId> = letters(store)
        .await
        .iter()
        .map(|one| one.effect.id)
        .collect();
    assert_eq!(left, [first(&story, 1)], "it is no dead letter any more");
    let again = store.retry(story.storefront(), effect, at(51)).await;
    assert!(!again.expect("the store answers"), "there is none any more");
}

/// Only a dead letter can be retried, and only at its own storefront.
pub async fn only_a_dead_letter_of_the_storefront_is_retried(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let story = stored(store, [1], 1).await.remove(0);
    let effect = first(&story, 0);
    for what in ["waits", "is leased"] {
        let retried = store.retry(story.storefront(), effect, at(1)).await;
        assert!(
            !retried.expect("the store answers"),
            "one that {what} is no dead letter"
        );
        taken(store, "w1", 1).await;
    }
    store
        .park(&worker("w1"), effect, at(2), "no")
        .await
        .expect("the store answers");
    let elsewhere = store.retry(&storefront("other"), effect, at(3)).await;
    assert!(
        !elsewhere.expect("the store answers"),
        "it is another storefront's"
    );
    assert_eq!(letters(store).await.len(), 1, "it stays a dead letter");
    let missing = store
        .retry(story.storefront(), first(&story, 9), at(3))
        .await;
    assert!(!missing.expect("the store answers"), "there is none");
}

/// A dead letter that turns out to be done is gone.
pub async fn a_dead_letter_that_is_finished_is_gone(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let story = stored(store, [1], 1).await.remove(0);
    park_all(store, 1, "no").await;
    store
        .finish(&[first(&story, 0)])
        .await
        .expect("the store answers");
    assert_eq!(letters(store).await, [], "what is done is gone");
}
