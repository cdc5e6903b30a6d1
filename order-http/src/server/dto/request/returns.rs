//! The bodies of returns.

use crate::server::dto::json_object::JsonObject;
use crate::server::dto::units::UnitsDto;
use crate::server::dto::validation::{RequestBody, ValidationErrors};
use order_core::command::Command;
use order_core::value::Reason;
use serde::Deserialize;
use utoipa::ToSchema;

/// Requests the return of units.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RequestReturn, example = json!({
    "lines": [{"sku": "abc123", "quantity": 1}], "reason": "does not fit"
}))]
pub(crate) struct RequestReturnBody {
    #[schema(required = true, value_type = Vec<UnitsDto>, min_items = 1)]
    #[serde(default)]
    lines: Option<Vec<JsonObject<UnitsDto>>>,
    /// Free text, kept with the return.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: Option<String>,
}

impl RequestBody for RequestReturnBody {
    type Core = Command;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Command> {
        let lines = errors.required_list("lines", self.lines);
        let reason = errors.optional("reason", self.reason, Reason::parse);
        Some(Command::RequestReturn {
            lines: lines?,
            reason: reason?,
        })
    }
}

/// Receives the units of a return.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReceiveReturn)]
pub(crate) struct ReceiveReturnBody {
    /// Whether the units are restocked; otherwise they are written off.
    #[schema(default = true)]
    #[serde(default)]
    restock: Option<bool>,
}

impl RequestBody for ReceiveReturnBody {
    type Core = bool;

    fn parse(self, _errors: &mut ValidationErrors) -> Option<bool> {
        Some(self.restock.unwrap_or(true))
    }
}
