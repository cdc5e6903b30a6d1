//! Stores a transition: plans its change, commits it, logs its events.

use super::engine::Engine;
use super::log::log_events;
use super::reserve_in_commit::{OutOfStock, Reserving};
use crate::effect::EffectKind;
use crate::event::Event;
use crate::order::Order;
use crate::ports::{Change, CommitOutcome, IdempotencyRecord, Lease, LeasedEffect, StoreError};
use crate::time::after;
use crate::transition::{Context, Transition};

/// A change ready to commit, and those of its effects that this process carries out at once.
pub(super) struct PlannedChange {
    pub(super) change: Change,
    /// Effects leased to this process in the same commit.
    pub(super) leased: Vec<LeasedEffect>,
}

/// The outcome of committing a planned change.
pub(super) enum Committed {
    Applied(Box<Applied>),
    VersionConflict,
    IdempotencyKeyTaken(IdempotencyRecord),
    DuplicateExternalEvent,
}

/// A change that is stored.
pub(super) struct Applied {
    /// The order afterwards.
    pub(super) order: Order,
    pub(super) events: Vec<Event>,
    pub(super) leased: Vec<LeasedEffect>,
}

impl Engine {
    /// Plans the change that stores a transition of `before` (`None`: it creates the order), and leases
    /// its effects to this process. Notices are left to a runner.
    pub(super) fn plan(
        &self,
        before: Option<&Order>,
        transition: Transition,
        ctx: &Context<'_>,
    ) -> PlannedChange {
        let mut change = Change::from_transition(before, transition, ctx);
        change.publish = self.config.publish;
        let lease = Lease::new(self.worker.clone(), after(ctx.now, self.config.lease));
        let mut leased = Vec::new();
        for new in &mut change.effects {
            if matches!(new.effect.kind, EffectKind::Notify { .. }) {
                continue;
            }
            leased.push(LeasedEffect::new(new.effect.clone(), 1));
            new.lease = Some(lease.clone());
        }
        PlannedChange { change, leased }
    }

    /// Commits a planned change that reserves no stock, and logs its events if they are stored.
    pub(super) async fn commit_and_log(
        &self,
        planned: PlannedChange,
    ) -> Result<Committed, StoreError> {
        match self.commit_reserving(planned).await? {
            Reserving::Committed(committed) => Ok(committed),
            Reserving::OutOfStock(_) | Reserving::IdTaken => Err(not_asked_for()),
        }
    }

    /// Commits a planned change, which may reserve stock, and logs its events if they are stored.
    pub(super) async fn commit_reserving(
        &self,
        planned: PlannedChange,
    ) -> Result<Reserving, StoreError> {
        let PlannedChange { mut change, leased } = planned;
        let reserves = change.reserve.is_some();
        let notices = self.lease_notices(&mut change);
        let leaves_due =
            change.expedite_effects || change.effects.iter().any(|new| new.lease.is_none());
        let (order, events) = (change.order.clone(), change.events.clone());
        let outcome = self.store.commit(change).await;
        let is_away = matches!(outcome, Err(StoreError::Unavailable(_)));
        self.placements.note_store(is_away);
        let committed = match outcome? {
            CommitOutcome::Applied => {
                log_events(&order, &events);
                if let Some(notices) = notices {
                    self.hand_over(notices, &order).await;
                }
                if leaves_due {
                    self.handover.wake();
                }
                Committed::Applied(Box::new(Applied {
                    order,
                    events,
                    leased,
                }))
            }
            CommitOutcome::VersionConflict { .. } => Committed::VersionConflict,
            CommitOutcome::IdempotencyKeyTaken(record) => Committed::IdempotencyKeyTaken(record),
            CommitOutcome::DuplicateExternalEvent => Committed::DuplicateExternalEvent,
            CommitOutcome::OutOfStock { shortages, unknown } if reserves => {
                return Ok(Reserving::OutOfStock(OutOfStock { shortages, unknown }));
            }
            CommitOutcome::ReservationIdTaken if reserves => return Ok(Reserving::IdTaken),
            CommitOutcome::OutOfStock { .. } | CommitOutcome::ReservationIdTaken => {
                return Err(not_asked_for());
            }
        };
        Ok(Reserving::Committed(committed))
    }
}

fn not_asked_for() -> StoreError {
    StoreError::Failed("an answer about stock that was not asked for".into())
}
