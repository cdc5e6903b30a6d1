//! What all parts of the service share.

use super::gathered::Gathered;
use super::handover::Handover;
use super::placements::Placements;
use super::{ExternalServices, ServiceConfig};
use crate::event::Actor;
use crate::order::Order;
use crate::policy::{PolicySet, StorefrontPolicy};
use crate::ports::{Clock, EffectQueue, IdGenerator, OrderError, OrderStore, Worker};
use crate::transition::Context;
use crate::value::{OrderId, StorefrontId};
use std::sync::Arc;

/// The maximum number of attempts under version conflicts with concurrent changes.
pub(super) const MAX_CONFLICTS: u32 = 50;

/// The parts of a service. A runner has an engine of its own, under a worker name of its own.
#[derive(Clone)]
pub(super) struct Engine {
    pub(super) store: Arc<dyn OrderStore>,
    pub(super) queue: Arc<dyn EffectQueue>,
    pub(super) services: ExternalServices,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdGenerator>,
    pub(super) policies: PolicySet,
    pub(super) placements: Arc<Placements>,
    /// Whether the inventory service is the store's own, whose stock a commit reserves.
    pub(super) inventory_in_store: bool,
    pub(super) worker: Worker,
    pub(super) config: ServiceConfig,
    /// Where commits leave notices for the runner of this process.
    pub(super) handover: Arc<Handover>,
    /// Where a runner gathers outcomes; `None` for requests, which settle theirs at once.
    pub(super) gathered: Option<Arc<Gathered>>,
}

impl Engine {
    pub(super) fn policy(&self, storefront: &StorefrontId) -> &StorefrontPolicy {
        self.policies.for_storefront(storefront)
    }

    /// Returns the context of a decision made now.
    pub(super) fn context<'a>(
        &'a self,
        storefront: &StorefrontId,
        actor: &'a Actor,
    ) -> Context<'a> {
        Context::new(self.policy(storefront), self.clock.now(), actor)
    }

    pub(super) async fn load(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Order, OrderError> {
        self.store
            .find(storefront, id)
            .await?
            .ok_or(OrderError::NotFound { id })
    }
}
