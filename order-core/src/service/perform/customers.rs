//! Calls of the customer service: verifies the customer.

use super::{EffectContext, EffectOutcome};
use crate::fact::Fact;
use crate::order::CustomerVerification;
use crate::ports::CustomerStatus;
use crate::value::Code;

impl EffectContext<'_> {
    pub(super) async fn verify(&self) -> EffectOutcome {
        if self.order.customer_verification() != CustomerVerification::Pending
            || self.order.status().is_closed()
        {
            return EffectOutcome::obsolete();
        }
        let customers = &self.engine.services.customers;
        match customers.find(&self.call, self.order.customer_id()).await {
            Ok(Some(customer)) if customer.status == CustomerStatus::Active => {
                EffectOutcome::fact(Fact::CustomerVerified)
            }
            Ok(Some(_)) => rejected(Code::literal("customer_blocked")),
            Ok(None) => rejected(Code::literal("unknown_customer")),
            Err(error) => EffectOutcome::from_error(error),
        }
    }
}

fn rejected(code: Code) -> EffectOutcome {
    EffectOutcome::fact(Fact::CustomerRejected { code })
}
