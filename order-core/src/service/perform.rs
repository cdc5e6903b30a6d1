//! Carries out one effect: calls the external service, and turns its answer into facts.
//!
//! Each effect is checked against the order as it is by now. One that is obsolete is not sent: if an
//! earlier attempt may have been, its outcome is queried or compensated instead. A file per external
//! service. Nothing is committed here.

mod customers;
mod inventory;
mod notifications;
mod payments;
mod shipping;

use super::engine::Engine;
use crate::effect::EffectKind;
use crate::fact::Fact;
use crate::order::Order;
use crate::ports::{CallContext, LeasedEffect, ServiceError};
use crate::time::Timestamp;

/// The outcome of an effect.
pub(super) enum EffectOutcome {
    /// It is done, or obsolete: these facts are recorded, and it leaves the queue.
    Done(Vec<Fact>),
    /// The service is unreachable: the storefront's outage policy applies.
    Outage {
        error: ServiceError,
        facts: Vec<Fact>,
    },
    /// It is retried; these facts are recorded already.
    Retry {
        error: ServiceError,
        facts: Vec<Fact>,
    },
    /// The service is still processing it: nothing has failed, and it is queried again later.
    InProgress(&'static str),
    /// The service refuses what it should accept: the effect is parked as a dead letter.
    Park(ServiceError),
}

impl EffectOutcome {
    fn fact(fact: Fact) -> Self {
        Self::Done(vec![fact])
    }

    /// Makes the outcome without facts: there is nothing left to do.
    const fn obsolete() -> Self {
        Self::Done(Vec::new())
    }

    /// Converts an error of a call that is safe to repeat.
    fn from_error(error: ServiceError) -> Self {
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

/// One effect, the order as it is by now, and the call to make.
struct EffectContext<'a> {
    engine: &'a Engine,
    order: &'a Order,
    attempts: u32,
    call: CallContext,
}

impl EffectContext<'_> {
    /// Returns whether an earlier attempt may have reached the service.
    const fn may_have_been_sent(&self) -> bool {
        self.attempts > 1
    }
}

impl Engine {
    /// Carries out an effect of an order, to be answered by `deadline`.
    pub(super) async fn perform(
        &self,
        order: &Order,
        effect: &LeasedEffect,
        deadline: Timestamp,
    ) -> EffectOutcome {
        let ctx = EffectContext {
            engine: self,
            order,
            attempts: effect.attempts,
            call: CallContext::new(
                effect.effect.storefront.clone(),
                effect.effect.id.to_string(),
                deadline,
            ),
        };
        match &effect.effect.kind {
            EffectKind::QuotePrices => ctx.quote().await,
            EffectKind::VerifyCustomer => ctx.verify().await,
            EffectKind::ReserveStock { reservation, lines } => {
                ctx.reserve(*reservation, lines).await
            }
            EffectKind::ReviseStock { reservation, lines } => ctx.revise(*reservation, lines).await,
            EffectKind::ExtendStock { reservation } => ctx.extend(*reservation).await,
            EffectKind::CommitStock { reservation } => ctx.commit_stock(*reservation).await,
            EffectKind::ReleaseStock { reservation } => ctx.release(*reservation).await,
            EffectKind::AuthorizePayment { attempt } => ctx.authorize(*attempt).await,
            EffectKind::CapturePayment { attempt, capture } => {
                ctx.capture(*attempt, *capture).await
            }
            EffectKind::VoidPayment { attempt } => ctx.void(*attempt).await,
            EffectKind::RefundPayment { refund } => ctx.refund(*refund).await,
            EffectKind::RequestFulfillment { fulfillment } => ctx.request(*fulfillment).await,
            EffectKind::RecallFulfillment { fulfillment } => ctx.recall(*fulfillment).await,
            EffectKind::Notify { notification } => ctx.notify(*notification).await,
        }
    }
}
