//! Idempotency keys, and what is checked first.

use super::receipts::receipt;
use super::{applied, outcome, story};
use crate::event::Happening;
use crate::ports::{CommitOutcome, KeyChange, KeyRecord, OrderStore, ScopedKey};
use crate::testing::Story;
use crate::testing::builders::{at, idempotency, storefront};
use crate::testing::contract::MANY;
use crate::value::{OrderId, StorefrontId, Version};
use futures::future::join_all;

/// A key of the operation `place` at the default storefront.
pub(super) fn scoped(key: &str) -> ScopedKey {
    ScopedKey::new(StorefrontId::default(), &idempotency("place", key))
}

/// What is stored under a key until an hour after noon, while the request is worked on.
fn record(order: OrderId) -> KeyRecord {
    let mut fingerprint = [0xff; 32];
    fingerprint[0] = 0;
    fingerprint[31] = 7;
    KeyRecord::new(
        order,
        fingerprint,
        Version::NONE,
        Version::INITIAL,
        Some(at(30)),
        at(3_600),
    )
}

/// The claim of a key at a second after noon.
pub(super) fn claim(key: &str, order: OrderId) -> KeyChange {
    claim_of(scoped(key), order, 1)
}

fn claim_of(key: ScopedKey, order: OrderId, now: u64) -> KeyChange {
    KeyChange::Claim {
        key,
        record: record(order),
        now: at(now),
    }
}

async fn stored(store: &(impl OrderStore + ?Sized), key: &str) -> Option<KeyRecord> {
    store
        .find_key(&scoped(key), at(2))
        .await
        .expect("the store answers")
}

/// An order that was placed with this key.
async fn placed_with(store: &(impl OrderStore + ?Sized), number: u64, key: &str) -> Story {
    let mut story = story(number);
    let mut change = story.change();
    change.key = Some(claim(key, story.id()));
    applied(store, change).await;
    story
}

/// What was stored under a key is found under it.
pub async fn a_claimed_key_is_found(store: &(impl OrderStore + ?Sized)) {
    assert_eq!(stored(store, "k").await, None, "nothing is stored under it");
    let story = placed_with(store, 1, "k").await;
    assert_eq!(
        stored(store, "k").await,
        Some(record(story.id())),
        "the record is found as it was stored"
    );
    assert_eq!(
        stored(store, "K").await,
        None,
        "keys are told apart by case"
    );
}

/// Claiming a key that is taken fails with the record there is.
pub async fn a_taken_key_is_told_with_what_is_stored_under_it(store: &(impl OrderStore + ?Sized)) {
    let first = placed_with(store, 1, "k").await;
    let mut second = story(2);
    let mut change = second.change();
    change.key = Some(claim("k", second.id()));
    assert_eq!(
        outcome(store, change).await,
        CommitOutcome::KeyTaken(record(first.id())),
        "the key is taken, and the record there is comes with the answer"
    );
    assert_eq!(
        stored(store, "k").await,
        Some(record(first.id())),
        "the record stays as it was"
    );
}

/// An expired record counts as none: it is not found, and its key can be claimed.
pub async fn an_expired_key_counts_as_none(store: &(impl OrderStore + ?Sized)) {
    let first = placed_with(store, 1, "k").await;
    let late = store.find_key(&scoped("k"), at(3_601)).await;
    assert_eq!(late.expect("the store answers"), None, "it has expired");
    let early = store.find_key(&scoped("k"), at(3_599)).await;
    assert_eq!(
        early.expect("the store answers"),
        Some(record(first.id())),
        "it has not expired"
    );
    let mut second = story(2);
    let mut change = second.change();
    let mut fresh = record(second.id());
    fresh.expires_at = at(9_000);
    change.key = Some(KeyChange::Claim {
        key: scoped("k"),
        record: fresh.clone(),
        now: at(3_601),
    });
    applied(store, change).await;
    let found = store.find_key(&scoped("k"), at(3_602)).await;
    assert_eq!(
        found.expect("the store answers"),
        Some(fresh),
        "the new record has taken the place of the expired one"
    );
}

/// The scope of a key is its storefront and its operation.
pub async fn keys_of_other_operations_and_storefronts_are_other_keys(
    store: &(impl OrderStore + ?Sized),
) {
    placed_with(store, 1, "k").await;
    let keys = [
        ScopedKey::new(StorefrontId::default(), &idempotency("cancel", "k")),
        ScopedKey::new(storefront("other"), &idempotency("place", "k")),
        ScopedKey::new(StorefrontId::default(), &idempotency("place", "l")),
    ];
    for (number, key) in (2..).zip(keys) {
        let found = store.find_key(&key, at(2)).await;
        assert_eq!(found.expect("the store answers"), None, "it is another key");
        let mut story = story(number);
        let mut change = story.change();
        change.key = Some(claim_of(key, story.id(), 1));
        applied(store, change).await;
    }
}

