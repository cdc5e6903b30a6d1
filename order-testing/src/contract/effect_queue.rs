//! What an [`EffectQueue`] must do, together with the
//! [`OrderStore`] that fills it.

mod claiming;
mod commits;
mod dead_letters;
mod leases;

pub use claiming::*;
pub use commits::*;
pub use dead_letters::*;
pub use leases::*;

use crate::builders::{at, place, worker};
use crate::history::OrderHistory;
use order_core::effect::{Effect, EffectId, EffectKind};
use order_core::event::EventPayload;
use order_core::ports::{
    Change, CommitOutcome, EffectQueue, EffectSettlement, Lease, LeasedEffect, NewEffect,
    OrderStore, ParkedEffect, PostponedEffect, Worker,
};
use order_core::value::Version;

suite! {
    $ effect_queue, effect_queue_contract, OrderStore & EffectQueue:
    what_a_commit_adds_is_claimed,
    every_kind_of_task_is_claimed_as_it_was_added,
    a_change_that_is_not_applied_adds_finishes_and_expedites_nothing,
    a_commit_finishes_what_was_done,
    expediting_makes_waiting_and_parked_effects_due_at_once,
    expediting_leaves_other_orders_and_running_leases,
    an_effect_is_not_claimed_before_it_is_due,
    the_oldest_due_are_claimed_first,
    at_most_as_many_are_claimed_as_were_asked_for,
    an_effect_is_claimed_once_while_its_lease_runs,
    of_many_workers_each_effect_goes_to_one,
    an_effect_whose_lease_has_expired_is_due,
    every_time_an_effect_is_claimed_counts_as_an_attempt,
    an_effect_that_is_leased_from_the_start_is_nobody_elses,
    an_effect_that_is_leased_from_the_start_counts_as_attempted_once,
    a_finished_effect_is_gone,
    one_settlement_finishes_postpones_and_parks,
    finishing_again_does_nothing,
    a_postponed_effect_is_due_at_its_new_time,
    only_its_holder_postpones_an_effect,
    only_its_holder_parks_an_effect,
    the_holder_of_a_lease_from_the_start_holds_it_as_any_other,
    released_effects_are_due_at_once,
    a_worker_releases_its_own_leases_only,
    a_parked_effect_is_a_dead_letter_and_is_not_claimed,
    dead_letters_are_of_one_storefront,
    dead_letters_are_paged_by_effect_id,
    a_retried_dead_letter_is_due_again,
    only_a_dead_letter_of_the_storefront_is_retried,
    a_dead_letter_that_is_finished_is_gone,
}

/// When the leases of these checks end unless stated otherwise, in seconds after noon.
const LEASE: u64 = 1_000;

/// Returns an order, and a change that stores it with `count` effects.
fn with_effects(number: u64, count: u8) -> (OrderHistory, Change) {
    let placed = OrderHistory::placed(number, place().build(), at(0));
    storing(placed, count, None)
}

/// Returns the history's next change, with `count` effects of its last event.
fn storing(mut history: OrderHistory, count: u8, lease: Option<&Lease>) -> (OrderHistory, Change) {
    let mut change = history.change();
    let version = history.order().version();
    change.effects = (0..count)
        .map(|index| {
            let id = EffectId::new(history.id(), version, index);
            let effect = Effect::new(id, history.storefront().clone(), EffectKind::VerifyCustomer);
            NewEffect::new(effect, lease.cloned())
        })
        .collect();
    (history, change)
}

/// Adds an event that has no meaning in these checks.
fn going_on(history: OrderHistory, seconds: u64) -> OrderHistory {
    history.then(at(seconds), EventPayload::CustomerVerified)
}

/// Returns the id of the effect with this index of the order's first event.
fn first(history: &OrderHistory, index: u8) -> EffectId {
    EffectId::new(history.id(), Version::INITIAL, index)
}

async fn applied(store: &(impl OrderStore + ?Sized), change: Change) {
    assert_eq!(
        store.commit(change).await.expect("the store answers"),
        CommitOutcome::Applied,
        "a change without a conflict is applied"
    );
}

/// Stores orders of these numbers with `count` effects each.
async fn stored(
    store: &(impl OrderStore + ?Sized),
    numbers: impl IntoIterator<Item = u64>,
    count: u8,
) -> Vec<OrderHistory> {
    let mut histories = Vec::new();
    for number in numbers {
        let (history, change) = with_effects(number, count);
        applied(store, change).await;
        histories.push(history);
    }
    histories
}

/// Claims what is due for this worker at this time, leased until [`LEASE`].
async fn claim(queue: &(impl EffectQueue + ?Sized), who: &str, seconds: u64) -> Vec<LeasedEffect> {
    claim_until(queue, &worker(who), seconds, LEASE).await
}

async fn claim_until(
    queue: &(impl EffectQueue + ?Sized),
    who: &Worker,
    seconds: u64,
    until: u64,
) -> Vec<LeasedEffect> {
    queue
        .claim(who, at(seconds), at(until), 100)
        .await
        .expect("the store answers")
}

/// Returns the ids of the claimed effects, in order.
fn ids(claimed: &[LeasedEffect]) -> Vec<EffectId> {
    claimed.iter().map(|one| one.effect.id).collect()
}

async fn settle(
    queue: &(impl EffectQueue + ?Sized),
    who: &str,
    seconds: u64,
    settlement: &EffectSettlement,
) {
    queue
        .settle(&worker(who), at(seconds), settlement)
        .await
        .expect("the store answers");
}

async fn finish(queue: &(impl EffectQueue + ?Sized), done: &[EffectId]) {
    let settlement = EffectSettlement::new(done.to_vec(), Vec::new(), Vec::new());
    settle(queue, "nobody", 0, &settlement).await;
}

/// Makes an effect that this worker has leased due again at this time.
async fn postpone(queue: &(impl EffectQueue + ?Sized), who: &str, effect: EffectId, due: u64) {
    let postponed = PostponedEffect::new(effect, at(due), "later".to_owned());
    let settlement = EffectSettlement::new(Vec::new(), vec![postponed], Vec::new());
    settle(queue, who, 0, &settlement).await;
}

/// Parks an effect that this worker has leased.
async fn park(
    queue: &(impl EffectQueue + ?Sized),
    who: &str,
    effect: EffectId,
    seconds: u64,
    error: &str,
) {
    let parked = ParkedEffect::new(effect, error.to_owned());
    let settlement = EffectSettlement::new(Vec::new(), Vec::new(), vec![parked]);
    settle(queue, who, seconds, &settlement).await;
}
