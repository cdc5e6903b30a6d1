//! What an [`OrderStore`] must do that reserves stock in its commits
//! ([`reserves_stock`](OrderStore::reserves_stock)).

use super::MANY;
use super::inventory::{
    InventoryUnderTest, TTL, available, committed, found, release, reservation, reserved, stocked,
    wanted,
};
use super::order_store::{self, applied, claim, external_event, history, outcome};
use crate::builders::{at, place, sku, storefront};
use crate::history::OrderHistory;
use futures::future::join_all;
use order_core::event::EventPayload;
use order_core::order::Shortage;
use order_core::ports::{
    Change, CommitOutcome, OrderStore, StockReservation, StoredReservation, StoredReservationStatus,
};
use order_core::time::{Timestamp, after};

/// A store under test, and the inventory whose stock it reserves.
pub trait ReservingStoreUnderTest: InventoryUnderTest {
    /// Returns the adapter.
    fn store(&self) -> &dyn OrderStore;
}

suite! {
    $ stock_in_commits, stock_in_commits_contract, ReservingStoreUnderTest:
    a_store_that_reserves_stock_says_so,
    a_change_reserves_its_stock,
    a_change_of_a_stored_order_reserves_its_stock,
    what_a_change_reserved_can_be_committed_and_released,
    a_change_without_enough_stock_stores_nothing,
    a_change_with_unknown_products_stores_nothing,
    a_change_that_lacked_stock_can_be_tried_again,
    a_stale_change_reserves_nothing,
    a_change_whose_key_is_taken_reserves_nothing,
    a_change_that_was_received_before_reserves_nothing,
    stock_is_checked_last,
    a_reservation_that_is_there_already_counts,
    a_reservation_that_is_gone_is_not_made_again,
    a_reservation_of_other_units_is_not_taken_over,
    units_of_an_expired_reservation_can_be_reserved,
    stock_is_that_of_the_storefront,
    of_many_changes_side_by_side_none_oversells,
}

/// Returns when reservations of the checks expire, if they are made at noon.
fn expiry() -> Timestamp {
    after(at(0), TTL)
}

/// Returns the next change of an order, which reserves these units under the id of this number.
fn reserving(history: &mut OrderHistory, number: u64, lines: &[(&str, u32)]) -> Change {
    let mut change = history.change();
    let id = reservation(number);
    change.reserve = Some(StockReservation::new(id, wanted(lines), expiry()));
    change
}

/// Returns the change that places the order of this number, and reserves these units.
fn placing(number: u64, lines: &[(&str, u32)]) -> Change {
    reserving(&mut history(number), number, lines)
}

fn held(lines: &[(&str, u32)]) -> Option<StoredReservation> {
    held_until(lines, expiry())
}

fn held_until(lines: &[(&str, u32)], expires_at: Timestamp) -> Option<StoredReservation> {
    Some(StoredReservation::new(
        StoredReservationStatus::Held,
        wanted(lines),
        Some(expires_at),
    ))
}

/// Checks that nothing of the order of this number is stored.
async fn nothing_stored(subject: &(impl ReservingStoreUnderTest + ?Sized), number: u64) {
    let history = history(number);
    let order = order_store::found(subject.store(), &history).await;
    assert_eq!(order, None, "the order is not stored");
    let events = subject
        .store()
        .events(history.storefront(), history.id())
        .await;
    assert_eq!(events.expect("the store answers"), [], "nor are its events");
}

/// Checks that a store that reserves stock says so.
pub async fn a_store_that_reserves_stock_says_so(
    subject: &(impl ReservingStoreUnderTest + ?Sized),
) {
    assert!(subject.store().reserves_stock(), "it says so");
}

/// Checks that a change is stored together with its reservation.
pub async fn a_change_reserves_its_stock(subject: &(impl ReservingStoreUnderTest + ?Sized)) {
    stocked(subject, &[("pot", 3), ("tea", 10)]).await;
    let lines = [("pot", 1), ("tea", 4)];
    let mut history = history(1);
    applied(subject.store(), reserving(&mut history, 1, &lines)).await;
    assert_eq!(
        order_store::found(subject.store(), &history).await.as_ref(),
        Some(history.order()),
        "the order is stored"
    );
    assert_eq!(found(subject, 1).await, held(&lines), "its stock is held");
    assert_eq!(available(subject, "pot").await, 2, "its units are taken");
    assert_eq!(available(subject, "tea").await, 6, "its units are taken");
}

