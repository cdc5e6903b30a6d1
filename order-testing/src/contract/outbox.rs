//! What an [`Outbox`] must do, together with the
//! [`OrderStore`] that fills it.

mod messages;
mod parking;
mod partitions;

pub use messages::*;
pub use parking::*;
pub use partitions::*;

use crate::builders::{at, place, worker};
use crate::history::OrderHistory;
use order_core::event::EventPayload;
use order_core::order::PersonalData;
use order_core::ports::{
    Change, CommitOutcome, OrderStore, Outbox, OutboxMessage, PARTITIONS, Partition,
};

suite! {
    $ outbox, outbox_contract, OrderStore & Outbox:
    events_that_are_not_to_be_published_are_not_in_it,
    events_that_are_to_be_published_are_in_it,
    messages_carry_no_personal_data,
    a_change_that_is_not_applied_publishes_nothing,
    messages_come_by_order_and_version,
    a_partition_holds_its_own_orders_only,
    the_oldest_message_of_an_order_comes_first_until_it_is_confirmed,
    confirmed_messages_are_gone_and_no_others,
    messages_of_several_partitions_are_confirmed_at_once,
    a_partition_without_messages_is_given_to_nobody,
    a_partition_is_given_to_one_worker_at_a_time,
    of_many_workers_each_partition_goes_to_one,
    several_partitions_are_given_at_once,
    partitions_are_given_in_turn,
    a_partition_whose_lease_has_expired_is_given_to_another,
    a_partition_that_is_given_again_is_held_for_longer,
    a_partition_that_is_given_back_is_given_to_another,
    only_its_holder_gives_a_partition_back,
    messages_of_a_parked_order_are_left_out,
    later_messages_of_a_parked_order_are_left_out,
    a_parked_order_leaves_the_others_of_its_partition,
    a_resumed_order_goes_on_where_it_stopped,
    parked_orders_are_listed,
}

/// Returns the order of this number with `events` events. The number modulo the number of partitions
/// chooses its partition.
fn history(number: u64, events: u64) -> OrderHistory {
    let placed = OrderHistory::placed(number, place().build(), at(0));
    (1..events).fold(placed, |history, n| {
        history.then(at(n), EventPayload::CustomerVerified)
    })
}

/// Returns the partition of the order of this number.
fn partition(number: u64) -> Partition {
    Partition::of(crate::builders::order_id(number))
}

/// Returns the number of another order in the same partition, the `further`-th after it.
fn same_partition(number: u64, further: u64) -> u64 {
    number + further * u64::from(PARTITIONS)
}

async fn applied(store: &(impl OrderStore + ?Sized), change: Change) {
    assert_eq!(
        store.commit(change).await.expect("the store answers"),
        CommitOutcome::Applied,
        "a change without a conflict is applied"
    );
}

/// Commits what is new in a history, to be published.
async fn publish(store: &(impl OrderStore + ?Sized), history: &mut OrderHistory) {
    let mut change = history.change();
    change.publish = true;
    applied(store, change).await;
}

async fn published(store: &(impl OrderStore + ?Sized), number: u64, events: u64) -> OrderHistory {
    let mut history = history(number, events);
    publish(store, &mut history).await;
    history
}

async fn claimed(
    outbox: &(impl Outbox + ?Sized),
    who: &str,
    now: u64,
    until: u64,
) -> Option<Partition> {
    let claimed = claimed_up_to(outbox, who, 1, now, until).await;
    assert!(claimed.len() <= 1, "at most as many as were requested");
    claimed.first().copied()
}

async fn claimed_up_to(
    outbox: &(impl Outbox + ?Sized),
    who: &str,
    limit: u16,
    now: u64,
    until: u64,
) -> Vec<Partition> {
    outbox
        .claim_partitions(&worker(who), limit, at(now), at(until))
        .await
        .expect("the store answers")
}

async fn fetched(outbox: &(impl Outbox + ?Sized), number: u64, limit: u32) -> Vec<OutboxMessage> {
    outbox
        .fetch(partition(number), limit)
        .await
        .expect("the store answers")
}

/// Returns the messages of a history's events, beginning with this index.
fn messages(history: &OrderHistory, from: usize) -> Vec<OutboxMessage> {
    history
        .events()
        .iter()
        .skip(from)
        .map(|event| {
            let event = event.clone().with_personal(PersonalData::default());
            OutboxMessage::new(history.storefront().clone(), history.id(), event)
        })
        .collect()
}
