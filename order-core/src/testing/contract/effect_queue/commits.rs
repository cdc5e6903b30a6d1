//! What a commit does to the queue.

use super::{applied, first, going_on, ids, stored, storing, taken, with_effects};
use crate::effect::{Effect, EffectId, Notice, Task};
use crate::ports::{CommitOutcome, EffectQueue, NewEffect, OrderStore, TakenEffect};
use crate::testing::Story;
use crate::testing::builders::{at, place, units, worker};
use crate::value::{AttemptNo, CaptureNo, FulfillmentNo, RefundNo, ReservationNo};

/// What a commit adds is handed out, as it was added.
pub async fn what_a_commit_adds_is_handed_out(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let elsewhere = Story::placed(2, place().storefront("other").build(), at(0));
    let (_, one) = with_effects(1, 2);
    let (_, other) = storing(elsewhere, 1, None);
    let mut expected: Vec<TakenEffect> = Vec::new();
    for change in [one, other] {
        let effects = change.effects.iter().map(|new| new.effect.clone());
        expected.extend(effects.map(|effect| TakenEffect::new(effect, 1)));
        applied(store, change).await;
    }
    let mut handed_out = taken(store, "w1", 1).await;
    handed_out.sort_by_key(|one| one.effect.id);
    assert_eq!(
        handed_out, expected,
        "what a commit adds is handed out, of all storefronts, tried for the first time"
    );
}

/// Every kind of task is handed out with all it carries.
pub async fn every_kind_of_task_is_handed_out_as_it_was_added(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let reservation = ReservationNo::new(3);
    let (attempt, fulfillment) = (AttemptNo::new(2), FulfillmentNo::new(u32::MAX));
    let lines = vec![units("緑茶 'x' \"y\"", 1_000_000), units("b", 1)];
    let mut tasks = vec![
        Task::QuotePrices,
        Task::VerifyCustomer,
        Task::ReserveStock {
            reservation,
            lines: lines.clone(),
        },
        Task::ReviseStock {
            reservation,
            lines: Vec::new(),
        },
        Task::ExtendStock { reservation },
        Task::CommitStock { reservation },
        Task::ReleaseStock { reservation },
        Task::AuthorizePayment { attempt },
        Task::CapturePayment {
            attempt,
            capture: CaptureNo::new(9),
        },
        Task::VoidPayment { attempt },
        Task::RefundPayment {
            refund: RefundNo::FIRST,
        },
        Task::RequestFulfillment { fulfillment },
        Task::RecallFulfillment { fulfillment },
    ];
    tasks.extend(
        Notice::ALL
            .iter()
            .map(|notice| Task::Notify { notice: *notice }),
    );
    let (story, mut change) = with_effects(1, 0);
    let effects: Vec<Effect> = (0..)
        .zip(tasks)
        .map(|(index, task)| Effect::new(first(&story, index), story.storefront().clone(), task))
        .collect();
    change.effects = effects
        .iter()
        .map(|effect| NewEffect::new(effect.clone(), None))
        .collect();
    applied(store, change).await;
    let mut handed_out: Vec<Effect> = taken(store, "w1", 1)
        .await
        .into_iter()
        .map(|one| one.effect)
        .collect();
    handed_out.sort_by_key(|effect| effect.id);
    assert_eq!(handed_out, effects, "each is handed out as it was added");
}

/// A change that is not applied adds nothing to the queue, finishes nothing and hurries nothing.
pub async fn a_change_that_is_not_applied_adds_finishes_and_hurries_nothing(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let story = stored(store, [1], 2).await.remove(0);
    let postponed = first(&story, 0);
    taken(store, "w1", 1).await;
    for (index, due) in [(0, 500), (1, 1)] {
        store
            .postpone(&worker("w1"), first(&story, index), at(due), "later")
            .await
            .expect("the store answers");
    }
    let rival = going_on(story.clone(), 2).change();
    applied(store, rival).await;
    let (_, mut stale) = storing(going_on(story.clone(), 3), 1, None);
    stale.finished = vec![first(&story, 1)];
    stale.hurry = true;
    let outcome = store.commit(stale).await.expect("the store answers");
    assert!(
        matches!(outcome, CommitOutcome::Stale { .. }),
        "the change is stale"
    );
    assert_eq!(
        ids(&taken(store, "w1", 400).await),
        [first(&story, 1)],
        "a change that is not applied adds, finishes and hurries nothing"
    );
    assert_eq!(
        ids(&taken(store, "w1", 500).await),
        [postponed],
        "what was postponed is due when it was"
    );
}

