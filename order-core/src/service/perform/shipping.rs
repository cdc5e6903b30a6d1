//! Calls of the warehouse: request a fulfillment, recall one.

use super::{EffectContext, EffectOutcome};
use crate::fact::Fact;
use crate::order::ShipmentStatus;
use crate::ports::{FulfillmentRequest, Recall, ServiceErrorKind};
use crate::reference::Reference;
use crate::value::FulfillmentNo;

impl EffectContext<'_> {
    pub(super) async fn request(&self, no: FulfillmentNo) -> EffectOutcome {
        let wanted = self
            .order
            .fulfillment(no)
            .filter(|one| one.status == ShipmentStatus::Released && !one.recalling);
        let Some(fulfillment) = wanted else {
            return EffectOutcome::obsolete();
        };
        let request = FulfillmentRequest::new(
            Reference::Fulfillment(self.order.id(), no),
            self.order.id(),
            self.order.personal().shipping_address.clone(),
            self.order.skus_of(&fulfillment.lines),
        );
        match self
            .engine
            .services
            .shipping
            .request(&self.call, &request)
            .await
        {
            Ok(()) => EffectOutcome::obsolete(),
            Err(error) => match error.kind.clone() {
                ServiceErrorKind::Refused { code } => {
                    EffectOutcome::fact(Fact::FulfillmentRefused {
                        fulfillment: no,
                        code,
                    })
                }
                ServiceErrorKind::Unavailable { .. } | ServiceErrorKind::Unknown => {
                    EffectOutcome::Retry {
                        error,
                        facts: Vec::new(),
                    }
                }
            },
        }
    }

    pub(super) async fn recall(&self, no: FulfillmentNo) -> EffectOutcome {
        let waits = self
            .order
            .fulfillment(no)
            .is_some_and(|one| one.is_waiting() && one.recalling);
        if !waits {
            return EffectOutcome::obsolete();
        }
        let reference = Reference::Fulfillment(self.order.id(), no);
        match self
            .engine
            .services
            .shipping
            .recall(&self.call, &reference)
            .await
        {
            Ok(Recall::Recalled) => {
                EffectOutcome::fact(Fact::FulfillmentRecalled { fulfillment: no })
            }
            Ok(Recall::AlreadyShipped) => {
                EffectOutcome::fact(Fact::RecallRefused { fulfillment: no })
            }
            Err(error) => EffectOutcome::Retry {
                error,
                facts: Vec::new(),
            },
        }
    }
}
