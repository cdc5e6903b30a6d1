//! Carrying out the effects of one order, and recording what came of them, until nothing is left or
//! time is up.

use super::perform::Verdict;
use super::place::is_closed_by_outage;
use super::{Engine, commit::Prepared};
use crate::draft::Step;
use crate::effect::{EffectId, Task};
use crate::event::{Actor, Event, Happening};
use crate::fact::Fact;
use crate::order::Order;
use crate::ports::{
    CommitOutcome, Idempotency, KeyChange, OrderError, OutsideError, OutsideErrorKind, ScopedKey,
    StoreError, TakenEffect,
};
use crate::record::follow;
use crate::time::{Timestamp, after};
use crate::value::Code;
use futures::future::join_all;
use std::time::Duration;

/// How often a step is tried again because somebody else changed the order meanwhile.
pub(super) const CONFLICTS: u32 = 50;

/// An order and effects of it that this process has the lease of.
pub(crate) struct Drive {
    order: Order,
    rows: Vec<TakenEffect>,
    /// The key of the request this is done for.
    key: Option<ScopedKey>,
    /// When the request began; none where no request waits.
    began: Option<Timestamp>,
    /// Whether the caller is still to be told that the order is accepted.
    placing: bool,
}

impl Drive {
    /// What a request has caused.
    pub(super) const fn of_request(
        order: Order,
        rows: Vec<TakenEffect>,
        began: Timestamp,
        key: Option<ScopedKey>,
    ) -> Self {
        Self {
            order,
            rows,
            key,
            began: Some(began),
            placing: false,
        }
    }

    /// What the placing of an order has caused.
    pub(super) const fn of_placing(
        order: Order,
        rows: Vec<TakenEffect>,
        began: Timestamp,
        key: Option<ScopedKey>,
    ) -> Self {
        let mut drive = Self::of_request(order, rows, began, key);
        drive.placing = true;
        drive
    }

    /// What a runner has taken from the queue.
    pub(crate) const fn of_runner(order: Order, rows: Vec<TakenEffect>) -> Self {
        Self {
            order,
            rows,
            key: None,
            began: None,
            placing: false,
        }
    }
}

/// What became of it.
pub(crate) struct Driven {
    pub(crate) order: Order,
    pub(crate) events: Vec<Event>,
}

/// An effect that is to be tried again later.
struct Postponed {
    effect: EffectId,
    due: Timestamp,
    error: String,
}

impl Engine {
    /// Carries out effects and records their outcomes, and carries out what follows from those.
    pub(crate) async fn drive(&self, drive: Drive) -> Result<Driven, OrderError> {
        let Drive {
            mut order,
            mut rows,
            mut key,
            began,
            placing,
        } = drive;
        let until = began.map(|began| after(began, self.settings.budget));
        let (mut events, mut answered) = (Vec::new(), false);
        while !rows.is_empty() {
            let now = self.clock.now();
            if until.is_some_and(|until| now >= until) {
                self.leave(&rows, "the request's time was up").await?;
                break;
            }
            let deadline = until.unwrap_or_else(|| after(now, self.settings.call_timeout));
            let verdicts =
                join_all(rows.iter().map(|row| self.perform(&order, row, deadline))).await;
            let outcome = self.sort_out(&order, &rows, verdicts, placing).await?;
            let was_closed = order.status().is_closed();
            let committed = self.commit_outcome(order, &outcome, key.as_ref()).await?;
            self.put_back(outcome, &committed.order, was_closed).await?;
            order = committed.order;
            rows = committed.mine;
            answered = committed.answered;
            if is_closed_by_outage(&order, &committed.events) {
                // The key is free again: whoever takes it next is somebody else.
                key = None;
            }
            events.extend(committed.events);
        }
        if let (Some(key), false) = (&key, answered) {
            self.store.answer_key(key).await?;
        }
        Ok(Driven { order, events })
    }

    /// Time is up: what is left is anybody's at once.
    pub(crate) async fn leave(&self, rows: &[TakenEffect], why: &str) -> Result<(), StoreError> {
        let now = self.clock.now();
        for row in rows {
            self.queue
                .postpone(&self.worker, row.effect.id, now, why)
                .await?;
        }
        Ok(())
    }

    /// Whether a lease until then is too short by now for a call to begin: its answer might come
    /// when the effect is somebody else's.
    pub(crate) fn is_too_short(&self, until: Timestamp) -> bool {
        after(self.clock.now(), self.settings.call_timeout) > until
    }

