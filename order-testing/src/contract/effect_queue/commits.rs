//! The effects of a commit on the queue.

use super::{applied, claim, first, going_on, ids, park, postpone, stored, storing, with_effects};
use crate::builders::{at, place, units, worker};
use crate::history::OrderHistory;
use order_core::effect::{Effect, EffectId, EffectKind, NotificationKind};
use order_core::ports::{CommitOutcome, EffectQueue, LeasedEffect, NewEffect, OrderStore};
use order_core::value::{CaptureNo, FulfillmentNo, PaymentAttemptNo, RefundNo, ReservationNo};

/// Checks that the effects of a commit are claimed, as they were added.
pub async fn what_a_commit_adds_is_claimed(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let elsewhere = OrderHistory::placed(2, place().storefront("other").build(), at(0));
    let (_, one) = with_effects(1, 2);
    let (_, other) = storing(elsewhere, 1, None);
    let mut expected: Vec<LeasedEffect> = Vec::new();
    for change in [one, other] {
        let effects = change.effects.iter().map(|new| new.effect.clone());
        expected.extend(effects.map(|effect| LeasedEffect::new(effect, 1)));
        applied(store, change).await;
    }
    let mut claimed = claim(store, "w1", 1).await;
    claimed.sort_by_key(|one| one.effect.id);
    assert_eq!(
        claimed, expected,
        "what a commit adds is claimed, of all storefronts, at its first attempt"
    );
}

/// Checks that an effect of every kind is claimed with all its fields.
pub async fn every_kind_of_task_is_claimed_as_it_was_added(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let reservation = ReservationNo::new(3);
    let (attempt, fulfillment) = (PaymentAttemptNo::new(2), FulfillmentNo::new(u32::MAX));
    let lines = vec![units("緑茶 'x' \"y\"", 1_000_000), units("b", 1)];
    let mut tasks = vec![
        EffectKind::QuotePrices,
        EffectKind::VerifyCustomer,
        EffectKind::ReserveStock {
            reservation,
            lines: lines.clone(),
        },
        EffectKind::ReviseStock {
            reservation,
            lines: Vec::new(),
        },
        EffectKind::ExtendStock { reservation },
        EffectKind::CommitStock { reservation },
        EffectKind::ReleaseStock { reservation },
        EffectKind::AuthorizePayment { attempt },
        EffectKind::CapturePayment {
            attempt,
            capture: CaptureNo::new(9),
        },
        EffectKind::VoidPayment { attempt },
        EffectKind::RefundPayment {
            refund: RefundNo::FIRST,
        },
        EffectKind::RequestFulfillment { fulfillment },
        EffectKind::RecallFulfillment { fulfillment },
    ];
    tasks.extend(
        NotificationKind::ALL
            .iter()
            .map(|notice| EffectKind::Notify {
                notification: *notice,
            }),
    );
    let (history, mut change) = with_effects(1, 0);
    let effects: Vec<Effect> = (0..)
        .zip(tasks)
        .map(|(index, task)| {
            Effect::new(first(&history, index), history.storefront().clone(), task)
        })
        .collect();
    change.effects = effects
        .iter()
        .map(|effect| NewEffect::new(effect.clone(), None))
        .collect();
    applied(store, change).await;
    let mut claimed: Vec<Effect> = claim(store, "w1", 1)
        .await
        .into_iter()
        .map(|one| one.effect)
        .collect();
    claimed.sort_by_key(|effect| effect.id);
    assert_eq!(claimed, effects, "each is claimed as it was added");
}

/// Checks that a change that is not applied adds, completes and expedites nothing.
pub async fn a_change_that_is_not_applied_adds_finishes_and_expedites_nothing(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let history = stored(store, [1], 2).await.remove(0);
    let postponed = first(&history, 0);
    claim(store, "w1", 1).await;
    for (index, due) in [(0, 500), (1, 1)] {
        postpone(store, "w1", first(&history, index), due).await;
    }
    let rival = going_on(history.clone(), 2).change();
    applied(store, rival).await;
    let (_, mut stale) = storing(going_on(history.clone(), 3), 1, None);
    stale.completed_effects = vec![first(&history, 1)];
    stale.expedite_effects = true;
    let outcome = store.commit(stale).await.expect("the store answers");
    assert!(
        matches!(outcome, CommitOutcome::VersionConflict { .. }),
        "the change is stale"
    );
    assert_eq!(
        ids(&claim(store, "w1", 400).await),
        [first(&history, 1)],
        "a change that is not applied adds, completes and expedites nothing"
    );
    assert_eq!(
        ids(&claim(store, "w1", 500).await),
        [postponed],
        "what was postponed is due when it was"
    );
}

/// Checks that the completed effects of a commit are removed from the queue, whoever holds their
/// leases, and no others.
pub async fn a_commit_finishes_what_was_done(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let history = stored(store, [1], 4).await.remove(0);
    claim(store, "w1", 1).await;
    park(store, "w1", first(&history, 1), 2, "no").await;
    let mut next = going_on(history.clone(), 3);
    let mut change = next.change();
    change.completed_effects = vec![
        first(&history, 0),
        first(&history, 1),
        first(&history, 3),
        first(&history, 99),
    ];
    applied(store, change).await;
    let left = store.release(&worker("w1")).await;
    assert_eq!(left.expect("the store answers"), 1, "one is left");
    assert_eq!(
        ids(&claim(store, "w2", 4).await),
        [first(&history, 2)],
        "what was completed is gone, and nothing else"
    );
    let letters = store.dead_letters(history.storefront(), None, 9).await;
    assert_eq!(
        letters.expect("the store answers").letters,
        [],
        "also where it was parked"
    );
}

async fn expedite(store: &(impl OrderStore + ?Sized), history: &OrderHistory, seconds: u64) {
    let mut next = going_on(history.clone(), seconds);
    let mut change = next.change();
    change.expedite_effects = true;
    applied(store, change).await;
}

/// Checks that expediting makes postponed and parked effects of the order due at once; their
/// attempts stay counted.
pub async fn expediting_makes_waiting_and_parked_effects_due_at_once(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let history = stored(store, [1], 2).await.remove(0);
    claim(store, "w1", 1).await;
    let (waiting, parked) = (first(&history, 0), first(&history, 1));
    postpone(store, "w1", waiting, 900).await;
    park(store, "w1", parked, 2, "no").await;
    expedite(store, &history, 3).await;
    let mut claimed = claim(store, "w2", 3).await;
    claimed.sort_by_key(|one| one.effect.id);
    assert_eq!(
        ids(&claimed),
        [waiting, parked],
        "waiting and parked effects are due at once"
    );
    assert!(
        claimed.iter().all(|one| one.attempts == 2),
        "they were claimed once before"
    );
    let letters = store.dead_letters(history.storefront(), None, 9).await;
    assert_eq!(
        letters.expect("the store answers").letters,
        [],
        "what is expedited is no dead letter any more"
    );
}

/// Checks that expediting one order leaves the effects of others and running leases alone.
pub async fn expediting_leaves_other_orders_and_running_leases(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let histories = stored(store, [1, 2], 2).await;
    claim(store, "w1", 1).await;
    let other: EffectId = first(&histories[1], 0);
    postpone(store, "w1", other, 900).await;
    park(store, "w1", first(&histories[1], 1), 2, "no").await;
    expedite(store, &histories[0], 3).await;
    assert_eq!(
        ids(&claim(store, "w2", 800).await),
        [],
        "leased effects and those of other orders are not claimed"
    );
    assert_eq!(
        ids(&claim(store, "w2", 900).await),
        [other],
        "those of other orders are due when they were"
    );
}
