//! All or nothing: a change that is not applied leaves no trace, and no reader sees half of one.

use super::keys::{claim, scoped};
use super::receipts::receipt;
use super::{applied, outcome, same, story};
use crate::event::Happening;
use crate::ports::{Change, CommitOutcome, OrderStore};
use crate::testing::Story;
use crate::testing::builders::{at, place};
use crate::testing::contract::MANY;
use crate::value::StorefrontId;
use futures::future::join;

/// An order that is stored, and a change of it that carries all that can be stored beside events.
async fn loaded(store: &(impl OrderStore + ?Sized)) -> (Story, Change) {
    let mut stored = story(1);
    let mut first = stored.change();
    first.wake_at = Some(at(100));
    applied(store, first).await;
    let mut next = stored
        .clone()
        .deferred(at(2))
        .then(at(2), Happening::CustomerVerified);
    let mut change = next.change();
    change.key = Some(claim("unused", stored.id()));
    change.receipt = Some(receipt("unused"));
    change.wake_at = Some(at(50));
    (stored, change)
}

/// Nothing of the change is there.
async fn no_trace(store: &(impl OrderStore + ?Sized), stored: &Story) {
    same(store, stored, "order and events are as they were").await;
    let key = store.find_key(&scoped("unused"), at(3)).await;
    assert_eq!(key.expect("the store answers"), None, "no key is stored");
    let due = store.due(at(60), 10).await.expect("the store answers");
    assert_eq!(due, [], "the time at which the order moves is as it was");
    let due = store.due(at(100), 10).await.expect("the store answers");
    assert_eq!(
        due,
        [(stored.storefront().clone(), stored.id())],
        "the time at which the order moves is as it was"
    );
    let waiting = store.count_deferred(stored.storefront(), 10).await;
    assert_eq!(waiting.expect("the store answers"), 0, "nothing waits");
    let mut other = story(77);
    let mut change = other.change();
    change.key = Some(claim("unused", other.id()));
    change.receipt = Some(receipt("unused"));
    assert_eq!(
        outcome(store, change).await,
        CommitOutcome::Applied,
        "key and receipt of a change that was not applied are free"
    );
}

/// A change that is stale stores nothing.
pub async fn a_stale_change_stores_nothing(store: &(impl OrderStore + ?Sized)) {
    let (stored, mut change) = loaded(store).await;
    // It comes twice: the second is stale, and everything else about it is new.
    let mut rival = stored.clone().then(at(2), Happening::OrderExpired);
    let mut first = rival.change();
    first.wake_at = Some(at(100));
    applied(store, first).await;
    change.wake_at = Some(at(50));
    assert!(
        matches!(outcome(store, change).await, CommitOutcome::Stale { .. }),
        "of two changes with the same expected version exactly one is applied"
    );
    no_trace(store, &rival).await;
}

/// A change whose key is taken stores nothing.
pub async fn a_change_whose_key_is_taken_stores_nothing(store: &(impl OrderStore + ?Sized)) {
    let (stored, mut change) = loaded(store).await;
    let mut holder = story(2);
    let mut first = holder.change();
    first.key = Some(claim("taken", holder.id()));
    applied(store, first).await;
    change.key = Some(claim("taken", stored.id()));
    assert!(
        matches!(outcome(store, change).await, CommitOutcome::KeyTaken(_)),
        "a key is taken once"
    );
    no_trace(store, &stored).await;
}

/// A change whose outside event was recorded before stores nothing.
pub async fn a_change_that_was_received_before_stores_nothing(store: &(impl OrderStore + ?Sized)) {
    let (stored, mut change) = loaded(store).await;
    let mut holder = story(2);
    let mut first = holder.change();
    first.receipt = Some(receipt("seen"));
    applied(store, first).await;
    change.receipt = Some(receipt("seen"));
    assert_eq!(
        outcome(store, change).await,
        CommitOutcome::AlreadyReceived,
        "an outside event is recorded once"
    );
    no_trace(store, &stored).await;
}

/// A reader sees all of a commit or nothing of it, while a writer writes.
pub async fn a_reader_sees_all_of_a_commit_or_nothing(store: &(impl OrderStore + ?Sized)) {
    const AT_A_TIME: u64 = 3;
    let mut written = Story::placed(1, place().build(), at(0));
    applied(store, written.change()).await;
    let (storefront, id) = (StorefrontId::default(), written.id());
    let writer = async {
        for n in 0..MANY {
            for _ in 0..AT_A_TIME {
                written = written.clone().then(at(n), Happening::OrderExpired);
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
                "an order is seen as a whole commit left it"
            );
            let last = events.last().expect("it has events").version.get();
            assert_eq!(
                last % AT_A_TIME,
                1,
                "the events of a commit are seen together"
            );
            assert!(
                last >= version,
                "the events of an order that was seen are seen"
            );
        }
    };
    join(writer, reader).await;
    same(store, &written, "everything is stored in the end").await;
}