    /// What the verdicts come to: facts to record, effects done, effects to be tried again.
    async fn sort_out(
        &self,
        order: &Order,
        rows: &[TakenEffect],
        verdicts: Vec<Verdict>,
        placing: bool,
    ) -> Result<Outcome, OrderError> {
        let mut outcome = Outcome::default();
        for (row, verdict) in rows.iter().zip(verdicts) {
            let id = row.effect.id;
            match verdict {
                Verdict::Done(facts) => {
                    outcome.facts.extend(facts);
                    outcome.finished.push(id);
                }
                Verdict::Outage { error, facts } => {
                    outcome.facts.extend(facts);
                    let (fact, waits) = self.outage(order, row, placing).await?;
                    outcome.facts.extend(fact);
                    if waits {
                        self.again(&mut outcome, order, row, &error);
                    } else {
                        outcome.finished.push(id);
                    }
                }
                Verdict::Again { error, facts } => {
                    outcome.facts.extend(facts);
                    self.again(&mut outcome, order, row, &error);
                }
                Verdict::UnderWay(note) => outcome.postponed.push(Postponed {
                    effect: id,
                    due: after(self.clock.now(), self.settings.retry.cap),
                    error: note.to_owned(),
                }),
                Verdict::Park(error) => outcome.parked.push((id, error.to_string())),
            }
        }
        Ok(outcome)
    }

    /// Notes when an effect is tried again, or that it is given up on.
    fn again(&self, outcome: &mut Outcome, order: &Order, row: &TakenEffect, error: &OutsideError) {
        let task = &row.effect.task;
        tracing::warn!(
            order = %row.effect.id.order,
            effect = task.name(),
            tries = row.tries,
            error = %error,
            "an effect is to be tried again"
        );
        if row.tries >= self.settings.retry.max_tries && may_be_given_up(task, error) {
            outcome.parked.push((row.effect.id, error.to_string()));
            return;
        }
        let policies = self.policies(&row.effect.storefront);
        let undoes = task.is_compensation() || order.status().is_closed();
        if undoes
            && !matches!(task, Task::Notify { .. })
            && row.tries >= policies.stuck_after
            && let Ok(effect) = Code::parse(task.name())
        {
            outcome.facts.push(Fact::CompensationFailed { effect });
        }
        outcome.postponed.push(Postponed {
            effect: row.effect.id,
            due: after(self.clock.now(), self.backoff(row.tries, error)),
            error: error.to_string(),
        });
    }

    /// Exponential with full jitter, and no sooner than the service asked for.
    fn backoff(&self, tries: u32, error: &OutsideError) -> Duration {
        let retry = self.settings.retry;
        let ceiling = retry
            .first
            .saturating_mul(1 << tries.saturating_sub(1).min(20))
            .min(retry.cap);
        let micros = u64::try_from(ceiling.as_micros()).unwrap_or(u64::MAX);
        let jittered = Duration::from_micros(self.ids.chance() % micros.saturating_add(1));
        match error.kind {
            OutsideErrorKind::Unavailable {
                retry_after: Some(asked),
            } => jittered.max(asked.min(retry.cap)),
            _ => jittered,
        }
    }

    /// Records facts and finishes effects, on whatever version the order has by now.
    async fn commit_outcome(
        &self,
        order: Order,
        outcome: &Outcome,
        key: Option<&ScopedKey>,
    ) -> Result<Committed, OrderError> {
        let actor = Actor::system();
        let mut order = order;
        for _ in 0..CONFLICTS {
            let ctx = self.context(order.storefront(), &actor);
            let step = follow(order.clone(), &outcome.facts, &ctx);
            if step.events.is_empty() {
                if !outcome.finished.is_empty() {
                    self.queue.finish(&outcome.finished).await?;
                }
                return Ok(Committed::nothing(order));
            }
            let Prepared { mut change, mine } = self.prepare(Some(&order), step, &ctx);
            change.finished.clone_from(&outcome.finished);
            let answered = mine.is_empty();
            change.key = key.map(|key| {
                if is_closed_by_outage(&change.order, &change.events) {
                    KeyChange::Forget { key: key.clone() }
                } else {
                    KeyChange::Advance {
                        key: key.clone(),
                        answered,
                    }
                }
            });
            let (after_it, events) = (change.order.clone(), change.events.clone());
            match self.store.commit(change).await? {
                CommitOutcome::Applied => {
                    tell(&after_it, &events);
                    return Ok(Committed {
                        order: after_it,
                        events,
                        mine,
                        answered,
                    });
                }
                CommitOutcome::Stale { .. }
                | CommitOutcome::KeyTaken(_)
                | CommitOutcome::AlreadyReceived => {
                    order = self.load(&order.storefront().clone(), order.id()).await?;
                }
            }
        }
        Err(OrderError::Contended { id: order.id() })
    }

