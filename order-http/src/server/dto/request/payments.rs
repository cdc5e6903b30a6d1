//! The bodies of payments, captures and refunds.

use crate::server::dto::numbers::amount;
use crate::server::dto::validation::{RequestBody, ValidationErrors};
use order_core::command::Command;
use order_core::money::Amount;
use order_core::value::{PaymentToken, Reason};
use serde::Deserialize;
use utoipa::ToSchema;

/// A payment method.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PaymentMethod)]
pub(crate) struct PaymentMethodBody {
    /// The payment provider's token of the payment method. No response shows it.
    #[schema(required = true, value_type = String, max_length = 255, example = "tok_visa")]
    #[serde(default)]
    token: Option<String>,
}

impl RequestBody for PaymentMethodBody {
    type Core = PaymentToken;

    fn parse(self, errors: &mut ValidationErrors) -> Option<PaymentToken> {
        errors.required("token", self.token, PaymentToken::parse)
    }
}

/// Starts a payment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Pay)]
pub(crate) struct PayBody {
    /// Minor units; absent for all that is due.
    #[schema(minimum = 1)]
    #[serde(default)]
    amount: Option<i64>,
}

impl RequestBody for PayBody {
    type Core = Command;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Command> {
        let amount = errors.optional("amount", self.amount, amount);
        Some(Command::StartPayment { amount: amount? })
    }
}

/// The amount of a capture or a refund.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AmountBody)]
pub(crate) struct AmountBody {
    /// Minor units; absent for all that can be captured or refunded.
    #[schema(minimum = 1, example = 500)]
    #[serde(default)]
    amount: Option<i64>,
    /// Free text. A refund keeps it, a capture does not.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: Option<String>,
}

impl RequestBody for AmountBody {
    type Core = (Option<Amount>, Option<Reason>);

    fn parse(self, errors: &mut ValidationErrors) -> Option<Self::Core> {
        let amount = errors.optional("amount", self.amount, amount);
        let reason = errors.optional("reason", self.reason, Reason::parse);
        Some((amount?, reason?))
    }
}