/// Checks that a change of an order that is stored already reserves stock as well.
pub async fn a_change_of_a_stored_order_reserves_its_stock(
    subject: &(impl ReservingStoreUnderTest + ?Sized),
) {
    stocked(subject, &[("tea", 10)]).await;
    let mut history = history(1);
    applied(subject.store(), history.change()).await;
    let mut history = history.then(at(5), EventPayload::CustomerVerified);
    applied(subject.store(), reserving(&mut history, 1, &[("tea", 4)])).await;
    assert_eq!(found(subject, 1).await, held(&[("tea", 4)]), "it is held");
    assert_eq!(available(subject, "tea").await, 6, "its units are taken");
}

/// Checks that the inventory goes on with what a change has reserved.
pub async fn what_a_change_reserved_can_be_committed_and_released(
    subject: &(impl ReservingStoreUnderTest + ?Sized),
) {
    stocked(subject, &[("tea", 10)]).await;
    for number in [1, 2] {
        applied(subject.store(), placing(number, &[("tea", 4)])).await;
    }
    committed(subject, 1).await;
    release(subject, 2).await;
    assert_eq!(available(subject, "tea").await, 6, "one was given back");
    reserved(subject, 3, &[("tea", 6)]).await;
}

/// Checks that a change is refused whose stock is short, with what is missing, and stores nothing.
pub async fn a_change_without_enough_stock_stores_nothing(
    subject: &(impl ReservingStoreUnderTest + ?Sized),
) {
    stocked(subject, &[("pot", 1), ("tea", 10)]).await;
    let mut change = placing(1, &[("pot", 2), ("tea", 4)]);
    change.idempotency = Some(claim("k", change.order.id()));
    assert_eq!(
        outcome(subject.store(), change).await,
        CommitOutcome::OutOfStock {
            shortages: vec![Shortage::new(sku("pot"), 2, 1)],
            unknown: Vec::new(),
        },
        "what is missing is told"
    );
    nothing_stored(subject, 1).await;
    assert_eq!(found(subject, 1).await, None, "nothing is reserved");
    assert_eq!(available(subject, "pot").await, 1, "no unit is taken");
    assert_eq!(available(subject, "tea").await, 10, "no unit is taken");
}

/// Checks that a change is refused whose products are unknown, and stores nothing.
pub async fn a_change_with_unknown_products_stores_nothing(
    subject: &(impl ReservingStoreUnderTest + ?Sized),
) {
    stocked(subject, &[("tea", 10)]).await;
    assert_eq!(
        outcome(subject.store(), placing(1, &[("ore", 1), ("tea", 4)])).await,
        CommitOutcome::OutOfStock {
            shortages: Vec::new(),
            unknown: vec![sku("ore")],
        },
        "the unknown product is told"
    );
    nothing_stored(subject, 1).await;
    assert_eq!(found(subject, 1).await, None, "nothing is reserved");
    assert_eq!(available(subject, "tea").await, 10, "no unit is taken");
}

/// Checks that a change whose stock was short leaves its key, its external event and the id of its
/// reservation free.
pub async fn a_change_that_lacked_stock_can_be_tried_again(
    subject: &(impl ReservingStoreUnderTest + ?Sized),
) {
    stocked(subject, &[("tea", 1)]).await;
    let mut change = placing(1, &[("tea", 4)]);
    change.idempotency = Some(claim("k", change.order.id()));
    change.external_event = Some(external_event("evt"));
    assert!(
        matches!(
            outcome(subject.store(), change.clone()).await,
            CommitOutcome::OutOfStock { .. }
        ),
        "there is too little"
    );
    stocked(subject, &[("tea", 10)]).await;
    applied(subject.store(), change).await;
    assert_eq!(available(subject, "tea").await, 6, "its units are taken");
}

/// Checks that a change of another version reserves nothing.
pub async fn a_stale_change_reserves_nothing(subject: &(impl ReservingStoreUnderTest + ?Sized)) {
    stocked(subject, &[("tea", 10)]).await;
    let mut history = history(1);
    applied(subject.store(), history.change()).await;
    let mut late = history.clone().then(at(2), EventPayload::CustomerVerified);
    let mut history = history.then(at(3), EventPayload::OrderExpired);
    applied(subject.store(), history.change()).await;
    assert!(
        matches!(
            outcome(subject.store(), reserving(&mut late, 1, &[("tea", 4)])).await,
            CommitOutcome::VersionConflict { .. }
        ),
        "it is stale"
    );
    assert_eq!(found(subject, 1).await, None, "nothing is reserved");
    assert_eq!(available(subject, "tea").await, 10, "no unit is taken");
}

