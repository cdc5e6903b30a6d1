//! Carries out the effects of one order and records their outcomes, until none is left or the time
//! budget is used up.

use super::ask::Calls;
use super::commit::{Applied, Committed, PlannedChange};
use super::engine::{Engine, MAX_CONFLICTS};
use super::gathered::Settled;
use super::outage::is_closed_by_outage;
use super::perform::EffectOutcome;
use crate::effect::EffectId;
use crate::event::{Actor, Event};
use crate::fact::Fact;
use crate::order::Order;
use crate::ports::{
    CommandOutcome, IdempotencyScope, IdempotencyUpdate, LeasedEffect, OrderError, PostponedEffect,
    StoreError,
};
use crate::record::record_all;
use crate::time::{Timestamp, after};
use futures::future::{join, join_all};

/// An order, and effects of it that this process has leased.
pub(super) struct EffectRun {
    order: Order,
    /// The events since the request came in.
    events: Vec<Event>,
    effects: Vec<LeasedEffect>,
    /// The idempotency key of the request; absent if it has none.
    key: Option<IdempotencyScope>,
    /// When the request came in; absent for a runner.
    received_at: Option<Timestamp>,
    /// Whether the order is new and its caller not answered yet, so that it can still be rejected.
    placing: bool,
}

impl EffectRun {
    /// Makes the run of a request's effects, within its time budget.
    pub(super) fn for_request(
        applied: Applied,
        received_at: Timestamp,
        key: Option<IdempotencyScope>,
    ) -> Self {
        Self {
            order: applied.order,
            events: applied.events,
            effects: applied.leased,
            key,
            received_at: Some(received_at),
            placing: false,
        }
    }

    /// Makes the run of a new order's effects, within the request's time budget.
    pub(super) fn for_placing(
        applied: Applied,
        received_at: Timestamp,
        key: Option<IdempotencyScope>,
    ) -> Self {
        Self {
            placing: true,
            ..Self::for_request(applied, received_at, key)
        }
    }

    /// Makes the run of the effects that a runner claimed, with no time limit but that of each call.
    pub(super) const fn for_runner(order: Order, effects: Vec<LeasedEffect>) -> Self {
        Self {
            order,
            events: Vec::new(),
            effects,
            key: None,
            received_at: None,
            placing: false,
        }
    }
}

/// The outcome of a round of effects.
#[derive(Default)]
pub(super) struct Round {
    /// The facts to record, in this order.
    pub(super) facts: Vec<Fact>,
    /// The effects that the commit of the facts completes.
    pub(super) completed: Vec<EffectId>,
    /// The effects that are retried or parked; without facts, those that are completed as well.
    pub(super) settled: Settled,
}

/// The outcome of recording a round.
struct Recorded {
    applied: Applied,
    /// Whether the commit has marked the request's key as answered.
    answered: bool,
}

impl Recorded {
    /// Makes the outcome of a round that changes nothing; what it has completed is settled.
    fn nothing(order: Order, round: &mut Round) -> Self {
        let completed = std::mem::take(&mut round.completed);
        round.settled.effects.finished.extend(completed);
        Self {
            applied: Applied {
                order,
                events: Vec::new(),
                leased: Vec::new(),
            },
            answered: false,
        }
    }
}

impl Engine {
    /// Carries out effects and records their outcomes, and then the effects that follow from those.
    /// Returns the order afterwards, and what has happened to it since the request came in.
    pub(super) async fn run_effects(&self, run: EffectRun) -> Result<CommandOutcome, OrderError> {
        self.run_effects_from(run, None).await
    }

    /// The same; effects of the first round that `calls` are about are not carried out again, but
    /// have the outcomes of these calls.
    pub(super) async fn run_effects_from(
        &self,
        run: EffectRun,
        mut calls: Option<Calls<'_>>,
    ) -> Result<CommandOutcome, OrderError> {
        let EffectRun {
            mut order,
            mut events,
            mut effects,
            mut key,
            received_at,
            placing,
        } = run;
        let until = received_at.map(|at| after(at, self.config.request_time_budget));
        let mut answered = false;
        while !effects.is_empty() {
            let now = self.clock.now();
            if until.is_some_and(|until| now >= until) {
                self.release_leases(&effects, "the request's time was up")
                    .await?;
                break;
            }
            let deadline = until.unwrap_or_else(|| after(now, self.config.call_timeout));
            let outcomes = match calls.take() {
                None => self.perform_all(&order, &effects, deadline).await,
                Some(calls) => self.perform_rest(&order, &effects, deadline, calls).await,
            };
            let mut round = self.classify(&order, &effects, outcomes, placing).await?;
            let recorded = self.record_round(order, &mut round, key.as_ref()).await?;
            let applied = recorded.applied;
            self.settle(round.settled).await?;
            if is_closed_by_outage(&applied.order, &applied.events) {
                // The key is free again, and may be claimed by another request.
                key = None;
            }
            answered = recorded.answered;
            events.extend(applied.events);
            (order, effects) = (applied.order, applied.leased);
        }
        if let (Some(key), false) = (&key, answered) {
            self.store.mark_answered(key).await?;
        }
        Ok(CommandOutcome::new(order, events, false))
    }

