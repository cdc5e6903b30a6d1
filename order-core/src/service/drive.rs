//! Carrying out the effects of one order, and recording what came of them, until nothing is left or
//! time is up.

use super::perform::Verdict;
use super::place::is_closed_by_outage;
use super::{Engine, commit::Prepared};
use crate::draft::Step;
use crate::effect::EffectId;
use crate::event::{Actor, Event, Happening};
use crate::fact::Fact;
use crate::order::Order;
use crate::ports::{
    Call, CommitOutcome, KeyChange, OrderError, OutsideError, ScopedKey, StoreError, TakenEffect,
};
use crate::record::follow;
use crate::time::{Timestamp, after, between};
use crate::value::Code;
use futures::future::{Either, join_all, select};
use std::time::Duration;

/// How often a step is tried again because somebody else changed the order meanwhile.
pub(super) const CONFLICTS: u32 = 50;
/// How much longer than its deadline a call is waited for before it is given up on.
const GRACE: Duration = Duration::from_millis(500);

/// An order and effects of it that this process has the lease of.
pub(crate) struct Drive {
    order: Order,
    rows: Vec<TakenEffect>,
    /// The key of the request this is done for.
    key: Option<ScopedKey>,
    /// When the request began; none where no request waits.
    began: Option<Timestamp>,
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
        }
    }

    /// What a runner has taken from the queue.
    pub(crate) const fn of_runner(order: Order, rows: Vec<TakenEffect>) -> Self {
        Self {
            order,
            rows,
            key: None,
            began: None,
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
            key,
            began,
        } = drive;
        let until = began.map(|began| after(began, self.settings.budget));
        let (mut events, mut answered) = (Vec::new(), false);
        while !rows.is_empty() {
            let now = self.clock.now();
            if until.is_some_and(|until| now >= until) {
                self.leave(&rows, now).await?;
                break;
            }
            let deadline = until.unwrap_or_else(|| after(now, self.settings.call_timeout));
            let verdicts =
                join_all(rows.iter().map(|row| self.perform(&order, row, deadline))).await;
            let outcome = self
                .sort_out(&order, &rows, verdicts, began.is_some())
                .await?;
            let committed = self.commit_outcome(order, &outcome, key.as_ref()).await?;
            self.put_back(outcome, &committed.order).await?;
            order = committed.order;
            events.extend(committed.events);
            rows = committed.mine;
            answered = committed.answered;
        }
        if let (Some(key), false) = (&key, answered) {
            self.store.answer_key(key).await?;
        }
        Ok(Driven { order, events })
    }

    /// Waits for an answer until the call's deadline, and a little longer.
    pub(super) async fn bounded<T>(
        &self,
        call: &Call,
        answer: impl Future<Output = Result<T, OutsideError>> + Send,
    ) -> Result<T, OutsideError> {
        let rest = between(self.clock.now(), call.deadline).saturating_add(GRACE);
        let answer = std::pin::pin!(answer);
        match select(answer, self.clock.sleep(rest)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => Err(OutsideError::unknown("no answer in time")),
        }
    }

    /// Time is up: what is left is anybody's at once.
    async fn leave(&self, rows: &[TakenEffect], now: Timestamp) -> Result<(), StoreError> {
        for row in rows {
            self.queue
                .postpone(
                    &self.worker,
                    row.effect.id,
                    now,
                    "the request's time was up",
                )
                .await?;
        }
        Ok(())
    }

    /// What the verdicts come to: facts to record, effects done, effects to be tried again.
    async fn sort_out(
        &self,
        order: &Order,
        rows: &[TakenEffect],
        verdicts: Vec<Verdict>,
        inline: bool,
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
                    let (fact, waits) = self.outage(order, row, inline).await?;
                    outcome.facts.extend(fact);
                    if waits {
                        self.again(&mut outcome, row, &error);
                    } else {
                        outcome.finished.push(id);
                    }
                }
                Verdict::Again { error, facts } => {
                    outcome.facts.extend(facts);
                    self.again(&mut outcome, row, &error);
                }
                Verdict::Park(error) => outcome.parked.push((id, error.to_string())),
            }
        }
        Ok(outcome)
    }

    /// Notes when an effect is tried again, or that it is given up on.
    fn again(&self, outcome: &mut Outcome, row: &TakenEffect, error: &OutsideError) {
        let task = &row.effect.task;
        tracing::warn!(
            order = %row.effect.id.order,
            effect = task.name(),
            tries = row.tries,
            error = %error,
            "an effect is to be tried again"
        );
        let retry = self.settings.retry;
        if row.tries >= retry.max_tries && !task.is_compensation() {
            outcome.parked.push((row.effect.id, error.to_string()));
            return;
        }
        let policies = self.policies(&row.effect.storefront);
        if task.is_compensation()
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
            crate::ports::OutsideErrorKind::Unavailable {
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
    async fn put_back(&self, outcome: Outcome, order: &Order) -> Result<(), StoreError> {
        for one in outcome.postponed {
            self.queue
                .postpone(&self.worker, one.effect, one.due, &one.error)
                .await?;
        }
        for (effect, error) in outcome.parked {
            tracing::error!(order = %order.id(), %effect, error, "an effect was given up on");
            let now = self.clock.now();
            self.queue.park(&self.worker, effect, now, &error).await?;
        }
        Ok(())
    }
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
pub(super) fn tell(order: &Order, events: &[Event]) {
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
        key: Option<KeyChange>,
        receipt: Option<crate::ports::Receipt>,
    ) -> Result<Attempted, OrderError> {
        let Prepared { mut change, mine } = self.prepare(Some(before), step, ctx);
        change.key = key;
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
