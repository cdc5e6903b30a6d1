//! The bodies of payments, captures and refunds.

use crate::server::dto::enums;
use crate::server::dto::json_object::JsonObject;
use crate::server::dto::numbers::amount;
use crate::server::dto::units::UnitsDto;
use crate::server::dto::validation::{RequestBody, ValidationErrors};
use order_core::command::Command;
use order_core::order::RefundKind;
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

/// A refund: an amount, units, or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RequestRefund, example = json!({
    "lines": [{"line_id": "1", "quantity": 1}], "reason": "missing in the parcel"
}))]
pub(crate) struct RefundBody {
    /// Minor units; absent for the worth of the units, or without any for all that can be refunded.
    #[schema(minimum = 1, example = 500)]
    #[serde(default)]
    amount: Option<i64>,
    /// The units it is for.
    #[schema(value_type = Option<Vec<UnitsDto>>, min_items = 1)]
    #[serde(default)]
    lines: Option<Vec<JsonObject<UnitsDto>>>,
    /// `correction` (the default) is money ahead of a cancel, return or revision: what that frees
    /// later, of the units named or of any, is not paid back again. `goodwill` is a gift beside it.
    #[schema(value_type = Option<enums::RefundKind>)]
    #[serde(default)]
    kind: Option<String>,
    /// Free text, kept with the refund.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: Option<String>,
}

impl RequestBody for RefundBody {
    type Core = Command;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Command> {
        let amount = errors.optional("amount", self.amount, amount);
        let lines = errors.optional_list("lines", self.lines);
        let kind = errors.optional("kind", self.kind, |kind| kind.parse::<RefundKind>());
        let reason = errors.optional("reason", self.reason, Reason::parse);
        Some(Command::RequestRefund {
            amount: amount?,
            lines: lines?,
            kind: kind?.unwrap_or(RefundKind::Correction),
            reason: reason?,
        })
    }
}

/// The amount of a capture.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AmountBody)]
pub(crate) struct AmountBody {
    /// Minor units; absent for all that can be captured.
    #[schema(minimum = 1, example = 500)]
    #[serde(default)]
    amount: Option<i64>,
    /// Free text, which is not kept.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: Option<String>,
}

impl RequestBody for AmountBody {
    type Core = Command;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Command> {
        let amount = errors.optional("amount", self.amount, amount);
        errors.optional("reason", self.reason, Reason::parse)?;
        Some(Command::CapturePayment { amount: amount? })
    }
}
