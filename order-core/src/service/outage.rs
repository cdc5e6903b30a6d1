//! What an unreachable external service means for an order, by its storefront's policy.

use super::engine::Engine;
use crate::dependency::Dependency;
use crate::event::DEPENDENCY_UNAVAILABLE;
use crate::event::{Event, EventPayload};
use crate::fact::Fact;
use crate::order::{Order, OrderStatus};
use crate::policy::OutagePolicy;
use crate::ports::{LeasedEffect, ServiceError, ServiceErrorKind, StoreError};
use crate::value::StorefrontId;
use std::time::Duration;

/// The delay before a retry, if neither the service nor the policy gives one.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(30);

/// How an effect is handled whose service is unreachable.
pub(super) struct OutageDecision {
    /// The fact to record, if any.
    pub(super) fact: Option<Fact>,
    /// Whether the effect is retried; else it is completed.
    pub(super) retry: bool,
}

impl Engine {
    /// Decides what an outage means for an order. `placing`: its caller has not been answered yet, so
    /// that it can still be rejected.
    pub(super) async fn decide_outage(
        &self,
        order: &Order,
        effect: &LeasedEffect,
        placing: bool,
    ) -> Result<OutageDecision, StoreError> {
        let dependency = effect.effect.kind.dependency();
        let decided = |fact, retry| OutageDecision { fact, retry };
        let deferred = Fact::DependencyDeferred { dependency };
        let needed_to_accept = match dependency {
            Dependency::Customers | Dependency::Inventory => true,
            Dependency::Payments | Dependency::Shipping | Dependency::Notifications => false,
        };
        if !needed_to_accept || order.status() != OrderStatus::Pending {
            let fact = (dependency == Dependency::Payments).then_some(deferred);
            return Ok(decided(fact, true));
        }
        let policy = self.policy(order.storefront()).outage;
        if let OutagePolicy::AcceptUnverified { up_to, .. } = policy
            && dependency == Dependency::Customers
            && order.is_priced()
            && order.totals().total <= up_to
        {
            return Ok(decided(Some(Fact::CustomerUnverified), false));
        }
        // An order that was accepted is never rejected for an outage: it waits until its deadline.
        let refused = placing
            && match policy.queue_bound() {
                None => true,
                Some(at_most) => {
                    order.pending_on().is_empty()
                        && self
                            .store
                            .count_deferred(order.storefront(), at_most)
                            .await?
                            >= at_most
                }
            };
        Ok(if refused {
            decided(Some(Fact::DependencyRefused { dependency }), false)
        } else {
            decided(Some(deferred), true)
        })
    }

    /// Returns the delay before a rejected caller should retry.
    pub(super) fn retry_after(&self, storefront: &StorefrontId) -> Duration {
        match self.policy(storefront).outage {
            OutagePolicy::Reject { retry_after } => retry_after,
            OutagePolicy::Defer { .. } | OutagePolicy::AcceptUnverified { .. } => {
                DEFAULT_RETRY_AFTER
            }
        }
    }
}

/// Returns the delay that the service requested, if it did.
pub(super) const fn requested_delay(error: &ServiceError) -> Option<Duration> {
    match error.kind {
        ServiceErrorKind::Unavailable { retry_after } => retry_after,
        ServiceErrorKind::Unknown | ServiceErrorKind::Refused { .. } => None,
    }
}

/// Returns the service whose outage closed the order by one of these events, if one did.
pub(super) fn closed_by_outage(events: &[Event]) -> Option<Dependency> {
    events.iter().find_map(|event| match &event.payload {
        EventPayload::OrderRejected { reason } if reason.code == DEPENDENCY_UNAVAILABLE => {
            Some(reason.dependency.unwrap_or(Dependency::Inventory))
        }
        _ => None,
    })
}

/// Returns whether one of these events closed the order because an external service was unreachable.
pub(super) fn is_closed_by_outage(order: &Order, events: &[Event]) -> bool {
    order.status() == OrderStatus::Rejected && closed_by_outage(events).is_some()
}
