//! Erasure: personal data is gone from the order and from all that happened before.

use super::{applied, found, same, story};
use crate::event::{Event, Happening};
use crate::order::{Metadata, PersonalData};
use crate::ports::OrderStore;
use crate::testing::Story;
use crate::testing::builders::{address, at, contact, storefront};
use std::collections::BTreeSet;

/// An order with personal data in several places, in the end cancelled.
fn personal(number: u64) -> Story {
    let elsewhere = PersonalData {
        shipping_address: Some(address()),
        contact: None,
        payment_token: None,
    };
    story(number)
        .then(
            at(2),
            Happening::AddressChanged {
                personal: elsewhere,
            },
        )
        .then(at(3), contact_changed())
        .cancelled(at(4))
}

fn contact_changed() -> Happening {
    Happening::DetailsChanged {
        metadata: Metadata::default(),
        labels: BTreeSet::new(),
        personal: PersonalData {
            shipping_address: None,
            contact: Some(contact()),
            payment_token: None,
        },
    }
}

async fn events(store: &(impl OrderStore + ?Sized), story: &Story) -> Vec<Event> {
    store
        .events(story.storefront(), story.id())
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
        .all(|event| event.happening.personal().is_none())
}

/// After erasure the order and all its earlier events are without personal data.
pub async fn erasure_removes_the_personal_data_of_all_earlier_events(
    store: &(impl OrderStore + ?Sized),
) {
    let mut story = personal(1);
    applied(store, story.change()).await;
    let before = events(store, &story).await;
    assert!(!nothing_personal(&before), "there was something to erase");
    let mut story = story.then(at(5), Happening::PersonalDataErased);
    applied(store, story.change()).await;
    assert!(
        nothing_personal(&events(store, &story).await),
        "the personal data of all earlier events is gone"
    );
    let order = found(store, &story).await.expect("the order is there");
    assert!(
        order.personal().is_empty(),
        "the personal data of the order is gone"
    );
}

/// Erasure reaches events that come before it in the same change.
pub async fn erasure_reaches_events_of_the_same_change(store: &(impl OrderStore + ?Sized)) {
    let mut story = personal(1);
    applied(store, story.change()).await;
    let mut story = story
        .then(at(5), contact_changed())
        .then(at(6), Happening::PersonalDataErased);
    applied(store, story.change()).await;
    assert!(
        nothing_personal(&events(store, &story).await),
        "the personal data of all earlier events is gone"
    );
}

/// But for personal data, history is as it was.
pub async fn erasure_leaves_the_rest_of_history_as_it_was(store: &(impl OrderStore + ?Sized)) {
    let mut story = personal(1);
    applied(store, story.change()).await;
    let mut story = story.then(at(5), Happening::PersonalDataErased);
    applied(store, story.change()).await;
    assert_eq!(
        events(store, &story).await,
        without_personal(story.events()),
        "but for personal data, history is as it was"
    );
    assert_eq!(
        found(store, &story).await.as_ref(),
        Some(story.order()),
        "but for personal data, the order is as it was"
    );
}

/// Erasing the data of one order leaves all others, also one of the same id elsewhere.
pub async fn erasure_leaves_other_orders_alone(store: &(impl OrderStore + ?Sized)) {
    let mut erased = personal(1);
    let mut neighbour = personal(2);
    let order = erased.order().clone();
    let mut namesake = Story::imported(order, storefront("other"), at(5));
    applied(store, erased.change()).await;
    applied(store, neighbour.change()).await;
    applied(store, namesake.change()).await;
    let mut erased = erased.then(at(6), Happening::PersonalDataErased);
    applied(store, erased.change()).await;
    same(store, &neighbour, "another order keeps its personal data").await;
    same(store, &namesake, "so does one of the same id elsewhere").await;
}

/// Personal data that comes in after an erasure stays, until the next.
pub async fn personal_data_that_comes_after_erasure_stays(store: &(impl OrderStore + ?Sized)) {
    let mut story = personal(1).then(at(5), Happening::PersonalDataErased);
    applied(store, story.change()).await;
    let mut story = story.then(at(6), contact_changed());
    applied(store, story.change()).await;
    assert_eq!(
        found(store, &story).await.as_ref(),
        Some(story.order()),
        "what came after the erasure stays on the order"
    );
    let last = events(store, &story).await.pop().expect("there are events");
    assert_eq!(
        last.happening,
        contact_changed(),
        "what came after the erasure stays beside its event"
    );
}
