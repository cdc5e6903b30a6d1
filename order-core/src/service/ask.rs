//! Asks the customer service and the inventory service about an order before it is stored.
//!
//! What is asked are the effects that the order would be stored with; the answers become facts of the
//! same commit. Only what lapses by itself is asked: a look-up, and a reservation with a lifetime.

use super::engine::Engine;
use super::perform::EffectOutcome;
use crate::command::PlaceOrder;
use crate::decide::draft;
use crate::effect::{Effect, EffectKind};
use crate::fact::Fact;
use crate::order::Order;
use crate::policy::PlacingPolicy;
use crate::ports::{CallContext, LeasedEffect, ServiceErrorKind};
use crate::reference::Reference;
use crate::time::{Timestamp, after};
use crate::transition::{Context, Transition};
use crate::value::ReservationNo;
use futures::future::{Either, join_all, ready, select};
use std::pin::{Pin, pin};
use std::time::Duration;

/// The outcomes of effects, each with the effect.
pub(super) type Answers = Vec<(EffectKind, EffectOutcome)>;

/// Calls under way.
pub(super) type Calls<'a> = Pin<Box<dyn Future<Output = Answers> + Send + 'a>>;

/// An order that is not stored, and the effects to ask for.
pub(super) struct Draft {
    order: Order,
    effects: Vec<LeasedEffect>,
}

impl Draft {
    /// Returns the reference that its stock is reserved under.
    fn reference(&self) -> Reference {
        self.order.reservation_reference(ReservationNo::FIRST)
    }

    /// Returns whether its stock is asked for, and not left to the commit.
    fn asks_for_stock(&self) -> bool {
        let mut effects = self.effects.iter();
        effects.any(|one| matches!(one.effect.kind, EffectKind::ReserveStock { .. }))
    }
}

/// What was asked about a draft.
pub(super) enum Asked<'a> {
    /// Nothing.
    Nothing,
    /// The calls have not begun, or are under way.
    UnderWay { calls: Calls<'a>, begun: bool },
    /// Everything was answered.
    Answered(Answers),
}

impl<'a> Asked<'a> {
    /// Does something while the calls go on.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let Self::UnderWay { calls, begun } = self else {
            return work.await;
        };
        if let Some(done) = poll_once(work.as_mut()).await {
            return done;
        }
        *begun = true;
        match select(work, calls).await {
            Either::Left((done, _)) => done,
            Either::Right((answers, work)) => {
                *self = Self::Answered(answers);
                work.await
            }
        }
    }

    /// Waits for the answers until the time is up.
    pub(super) async fn wait(&mut self, time_is_up: impl Future<Output = ()>) {
        let Self::UnderWay { calls, begun } = self else {
            return;
        };
        *begun = true;
        if let Either::Left((answers, _)) = select(calls, pin!(time_is_up)).await {
            *self = Self::Answered(answers);
        }
    }

    /// Returns the facts that were answered, if every answer is definite and can be stored.
    pub(super) fn facts(&self) -> Option<Vec<Fact>> {
        let Self::Answered(answers) = self else {
            return None;
        };
        let mut facts = Vec::new();
        for (_, outcome) in answers {
            match outcome {
                EffectOutcome::Done(done) => facts.extend(done.iter().cloned()),
                _ => return None,
            }
        }
        Some(facts)
    }

    /// Returns whether this effect was answered.
    pub(super) fn settles(&self, kind: &EffectKind) -> bool {
        matches!(self, Self::Answered(answers) if answers.iter().any(|(asked, _)| asked == kind))
    }

    /// Returns whether stock may be reserved.
    fn may_have_reserved(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::UnderWay { begun, .. } => *begun,
            Self::Answered(_) => self.reservation().is_some_and(|outcome| match outcome {
                EffectOutcome::Done(facts) => facts
                    .iter()
                    .any(|fact| matches!(fact, Fact::StockReserved { .. })),
                EffectOutcome::Outage { error, .. } | EffectOutcome::Retry { error, .. } => {
                    matches!(error.kind, ServiceErrorKind::Unknown)
                }
                EffectOutcome::InProgress(_) => true,
                EffectOutcome::Park(_) => false,
            }),
        }
    }

    fn reservation(&self) -> Option<&EffectOutcome> {
        let Self::Answered(answers) = self else {
            return None;
        };
        answers
            .iter()
            .find(|(kind, _)| matches!(kind, EffectKind::ReserveStock { .. }))
            .map(|(_, outcome)| outcome)
    }

    /// Turns this into the calls that the effects of the stored order go on from.
    pub(super) fn into_calls(self) -> Option<Calls<'a>> {
        match self {
            Self::Nothing => None,
            Self::UnderWay { calls, .. } => Some(calls),
            Self::Answered(answers) => Some(Box::pin(ready(answers))),
        }
    }
}

async fn poll_once<F: Future>(work: Pin<&mut F>) -> Option<F::Output> {
    match futures::poll!(work) {
        std::task::Poll::Ready(done) => Some(done),
        std::task::Poll::Pending => None,
    }
}

