//! Carrying out one effect: from a task to what came of it.
//!
//! An effect is looked at on the order as it is by now. One that is of no use any more is not
//! carried out: if it may have been tried before, what came of that is learnt or undone first.

mod goods;
mod money;
mod people;
mod stock;

use super::Engine;
use crate::effect::Task;
use crate::fact::Fact;
use crate::order::Order;
use crate::policy::{Dependency, OutagePolicy};
use crate::ports::{Call, OutsideError, StoreError, TakenEffect};
use crate::time::Timestamp;

/// What came of an effect.
pub(super) enum Verdict {
    /// It is done, or of no use any more: these facts follow, and it leaves the queue.
    Done(Vec<Fact>),
    /// The service is away: what happens then is the storefront's policy.
    Outage {
        error: OutsideError,
        facts: Vec<Fact>,
    },
    /// It is to be tried again; these facts follow already.
    Again {
        error: OutsideError,
        facts: Vec<Fact>,
    },
    /// The service is at it, and will be for a while: nothing has failed, and it is asked for later.
    UnderWay(&'static str),
    /// The service refuses what it should not: a person must look.
    Park(OutsideError),
}

impl Verdict {
    fn fact(fact: Fact) -> Self {
        Self::Done(vec![fact])
    }

    /// Nothing to do any more.
    const fn obsolete() -> Self {
        Self::Done(Vec::new())
    }

    /// The usual way an error is dealt with where a repetition does no harm.
    fn of_error(error: OutsideError) -> Self {
        if error.is_outage() {
            Self::Outage {
                error,
                facts: Vec::new(),
            }
        } else {
            Self::Park(error)
        }
    }
}

/// One effect on the order as it is, and the call it is carried out with.
struct Job<'a> {
    engine: &'a Engine,
    order: &'a Order,
    tries: u32,
    call: Call,
}

impl Job<'_> {
    /// Whether an earlier try may have reached the service.
    const fn may_have_been_tried(&self) -> bool {
        self.tries > 1
    }
}

impl Engine {
    /// Carries out an effect of an order, to be answered by `deadline`.
    pub(super) async fn perform(
        &self,
        order: &Order,
        row: &TakenEffect,
        deadline: Timestamp,
    ) -> Verdict {
        let job = Job {
            engine: self,
            order,
            tries: row.tries,
            call: Call::new(
                row.effect.storefront.clone(),
                row.effect.id.to_string(),
                deadline,
            ),
        };
        match &row.effect.task {
            Task::QuotePrices => job.quote().await,
            Task::VerifyCustomer => job.verify().await,
            Task::ReserveStock { reservation, lines } => job.reserve(*reservation, lines).await,
            Task::ReviseStock { reservation, lines } => job.revise(*reservation, lines).await,
            Task::ExtendStock { reservation } => job.extend(*reservation).await,
            Task::CommitStock { reservation } => job.commit_stock(*reservation).await,
            Task::ReleaseStock { reservation } => job.release(*reservation).await,
            Task::AuthorizePayment { attempt } => job.pay(*attempt).await,
            Task::CapturePayment { attempt, capture } => job.capture(*attempt, *capture).await,
            Task::VoidPayment { attempt } => job.void(*attempt).await,
            Task::RefundPayment { refund } => job.refund(*refund).await,
            Task::RequestFulfillment { fulfillment } => job.request(*fulfillment).await,
            Task::RecallFulfillment { fulfillment } => job.recall(*fulfillment).await,
            Task::Notify { notice } => job.notify(*notice).await,
        }
    }

    /// What an outage means for an order, by its storefront's policy, and whether the effect waits.
    pub(super) async fn outage(
        &self,
        order: &Order,
        row: &TakenEffect,
        placing: bool,
    ) -> Result<(Option<Fact>, bool), StoreError> {
        let dependency = row.effect.task.dependency();
        let deferred = Fact::DependencyDeferred { dependency };
        let first_needs = matches!(dependency, Dependency::Customers | Dependency::Inventory);
        if !first_needs || order.status() != crate::order::OrderStatus::Pending {
            return Ok((
                (dependency == Dependency::Payments).then_some(deferred),
                true,
            ));
        }
        let policy = self.policies(order.storefront()).outage;
        if let OutagePolicy::AcceptUnverified { up_to, .. } = policy
            && dependency == Dependency::Customers
            && order.is_priced()
            && order.totals().total <= up_to
        {
            return Ok((Some(Fact::CustomerUnverified), false));
        }
        // An order that was accepted before is never turned away: it waits until its deadline.
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
        if refused {
            return Ok((Some(Fact::DependencyRefused { dependency }), false));
        }
        Ok((Some(deferred), true))
    }
}