/// Checks that a change whose idempotency key is taken reserves nothing.
pub async fn a_change_whose_key_is_taken_reserves_nothing(
    subject: &(impl ReservingStoreUnderTest + ?Sized),
) {
    stocked(subject, &[("tea", 10)]).await;
    for (number, left) in [(1, 6), (2, 6)] {
        let mut change = placing(number, &[("tea", 4)]);
        change.idempotency = Some(claim("k", change.order.id()));
        let outcome = outcome(subject.store(), change).await;
        assert_eq!(
            outcome == CommitOutcome::Applied,
            number == 1,
            "the first has the key"
        );
        assert_eq!(
            available(subject, "tea").await,
            left,
            "units are taken once"
        );
    }
    assert_eq!(found(subject, 2).await, None, "nothing is reserved");
}

/// Checks that a change whose external event was received before reserves nothing.
pub async fn a_change_that_was_received_before_reserves_nothing(
    subject: &(impl ReservingStoreUnderTest + ?Sized),
) {
    stocked(subject, &[("tea", 10)]).await;
    let mut first = history(1).change();
    first.external_event = Some(external_event("evt"));
    applied(subject.store(), first).await;
    let mut again = placing(2, &[("tea", 4)]);
    again.external_event = Some(external_event("evt"));
    assert_eq!(
        outcome(subject.store(), again).await,
        CommitOutcome::DuplicateExternalEvent,
        "it was received"
    );
    assert_eq!(found(subject, 2).await, None, "nothing is reserved");
    assert_eq!(available(subject, "tea").await, 10, "no unit is taken");
}

/// Checks that stock is checked after key, inbox and version.
pub async fn stock_is_checked_last(subject: &(impl ReservingStoreUnderTest + ?Sized)) {
    let store = subject.store();
    let mut first = history(1).change();
    first.idempotency = Some(claim("k", first.order.id()));
    first.external_event = Some(external_event("evt"));
    applied(store, first).await;
    // Nothing is in stock.
    let mut change = placing(1, &[("tea", 4)]);
    change.idempotency = Some(claim("k", change.order.id()));
    change.external_event = Some(external_event("evt"));
    assert!(
        matches!(
            outcome(store, change.clone()).await,
            CommitOutcome::IdempotencyKeyTaken(_)
        ),
        "the key is checked first"
    );
    change.idempotency = None;
    assert_eq!(
        outcome(store, change.clone()).await,
        CommitOutcome::DuplicateExternalEvent,
        "then the inbox"
    );
    change.external_event = None;
    assert!(
        matches!(
            outcome(store, change).await,
            CommitOutcome::VersionConflict { .. }
        ),
        "then the version"
    );
}

/// Checks that a reservation of the same units that is there already counts, takes no units again, and
/// lasts as long as the change asks for.
pub async fn a_reservation_that_is_there_already_counts(
    subject: &(impl ReservingStoreUnderTest + ?Sized),
) {
    stocked(subject, &[("tea", 4)]).await;
    reserved(subject, 1, &[("tea", 4)]).await;
    let mut longer = placing(1, &[("tea", 4)]);
    let expires_at = after(expiry(), TTL);
    if let Some(reserve) = &mut longer.reserve {
        reserve.expires_at = expires_at;
    }
    applied(subject.store(), longer).await;
    assert_eq!(
        found(subject, 1).await,
        held_until(&[("tea", 4)], expires_at),
        "it is extended"
    );
    assert_eq!(available(subject, "tea").await, 0, "no unit is taken again");

    let mut shorter = reserving(&mut history(2), 1, &[("tea", 4)]);
    if let Some(reserve) = &mut shorter.reserve {
        reserve.expires_at = at(60);
    }
    applied(subject.store(), shorter).await;
    assert_eq!(
        found(subject, 1).await,
        held_until(&[("tea", 4)], expires_at),
        "it is never shortened"
    );
}