impl Engine {
    /// Drafts the order of a command, if its storefront asks first. Nothing is asked while the store
    /// is known to be away: every retry would reserve anew, unless the commit reserves.
    pub(super) fn draft(&self, place: &PlaceOrder, ctx: &Context<'_>) -> Option<Draft> {
        let stores_first = self.patience(ctx).is_zero();
        if stores_first || (!self.inventory_in_store && self.placements.store_is_away()) {
            return None;
        }
        let Transition { order, effects, .. } = draft(place, ctx)?;
        let effects = effects
            .into_iter()
            .filter(|effect| self.is_asked_first(&effect.kind))
            .map(|effect| LeasedEffect::new(effect, 1))
            .collect();
        Some(Draft { order, effects })
    }

    /// Returns whether this effect of a new order is asked for before the order is stored: all but its
    /// prices, which it is decided by, and stock that the commit reserves.
    pub(super) const fn is_asked_first(&self, kind: &EffectKind) -> bool {
        match kind {
            EffectKind::QuotePrices => false,
            EffectKind::ReserveStock { .. } => !self.inventory_in_store,
            _ => true,
        }
    }

    /// Returns how long the answers are waited for; zero if the storefront stores first.
    pub(super) fn patience(&self, ctx: &Context<'_>) -> Duration {
        match ctx.policy.placing {
            PlacingPolicy::AskFirst { patience } => patience.min(self.config.request_time_budget),
            PlacingPolicy::StoreFirst => Duration::ZERO,
        }
    }

    /// Prepares the calls about a draft. They begin once they are waited for.
    pub(super) fn ask<'a>(&'a self, draft: Option<&'a Draft>, deadline: Timestamp) -> Asked<'a> {
        let Some(Draft { order, effects }) = draft else {
            return Asked::Nothing;
        };
        let calls = async move {
            let outcomes = effects
                .iter()
                .map(|effect| self.perform(order, effect, deadline));
            let kinds = effects.iter().map(|leased| leased.effect.kind.clone());
            kinds.zip(join_all(outcomes).await).collect()
        };
        Asked::UnderWay {
            calls: Box::pin(calls),
            begun: false,
        }
    }

    /// Commits the stock of a stored order before the transition that asks for it is stored, so that
    /// the answer is part of the same commit. Whatever else becomes of the order, a repeated stock
    /// commit does nothing, and committed stock is released like any other.
    ///
    /// Without an answer within the patience of the storefront, the effect stays as it is.
    pub(super) async fn confirm_first(
        &self,
        mut transition: Transition,
        ctx: &Context<'_>,
    ) -> Transition {
        let patience = self.patience(ctx);
        let mut effects = transition.effects.iter();
        let commits = |one: &Effect| matches!(one.kind, EffectKind::CommitStock { .. });
        let (false, Some(at)) = (patience.is_zero(), effects.position(commits)) else {
            return transition;
        };
        let effect = LeasedEffect::new(transition.effects.remove(at), 1);
        let deadline = after(ctx.now, patience);
        let time_is_up = self.clock.sleep(patience);
        let facts = {
            let call = pin!(self.perform(&transition.order, &effect, deadline));
            match select(call, time_is_up).await {
                Either::Left((EffectOutcome::Done(facts), _)) => facts,
                Either::Left(_) | Either::Right(_) => Vec::new(),
            }
        };
        if matches!(*facts, [Fact::StockCommitted { .. }]) {
            return transition.then_record(&facts, ctx);
        }
        transition.effects.insert(at, effect.effect);
        transition
    }

    /// Releases what may be reserved for a draft that is not stored. A reservation that cannot be
    /// released is left to expire, and counted.
    pub(super) async fn withdraw(&self, draft: Option<&Draft>, asked: Asked<'_>) {
        let draft = draft.filter(|draft| draft.asks_for_stock());
        let (Some(draft), true) = (draft, asked.may_have_reserved()) else {
            return;
        };
        drop(asked);
        let reference = draft.reference();
        let call = CallContext::new(
            draft.order.storefront().clone(),
            format!("withdraw-{reference}"),
            after(self.clock.now(), self.config.request_time_budget),
        );
        if let Err(error) = self.services.inventory.release(&call, &reference).await {
            self.leave_to_expire(&reference, &error);
        }
    }

    /// Notes that a reservation of an order that is not stored is left to expire.
    fn leave_to_expire(&self, reference: &Reference, error: &dyn std::error::Error) {
        self.placements.leave_to_expire();
        tracing::warn!(
            reservation = %reference,
            error = %error,
            "a reservation without an order is left to expire"
        );
    }

    /// Notes what an order that may not be stored leaves reserved.
    pub(super) fn leave_in_doubt(
        &self,
        draft: Option<&Draft>,
        asked: &Asked<'_>,
        error: &dyn std::error::Error,
    ) {
        let draft = draft.filter(|draft| draft.asks_for_stock());
        if let (Some(draft), true) = (draft, asked.may_have_reserved()) {
            self.leave_to_expire(&draft.reference(), error);
        }
    }
}
