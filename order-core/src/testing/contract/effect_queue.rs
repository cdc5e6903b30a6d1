//! What an [`EffectQueue`] must do, together with the
//! [`OrderStore`] that fills it.

mod commits;
mod holders;
mod letters;
mod taking;

pub use commits::*;
pub use holders::*;
pub use letters::*;
pub use taking::*;

use crate::effect::{Effect, EffectId, Task};
use crate::event::Happening;
use crate::ports::{
    Change, CommitOutcome, EffectQueue, Lease, NewEffect, OrderStore, TakenEffect, Worker,
};
use crate::testing::Story;
use crate::testing::builders::{at, place, worker};
use crate::value::Version;

suite! {
    $ effect_queue, effect_queue_contract, OrderStore & EffectQueue:
    what_a_commit_adds_is_handed_out,
    every_kind_of_task_is_handed_out_as_it_was_added,
    a_change_that_is_not_applied_adds_finishes_and_hurries_nothing,
    a_commit_finishes_what_was_done,
    hurrying_makes_waiting_and_parked_effects_due_at_once,
    hurrying_leaves_other_orders_and_running_leases,
    an_effect_is_not_handed_out_before_it_is_due,
    the_oldest_due_are_handed_out_first,
    at_most_as_many_are_handed_out_as_were_asked_for,
    an_effect_is_handed_out_once_while_its_lease_runs,
    of_many_workers_each_effect_goes_to_one,
    an_effect_whose_lease_has_lapsed_is_due,
    every_time_an_effect_is_handed_out_counts_as_a_try,
    an_effect_that_is_born_leased_is_nobody_elses,
    an_effect_that_is_born_leased_counts_as_tried_once,
    a_finished_effect_is_gone,
    finishing_again_does_nothing,
    a_postponed_effect_is_due_at_its_new_time,
    only_its_holder_postpones_an_effect,
    only_its_holder_parks_an_effect,
    the_holder_of_a_lease_from_birth_holds_it_as_any_other,
    released_effects_are_due_at_once,
    a_worker_releases_its_own_leases_only,
    a_parked_effect_is_a_dead_letter_and_is_not_handed_out,
    dead_letters_are_of_one_storefront,
    dead_letters_are_paged_by_effect_id,
    a_retried_dead_letter_is_due_again,
    only_a_dead_letter_of_the_storefront_is_retried,
    a_dead_letter_that_is_finished_is_gone,
}

/// When a lease ends that the checks give, unless they say otherwise, in seconds after noon.
const LEASE: u64 = 1_000;

/// An order, with a change that stores it and so many effects.
fn with_effects(number: u64, count: u8) -> (Story, Change) {
    let placed = Story::placed(number, place().build(), at(0));
    storing(placed, count, None)
}

/// The story's next change, with so many effects of its last event.
fn storing(mut story: Story, count: u8, lease: Option<&Lease>) -> (Story, Change) {
    let mut change = story.change();
    let version = story.order().version();
    change.effects = (0..count)
        .map(|index| {
            let id = EffectId::new(story.id(), version, index);
            let effect = Effect::new(id, story.storefront().clone(), Task::VerifyCustomer);
            NewEffect::new(effect, lease.cloned())
        })
        .collect();
    (story, change)
}

/// The story goes on by an event that means nothing here.
fn going_on(story: Story, seconds: u64) -> Story {
    story.then(at(seconds), Happening::CustomerVerified)
}

/// The effect in this place of the order's first event.
fn first(story: &Story, index: u8) -> EffectId {
    EffectId::new(story.id(), Version::INITIAL, index)
}

async fn applied(store: &(impl OrderStore + ?Sized), change: Change) {
    assert_eq!(
        store.commit(change).await.expect("the store answers"),
        CommitOutcome::Applied,
        "a change that nothing speaks against is applied"
    );
}

/// Stores orders of these numbers with so many effects each.
async fn stored(
    store: &(impl OrderStore + ?Sized),
    numbers: impl IntoIterator<Item = u64>,
    count: u8,
) -> Vec<Story> {
    let mut stories = Vec::new();
    for number in numbers {
        let (story, change) = with_effects(number, count);
        applied(store, change).await;
        stories.push(story);
    }
    stories
}

/// What this worker gets at this time, with a lease of [`LEASE`].
async fn taken(queue: &(impl EffectQueue + ?Sized), who: &str, seconds: u64) -> Vec<TakenEffect> {
    take_until(queue, &worker(who), seconds, LEASE).await
}

async fn take_until(
    queue: &(impl EffectQueue + ?Sized),
    who: &Worker,
    seconds: u64,
    until: u64,
) -> Vec<TakenEffect> {
    queue
        .take(who, at(seconds), at(until), 100)
        .await
        .expect("the store answers")
}

/// The ids of what was handed out, in order.
fn ids(taken: &[TakenEffect]) -> Vec<EffectId> {
    taken.iter().map(|one| one.effect.id).collect()
}
