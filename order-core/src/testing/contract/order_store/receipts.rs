//! Receipts: what the outside world reports is recorded once.

use super::{applied, outcome, same, story};
use crate::event::Happening;
use crate::ports::{CommitOutcome, OrderStore, Receipt};
use crate::testing::Story;
use crate::testing::builders::{at, fact_id, place};
use crate::testing::contract::MANY;
use futures::future::join_all;

/// A receipt of the payment provider.
pub(super) fn receipt(id: &str) -> Receipt {
    receipt_of("payments", id)
}

fn receipt_of(source: &str, id: &str) -> Receipt {
    Receipt {
        source: source.to_owned(),
        id: fact_id(id),
    }
}

/// The same outside event is recorded once, however often it comes.
pub async fn an_outside_event_is_received_once(store: &(impl OrderStore + ?Sized)) {
    let mut placed = story(1);
    applied(store, placed.change()).await;
    let mut once = placed.then(at(2), Happening::CustomerVerified);
    let mut change = once.change();
    change.receipt = Some(receipt("evt"));
    applied(store, change).await;
    for n in 3..6 {
        let mut again = once.clone().then(at(n), Happening::CustomerVerified);
        let mut change = again.change();
        change.receipt = Some(receipt("evt"));
        assert_eq!(
            outcome(store, change).await,
            CommitOutcome::AlreadyReceived,
            "an outside event that was recorded is not recorded again"
        );
    }
    same(store, &once, "it was recorded once").await;
}

/// An outside event that was recorded for one order is not recorded for another of the storefront.
pub async fn an_outside_event_is_received_once_whatever_order_it_is_about(
    store: &(impl OrderStore + ?Sized),
) {
    let mut one = story(1);
    let mut change = one.change();
    change.receipt = Some(receipt("evt"));
    applied(store, change).await;
    let mut other = story(2);
    let mut change = other.change();
    change.receipt = Some(receipt("evt"));
    assert_eq!(
        outcome(store, change).await,
        CommitOutcome::AlreadyReceived,
        "an outside event is recorded once"
    );
}

/// Outside events of another source, or at another storefront, are others.
pub async fn outside_events_of_other_sources_and_storefronts_are_others(
    store: &(impl OrderStore + ?Sized),
) {
    let elsewhere = place().storefront("other").build();
    let stories = [
        (story(1), receipt("evt")),
        (story(2), receipt("EVT")),
        (story(3), receipt_of("shipping", "evt")),
        (Story::placed(4, elsewhere, at(4)), receipt("evt")),
    ];
    for (mut story, receipt) in stories {
        let mut change = story.change();
        change.receipt = Some(receipt);
        assert_eq!(
            outcome(store, change).await,
            CommitOutcome::Applied,
            "another outside event is recorded"
        );
    }
}

/// Of many changes by one outside event, side by side and of different orders, exactly one is
/// applied.
pub async fn of_many_changes_by_one_outside_event_exactly_one_is_applied(
    store: &(impl OrderStore + ?Sized),
) {
    let outcomes = join_all((1..=MANY).map(|number| async move {
        let mut change = story(number).change();
        change.receipt = Some(receipt("evt"));
        outcome(store, change).await
    }))
    .await;
    let count =
        |wanted: &CommitOutcome| outcomes.iter().filter(|one| *one == wanted).count() as u64;
    assert_eq!(
        (
            count(&CommitOutcome::Applied),
            count(&CommitOutcome::AlreadyReceived)
        ),
        (1, MANY - 1),
        "of many changes by one outside event exactly one is applied"
    );
}

/// A receipt is used up by a change that is applied, not by one that is not.
pub async fn a_receipt_is_free_while_its_change_is_not_applied(store: &(impl OrderStore + ?Sized)) {
    let mut placed = story(1);
    applied(store, placed.change()).await;
    let mut late = placed.clone().then(at(3), Happening::CustomerVerified);
    let mut placed = placed.then(at(2), Happening::CustomerVerified);
    applied(store, placed.change()).await;
    let mut change = late.change();
    change.receipt = Some(receipt("evt"));
    assert!(
        matches!(outcome(store, change).await, CommitOutcome::Stale { .. }),
        "the version is checked, though the receipt is new"
    );
    let mut again = placed.then(at(4), Happening::OrderExpired);
    let mut change = again.change();
    change.receipt = Some(receipt("evt"));
    applied(store, change).await;
}
