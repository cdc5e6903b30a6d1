//! The warehouse: ask, and call back.

use super::{Job, Verdict};
use crate::fact::Fact;
use crate::order::FulfillmentState;
use crate::ports::{FulfillmentRequest, OutsideErrorKind, Recall};
use crate::reference::Reference;
use crate::value::FulfillmentNo;

impl Job<'_> {
    pub(super) async fn request(&self, no: FulfillmentNo) -> Verdict {
        let wanted = self
            .order
            .fulfillment(no)
            .filter(|one| one.state == FulfillmentState::Released && !one.recalling);
        let Some(fulfillment) = wanted else {
            return Verdict::obsolete();
        };
        let request = FulfillmentRequest::new(
            Reference::Fulfillment(self.order.id(), no),
            self.order.id(),
            self.order.personal().shipping_address.clone(),
            self.order.skus_of(&fulfillment.lines),
        );
        match self
            .engine
            .outside
            .shipping
            .request(&self.call, &request)
            .await
        {
            Ok(()) => Verdict::obsolete(),
            Err(error) => match error.kind.clone() {
                OutsideErrorKind::Refused { code } => Verdict::fact(Fact::FulfillmentRefused {
                    fulfillment: no,
                    code,
                }),
                OutsideErrorKind::Unavailable { .. } | OutsideErrorKind::Unknown => {
                    Verdict::Again {
                        error,
                        facts: Vec::new(),
                    }
                }
            },
        }
    }

    pub(super) async fn recall(&self, no: FulfillmentNo) -> Verdict {
        let waits = self
            .order
            .fulfillment(no)
            .is_some_and(|one| one.is_waiting() && one.recalling);
        if !waits {
            return Verdict::obsolete();
        }
        let reference = Reference::Fulfillment(self.order.id(), no);
        match self
            .engine
            .outside
            .shipping
            .recall(&self.call, &reference)
            .await
        {
            Ok(Recall::Recalled) => Verdict::fact(Fact::FulfillmentRecalled { fulfillment: no }),
            Ok(Recall::AlreadyShipped) => Verdict::fact(Fact::RecallRefused { fulfillment: no }),
            Err(error) => Verdict::Again {
                error,
                facts: Vec::new(),
            },
        }
    }
}
