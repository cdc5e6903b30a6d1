//! Setting aside: all or nothing, once for each id, and never more than there is.

use super::{
    InventoryUnderTest, TTL, available, found, key, release, reservation, reserve, reserved,
    stocked, take, wish,
};
use crate::order::{Shortage, merge_by_sku};
use crate::ports::{ReservationStatus, ReserveOutcome};
use crate::testing::builders::{call, call_at, sku, storefront, units, usd};
use crate::testing::contract::MANY;
use crate::value::{Sku, StorefrontId};
use futures::future::join_all;
use std::time::Duration;

/// Products are answered as they are sold now; those not known are left out.
pub async fn products_are_those_that_there_are(subject: &(impl InventoryUnderTest + ?Sized)) {
    let here = StorefrontId::default();
    subject.stock(&here, &sku("abc"), usd(1_999), 3).await;
    subject.stock(&here, &sku("tea"), usd(0), 0).await;
    let asked = ["abc", "nope", "tea", "ABC"].map(sku);
    let mut products = subject
        .inventory()
        .products(&call("k"), &asked)
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
        "products are those that there are, with price and stock"
    );
    let none = subject.inventory().products(&call("k"), &[]).await;
    // A service may take this for a wish to see all.
    assert!(none.is_ok(), "asking for nothing is no error");
}

/// Products and their stock are those of the storefront that asks.
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

/// Units that are set aside or taken are no longer available.
pub async fn reserved_units_cannot_be_reserved_again(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    reserved(subject, 1, &[("abc", 3)]).await;
    assert_eq!(available(subject, "abc").await, 2, "three are set aside");
    let outcome = reserve(subject, 2, &[("abc", 3)]).await;
    assert!(
        matches!(outcome, ReserveOutcome::Insufficient { .. }),
        "units that are set aside cannot be reserved again"
    );
    take(subject, 1).await;
    assert_eq!(available(subject, "abc").await, 2, "three are taken");
    let outcome = reserve(subject, 3, &[("abc", 3)]).await;
    assert!(
        matches!(outcome, ReserveOutcome::Insufficient { .. }),
        "units that are taken cannot be reserved again"
    );
    reserved(subject, 4, &[("abc", 2)]).await;
    assert_eq!(available(subject, "abc").await, 0, "none is left");
}

/// Where there is too little of one product, nothing of any is set aside.
pub async fn a_reservation_is_all_or_nothing(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5), ("mug", 5), ("tea", 1)]).await;
    let outcome = reserve(subject, 1, &[("abc", 2), ("tea", 2), ("mug", 2)]).await;
    assert!(
        matches!(outcome, ReserveOutcome::Insufficient { .. }),
        "there is too little of one"
    );
    for (text, units) in [("abc", 5), ("tea", 1), ("mug", 5)] {
        assert_eq!(
            available(subject, text).await,
            units,
            "nothing is set aside"
        );
    }
    assert_eq!(found(subject, 1).await, None, "there is no reservation");
}

/// What there is too little of is told, with how much was asked for and how much there is.
pub async fn what_there_is_too_little_of_is_told(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5), ("mug", 5), ("tea", 0)]).await;
    reserved(subject, 1, &[("abc", 2)]).await;
    let outcome = reserve(subject, 2, &[("abc", 4), ("mug", 5), ("tea", 1)]).await;
    let ReserveOutcome::Insufficient { mut shortages } = outcome else {
        panic!("there is too little, not {outcome:?}");
    };
    shortages.sort_by(|one, other| one.sku.cmp(&other.sku));
    assert_eq!(
        shortages,
        [
            Shortage::new(sku("abc"), 4, 3),
            Shortage::new(sku("tea"), 1, 0)
        ],
        "what there is too little of is told, all of it and nothing else"
    );
}

/// Products that are not known are told, all of them, and nothing is set aside.
pub async fn unknown_products_are_told_and_nothing_is_set_aside(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &[("abc", 5)]).await;
    let outcome = reserve(subject, 1, &[("abc", 2), ("no1", 1), ("no2", 1)]).await;
    let ReserveOutcome::UnknownSkus { mut skus } = outcome else {
        panic!("some products are not known, not {outcome:?}");
    };
    skus.sort();
    assert_eq!(skus, ["no1", "no2"].map(sku), "all that are not known");
    assert_eq!(available(subject, "abc").await, 5, "nothing is set aside");
}

/// The same id again gets the same answer, and sets nothing more aside.
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
        "nothing more is set aside"
    );
}

/// Of many reservations side by side, as many succeed as there is stock for: none is oversold, and
/// nothing is left that somebody was refused.
pub async fn of_many_reservations_side_by_side_none_oversells(
    subject: &(impl InventoryUnderTest + ?Sized),
) {
    stocked(subject, &[("abc", 5), ("tea", 1_000)]).await;
    let outcomes = join_all((1..=MANY).map(|order| async move {
        // Half of them name the products the other way round.
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
        "those that were refused set nothing aside"
    );
}

/// Of many tries of one reservation side by side, one sets units aside, and all get its answer.
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
        "the same id gets the same answer, side by side"
    );
    assert_eq!(available(subject, "abc").await, 3, "one of them counts");
}

/// A reservation is found as it stands; one that never was is not found.
pub async fn a_reservation_is_found_as_it_stands(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5), ("tea", 5)]).await;
    assert_eq!(found(subject, 1).await, None, "there never was one");
    let outcome = reserve(subject, 1, &[("tea", 1), ("abc", 2)]).await;
    let ReserveOutcome::Reserved { expires_at } = outcome else {
        panic!("there is enough");
    };
    let held = found(subject, 1).await.expect("it is found");
    assert_eq!(held.status, ReservationStatus::Held, "it is held");
    assert_eq!(
        merge_by_sku(held.lines),
        [units("abc", 2), units("tea", 1)],
        "what it covers"
    );
    assert_eq!(held.expires_at, Some(expires_at), "until it lapses");
    take(subject, 1).await;
    let taken = found(subject, 1).await.expect("it is found");
    assert_eq!(taken.status, ReservationStatus::Committed, "it is taken");
    assert_eq!(taken.expires_at, None, "what is taken does not lapse");
    release(subject, 1).await;
    let released = found(subject, 1).await.expect("it is found");
    assert_eq!(released.status, ReservationStatus::Released, "given back");
    reserved(subject, 2, &[("abc", 1)]).await;
    subject.pass(TTL + Duration::from_secs(2)).await;
    let lapsed = found(subject, 2).await.expect("it is found");
    assert_eq!(lapsed.status, ReservationStatus::Expired, "it has lapsed");
}

/// A reservation belongs to the storefront it was made for.
pub async fn a_reservation_is_of_one_storefront(subject: &(impl InventoryUnderTest + ?Sized)) {
    stocked(subject, &[("abc", 5)]).await;
    let there = storefront("other");
    subject.stock(&there, &sku("abc"), usd(5), 5).await;
    reserved(subject, 1, &[("abc", 5)]).await;
    let outcome = subject
        .inventory()
        .reserve(&call_at(&there, "there"), &wish(2, &[("abc", 4)]))
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
