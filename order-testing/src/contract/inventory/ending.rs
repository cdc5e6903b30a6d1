//! How a reservation ends: it expires, is committed, or is released.

use super::{
    InventoryUnderTest, TTL, available, committed, found, key, release, reservation, reserve,
    reserved, stocked,
};
use crate::contract::MANY;
use futures::future::join_all;
use order_core::ports::{ReserveOutcome, StockOutcome, StoredReservationStatus};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

async fn extend(
    subject: &(impl InventoryUnderTest + ?Sized),
    order: u64,
    ttl: Duration,
) -> StockOutcome {
    subject
        .inventory()
        .extend(&key("extend", order), &reservation(order), ttl)
        .await
        .expect("the service answers")
}

async fn commit(subject: &(impl InventoryUnderTest + ?Sized), order: u64) -> StockOutcome {
    subject
        .inventory()
        .commit(&key("commit", order), &reservation(order))
        .await
        .expect("the service answers")
}

/// Checks that a reservation holds until it expires, and that its units are then available again.
pub async fn a_reservation_expires_after_its_time(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    subject.pass(TTL - SECOND * 2).await;
    assert_eq!(available(subject, "abc").await, 2, "it holds for its time");
    subject.pass(SECOND * 4).await;
    assert_eq!(available(subject, "abc").await, 5, "it has expired");
    reserved(subject, 2, &[("abc", 5)]).await;
}

/// Checks that an expired reservation cannot be committed, extended or made again.
pub async fn an_expired_reservation_is_gone(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    subject.pass(TTL + SECOND * 2).await;
    assert_eq!(
        commit(subject, 1).await,
        StockOutcome::Gone,
        "not committed"
    );
    assert_eq!(extend(subject, 1, TTL).await, StockOutcome::Gone, "gone");
    assert_eq!(
        reserve(subject, 1, &[("abc", 3)]).await,
        ReserveOutcome::Gone,
        "a reservation that has expired before is not made again"
    );
    assert_eq!(available(subject, "abc").await, 5, "nothing is reserved");
}

/// Checks that an extended reservation holds for the given span from then on.
pub async fn extending_holds_a_reservation_for_longer(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    subject.pass(TTL - SECOND * 5).await;
    let outcome = extend(subject, 1, TTL).await;
    let StockOutcome::Done {
        expires_at: Some(until),
    } = outcome
    else {
        panic!("what is held can be extended, not {outcome:?}");
    };
    let view = found(subject, 1).await.expect("it is found");
    assert_eq!(
        view.expires_at,
        Some(until),
        "it expires when the answer said"
    );
    subject.pass(TTL - SECOND * 2).await;
    assert_eq!(available(subject, "abc").await, 2, "it holds for longer");
    subject.pass(SECOND * 4).await;
    assert_eq!(available(subject, "abc").await, 5, "it has expired");
}

/// Checks that a committed reservation does not expire, and that extending does not change that.
pub async fn extending_what_is_committed_changes_nothing(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    committed(subject, 1).await;
    assert_eq!(
        extend(subject, 1, TTL).await,
        StockOutcome::Done { expires_at: None },
        "what is committed does not expire"
    );
    subject.pass(TTL * 2).await;
    assert_eq!(available(subject, "abc").await, 2, "it stays committed");
}

/// Checks that a reservation that was released or never existed cannot be extended.
pub async fn extending_what_is_gone_is_reported(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    release(subject, 1).await;
    for order in [1, 2] {
        assert_eq!(
            extend(subject, order, TTL).await,
            StockOutcome::Gone,
            "there is no such reservation any more"
        );
    }
}

/// Checks that committed units stay committed, however much time passes.
pub async fn committed_units_do_not_expire(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    committed(subject, 1).await;
    subject.pass(TTL * 3).await;
    assert_eq!(available(subject, "abc").await, 2, "they stay committed");
    let view = found(subject, 1).await.expect("it is found");
    assert_eq!(
        view.status,
        StoredReservationStatus::Committed,
        "it is committed"
    );
}

