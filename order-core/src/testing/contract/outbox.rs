//! What an [`Outbox`] must do, together with the
//! [`OrderStore`] that fills it.

mod lanes;
mod messages;
mod parking;

pub use lanes::*;
pub use messages::*;
pub use parking::*;

use crate::event::Happening;
use crate::order::PersonalData;
use crate::ports::{Change, CommitOutcome, LANES, Lane, OrderStore, Outbox, OutboxMessage};
use crate::testing::Story;
use crate::testing::builders::{at, place, worker};

suite! {
    $ outbox, outbox_contract, OrderStore & Outbox:
    events_that_are_not_to_be_published_are_not_in_it,
    events_that_are_to_be_published_are_in_it,
    messages_carry_no_personal_data,
    a_change_that_is_not_applied_publishes_nothing,
    messages_come_by_order_and_version,
    a_lane_holds_its_own_orders_only,
    the_oldest_message_of_an_order_comes_first_until_it_is_confirmed,
    confirmed_messages_are_gone_and_no_others,
    a_lane_without_messages_is_given_to_nobody,
    a_lane_is_given_to_one_worker_at_a_time,
    of_many_workers_each_lane_goes_to_one,
    a_lane_whose_lease_has_lapsed_is_given_to_another,
    a_lane_that_is_given_again_is_held_for_longer,
    a_lane_that_is_given_back_is_given_to_another,
    only_its_holder_gives_a_lane_back,
    messages_of_a_parked_order_are_left_out,
    later_messages_of_a_parked_order_are_left_out,
    a_parked_order_leaves_the_others_of_its_lane,
    a_resumed_order_goes_on_where_it_stopped,
    parked_orders_are_listed,
}

/// The order of this number, whose lane is the number's remainder, with so many events.
fn story(number: u64, events: u64) -> Story {
    let placed = Story::placed(number, place().build(), at(0));
    (1..events).fold(placed, |story, n| {
        story.then(at(n), Happening::CustomerVerified)
    })
}

/// The lane of every order whose number leaves this remainder.
fn lane(number: u64) -> Lane {
    Lane::of(crate::testing::builders::order_id(number))
}

/// The number of an order in the same lane, so many orders further on.
fn same_lane(number: u64, further: u64) -> u64 {
    number + further * u64::from(LANES)
}

async fn applied(store: &(impl OrderStore + ?Sized), change: Change) {
    assert_eq!(
        store.commit(change).await.expect("the store answers"),
        CommitOutcome::Applied,
        "a change that nothing speaks against is applied"
    );
}

/// Commits what is new in a story, to be published.
async fn publish(store: &(impl OrderStore + ?Sized), story: &mut Story) {
    let mut change = story.change();
    change.publish = true;
    applied(store, change).await;
}

async fn published(store: &(impl OrderStore + ?Sized), number: u64, events: u64) -> Story {
    let mut story = story(number, events);
    publish(store, &mut story).await;
    story
}

async fn claimed(outbox: &(impl Outbox + ?Sized), who: &str, now: u64, until: u64) -> Option<Lane> {
    outbox
        .claim(&worker(who), at(now), at(until))
        .await
        .expect("the store answers")
}

async fn fetched(outbox: &(impl Outbox + ?Sized), number: u64, limit: u32) -> Vec<OutboxMessage> {
    outbox
        .fetch(lane(number), limit)
        .await
        .expect("the store answers")
}

/// The messages of a story's events, from this one on.
fn messages(story: &Story, from: usize) -> Vec<OutboxMessage> {
    story
        .events()
        .iter()
        .skip(from)
        .map(|event| {
            let event = event.clone().with_personal(PersonalData::default());
            OutboxMessage::new(story.storefront().clone(), story.id(), event)
        })
        .collect()
}