/// Of many claims of one key side by side exactly one succeeds, and the others are told its record.
pub async fn of_many_claims_of_one_key_exactly_one_succeeds(store: &(impl OrderStore + ?Sized)) {
    let stories: Vec<Story> = (1..=MANY).map(story).collect();
    let outcomes = join_all(stories.iter().map(|story| {
        let mut story = story.clone();
        async move {
            let mut change = story.change();
            change.key = Some(claim("k", story.id()));
            outcome(store, change).await
        }
    }))
    .await;
    let winners: Vec<&Story> = stories
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| **outcome == CommitOutcome::Applied)
        .map(|(story, _)| story)
        .collect();
    let [winner] = winners.as_slice() else {
        panic!(
            "of many claims of a key exactly one succeeds, not {}",
            winners.len()
        );
    };
    for (story, outcome) in stories.iter().zip(outcomes) {
        if story.id() == winner.id() {
            continue;
        }
        assert_eq!(
            outcome,
            CommitOutcome::KeyTaken(record(winner.id())),
            "the others are told the record of the one that succeeded"
        );
        let found = super::found(store, story).await;
        assert_eq!(found, None, "the orders of the others are not stored");
    }
}

/// Advancing a key sets its answered version to the commit's; the request is still worked on.
pub async fn advancing_a_key_sets_its_version(store: &(impl OrderStore + ?Sized)) {
    let story = placed_with(store, 1, "k").await;
    advance(store, &story, "k", false).await;
    let mut expected = record(story.id());
    expected.version = Version::new(2);
    assert_eq!(
        stored(store, "k").await,
        Some(expected),
        "the version is the commit's, all else stays"
    );
}

/// Advancing a key to the answer ends the flight.
pub async fn advancing_to_the_answer_ends_the_flight(store: &(impl OrderStore + ?Sized)) {
    let story = placed_with(store, 1, "k").await;
    advance(store, &story, "k", true).await;
    let mut expected = record(story.id());
    expected.version = Version::new(2);
    expected.in_flight_until = None;
    assert_eq!(
        stored(store, "k").await,
        Some(expected),
        "the version is the commit's, and nobody works on the request any more"
    );
}

async fn advance(
    store: &(impl OrderStore + ?Sized),
    story: &Story,
    key: &str,
    answered: bool,
) -> Story {
    let mut story = story.clone().then(at(2), Happening::CustomerVerified);
    let mut change = story.change();
    change.key = Some(KeyChange::Advance {
        key: scoped(key),
        answered,
    });
    applied(store, change).await;
    story
}

/// A forgotten key is not found, and can be claimed again.
pub async fn a_forgotten_key_can_be_claimed_again(store: &(impl OrderStore + ?Sized)) {
    let story = placed_with(store, 1, "k").await;
    let mut story = story.then(at(2), Happening::OrderExpired);
    let mut change = story.change();
    change.key = Some(KeyChange::Forget { key: scoped("k") });
    applied(store, change).await;
    assert_eq!(stored(store, "k").await, None, "the record is removed");
    placed_with(store, 2, "k").await;
}

/// A key that is marked as answered keeps the version it has.
pub async fn an_answered_key_keeps_its_version(store: &(impl OrderStore + ?Sized)) {
    let story = placed_with(store, 1, "k").await;
    advance(store, &story, "k", false).await;
    for _again in 0..2 {
        let answered = store.answer_key(&scoped("k")).await;
        answered.expect("the store answers");
        let mut expected = record(story.id());
        expected.version = Version::new(2);
        expected.in_flight_until = None;
        assert_eq!(
            stored(store, "k").await,
            Some(expected),
            "the key is answered at the version it has"
        );
    }
}

/// Answering, advancing or forgetting a key that is not there does nothing.
pub async fn a_key_that_is_not_there_cannot_be_answered_advanced_or_forgotten(
    store: &(impl OrderStore + ?Sized),
) {
    let mut story = story(1);
    applied(store, story.change()).await;
    let answered = store.answer_key(&scoped("k")).await;
    answered.expect("the store answers");
    assert_eq!(stored(store, "k").await, None, "no record comes of that");
    let story = advance(store, &story, "k", true).await;
    assert_eq!(stored(store, "k").await, None, "no record comes of that");
    let mut story = story.then(at(3), Happening::OrderExpired);
    let mut change = story.change();
    change.key = Some(KeyChange::Forget { key: scoped("k") });
    applied(store, change).await;
    assert_eq!(stored(store, "k").await, None, "no record comes of that");
}

/// Where key, receipt and version all speak against a change, it is the key that is told; a request
/// that was applied before learns of it, whatever has happened to the order since.
pub async fn the_key_is_checked_before_the_receipt_and_the_version(
    store: &(impl OrderStore + ?Sized),
) {
    let mut story = story(1);
    let mut change = story.change();
    change.key = Some(claim("k", story.id()));
    change.receipt = Some(receipt("evt"));
    applied(store, change.clone()).await;
    assert_eq!(
        outcome(store, change.clone()).await,
        CommitOutcome::KeyTaken(record(story.id())),
        "the key is checked first"
    );
    change.receipt = None;
    assert_eq!(
        outcome(store, change).await,
        CommitOutcome::KeyTaken(record(story.id())),
        "the key is checked before the version"
    );
}

/// Where receipt and version both speak against a change, it is the receipt that is told.
pub async fn the_receipt_is_checked_before_the_version(store: &(impl OrderStore + ?Sized)) {
    let mut story = story(1);
    let mut change = story.change();
    change.receipt = Some(receipt("evt"));
    applied(store, change.clone()).await;
    assert_eq!(
        outcome(store, change).await,
        CommitOutcome::AlreadyReceived,
        "the receipt is checked before the version"
    );
}
