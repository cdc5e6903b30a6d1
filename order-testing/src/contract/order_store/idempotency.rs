//! Idempotency keys, and what is checked first.

use super::inbox::external_event;
use super::{applied, history, outcome};
use crate::builders::{at, idempotency, storefront};
use crate::contract::MANY;
use crate::history::OrderHistory;
use futures::future::join_all;
use order_core::event::EventPayload;
use order_core::ports::{
    CommitOutcome, IdempotencyRecord, IdempotencyScope, IdempotencyUpdate, OrderStore,
};
use order_core::value::{OrderId, StorefrontId, Version};

/// Returns a key of the operation `place` at the default storefront.
pub(super) fn scoped(key: &str) -> IdempotencyScope {
    IdempotencyScope::new(StorefrontId::default(), &idempotency("place", key))
}

/// Returns the record of a request in progress, which expires one hour after noon.
fn record(order: OrderId) -> IdempotencyRecord {
    let mut fingerprint = [0xff; 32];
    fingerprint[0] = 0;
    fingerprint[31] = 7;
    IdempotencyRecord::new(
        order,
        fingerprint,
        Version::NONE,
        Version::INITIAL,
        Some(at(30)),
        at(3_600),
    )
}

/// Returns the claim of a key at one second after noon.
pub(in crate::contract) fn claim(key: &str, order: OrderId) -> IdempotencyUpdate {
    claim_of(scoped(key), order, 1)
}

fn claim_of(key: IdempotencyScope, order: OrderId, now: u64) -> IdempotencyUpdate {
    IdempotencyUpdate::Claim {
        key,
        record: record(order),
        now: at(now),
    }
}

async fn stored(store: &(impl OrderStore + ?Sized), key: &str) -> Option<IdempotencyRecord> {
    store
        .find_idempotency_record(&scoped(key), at(2))
        .await
        .expect("the store answers")
}

/// Stores an order that was placed with this key.
async fn placed_with(store: &(impl OrderStore + ?Sized), number: u64, key: &str) -> OrderHistory {
    let mut history = history(number);
    let mut change = history.change();
    change.idempotency = Some(claim(key, history.id()));
    applied(store, change).await;
    history
}

/// Checks that the record of a claimed key is found.
pub async fn a_claimed_key_is_found(store: &(impl OrderStore + ?Sized)) {
    assert_eq!(stored(store, "k").await, None, "nothing is stored under it");
    let history = placed_with(store, 1, "k").await;
    assert_eq!(
        stored(store, "k").await,
        Some(record(history.id())),
        "the record is found as it was stored"
    );
    assert_eq!(stored(store, "K").await, None, "keys are case-sensitive");
}

/// Checks that claiming a claimed key fails and returns the stored record.
pub async fn a_taken_key_is_told_with_what_is_stored_under_it(store: &(impl OrderStore + ?Sized)) {
    let first = placed_with(store, 1, "k").await;
    let mut second = history(2);
    let mut change = second.change();
    change.idempotency = Some(claim("k", second.id()));
    assert_eq!(
        outcome(store, change).await,
        CommitOutcome::IdempotencyKeyTaken(record(first.id())),
        "the key is claimed already, and the stored record is returned"
    );
    assert_eq!(
        stored(store, "k").await,
        Some(record(first.id())),
        "the record stays as it was"
    );
}

/// Checks that an expired record counts as none: it is not found, and its key can be claimed.
pub async fn an_expired_key_counts_as_none(store: &(impl OrderStore + ?Sized)) {
    let first = placed_with(store, 1, "k").await;
    let late = store.find_idempotency_record(&scoped("k"), at(3_601)).await;
    assert_eq!(late.expect("the store answers"), None, "it has expired");
    let early = store.find_idempotency_record(&scoped("k"), at(3_599)).await;
    assert_eq!(
        early.expect("the store answers"),
        Some(record(first.id())),
        "it has not expired"
    );
    let mut second = history(2);
    let mut change = second.change();
    let mut fresh = record(second.id());
    fresh.expires_at = at(9_000);
    change.idempotency = Some(IdempotencyUpdate::Claim {
        key: scoped("k"),
        record: fresh.clone(),
        now: at(3_601),
    });
    applied(store, change).await;
    let found = store.find_idempotency_record(&scoped("k"), at(3_602)).await;
    assert_eq!(
        found.expect("the store answers"),
        Some(fresh),
        "the new record has replaced the expired one"
    );
}

