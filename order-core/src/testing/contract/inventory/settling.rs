//! How a reservation ends: it lapses, is taken, or is given back.

use super::{
    InventoryUnderTest, TTL, available, found, key, release, reservation, reserve, reserved,
    stocked, take,
};
use crate::ports::{ReservationStatus, ReserveOutcome, StockOutcome};
use crate::testing::contract::MANY;
use futures::future::join_all;
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

/// A reservation holds for its time, and then its units are available again.
pub async fn a_reservation_lapses_after_its_time(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    subject.pass(TTL - SECOND * 2).await;
    assert_eq!(available(subject, "abc").await, 2, "it holds for its time");
    subject.pass(SECOND * 4).await;
    assert_eq!(available(subject, "abc").await, 5, "it has lapsed");
    reserved(subject, 2, &[("abc", 5)]).await;
}

/// A reservation that has lapsed cannot be taken, extended or made again.
pub async fn a_lapsed_reservation_is_gone(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    subject.pass(TTL + SECOND * 2).await;
    assert_eq!(commit(subject, 1).await, StockOutcome::Gone, "not taken");
    assert_eq!(extend(subject, 1, TTL).await, StockOutcome::Gone, "gone");
    assert_eq!(
        reserve(subject, 1, &[("abc", 3)]).await,
        ReserveOutcome::Gone,
        "a reservation that has expired before is not made again"
    );
    assert_eq!(available(subject, "abc").await, 5, "nothing is set aside");
}

/// A reservation that is extended holds for so long from then on.
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
    assert_eq!(view.expires_at, Some(until), "it lapses when it was said");
    subject.pass(TTL - SECOND * 2).await;
    assert_eq!(available(subject, "abc").await, 2, "it holds for longer");
    subject.pass(SECOND * 4).await;
    assert_eq!(available(subject, "abc").await, 5, "it has lapsed");
}

/// What is taken does not lapse, and extending does not change that.
pub async fn extending_what_is_taken_changes_nothing(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    take(subject, 1).await;
    assert_eq!(
        extend(subject, 1, TTL).await,
        StockOutcome::Done { expires_at: None },
        "what is taken does not lapse"
    );
    subject.pass(TTL * 2).await;
    assert_eq!(available(subject, "abc").await, 2, "it stays taken");
}

/// What was released, or never was, cannot be extended.
pub async fn extending_what_is_gone_is_told(subject: &(impl InventoryUnderTest + ?Sized)) {
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

/// Units that are taken stay taken, however much time passes.
pub async fn taken_units_do_not_lapse(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    take(subject, 1).await;
    subject.pass(TTL * 3).await;
    assert_eq!(available(subject, "abc").await, 2, "they stay taken");
    let view = found(subject, 1).await.expect("it is found");
    assert_eq!(view.status, ReservationStatus::Committed, "it is taken");
}

/// Taking again gets the same answer, and takes nothing more.
pub async fn taking_again_gets_the_same_answer(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    let outcomes = join_all((0..4).map(|_| commit(subject, 1))).await;
    for outcome in outcomes {
        assert_eq!(
            outcome,
            StockOutcome::Done { expires_at: None },
            "taking again gets the same answer"
        );
    }
    assert_eq!(available(subject, "abc").await, 2, "nothing more is taken");
}

/// What was released, or never was, cannot be taken.
pub async fn taking_what_is_gone_is_told(subject: &(impl InventoryUnderTest + ?Sized)) {
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
    assert_eq!(available(subject, "abc").await, 5, "nothing is taken");
}

/// Releasing gives back what is held.
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
        "what it held goes back, and nothing else"
    );
}

/// Releasing gives back what is taken.
pub async fn releasing_gives_back_what_is_taken(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    take(subject, 1).await;
    release(subject, 1).await;
    assert_eq!(available(subject, "abc").await, 5, "what it took goes back");
}

/// Releasing again, or what has lapsed, gives nothing more back.
pub async fn releasing_again_gives_nothing_more_back(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    for order in [1, 2, 3] {
        reserved(subject, order, &[("abc", 1)]).await;
    }
    take(subject, 2).await;
    for _again in 0..3 {
        join_all([1, 2].map(|order| release(subject, order))).await;
        assert_eq!(available(subject, "abc").await, 4, "two went back, once");
    }
    subject.pass(TTL + SECOND * 2).await;
    release(subject, 3).await;
    assert_eq!(
        available(subject, "abc").await,
        5,
        "what has lapsed is not given back again"
    );
}

/// Where the release comes first, a reserve that comes later sets nothing aside.
pub async fn releasing_what_never_was_keeps_it_from_being_reserved(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &[("abc", 5)]).await;
    release(subject, 1).await;
    assert_eq!(available(subject, "abc").await, 5, "nothing goes back");
    assert_eq!(
        reserve(subject, 1, &[("abc", 3)]).await,
        ReserveOutcome::Gone,
        "after a release nothing is set aside, also where the release came first"
    );
    assert_eq!(available(subject, "abc").await, 5, "nothing is set aside");
}

/// After a release the same id sets nothing aside again.
pub async fn a_released_reservation_is_gone(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    for (order, is_taken) in [(1, false), (2, true)] {
        reserved(subject, order, &[("abc", 3)]).await;
        if is_taken {
            take(subject, order).await;
        }
        release(subject, order).await;
        for _again in 0..2 {
            assert_eq!(
                reserve(subject, order, &[("abc", 3)]).await,
                ReserveOutcome::Gone,
                "after a release nothing is set aside again"
            );
        }
    }
    assert_eq!(available(subject, "abc").await, 5, "nothing is set aside");
}

/// Many who reserve, take and release side by side leave in the end what there was.
pub async fn many_who_reserve_and_release_side_by_side_leave_all_in_stock(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &[("abc", 5), ("tea", 5)]).await;
    join_all((1..=MANY).map(|order| async move {
        let mut lines = [("abc", 1), ("tea", 2)];
        if order % 2 == 0 {
            lines.reverse();
        }
        // Some come before the reserve they undo.
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
        "all that was set aside or taken went back"
    );
}
