//! Revising: a reservation comes to cover exactly the units asked for, all or nothing.

use super::{InventoryUnderTest, TTL, available, found, release, reserved, revise, stocked, take};
use crate::order::{Shortage, merge_by_sku};
use crate::ports::{ReservationStatus, ReviseOutcome};
use crate::testing::builders::{sku, units};
use crate::testing::contract::MANY;
use futures::future::join_all;
use std::time::Duration;

async fn covers(
    subject: &(impl InventoryUnderTest + ?Sized),
    order: u64,
    lines: &[(&str, u32)],
    sentence: &str,
) {
    let found = found(subject, order).await.expect("it is found");
    let expected = merge_by_sku(lines.iter().map(|(text, quantity)| units(text, *quantity)));
    assert_eq!(merge_by_sku(found.lines), expected, "{sentence}");
}

/// More of one product, less of another, none of a third, some of a fourth.
async fn back_and_forth(subject: &(impl InventoryUnderTest + ?Sized), order: u64) {
    for lines in [
        &[("abc", 5), ("mug", 1), ("tea", 2)][..],
        &[("abc", 1), ("tea", 5)][..],
        &[("mug", 5)][..],
    ] {
        assert_eq!(
            revise(subject, order, lines).await,
            ReviseOutcome::Revised,
            "there is enough, with what it has"
        );
        covers(subject, order, lines, "it covers exactly these units").await;
        for text in ["abc", "mug", "tea"] {
            let own = lines
                .iter()
                .find(|(sku, _)| *sku == text)
                .map_or(0, |(_, quantity)| *quantity);
            assert_eq!(
                available(subject, text).await,
                5 - own,
                "what is less goes back, what is more is set aside"
            );
        }
    }
}

const STOCK: [(&str, u32); 3] = [("abc", 5), ("mug", 5), ("tea", 5)];

/// A held reservation that is revised covers exactly the new units, and stays held until it lapses.
pub async fn revising_covers_exactly_the_new_units(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &STOCK).await;
    reserved(subject, 1, &[("abc", 2), ("tea", 4)]).await;
    let until = found(subject, 1).await.expect("it is found").expires_at;
    back_and_forth(subject, 1).await;
    let held = found(subject, 1).await.expect("it is found");
    assert_eq!(
        (held.status, held.expires_at),
        (ReservationStatus::Held, until),
        "it is held as long as before"
    );
}

/// A taken reservation that is revised covers exactly the new units, and stays taken.
pub async fn revising_what_is_taken_covers_exactly_the_new_units(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &STOCK).await;
    reserved(subject, 1, &[("abc", 2), ("tea", 4)]).await;
    take(subject, 1).await;
    back_and_forth(subject, 1).await;
    let taken = found(subject, 1).await.expect("it is found");
    assert_eq!(taken.status, ReservationStatus::Committed, "it stays taken");
    subject.pass(TTL * 2).await;
    assert_eq!(available(subject, "mug").await, 0, "what is taken stays");
}

/// Where there is too little for the change, the reservation covers what it did before.
pub async fn revising_to_more_than_there_is_changes_nothing(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &STOCK).await;
    reserved(subject, 2, &[("tea", 2)]).await;
    for is_taken in [false, true] {
        let order = if is_taken { 3 } else { 1 };
        reserved(subject, order, &[("abc", 2), ("tea", 1)]).await;
        if is_taken {
            take(subject, order).await;
        }
        let outcome = revise(subject, order, &[("abc", 1), ("mug", 3), ("tea", 4)]).await;
        let ReviseOutcome::Insufficient { shortages } = outcome else {
            panic!("there is too little, not {outcome:?}");
        };
        let short: Vec<_> = shortages
            .iter()
            .map(|shortage: &Shortage| (shortage.sku.clone(), shortage.requested))
            .collect();
        assert_eq!(short, [(sku("tea"), 4)], "what there is too little of");
        covers(
            subject,
            order,
            &[("abc", 2), ("tea", 1)],
            "it covers what it did before",
        )
        .await;
        assert_eq!(available(subject, "mug").await, 5, "nothing is set aside");
        assert_eq!(available(subject, "abc").await, 3, "nothing goes back");
        release(subject, order).await;
    }
}

/// Where a product is not known, the reservation covers what it did before.
pub async fn revising_to_unknown_products_changes_nothing(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &STOCK).await;
    reserved(subject, 1, &[("abc", 2)]).await;
    let outcome = revise(subject, 1, &[("abc", 1), ("nope", 1)]).await;
    assert_eq!(
        outcome,
        ReviseOutcome::UnknownSkus {
            skus: vec![sku("nope")]
        },
        "what is not known is told"
    );
    covers(subject, 1, &[("abc", 2)], "it covers what it did before").await;
    assert_eq!(available(subject, "abc").await, 3, "nothing goes back");
}

/// A reservation may come to cover nothing, and something again.
pub async fn revising_to_nothing_gives_all_back(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &STOCK).await;
    reserved(subject, 1, &[("abc", 2)]).await;
    assert_eq!(revise(subject, 1, &[]).await, ReviseOutcome::Revised);
    assert_eq!(available(subject, "abc").await, 5, "all goes back");
    covers(subject, 1, &[], "it covers nothing").await;
    let again = revise(subject, 1, &[("tea", 1)]).await;
    assert_eq!(again, ReviseOutcome::Revised, "it is there");
    assert_eq!(available(subject, "tea").await, 4, "it covers something");
}

/// The target is absolute: revising again to the same changes nothing.
pub async fn revising_again_to_the_same_changes_nothing(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &STOCK).await;
    reserved(subject, 1, &[("abc", 2)]).await;
    for _again in 0..3 {
        let outcome = revise(subject, 1, &[("abc", 4)]).await;
        assert_eq!(outcome, ReviseOutcome::Revised, "it covers four");
        assert_eq!(available(subject, "abc").await, 1, "it covers four");
    }
}

/// What was released, has lapsed or never was cannot be revised.
pub async fn revising_what_is_gone_is_told(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &STOCK).await;
    reserved(subject, 1, &[("abc", 2)]).await;
    release(subject, 1).await;
    reserved(subject, 2, &[("abc", 2)]).await;
    subject.pass(TTL + Duration::from_secs(2)).await;
    for order in [1, 2, 3] {
        assert_eq!(
            revise(subject, order, &[("abc", 1)]).await,
            ReviseOutcome::Gone,
            "there is no such reservation any more"
        );
    }
    assert_eq!(available(subject, "abc").await, 5, "nothing is set aside");
}

/// Of many revisions side by side, none oversells.
pub async fn of_many_revisions_side_by_side_none_oversells(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    let rivals = u32::try_from(MANY).unwrap_or(u32::MAX);
    stocked(subject, &[("abc", rivals + 5)]).await;
    for order in 1..=MANY {
        reserved(subject, order, &[("abc", 1)]).await;
    }
    let outcomes = join_all((1..=MANY).map(|order| async move {
        revise(subject, order, &[("abc", 2)]).await == ReviseOutcome::Revised
    }))
    .await;
    let revised = outcomes.iter().filter(|revised| **revised).count();
    assert_eq!(revised, 5, "as many succeed as there is stock for");
    assert_eq!(available(subject, "abc").await, 0, "none is left");
}