/// Checks that the scope of a key is its storefront and its operation.
pub async fn keys_of_other_operations_and_storefronts_are_other_keys(
    store: &(impl OrderStore + ?Sized),
) {
    placed_with(store, 1, "k").await;
    let keys = [
        IdempotencyScope::new(StorefrontId::default(), &idempotency("cancel", "k")),
        IdempotencyScope::new(storefront("other"), &idempotency("place", "k")),
        IdempotencyScope::new(StorefrontId::default(), &idempotency("place", "l")),
    ];
    for (number, key) in (2..).zip(keys) {
        let found = store.find_idempotency_record(&key, at(2)).await;
        assert_eq!(found.expect("the store answers"), None, "it is another key");
        let mut history = history(number);
        let mut change = history.change();
        change.idempotency = Some(claim_of(key, history.id(), 1));
        applied(store, change).await;
    }
}

/// Checks that of many concurrent claims of one key exactly one succeeds, and that the others get its
/// record.
pub async fn of_many_claims_of_one_key_exactly_one_succeeds(store: &(impl OrderStore + ?Sized)) {
    let histories: Vec<OrderHistory> = (1..=MANY).map(history).collect();
    let outcomes = join_all(histories.iter().map(|history| {
        let mut history = history.clone();
        async move {
            let mut change = history.change();
            change.idempotency = Some(claim("k", history.id()));
            outcome(store, change).await
        }
    }))
    .await;
    let winners: Vec<&OrderHistory> = histories
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| **outcome == CommitOutcome::Applied)
        .map(|(history, _)| history)
        .collect();
    let [winner] = winners.as_slice() else {
        panic!(
            "of many claims of a key exactly one succeeds, not {}",
            winners.len()
        );
    };
    for (history, outcome) in histories.iter().zip(outcomes) {
        if history.id() == winner.id() {
            continue;
        }
        assert_eq!(
            outcome,
            CommitOutcome::IdempotencyKeyTaken(record(winner.id())),
            "the others get the record of the one that succeeded"
        );
        let found = super::found(store, history).await;
        assert_eq!(found, None, "the orders of the others are not stored");
    }
}

/// Checks that advancing a key sets its version to that of the commit; the request stays in progress.
pub async fn advancing_a_key_sets_its_version(store: &(impl OrderStore + ?Sized)) {
    let history = placed_with(store, 1, "k").await;
    advance(store, &history, "k", false).await;
    let mut expected = record(history.id());
    expected.version = Version::new(2);
    assert_eq!(
        stored(store, "k").await,
        Some(expected),
        "the version is the commit's, all else stays"
    );
}

/// Checks that advancing a key to the answer marks the request as answered.
pub async fn advancing_to_the_answer_ends_the_flight(store: &(impl OrderStore + ?Sized)) {
    let history = placed_with(store, 1, "k").await;
    advance(store, &history, "k", true).await;
    let mut expected = record(history.id());
    expected.version = Version::new(2);
    expected.in_flight_until = None;
    assert_eq!(
        stored(store, "k").await,
        Some(expected),
        "the version is the commit's, and the request is not in progress any more"
    );
}

async fn advance(
    store: &(impl OrderStore + ?Sized),
    history: &OrderHistory,
    key: &str,
    answered: bool,
) -> OrderHistory {
    let mut history = history.clone().then(at(2), EventPayload::CustomerVerified);
    let mut change = history.change();
    change.idempotency = Some(IdempotencyUpdate::Advance {
        key: scoped(key),
        answered,
    });
    applied(store, change).await;
    history
}

/// Releases the key of an order that was placed with it.
async fn release(store: &(impl OrderStore + ?Sized), history: OrderHistory) {
    let mut history = history.then(at(2), EventPayload::OrderExpired);
    let mut change = history.change();
    change.idempotency = Some(IdempotencyUpdate::Release { key: scoped("k") });
    applied(store, change).await;
}