    async fn perform_all(
        &self,
        order: &Order,
        effects: &[LeasedEffect],
        deadline: Timestamp,
    ) -> Vec<EffectOutcome> {
        let each = effects.iter();
        join_all(each.map(|effect| self.perform(order, effect, deadline))).await
    }

    /// Carries out the effects that the calls under way are not about, beside these calls.
    async fn perform_rest(
        &self,
        order: &Order,
        effects: &[LeasedEffect],
        deadline: Timestamp,
        calls: Calls<'_>,
    ) -> Vec<EffectOutcome> {
        let rest = join_all(effects.iter().map(|effect| async move {
            if self.is_asked_first(&effect.effect.kind) {
                return None;
            }
            Some(self.perform(order, effect, deadline).await)
        }));
        let (mut answers, rest) = join(calls, rest).await;
        let mut outcomes = Vec::with_capacity(effects.len());
        for (effect, outcome) in effects.iter().zip(rest) {
            let mut asked = answers.iter().map(|(kind, _)| kind);
            let answer = asked.position(|kind| *kind == effect.effect.kind);
            outcomes.push(match (outcome, answer) {
                (Some(outcome), _) => outcome,
                (None, Some(at)) => answers.swap_remove(at).1,
                (None, None) => self.perform(order, effect, deadline).await,
            });
        }
        outcomes
    }

    /// Sorts the outcomes of effects into facts to record, completed effects, effects to retry and
    /// effects to park.
    async fn classify(
        &self,
        order: &Order,
        effects: &[LeasedEffect],
        outcomes: Vec<EffectOutcome>,
        placing: bool,
    ) -> Result<Round, StoreError> {
        let mut round = Round::default();
        for (effect, outcome) in effects.iter().zip(outcomes) {
            let id = effect.effect.id;
            match outcome {
                EffectOutcome::Done(facts) => {
                    round.facts.extend(facts);
                    round.completed.push(id);
                }
                EffectOutcome::Outage { error, facts } => {
                    round.facts.extend(facts);
                    let decision = self.decide_outage(order, effect, placing).await?;
                    round.facts.extend(decision.fact);
                    if decision.retry {
                        self.retry_or_park(&mut round, order, effect, &error);
                    } else {
                        round.completed.push(id);
                    }
                }
                EffectOutcome::Retry { error, facts } => {
                    round.facts.extend(facts);
                    self.retry_or_park(&mut round, order, effect, &error);
                }
                EffectOutcome::InProgress(note) => {
                    let due = after(self.clock.now(), self.config.retry.max_backoff);
                    let later = PostponedEffect::new(id, due, note.to_owned());
                    round.settled.effects.postponed.push(later);
                }
                EffectOutcome::Park(error) => round.park(order, effect, &error),
            }
        }
        Ok(round)
    }

    /// Records the facts of a round and completes its effects in one commit, on whatever version the
    /// order has by now.
    async fn record_round(
        &self,
        mut order: Order,
        round: &mut Round,
        key: Option<&IdempotencyScope>,
    ) -> Result<Recorded, OrderError> {
        if round.facts.is_empty() {
            return Ok(Recorded::nothing(order, round));
        }
        let actor = Actor::system();
        for _ in 0..MAX_CONFLICTS {
            let ctx = self.context(order.storefront(), &actor);
            let transition = record_all(order.clone(), &round.facts, &ctx);
            let transition = self.confirm_first(transition, &ctx).await;
            if transition.events.is_empty() {
                return Ok(Recorded::nothing(order, round));
            }
            let PlannedChange { mut change, leased } = self.plan(Some(&order), transition, &ctx);
            change.completed_effects.clone_from(&round.completed);
            let answered = leased.is_empty();
            change.idempotency = key.cloned().map(|key| {
                if is_closed_by_outage(&change.order, &change.events) {
                    IdempotencyUpdate::Release { key }
                } else {
                    IdempotencyUpdate::Advance { key, answered }
                }
            });
            match self
                .commit_and_log(PlannedChange { change, leased })
                .await?
            {
                Committed::Applied(applied) => {
                    return Ok(Recorded {
                        applied: *applied,
                        answered,
                    });
                }
                Committed::VersionConflict
                | Committed::IdempotencyKeyTaken(_)
                | Committed::DuplicateExternalEvent => {
                    order = self.load(&order.storefront().clone(), order.id()).await?;
                }
            }
        }
        Err(OrderError::Contended { id: order.id() })
    }
}
