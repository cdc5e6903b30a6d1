//! What an [`OrderStore`] must do.

mod atomicity;
mod erasure;
mod idempotency;
mod inbox;
mod list;
mod optimistic_lock;
mod paging;
mod round_trip;
mod timers;

pub use atomicity::*;
pub use erasure::*;
pub use idempotency::*;
pub use inbox::*;
pub use list::*;
pub use optimistic_lock::*;
pub use paging::*;
pub use round_trip::*;
pub use timers::*;

pub(super) use idempotency::claim;
pub(super) use inbox::external_event;

use crate::builders::{at, place};
use crate::history::OrderHistory;
use order_core::order::Order;
use order_core::ports::{Change, CommitOutcome, OrderStore};

suite! {
    $ order_store, order_store_contract, OrderStore:
    what_is_committed_is_found_again,
    every_event_is_found_as_it_was_committed,
    every_shape_of_personal_data_is_found_again,
    times_keep_their_microseconds,
    an_order_that_is_not_there_is_not_found,
    an_order_is_found_at_its_own_storefront_only,
    the_same_id_at_two_storefronts_is_two_orders,
    a_deleted_order_is_found,
    many_orders_are_found_as_they_were_asked_for,
    a_store_that_works_answers_a_ping,
    a_change_of_the_expected_version_is_applied,
    a_new_order_must_not_exist,
    a_change_of_an_order_that_is_not_there_is_stale,
    a_change_of_another_version_is_stale,
    of_many_new_orders_of_one_id_exactly_one_is_stored,
    of_many_changes_of_one_version_exactly_one_is_applied,
    changes_that_are_tried_again_until_they_apply_are_all_applied,
    changes_of_different_orders_do_not_meet,
    a_stale_change_stores_nothing,
    a_change_whose_key_is_taken_stores_nothing,
    a_change_that_was_received_before_stores_nothing,
    a_reader_sees_all_of_a_commit_or_nothing,
    a_store_that_reserves_no_stock_refuses_to,
    a_claimed_key_is_found,
    a_taken_key_is_told_with_what_is_stored_under_it,
    an_expired_key_counts_as_none,
    keys_of_other_operations_and_storefronts_are_other_keys,
    of_many_claims_of_one_key_exactly_one_succeeds,
    advancing_a_key_sets_its_version,
    advancing_to_the_answer_ends_the_flight,
    a_released_key_can_be_claimed_again,
    a_released_key_is_not_unused,
    an_answered_key_keeps_its_version,
    a_key_that_is_not_there_cannot_be_answered_advanced_or_released,
    the_key_is_checked_before_the_inbox_and_the_version,
    the_inbox_is_checked_before_the_version,
    an_external_event_is_received_once,
    an_external_event_is_received_once_whatever_order_it_is_about,
    external_events_of_other_sources_and_storefronts_are_others,
    of_many_changes_by_one_external_event_exactly_one_is_applied,
    an_inbox_entry_is_free_while_its_change_is_not_applied,
    erasure_removes_the_personal_data_of_all_earlier_events,
    erasure_reaches_events_of_the_same_change,
    erasure_leaves_the_rest_of_history_as_it_was,
    erasure_leaves_other_orders_alone,
    personal_data_that_comes_after_erasure_stays,
    orders_are_listed_newest_first,
    orders_of_one_instant_are_listed_by_id,
    a_list_holds_whole_orders,
    each_filter_lets_its_orders_through_and_no_others,
    filters_are_combined,
    a_list_follows_what_happens,
    the_time_filter_takes_its_start_and_leaves_its_end,
    deleted_orders_are_listed_when_they_are_asked_for,
    a_list_is_of_one_storefront,
    a_page_has_at_most_as_many_orders_as_were_asked_for,
    the_last_page_has_none_behind_it,
    paging_visits_every_order_once,
    paging_keeps_its_filters,
    paging_visits_every_order_once_while_others_come,
    a_cursor_outlives_its_order,
    an_order_is_due_when_its_time_has_come,
    the_longest_due_come_first,
    every_change_sets_the_time_anew,
    orders_that_wait_are_counted,
    orders_that_wait_are_counted_up_to_a_bound,
}

/// Returns the order of this number, placed `number` seconds after noon.
pub(super) fn history(number: u64) -> OrderHistory {
    OrderHistory::placed(number, place().build(), at(number))
}

/// Commits a change that must be applied.
pub(super) async fn applied(store: &(impl OrderStore + ?Sized), change: Change) {
    assert_eq!(
        outcome(store, change).await,
        CommitOutcome::Applied,
        "a change without a conflict is applied"
    );
}

pub(super) async fn outcome(store: &(impl OrderStore + ?Sized), change: Change) -> CommitOutcome {
    store.commit(change).await.expect("the store answers")
}

/// Returns the order as it is stored.
pub(super) async fn found(
    store: &(impl OrderStore + ?Sized),
    history: &OrderHistory,
) -> Option<Order> {
    store
        .find(history.storefront(), history.id())
        .await
        .expect("the store answers")
}

/// Checks that the stored order and its events equal those of the history.
async fn same(store: &(impl OrderStore + ?Sized), history: &OrderHistory, sentence: &str) {
    let order = found(store, history).await;
    assert_eq!(order.as_ref(), Some(history.order()), "{sentence}");
    let events = store
        .events(history.storefront(), history.id())
        .await
        .expect("the store answers");
    assert_eq!(events, history.events(), "{sentence}");
}