/// What a commit says was done is gone from the queue, whoever had it, and nothing else is.
pub async fn a_commit_finishes_what_was_done(store: &(impl OrderStore + EffectQueue + ?Sized)) {
    let story = stored(store, [1], 4).await.remove(0);
    taken(store, "w1", 1).await;
    store
        .park(&worker("w1"), first(&story, 1), at(2), "no")
        .await
        .expect("the store answers");
    let mut next = going_on(story.clone(), 3);
    let mut change = next.change();
    change.finished = vec![
        first(&story, 0),
        first(&story, 1),
        first(&story, 3),
        first(&story, 99),
    ];
    applied(store, change).await;
    let left = store.release(&worker("w1")).await;
    assert_eq!(left.expect("the store answers"), 1, "one is left");
    assert_eq!(
        ids(&taken(store, "w2", 4).await),
        [first(&story, 2)],
        "what was done is gone, and nothing else"
    );
    let letters = store.dead_letters(story.storefront(), None, 9).await;
    assert_eq!(
        letters.expect("the store answers").letters,
        [],
        "also where it was given up on"
    );
}

async fn hurry(store: &(impl OrderStore + ?Sized), story: &Story, seconds: u64) {
    let mut next = going_on(story.clone(), seconds);
    let mut change = next.change();
    change.hurry = true;
    applied(store, change).await;
}

/// Hurrying makes the effects of the order that wait, parked ones among them, due at once; their
/// tries stay counted.
pub async fn hurrying_makes_waiting_and_parked_effects_due_at_once(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let story = stored(store, [1], 2).await.remove(0);
    taken(store, "w1", 1).await;
    let (waiting, parked) = (first(&story, 0), first(&story, 1));
    store
        .postpone(&worker("w1"), waiting, at(900), "later")
        .await
        .expect("the store answers");
    store
        .park(&worker("w1"), parked, at(2), "no")
        .await
        .expect("the store answers");
    hurry(store, &story, 3).await;
    let mut handed_out = taken(store, "w2", 3).await;
    handed_out.sort_by_key(|one| one.effect.id);
    assert_eq!(
        ids(&handed_out),
        [waiting, parked],
        "waiting and parked effects are due at once"
    );
    assert!(
        handed_out.iter().all(|one| one.tries == 2),
        "they were handed out once before"
    );
    let letters = store.dead_letters(story.storefront(), None, 9).await;
    assert_eq!(
        letters.expect("the store answers").letters,
        [],
        "what is hurried is no dead letter any more"
    );
}

/// Hurrying one order leaves the effects of others, and lets no lease be passed over.
pub async fn hurrying_leaves_other_orders_and_running_leases(
    store: &(impl OrderStore + EffectQueue + ?Sized),
) {
    let stories = stored(store, [1, 2], 2).await;
    taken(store, "w1", 1).await;
    let other: EffectId = first(&stories[1], 0);
    store
        .postpone(&worker("w1"), other, at(900), "later")
        .await
        .expect("the store answers");
    store
        .park(&worker("w1"), first(&stories[1], 1), at(2), "no")
        .await
        .expect("the store answers");
    hurry(store, &stories[0], 3).await;
    assert_eq!(
        ids(&taken(store, "w2", 800).await),
        [],
        "leased effects and those of other orders are not handed out"
    );
    assert_eq!(
        ids(&taken(store, "w2", 900).await),
        [other],
        "those of other orders are due when they were"
    );
}
