//! Reserving: all or nothing, once per id, and never more than is in stock.

use super::{
    InventoryUnderTest, TTL, available, committed, found, key, release, reservation, reserve,
    reserve_request, reserved, stocked,
};
use crate::builders::{call, call_at, sku, storefront, units, usd};
use crate::contract::MANY;
use futures::future::join_all;
use order_core::order::{Shortage, merge_by_sku};
use order_core::ports::{ReserveOutcome, StoredReservationStatus};
use order_core::value::{Sku, StorefrontId};
use std::time::Duration;

/// Checks that products are returned with their current price and stock; unknown ones are left out.
pub async fn products_are_those_that_there_are(subject: &(impl InventoryUnderTest + ?Sized)) {
    let here = StorefrontId::default();
    subject.stock(&here, &sku("abc"), usd(1_999), 3).await;
    subject.stock(&here, &sku("tea"), usd(0), 0).await;
    let requested = ["abc", "nope", "tea", "ABC"].map(sku);
    let mut products = subject
        .inventory()
        .products(&call("k"), &requested)
        .await
        .expect("the service answers");
    products.sort_by(|one, other| one.sku.cmp(&other.sku));
    let answer: Vec<(Sku, _, u32)> = products
        .into_iter()
        .map(|product| (product.sku, product.unit_price, product.available))
        .collect();
    assert_eq!(
        answer,
        [(sku("abc"), usd(1_999), 3), (sku("tea"), usd(0), 0)],
        "known products are returned, with price and stock"
    );
    let none = subject.inventory().products(&call("k"), &[]).await;
    // A service may answer this with all products.
    assert!(none.is_ok(), "requesting no products is no error");
}

/// Checks that products and their stock are those of the storefront of the call.
pub async fn products_are_those_of_the_storefront(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 3)]).await;
    let (here, there) = (StorefrontId::default(), storefront("other"));
    subject.stock(&there, &sku("abc"), usd(5), 7).await;
    reserved(subject, 1, &[("abc", 2)]).await;
    for (storefront, price, units) in [(here, 1_999, 1), (there, 5, 7)] {
        let products = subject
            .inventory()
            .products(&call_at(&storefront, "k"), &[sku("abc")])
            .await
            .expect("the service answers");
        let product = products.first().expect("the product is known");
        assert_eq!(
            (product.unit_price, product.available),
            (usd(price), units),
            "products and their stock are those of the storefront"
        );
    }
}

/// Checks that units that are reserved or committed are no longer available.
pub async fn reserved_units_cannot_be_reserved_again(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    assert_eq!(available(subject, "abc").await, 2, "three are reserved");
    let outcome = reserve(subject, 2, &[("abc", 3)]).await;
    assert!(
        matches!(outcome, ReserveOutcome::Insufficient { .. }),
        "units that are reserved cannot be reserved again"
    );
    committed(subject, 1).await;
    assert_eq!(available(subject, "abc").await, 2, "three are committed");
    let outcome = reserve(subject, 3, &[("abc", 3)]).await;
    assert!(
        matches!(outcome, ReserveOutcome::Insufficient { .. }),
        "units that are committed cannot be reserved again"
    );
    reserved(subject, 4, &[("abc", 2)]).await;
    assert_eq!(available(subject, "abc").await, 0, "none is left");
}

/// Checks that if one product is short, no units of any are reserved.
pub async fn a_reservation_is_all_or_nothing(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5), ("mug", 5), ("tea", 1)]).await;
    let outcome = reserve(subject, 1, &[("abc", 2), ("tea", 2), ("mug", 2)]).await;
    assert!(
        matches!(outcome, ReserveOutcome::Insufficient { .. }),
        "one is short"
    );
    for (text, units) in [("abc", 5), ("tea", 1), ("mug", 5)] {
        assert_eq!(available(subject, text).await, units, "nothing is reserved");
    }
    assert_eq!(found(subject, 1).await, None, "there is no reservation");
}

/// Checks that every shortage is reported, with the requested and the available units.
pub async fn what_there_is_too_little_of_is_reported(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5), ("mug", 5), ("tea", 0)]).await;
    reserved(subject, 1, &[("abc", 2)]).await;
    let outcome = reserve(subject, 2, &[("abc", 4), ("mug", 5), ("tea", 1)]).await;
    let ReserveOutcome::Insufficient { mut shortages } = outcome else {
        panic!("stock is short, not {outcome:?}");
    };
    shortages.sort_by(|one, other| one.sku.cmp(&other.sku));
    assert_eq!(
        shortages,
        [
            Shortage::new(sku("abc"), 4, 3),
            Shortage::new(sku("tea"), 1, 0)
        ],
        "every shortage is reported, and nothing else"
    );
}

/// Checks that all unknown products are reported, and that nothing is reserved.
pub async fn unknown_products_are_told_and_nothing_is_reserved(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &[("abc", 5)]).await;
    let outcome = reserve(subject, 1, &[("abc", 2), ("no1", 1), ("no2", 1)]).await;
    let ReserveOutcome::UnknownSkus { mut skus } = outcome else {
        panic!("some products are unknown, not {outcome:?}");
    };
    skus.sort();
    assert_eq!(skus, ["no1", "no2"].map(sku), "all that are unknown");
    assert_eq!(available(subject, "abc").await, 5, "nothing is reserved");
}