/// Checks that a released key is not found, and can be claimed again.
pub async fn a_released_key_can_be_claimed_again(store: &(impl OrderStore + ?Sized)) {
    let history = placed_with(store, 1, "k").await;
    release(store, history).await;
    assert_eq!(stored(store, "k").await, None, "it counts as none");
    let second = placed_with(store, 2, "k").await;
    assert_eq!(
        stored(store, "k").await,
        Some(record(second.id())),
        "it is that of the second order"
    );
}

/// Checks that a key can be claimed as unused if it was never used or its record has expired, but not
/// if it is released.
pub async fn a_released_key_is_not_unused(store: &(impl OrderStore + ?Sized)) {
    let unused = |number, now| {
        let mut history = history(number);
        let mut change = history.change();
        change.idempotency = Some(IdempotencyUpdate::ClaimUnused {
            key: scoped("k"),
            record: record(history.id()),
            now: at(now),
        });
        (history, change)
    };
    let (first, change) = unused(1, 1);
    applied(store, change).await;
    assert_eq!(
        outcome(store, unused(2, 1).1).await,
        CommitOutcome::IdempotencyKeyTaken(record(first.id())),
        "it is claimed"
    );
    let mut released = record(first.id());
    (released.version, released.in_flight_until) = (Version::NONE, None);
    release(store, first).await;
    assert_eq!(
        outcome(store, unused(2, 1).1).await,
        CommitOutcome::IdempotencyKeyTaken(released),
        "it was used before"
    );
    assert_eq!(stored(store, "k").await, None, "and is still released");
    applied(store, unused(2, 3_601).1).await;
}

/// Checks that a key that is marked as answered keeps the version it has.
pub async fn an_answered_key_keeps_its_version(store: &(impl OrderStore + ?Sized)) {
    let history = placed_with(store, 1, "k").await;
    advance(store, &history, "k", false).await;
    for _again in 0..2 {
        let answered = store.mark_answered(&scoped("k")).await;
        answered.expect("the store answers");
        let mut expected = record(history.id());
        expected.version = Version::new(2);
        expected.in_flight_until = None;
        assert_eq!(
            stored(store, "k").await,
            Some(expected),
            "the key is answered at the version it has"
        );
    }
}

/// Checks that answering, advancing or releasing a key that is not there does nothing.
pub async fn a_key_that_is_not_there_cannot_be_answered_advanced_or_released(
    store: &(impl OrderStore + ?Sized),
) {
    let mut history = history(1);
    applied(store, history.change()).await;
    let answered = store.mark_answered(&scoped("k")).await;
    answered.expect("the store answers");
    assert_eq!(stored(store, "k").await, None, "no record is created");
    let history = advance(store, &history, "k", true).await;
    assert_eq!(stored(store, "k").await, None, "no record is created");
    let mut history = history.then(at(3), EventPayload::OrderExpired);
    let mut change = history.change();
    change.idempotency = Some(IdempotencyUpdate::Release { key: scoped("k") });
    applied(store, change).await;
    assert_eq!(stored(store, "k").await, None, "no record is created");
}

/// Checks that the idempotency key is reported if key, external event and version all conflict: a
/// request that was applied before finds its record, whatever has happened to the order since.
pub async fn the_key_is_checked_before_the_inbox_and_the_version(
    store: &(impl OrderStore + ?Sized),
) {
    let mut history = history(1);
    let mut change = history.change();
    change.idempotency = Some(claim("k", history.id()));
    change.external_event = Some(external_event("evt"));
    applied(store, change.clone()).await;
    assert_eq!(
        outcome(store, change.clone()).await,
        CommitOutcome::IdempotencyKeyTaken(record(history.id())),
        "the key is checked first"
    );
    change.external_event = None;
    assert_eq!(
        outcome(store, change).await,
        CommitOutcome::IdempotencyKeyTaken(record(history.id())),
        "the key is checked before the version"
    );
}

/// Checks that the external event is reported if external event and version both conflict.
pub async fn the_inbox_is_checked_before_the_version(store: &(impl OrderStore + ?Sized)) {
    let mut history = history(1);
    let mut change = history.change();
    change.external_event = Some(external_event("evt"));
    applied(store, change.clone()).await;
    assert_eq!(
        outcome(store, change).await,
        CommitOutcome::DuplicateExternalEvent,
        "the external event is checked before the version"
    );
}
