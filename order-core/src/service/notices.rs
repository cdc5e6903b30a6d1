//! Leases the notices of a commit to the runner of this process, and hands them over.

use super::engine::Engine;
use super::handover::{HandedOver, Reservation};
use super::retry::release_all;
use crate::effect::EffectKind;
use crate::order::Order;
use crate::ports::{Change, Lease, LeasedEffect};
use crate::time::{Timestamp, after};

/// The notices of a change, leased to the runner of this process.
pub(super) struct LeasedNotices {
    reservation: Reservation,
    effects: Vec<LeasedEffect>,
    until: Timestamp,
}

impl Engine {
    /// Leases the notices of a change to the runner of this process, if it runs and has room.
    pub(super) fn lease_notices(&self, change: &mut Change) -> Option<LeasedNotices> {
        let mut notices = change
            .effects
            .iter_mut()
            .filter(|new| {
                new.lease.is_none() && matches!(new.effect.kind, EffectKind::Notify { .. })
            })
            .peekable();
        notices.peek()?;
        let reservation = self.handover.reserve()?;
        let until = after(self.clock.now(), self.config.lease);
        let lease = Lease::new(reservation.worker.clone(), until);
        let effects = notices
            .map(|new| {
                new.lease = Some(lease.clone());
                LeasedEffect::new(new.effect.clone(), 1)
            })
            .collect();
        Some(LeasedNotices {
            reservation,
            effects,
            until,
        })
    }

    /// Hands the notices of a committed change over. If the runner has stopped meanwhile, they are
    /// released for any worker.
    pub(super) async fn hand_over(&self, notices: LeasedNotices, order: &Order) {
        let LeasedNotices {
            reservation,
            effects,
            until,
        } = notices;
        let worker = reservation.worker.clone();
        let ids: Vec<_> = effects.iter().map(|one| one.effect.id).collect();
        let is_taken = reservation.send(HandedOver {
            order: order.clone(),
            effects,
            until,
        });
        if is_taken {
            return;
        }
        let now = self.clock.now();
        let released = release_all(ids, now, "the runner has stopped");
        if let Err(error) = self.queue.settle(&worker, now, &released).await {
            tracing::warn!(error = %error, "notices wait until their leases expire");
        }
    }
}