/// Checks that the same id again returns the same answer, and reserves nothing more.
pub async fn the_same_id_again_gets_the_same_answer_and_nothing_more(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &[("abc", 5), ("tea", 5)]).await;
    let lines = [("abc", 3), ("tea", 5)];
    let first = reserve(subject, 1, &lines).await;
    assert!(matches!(first, ReserveOutcome::Reserved { .. }), "enough");
    for _again in 0..3 {
        assert_eq!(
            reserve(subject, 1, &lines).await,
            first,
            "the same id again gets the same answer"
        );
        subject.pass(Duration::from_secs(1)).await;
    }
    assert_eq!(
        (
            available(subject, "abc").await,
            available(subject, "tea").await
        ),
        (2, 0),
        "nothing more is reserved"
    );
}

/// Checks that of many concurrent reservations, as many succeed as there is stock for: no
/// unit is oversold, and none is left that a caller was refused.
pub async fn of_many_reservations_side_by_side_none_oversells(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &[("abc", 5), ("tea", 1_000)]).await;
    let outcomes = join_all((1..=MANY).map(|order| async move {
        // Half of them list the products in the opposite order.
        let mut lines = [("abc", 1), ("tea", 1)];
        if order % 2 == 0 {
            lines.reverse();
        }
        let outcome = reserve(subject, order, &lines).await;
        matches!(outcome, ReserveOutcome::Reserved { .. })
    }))
    .await;
    let succeeded = outcomes.iter().filter(|reserved| **reserved).count();
    assert_eq!(succeeded, 5, "as many succeed as there is stock for");
    assert_eq!(
        (
            available(subject, "abc").await,
            available(subject, "tea").await
        ),
        (0, 995),
        "those that were refused reserved nothing"
    );
}

/// Checks that of many concurrent attempts at one reservation, one reserves units, and all get the
/// same answer.
pub async fn of_many_tries_of_one_reservation_side_by_side_one_counts(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &[("abc", 5)]).await;
    let outcomes = join_all((0..MANY).map(|_| reserve(subject, 1, &[("abc", 2)]))).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| *outcome == outcomes[0]
                && matches!(outcome, ReserveOutcome::Reserved { .. })),
        "the same id gets the same answer, concurrently"
    );
    assert_eq!(available(subject, "abc").await, 3, "one of them counts");
}

/// Checks that a reservation is found with its current status; one that never existed is not found.
pub async fn a_reservation_is_found_as_it_stands(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5), ("tea", 5)]).await;
    assert_eq!(found(subject, 1).await, None, "none was made");
    let outcome = reserve(subject, 1, &[("tea", 1), ("abc", 2)]).await;
    let ReserveOutcome::Reserved { expires_at } = outcome else {
        panic!("there is enough");
    };
    let held = found(subject, 1).await.expect("it is found");
    assert_eq!(held.status, StoredReservationStatus::Held, "it is held");
    assert_eq!(
        merge_by_sku(held.lines),
        [units("abc", 2), units("tea", 1)],
        "what it covers"
    );
    assert_eq!(held.expires_at, Some(expires_at), "until it expires");
    committed(subject, 1).await;
    let stored = found(subject, 1).await.expect("it is found");
    assert_eq!(
        stored.status,
        StoredReservationStatus::Committed,
        "it is committed"
    );
    assert_eq!(stored.expires_at, None, "what is committed does not expire");
    release(subject, 1).await;
    let released = found(subject, 1).await.expect("it is found");
    assert_eq!(
        released.status,
        StoredReservationStatus::Released,
        "it is released"
    );
    reserved(subject, 2, &[("abc", 1)]).await;
    subject.pass(TTL + Duration::from_secs(2)).await;
    let expired = found(subject, 2).await.expect("it is found");
    assert_eq!(
        expired.status,
        StoredReservationStatus::Expired,
        "it has expired"
    );
}

/// Checks that a reservation belongs to the storefront it was made for.
pub async fn a_reservation_is_of_one_storefront(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    let there = storefront("other");
    subject.stock(&there, &sku("abc"), usd(5), 5).await;
    reserved(subject, 1, &[("abc", 5)]).await;
    let outcome = subject
        .inventory()
        .reserve(
            &call_at(&there, "there"),
            &reserve_request(2, &[("abc", 4)]),
        )
        .await
        .expect("the service answers");
    assert!(
        matches!(outcome, ReserveOutcome::Reserved { .. }),
        "the stock of another storefront is another's"
    );
    let products = subject
        .inventory()
        .products(&call_at(&there, "k"), &[sku("abc")])
        .await
        .expect("the service answers");
    assert_eq!(products.first().map(|product| product.available), Some(1));
    let here = subject
        .inventory()
        .find(&key("find", 2), &reservation(2))
        .await
        .expect("the service answers");
    assert_eq!(
        here, None,
        "the reservation of another storefront is another's"
    );
}