/// Checks that the id of a reservation that was released or has expired cannot be used again.
pub async fn a_reservation_that_is_gone_is_not_made_again(
    subject: &(impl ReservingStoreUnderTest + ?Sized),
) {
    stocked(subject, &[("tea", 10)]).await;
    release(subject, 1).await;
    reserved(subject, 2, &[("tea", 4)]).await;
    for (order, reservation) in [(1, 1), (700, 2)] {
        let change = reserving(&mut history(order), reservation, &[("tea", 4)]);
        assert_eq!(
            outcome(subject.store(), change).await,
            CommitOutcome::ReservationIdTaken,
            "the id was used"
        );
        nothing_stored(subject, order).await;
    }
    subject.pass(TTL).await;
    assert_eq!(available(subject, "tea").await, 10, "no unit is taken");
}

/// Checks that the id of a reservation cannot be used for other units.
pub async fn a_reservation_of_other_units_is_not_taken_over(
    subject: &(impl ReservingStoreUnderTest + ?Sized),
) {
    stocked(subject, &[("tea", 10)]).await;
    reserved(subject, 1, &[("tea", 4)]).await;
    assert_eq!(
        outcome(subject.store(), placing(1, &[("tea", 5)])).await,
        CommitOutcome::ReservationIdTaken,
        "the id was used for other units"
    );
    nothing_stored(subject, 1).await;
    assert_eq!(
        available(subject, "tea").await,
        6,
        "the first has its units"
    );
}

/// Checks that units of a reservation count as available once it has expired by the time of the change.
pub async fn units_of_an_expired_reservation_can_be_reserved(
    subject: &(impl ReservingStoreUnderTest + ?Sized),
) {
    stocked(subject, &[("tea", 4)]).await;
    reserved(subject, 1, &[("tea", 4)]).await;
    assert!(
        matches!(
            outcome(subject.store(), placing(2, &[("tea", 1)])).await,
            CommitOutcome::OutOfStock { .. }
        ),
        "all units are held"
    );
    subject.pass(TTL).await;
    let mut later = history(700);
    let mut change = reserving(&mut later, 700, &[("tea", 4)]);
    if let Some(reserve) = &mut change.reserve {
        reserve.expires_at = after(at(700), TTL);
    }
    applied(subject.store(), change).await;
    assert_eq!(available(subject, "tea").await, 0, "its units are taken");
}

/// Checks that a change reserves stock of the storefront of its order.
pub async fn stock_is_that_of_the_storefront(subject: &(impl ReservingStoreUnderTest + ?Sized)) {
    stocked(subject, &[("tea", 10)]).await;
    let elsewhere = place().storefront("other").build();
    let mut elsewhere = OrderHistory::placed(1, elsewhere, at(1));
    assert_eq!(elsewhere.storefront(), &storefront("other"), "as was asked");
    assert_eq!(
        outcome(subject.store(), reserving(&mut elsewhere, 1, &[("tea", 4)])).await,
        CommitOutcome::OutOfStock {
            shortages: Vec::new(),
            unknown: vec![sku("tea")],
        },
        "that storefront has none"
    );
    assert_eq!(available(subject, "tea").await, 10, "no unit is taken");
}

/// Checks that of many changes side by side as many are applied as there is stock for, and that the
/// others leave nothing.
pub async fn of_many_changes_side_by_side_none_oversells(
    subject: &(impl ReservingStoreUnderTest + ?Sized),
) {
    stocked(subject, &[("pot", 100), ("tea", 9)]).await;
    let changes = (1..=MANY).map(|number| placing(number, &[("pot", 1), ("tea", 2)]));
    let outcomes = join_all(changes.map(|change| outcome(subject.store(), change))).await;
    let mut stored = 0;
    for (outcome, number) in outcomes.into_iter().zip(1..) {
        if outcome == CommitOutcome::Applied {
            stored += 1;
            continue;
        }
        assert_eq!(
            outcome,
            CommitOutcome::OutOfStock {
                shortages: vec![Shortage::new(sku("tea"), 2, 1)],
                unknown: Vec::new(),
            },
            "one unit is left"
        );
        nothing_stored(subject, number).await;
        assert_eq!(found(subject, number).await, None, "nothing is reserved");
    }
    assert_eq!(stored, 4, "there is stock for four");
    assert_eq!(available(subject, "tea").await, 1, "one unit is left");
    assert_eq!(available(subject, "pot").await, 96, "each took its own");
}