    /// Effects to be tried again go back to the queue; those given up on are parked.
    async fn put_back(
        &self,
        outcome: Outcome,
        order: &Order,
        was_closed: bool,
    ) -> Result<(), StoreError> {
        for one in outcome.postponed {
            self.queue
                .postpone(&self.worker, one.effect, one.due, &one.error)
                .await?;
        }
        for (effect, error) in outcome.parked {
            tracing::error!(order = %order.id(), %effect, error, "an effect was given up on");
            let now = self.clock.now();
            self.queue.park(&self.worker, effect, now, &error).await?;
            // A cancel meanwhile has hurried what waits, perhaps just before this was parked.
            if !was_closed
                && let Some(order) = self.store.find(order.storefront(), order.id()).await?
                && order.status().is_closed()
            {
                self.queue.retry(order.storefront(), effect, now).await?;
            }
        }
        Ok(())
    }
}

/// Whether an effect may be given up on that has failed so.
///
/// Not while the service is just away: then it is not the effect that is wrong. And never where
/// stock or money is in doubt until it succeeds: an order that waits for those ends by its deadline
/// or its cancel, not by being forgotten.
fn may_be_given_up(task: &Task, error: &OutsideError) -> bool {
    let nothing_in_doubt = matches!(task, Task::RequestFulfillment { .. } | Task::Notify { .. });
    nothing_in_doubt && matches!(error.kind, OutsideErrorKind::Unknown)
}

/// What a round of effects came to.
#[derive(Default)]
struct Outcome {
    facts: Vec<Fact>,
    finished: Vec<EffectId>,
    postponed: Vec<Postponed>,
    parked: Vec<(EffectId, String)>,
}

/// What recording it came to.
struct Committed {
    order: Order,
    events: Vec<Event>,
    mine: Vec<TakenEffect>,
    answered: bool,
}

impl Committed {
    const fn nothing(order: Order) -> Self {
        Self {
            order,
            events: Vec::new(),
            mine: Vec::new(),
            answered: false,
        }
    }
}

/// Logs what has happened, without personal data.
pub(crate) fn tell(order: &Order, events: &[Event]) {
    for event in events {
        tracing::info!(
            storefront = %order.storefront(),
            order = %order.id(),
            version = %event.version,
            event = event.happening.name(),
            status = %order.status(),
            "recorded"
        );
        if let Happening::LateFactRecorded { fact, .. } = &event.happening {
            tracing::warn!(order = %order.id(), %fact, "a fact came late and is put right");
        }
    }
}

impl Engine {
    /// Commits a step that a command or a report came to. `None`: somebody else was first.
    pub(super) async fn commit_step(
        &self,
        before: &Order,
        step: Step,
        ctx: &crate::draft::Context<'_>,
        idempotency: Option<&Idempotency>,
        receipt: Option<crate::ports::Receipt>,
    ) -> Result<Attempted, OrderError> {
        let mut prepared = self.prepare(Some(before), step, ctx);
        self.claim(&mut prepared, idempotency, ctx.now);
        let Prepared { mut change, mine } = prepared;
        change.receipt = receipt;
        let (order, events) = (change.order.clone(), change.events.clone());
        Ok(match self.store.commit(change).await? {
            CommitOutcome::Applied => {
                tell(&order, &events);
                Attempted::Applied {
                    order: Box::new(order),
                    events,
                    mine,
                }
            }
            CommitOutcome::Stale { .. } => Attempted::Stale,
            CommitOutcome::KeyTaken(record) => Attempted::KeyTaken(record),
            CommitOutcome::AlreadyReceived => Attempted::AlreadyReceived,
        })
    }
}

/// What became of a commit.
pub(super) enum Attempted {
    /// It is stored.
    Applied {
        order: Box<Order>,
        events: Vec<Event>,
        mine: Vec<TakenEffect>,
    },
    /// Somebody else was first.
    Stale,
    /// The key is taken.
    KeyTaken(crate::ports::KeyRecord),
    /// The outside event was recorded before.
    AlreadyReceived,
}