/// Checks that committing again returns the same answer, and commits nothing more.
pub async fn committing_again_gets_the_same_answer(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    let outcomes = join_all((0..4).map(|_| commit(subject, 1))).await;
    for outcome in outcomes {
        assert_eq!(
            outcome,
            StockOutcome::Done { expires_at: None },
            "committing again gets the same answer"
        );
    }
    assert_eq!(
        available(subject, "abc").await,
        2,
        "nothing more is committed"
    );
}

/// Checks that a reservation that was released or never existed cannot be committed.
pub async fn committing_what_is_gone_is_reported(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    release(subject, 1).await;
    for order in [1, 2] {
        assert_eq!(
            commit(subject, order).await,
            StockOutcome::Gone,
            "there is no such reservation any more"
        );
    }
    assert_eq!(available(subject, "abc").await, 5, "nothing is committed");
}

/// Checks that releasing returns held units to stock.
pub async fn releasing_gives_back_what_is_held(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5), ("tea", 2)]).await;
    reserved(subject, 1, &[("abc", 3), ("tea", 2)]).await;
    reserved(subject, 2, &[("abc", 1)]).await;
    release(subject, 1).await;
    assert_eq!(
        (
            available(subject, "abc").await,
            available(subject, "tea").await
        ),
        (4, 2),
        "what it held is released, and nothing else"
    );
}

/// Checks that releasing returns committed units to stock.
pub async fn releasing_gives_back_what_is_committed(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    committed(subject, 1).await;
    release(subject, 1).await;
    assert_eq!(
        available(subject, "abc").await,
        5,
        "what it committed is released"
    );
}

/// Checks that releasing again, or after expiry, returns nothing more to stock.
pub async fn releasing_again_gives_nothing_more_back(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    for order in [1, 2, 3] {
        reserved(subject, order, &[("abc", 1)]).await;
    }
    committed(subject, 2).await;
    for _again in 0..3 {
        join_all([1, 2].map(|order| release(subject, order))).await;
        assert_eq!(
            available(subject, "abc").await,
            4,
            "two were released, once"
        );
    }
    subject.pass(TTL + SECOND * 2).await;
    release(subject, 3).await;
    assert_eq!(
        available(subject, "abc").await,
        5,
        "what has expired is not released again"
    );
}

/// Checks that a reserve that arrives after its release reserves nothing.
pub async fn releasing_what_never_was_keeps_it_from_being_reserved(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &[("abc", 5)]).await;
    release(subject, 1).await;
    assert_eq!(available(subject, "abc").await, 5, "nothing is released");
    assert_eq!(
        reserve(subject, 1, &[("abc", 3)]).await,
        ReserveOutcome::Gone,
        "after a release nothing is reserved, also where the release came first"
    );
    assert_eq!(available(subject, "abc").await, 5, "nothing is reserved");
}

/// Checks that after a release the same id reserves nothing again.
pub async fn a_released_reservation_is_gone(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    for (order, is_committed) in [(1, false), (2, true)] {
        reserved(subject, order, &[("abc", 3)]).await;
        if is_committed {
            committed(subject, order).await;
        }
        release(subject, order).await;
        for _again in 0..2 {
            assert_eq!(
                reserve(subject, order, &[("abc", 3)]).await,
                ReserveOutcome::Gone,
                "after a release nothing is reserved again"
            );
        }
    }
    assert_eq!(available(subject, "abc").await, 5, "nothing is reserved");
}

/// Checks that concurrent reserves, commits and releases leave the stock as it was.
pub async fn many_who_reserve_and_release_side_by_side_leave_all_in_stock(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &[("abc", 5), ("tea", 5)]).await;
    join_all((1..=MANY).map(|order| async move {
        let mut lines = [("abc", 1), ("tea", 2)];
        if order % 2 == 0 {
            lines.reverse();
        }
        // Some arrive before the reserve they undo.
        if order % 3 == 0 {
            futures::join!(reserve(subject, order, &lines), release(subject, order));
        } else {
            reserve(subject, order, &lines).await;
            commit(subject, order).await;
            release(subject, order).await;
        }
    }))
    .await;
    assert_eq!(
        (
            available(subject, "abc").await,
            available(subject, "tea").await
        ),
        (5, 5),
        "all that was reserved or committed was released"
    );
}
