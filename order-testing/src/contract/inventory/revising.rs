//! Revising: a reservation covers exactly the requested units afterwards, all or nothing.

use super::{
    InventoryUnderTest, TTL, available, committed, found, release, reserved, revise, stocked,
};
use crate::builders::{sku, units};
use crate::contract::MANY;
use futures::future::join_all;
use order_core::order::{Shortage, merge_by_sku};
use order_core::ports::{ReviseOutcome, StoredReservationStatus};
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

/// Revises a reservation three times, each SKU up, down or to zero, and checks its units each time.
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
                "fewer units are released, more are reserved"
            );
        }
    }
}

const STOCK: [(&str, u32); 3] = [("abc", 5), ("mug", 5), ("tea", 5)];

/// Checks that a held reservation that is revised covers exactly the new units, and stays held
/// until it expires.
pub async fn revising_covers_exactly_the_new_units(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &STOCK).await;
    reserved(subject, 1, &[("abc", 2), ("tea", 4)]).await;
    let until = found(subject, 1).await.expect("it is found").expires_at;
    back_and_forth(subject, 1).await;
    let held = found(subject, 1).await.expect("it is found");
    assert_eq!(
        (held.status, held.expires_at),
        (StoredReservationStatus::Held, until),
        "it is held as long as before"
    );
}

/// Checks that a committed reservation that is revised covers exactly the new units, and stays
/// committed.
pub async fn revising_what_is_committed_covers_exactly_the_new_units(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &STOCK).await;
    reserved(subject, 1, &[("abc", 2), ("tea", 4)]).await;
    committed(subject, 1).await;
    back_and_forth(subject, 1).await;
    let stored = found(subject, 1).await.expect("it is found");
    assert_eq!(
        stored.status,
        StoredReservationStatus::Committed,
        "it stays committed"
    );
    subject.pass(TTL * 2).await;
    assert_eq!(
        available(subject, "mug").await,
        0,
        "what is committed stays"
    );
}

/// Checks that where stock is short for the change, the reservation covers what it did before.
pub async fn revising_to_more_than_there_is_changes_nothing(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &STOCK).await;
    reserved(subject, 2, &[("tea", 2)]).await;
    for is_committed in [false, true] {
        let order = if is_committed { 3 } else { 1 };
        reserved(subject, order, &[("abc", 2), ("tea", 1)]).await;
        if is_committed {
            committed(subject, order).await;
        }
        let outcome = revise(subject, order, &[("abc", 1), ("mug", 3), ("tea", 4)]).await;
        let ReviseOutcome::Insufficient { shortages } = outcome else {
            panic!("stock is short, not {outcome:?}");
        };
        let short: Vec<_> = shortages
            .iter()
            .map(|shortage: &Shortage| (shortage.sku.clone(), shortage.requested))
            .collect();
        assert_eq!(short, [(sku("tea"), 4)], "the shortage");
        covers(
            subject,
            order,
            &[("abc", 2), ("tea", 1)],
            "it covers what it did before",
        )
        .await;
        assert_eq!(available(subject, "mug").await, 5, "nothing is reserved");
        assert_eq!(available(subject, "abc").await, 3, "nothing is released");
        release(subject, order).await;
    }
}

/// Checks that where a product is unknown, the reservation covers what it did before.
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
        "unknown products are reported"
    );
    covers(subject, 1, &[("abc", 2)], "it covers what it did before").await;
    assert_eq!(available(subject, "abc").await, 3, "nothing is released");
}

/// Checks that a reservation can be revised to no units, and to some again.
pub async fn revising_to_nothing_gives_all_back(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &STOCK).await;
    reserved(subject, 1, &[("abc", 2)]).await;
    assert_eq!(revise(subject, 1, &[]).await, ReviseOutcome::Revised);
    assert_eq!(available(subject, "abc").await, 5, "all is released");
    covers(subject, 1, &[], "it covers nothing").await;
    let again = revise(subject, 1, &[("tea", 1)]).await;
    assert_eq!(again, ReviseOutcome::Revised, "it is there");
    assert_eq!(available(subject, "tea").await, 4, "it covers something");
}

/// Checks that the target is absolute: revising again to the same changes nothing.
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

/// Checks that a reservation that was released, has expired or never existed cannot be revised.
pub async fn revising_what_is_gone_is_reported(subject: &(impl InventoryUnderTest + ?Sized)) {
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
    assert_eq!(available(subject, "abc").await, 5, "nothing is reserved");
}

/// Checks that of many concurrent revisions none oversells.
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
