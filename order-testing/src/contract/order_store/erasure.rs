//! Erasure: personal data is removed from the order and from all its earlier events.

use super::{applied, found, history, same};
use crate::builders::{address, at, contact, storefront};
use crate::history::OrderHistory;
use order_core::event::{Event, EventPayload};
use order_core::order::{Metadata, PersonalData};
use order_core::ports::OrderStore;
use std::collections::BTreeSet;

/// Returns an order with personal data in several events, cancelled in the end.
fn personal(number: u64) -> OrderHistory {
    let elsewhere = PersonalData {
        shipping_address: Some(address()),
        contact: None,
        payment_token: None,
    };
    history(number)
        .then(
            at(2),
            EventPayload::AddressChanged {
                personal: elsewhere,
            },
        )
        .then(at(3), contact_changed())
        .cancelled(at(4))
}

fn contact_changed() -> EventPayload {
    EventPayload::DetailsChanged {
        metadata: Metadata::default(),
        labels: BTreeSet::new(),
        personal: PersonalData {
            shipping_address: None,
            contact: Some(contact()),
            payment_token: None,
        },
    }
}

async fn events(store: &(impl OrderStore + ?Sized), history: &OrderHistory) -> Vec<Event> {
    store
        .events(history.storefront(), history.id())
        .await
        .expect("the store answers")
}

fn without_personal(events: &[Event]) -> Vec<Event> {
    events
        .iter()
        .map(|event| event.clone().with_personal(PersonalData::default()))
        .collect()
}

fn nothing_personal(events: &[Event]) -> bool {
    events
        .iter()
        .all(|event| event.payload.personal().is_none())
}

/// Checks that after erasure the order and all its earlier events have no personal data.
pub async fn erasure_removes_the_personal_data_of_all_earlier_events(
    store: &(impl OrderStore + ?Sized),
) {
    let mut history = personal(1);
    applied(store, history.change()).await;
    let before = events(store, &history).await;
    assert!(!nothing_personal(&before), "there was something to erase");
    let mut history = history.then(at(5), EventPayload::PersonalDataErased);
    applied(store, history.change()).await;
    assert!(
        nothing_personal(&events(store, &history).await),
        "the personal data of all earlier events is gone"
    );
    let order = found(store, &history).await.expect("the order is there");
    assert!(
        order.personal().is_empty(),
        "the personal data of the order is gone"
    );
}

/// Checks that erasure covers earlier events of the same change.
pub async fn erasure_reaches_events_of_the_same_change(store: &(impl OrderStore + ?Sized)) {
    let mut history = personal(1);
    applied(store, history.change()).await;
    let mut history = history
        .then(at(5), contact_changed())
        .then(at(6), EventPayload::PersonalDataErased);
    applied(store, history.change()).await;
    assert!(
        nothing_personal(&events(store, &history).await),
        "the personal data of all earlier events is gone"
    );
}

/// Checks that erasure changes nothing but personal data.
pub async fn erasure_leaves_the_rest_of_history_as_it_was(store: &(impl OrderStore + ?Sized)) {
    let mut history = personal(1);
    applied(store, history.change()).await;
    let mut history = history.then(at(5), EventPayload::PersonalDataErased);
    applied(store, history.change()).await;
    assert_eq!(
        events(store, &history).await,
        without_personal(history.events()),
        "but for personal data, history is as it was"
    );
    assert_eq!(
        found(store, &history).await.as_ref(),
        Some(history.order()),
        "but for personal data, the order is as it was"
    );
}

/// Checks that erasing the data of one order leaves all others, also the same id at another storefront.
pub async fn erasure_leaves_other_orders_alone(store: &(impl OrderStore + ?Sized)) {
    let mut erased = personal(1);
    let mut neighbour = personal(2);
    let order = erased.order_at(storefront("other"));
    let mut namesake = OrderHistory::imported(order, at(5));
    applied(store, erased.change()).await;
    applied(store, neighbour.change()).await;
    applied(store, namesake.change()).await;
    let mut erased = erased.then(at(6), EventPayload::PersonalDataErased);
    applied(store, erased.change()).await;
    same(store, &neighbour, "another order keeps its personal data").await;
    same(
        store,
        &namesake,
        "so does the same id at another storefront",
    )
    .await;
}

/// Checks that personal data that is added after an erasure is kept.
pub async fn personal_data_that_comes_after_erasure_stays(store: &(impl OrderStore + ?Sized)) {
    let mut history = personal(1).then(at(5), EventPayload::PersonalDataErased);
    applied(store, history.change()).await;
    let mut history = history.then(at(6), contact_changed());
    applied(store, history.change()).await;
    assert_eq!(
        found(store, &history).await.as_ref(),
        Some(history.order()),
        "what was added after the erasure stays on the order"
    );
    let last = events(store, &history)
        .await
        .pop()
        .expect("there are events");
    assert_eq!(
        last.payload,
        contact_changed(),
        "what was added after the erasure stays with its event"
    );
}
