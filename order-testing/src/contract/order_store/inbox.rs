//! The inbox: an external event is recorded once.

use super::{applied, history, outcome, same};
use crate::builders::{at, fact_id, place};
use crate::contract::MANY;
use crate::history::OrderHistory;
use futures::future::join_all;
use order_core::event::EventPayload;
use order_core::ports::{CommitOutcome, ExternalEventRef, OrderStore};

/// Returns the reference of an event of the payment provider.
pub(in crate::contract) fn external_event(id: &str) -> ExternalEventRef {
    event_from("payments", id)
}

fn event_from(source: &str, id: &str) -> ExternalEventRef {
    ExternalEventRef {
        source: source.to_owned(),
        id: fact_id(id),
    }
}

/// Checks that an external event is recorded once, however often it is delivered.
pub async fn an_external_event_is_received_once(store: &(impl OrderStore + ?Sized)) {
    let mut placed = history(1);
    applied(store, placed.change()).await;
    let mut once = placed.then(at(2), EventPayload::CustomerVerified);
    let mut change = once.change();
    change.external_event = Some(external_event("evt"));
    applied(store, change).await;
    for n in 3..6 {
        let mut again = once.clone().then(at(n), EventPayload::CustomerVerified);
        let mut change = again.change();
        change.external_event = Some(external_event("evt"));
        assert_eq!(
            outcome(store, change).await,
            CommitOutcome::DuplicateExternalEvent,
            "an external event that was recorded is not recorded again"
        );
    }
    same(store, &once, "it was recorded once").await;
}

/// Checks that an external event that was recorded for one order is not recorded for another of the
/// storefront.
pub async fn an_external_event_is_received_once_whatever_order_it_is_about(
    store: &(impl OrderStore + ?Sized),
) {
    let mut one = history(1);
    let mut change = one.change();
    change.external_event = Some(external_event("evt"));
    applied(store, change).await;
    let mut other = history(2);
    let mut change = other.change();
    change.external_event = Some(external_event("evt"));
    assert_eq!(
        outcome(store, change).await,
        CommitOutcome::DuplicateExternalEvent,
        "an external event is recorded once"
    );
}

/// Checks that external events are identified by storefront, source and id.
pub async fn external_events_of_other_sources_and_storefronts_are_others(
    store: &(impl OrderStore + ?Sized),
) {
    let elsewhere = place().storefront("other").build();
    let histories = [
        (history(1), external_event("evt")),
        (history(2), external_event("EVT")),
        (history(3), event_from("shipping", "evt")),
        (
            OrderHistory::placed(4, elsewhere, at(4)),
            external_event("evt"),
        ),
    ];
    for (mut history, external_event) in histories {
        let mut change = history.change();
        change.external_event = Some(external_event);
        assert_eq!(
            outcome(store, change).await,
            CommitOutcome::Applied,
            "another external event is recorded"
        );
    }
}

/// Checks that of many concurrent changes of different orders by one external event, exactly one is
/// applied.
pub async fn of_many_changes_by_one_external_event_exactly_one_is_applied(
    store: &(impl OrderStore + ?Sized),
) {
    let outcomes = join_all((1..=MANY).map(|number| async move {
        let mut change = history(number).change();
        change.external_event = Some(external_event("evt"));
        outcome(store, change).await
    }))
    .await;
    let count =
        |wanted: &CommitOutcome| outcomes.iter().filter(|one| *one == wanted).count() as u64;
    assert_eq!(
        (
            count(&CommitOutcome::Applied),
            count(&CommitOutcome::DuplicateExternalEvent)
        ),
        (1, MANY - 1),
        "of many changes by one external event exactly one is applied"
    );
}

/// Checks that an external event counts as received only once its change is applied.
pub async fn an_inbox_entry_is_free_while_its_change_is_not_applied(
    store: &(impl OrderStore + ?Sized),
) {
    let mut placed = history(1);
    applied(store, placed.change()).await;
    let mut late = placed.clone().then(at(3), EventPayload::CustomerVerified);
    let mut placed = placed.then(at(2), EventPayload::CustomerVerified);
    applied(store, placed.change()).await;
    let mut change = late.change();
    change.external_event = Some(external_event("evt"));
    assert!(
        matches!(
            outcome(store, change).await,
            CommitOutcome::VersionConflict { .. }
        ),
        "the version is checked, though the external event is new"
    );
    let mut again = placed.then(at(4), EventPayload::OrderExpired);
    let mut change = again.change();
    change.external_event = Some(external_event("evt"));
    applied(store, change).await;
}
