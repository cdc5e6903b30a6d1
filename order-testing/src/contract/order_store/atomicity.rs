//! All or nothing: a change that is not applied leaves no trace, and no reader sees half of one.

use super::idempotency::{claim, scoped};
use super::inbox::external_event;
use super::{applied, found, history, outcome, same};
use crate::builders::{at, place};
use crate::contract::MANY;
use crate::history::OrderHistory;
use futures::future::join;
use order_core::event::EventPayload;
use order_core::ports::{Change, CommitOutcome, OrderStore, StockReservation, StoreError};
use order_core::reference::Reference;
use order_core::value::{ReservationNo, StorefrontId};

/// Stores an order. Returns it with a change that has every optional part: key, external event, wake.
async fn loaded(store: &(impl OrderStore + ?Sized)) -> (OrderHistory, Change) {
    let mut stored = history(1);
    let mut first = stored.change();
    first.wake_at = Some(at(100));
    applied(store, first).await;
    let mut next = stored
        .clone()
        .deferred(at(2))
        .then(at(2), EventPayload::CustomerVerified);
    let mut change = next.change();
    change.idempotency = Some(claim("unused", stored.id()));
    change.external_event = Some(external_event("unused"));
    change.wake_at = Some(at(50));
    (stored, change)
}

/// Checks that nothing of the change is stored.
async fn no_trace(store: &(impl OrderStore + ?Sized), stored: &OrderHistory) {
    same(store, stored, "order and events are as they were").await;
    let key = store
        .find_idempotency_record(&scoped("unused"), at(3))
        .await;
    assert_eq!(key.expect("the store answers"), None, "no key is stored");
    let due = store.find_due(at(60), 10).await.expect("the store answers");
    assert_eq!(due, [], "the wake time of the order is as it was");
    let due = store
        .find_due(at(100), 10)
        .await
        .expect("the store answers");
    assert_eq!(
        due,
        [(stored.storefront().clone(), stored.id())],
        "the wake time of the order is as it was"
    );
    let waiting = store.count_deferred(stored.storefront(), 10).await;
    assert_eq!(waiting.expect("the store answers"), 0, "nothing waits");
    let mut other = history(77);
    let mut change = other.change();
    change.idempotency = Some(claim("unused", other.id()));
    change.external_event = Some(external_event("unused"));
    assert_eq!(
        outcome(store, change).await,
        CommitOutcome::Applied,
        "key and external event of a change that was not applied are free"
    );
}

/// Checks that a stale change stores nothing.
pub async fn a_stale_change_stores_nothing(store: &(impl OrderStore + ?Sized)) {
    let (stored, mut change) = loaded(store).await;
    // Committed twice: the second is stale, and everything else about it is new.
    let mut rival = stored.clone().then(at(2), EventPayload::OrderExpired);
    let mut first = rival.change();
    first.wake_at = Some(at(100));
    applied(store, first).await;
    change.wake_at = Some(at(50));
    assert!(
        matches!(
            outcome(store, change).await,
            CommitOutcome::VersionConflict { .. }
        ),
        "of two changes with the same expected version exactly one is applied"
    );
    no_trace(store, &rival).await;
}

/// Checks that a change whose idempotency key is claimed already stores nothing.
pub async fn a_change_whose_key_is_taken_stores_nothing(store: &(impl OrderStore + ?Sized)) {
    let (stored, mut change) = loaded(store).await;
    let mut holder = history(2);
    let mut first = holder.change();
    first.idempotency = Some(claim("taken", holder.id()));
    applied(store, first).await;
    change.idempotency = Some(claim("taken", stored.id()));
    assert!(
        matches!(
            outcome(store, change).await,
            CommitOutcome::IdempotencyKeyTaken(_)
        ),
        "a key is claimed once"
    );
    no_trace(store, &stored).await;
}

/// Checks that a change whose external event was recorded before stores nothing.
pub async fn a_change_that_was_received_before_stores_nothing(store: &(impl OrderStore + ?Sized)) {
    let (stored, mut change) = loaded(store).await;
    let mut holder = history(2);
    let mut first = holder.change();
    first.external_event = Some(external_event("seen"));
    applied(store, first).await;
    change.external_event = Some(external_event("seen"));
    assert_eq!(
        outcome(store, change).await,
        CommitOutcome::DuplicateExternalEvent,
        "an external event is recorded once"
    );
    no_trace(store, &stored).await;
}

/// Checks that concurrent readers see all of a commit or nothing of it.
pub async fn a_reader_sees_all_of_a_commit_or_nothing(store: &(impl OrderStore + ?Sized)) {
    const AT_A_TIME: u64 = 3;
    let mut written = OrderHistory::placed(1, place().build(), at(0));
    applied(store, written.change()).await;
    let (storefront, id) = (StorefrontId::default(), written.id());
    let writer = async {
        for n in 0..MANY {
            for _ in 0..AT_A_TIME {
                written = written.clone().then(at(n), EventPayload::OrderExpired);
            }
            applied(store, written.change()).await;
        }
    };
    let reader = async {
        for _ in 0..MANY {
            let order = store
                .find(&storefront, id)
                .await
                .expect("the store answers");
            let version = order.expect("the order is there").version().get();
            let events = store
                .events(&storefront, id)
                .await
                .expect("the store answers");
            assert_eq!(
                version % AT_A_TIME,
                1,
                "a reader sees an order as of a whole commit"
            );
            let last = events.last().expect("it has events").version.get();
            assert_eq!(
                last % AT_A_TIME,
                1,
                "the events of a commit are visible together"
            );
            assert!(last >= version, "the events of a visible order are visible");
        }
    };
    join(writer, reader).await;
    same(store, &written, "everything is stored in the end").await;
}

/// Checks that a store that cannot reserve stock in a commit fails for a change that asks for it, and
/// stores nothing.
pub async fn a_store_that_reserves_no_stock_refuses_to(store: &(impl OrderStore + ?Sized)) {
    if store.reserves_stock() {
        return;
    }
    let mut history = history(1);
    let mut change = history.change();
    let id = Reference::Reservation(history.id(), ReservationNo::FIRST);
    change.reserve = Some(StockReservation::new(id, [], at(600)));
    assert!(
        matches!(store.commit(change).await, Err(StoreError::Failed(_))),
        "it fails"
    );
    assert_eq!(found(store, &history).await, None, "nothing is stored");
}
