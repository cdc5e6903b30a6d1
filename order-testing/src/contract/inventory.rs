//! What an [`Inventory`] adapter must do.

mod ending;
mod reserving;
mod revising;

pub use ending::*;
pub use reserving::*;
pub use revising::*;

use crate::builders::{call, order_id, sku, units, usd};
use crate::clock::ManualClock;
use crate::memory::MemoryInventory;
use async_trait::async_trait;
use order_core::money::Money;
use order_core::order::SkuQuantity;
use order_core::ports::{
    CallContext, Inventory, ReserveOutcome, ReserveRequest, ReviseOutcome, StoredReservation,
};
use order_core::reference::Reference;
use order_core::value::{ReservationNo, Sku, StorefrontId};
use std::time::Duration;

/// An inventory service under test, and how to prepare it.
///
/// `(MemoryInventory, ManualClock)` is one, and an example.
#[async_trait]
pub trait InventoryUnderTest: Send + Sync {
    /// Returns the adapter.
    fn inventory(&self) -> &dyn Inventory;

    /// Puts `units` of a product in stock, at this price. The other SKUs that the checks use are
    /// unknown.
    async fn stock(&self, storefront: &StorefrontId, sku: &Sku, unit_price: Money, units: u32);

    /// Lets time pass at the service.
    async fn pass(&self, span: Duration);
}

#[async_trait]
impl InventoryUnderTest for (MemoryInventory, ManualClock) {
    fn inventory(&self) -> &dyn Inventory {
        &self.0
    }

    async fn stock(&self, storefront: &StorefrontId, sku: &Sku, unit_price: Money, units: u32) {
        self.0.stock(storefront, sku, unit_price, units);
    }

    async fn pass(&self, span: Duration) {
        self.1.advance(span);
    }
}

suite! {
    $ inventory, inventory_contract, InventoryUnderTest:
    products_are_those_that_there_are,
    products_are_those_of_the_storefront,
    reserved_units_cannot_be_reserved_again,
    a_reservation_is_all_or_nothing,
    what_there_is_too_little_of_is_reported,
    unknown_products_are_told_and_nothing_is_reserved,
    the_same_id_again_gets_the_same_answer_and_nothing_more,
    of_many_reservations_side_by_side_none_oversells,
    of_many_tries_of_one_reservation_side_by_side_one_counts,
    a_reservation_is_found_as_it_stands,
    a_reservation_is_of_one_storefront,
    revising_covers_exactly_the_new_units,
    revising_what_is_committed_covers_exactly_the_new_units,
    revising_to_more_than_there_is_changes_nothing,
    revising_to_unknown_products_changes_nothing,
    revising_to_nothing_gives_all_back,
    revising_again_to_the_same_changes_nothing,
    revising_what_is_gone_is_reported,
    of_many_revisions_side_by_side_none_oversells,
    a_reservation_expires_after_its_time,
    an_expired_reservation_is_gone,
    extending_holds_a_reservation_for_longer,
    extending_what_is_committed_changes_nothing,
    extending_what_is_gone_is_reported,
    committed_units_do_not_expire,
    committing_again_gets_the_same_answer,
    committing_what_is_gone_is_reported,
    releasing_gives_back_what_is_held,
    releasing_gives_back_what_is_committed,
    releasing_again_gives_nothing_more_back,
    releasing_what_never_was_keeps_it_from_being_reserved,
    a_released_reservation_is_gone,
    many_who_reserve_and_release_side_by_side_leave_all_in_stock,
}

/// How long the reservations of the checks are held.
pub(super) const TTL: Duration = Duration::from_secs(600);

/// Returns the reference of the reservation of this order.
pub(super) fn reservation(order: u64) -> Reference {
    Reference::Reservation(order_id(order), ReservationNo::FIRST)
}

pub(super) async fn stocked(subject: &(impl InventoryUnderTest + ?Sized), stock: &[(&str, u32)]) {
    for (text, units) in stock {
        let here = StorefrontId::default();
        subject.stock(&here, &sku(text), usd(1_999), *units).await;
    }
}

/// Returns the units that can be reserved.
pub(super) async fn available(subject: &(impl InventoryUnderTest + ?Sized), text: &str) -> u32 {
    subject
        .inventory()
        .products(&call("products"), &[sku(text)])
        .await
        .expect("the service answers")
        .first()
        .expect("the product is known")
        .available
}

fn reserve_request(order: u64, lines: &[(&str, u32)]) -> ReserveRequest {
    ReserveRequest::new(reservation(order), wanted(lines), TTL)
}

pub(super) fn wanted(lines: &[(&str, u32)]) -> Vec<SkuQuantity> {
    lines
        .iter()
        .map(|(text, quantity)| units(text, *quantity))
        .collect()
}

pub(super) fn key(what: &str, order: u64) -> CallContext {
    call(&format!("{what}-{order}"))
}

async fn reserve(
    subject: &(impl InventoryUnderTest + ?Sized),
    order: u64,
    lines: &[(&str, u32)],
) -> ReserveOutcome {
    subject
        .inventory()
        .reserve(&key("reserve", order), &reserve_request(order, lines))
        .await
        .expect("the service answers")
}

/// Reserves units that are in stock.
pub(super) async fn reserved(
    subject: &(impl InventoryUnderTest + ?Sized),
    order: u64,
    lines: &[(&str, u32)],
) {
    let outcome = reserve(subject, order, lines).await;
    assert!(
        matches!(outcome, ReserveOutcome::Reserved { .. }),
        "units in stock are reserved, not {outcome:?}"
    );
}

/// Revises a reservation. The idempotency key depends on the lines, so that only repetitions share one.
async fn revise(
    subject: &(impl InventoryUnderTest + ?Sized),
    order: u64,
    lines: &[(&str, u32)],
) -> ReviseOutcome {
    let what = format!("revise-{lines:?}");
    subject
        .inventory()
        .revise(&key(&what, order), &reservation(order), &wanted(lines))
        .await
        .expect("the service answers")
}

pub(super) async fn committed(subject: &(impl InventoryUnderTest + ?Sized), order: u64) {
    let outcome = subject
        .inventory()
        .commit(&key("commit", order), &reservation(order))
        .await
        .expect("the service answers");
    assert_eq!(
        outcome,
        order_core::ports::StockOutcome::Done { expires_at: None },
        "what is held can be committed"
    );
}

pub(super) async fn release(subject: &(impl InventoryUnderTest + ?Sized), order: u64) {
    subject
        .inventory()
        .release(&key("release", order), &reservation(order))
        .await
        .expect("the service answers");
}

pub(super) async fn found(
    subject: &(impl InventoryUnderTest + ?Sized),
    order: u64,
) -> Option<StoredReservation> {
    subject
        .inventory()
        .find(&key("find", order), &reservation(order))
        .await
        .expect("the service answers")
}
