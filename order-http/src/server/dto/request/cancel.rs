//! The body of `POST /v1/orders/{id}/cancel`.

use crate::server::dto::json_object::JsonObject;
use crate::server::dto::units::UnitsDto;
use crate::server::dto::validation::{RequestBody, ValidationErrors};
use order_core::command::Command;
use order_core::value::Reason;
use serde::Deserialize;
use utoipa::ToSchema;

/// Cancels the whole order, or some units.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Cancel, example = json!({"reason": "ordered by mistake"}))]
pub(crate) struct CancelBody {
    /// The units to cancel; absent for the whole order.
    #[schema(value_type = Option<Vec<UnitsDto>>, min_items = 1)]
    #[serde(default)]
    lines: Option<Vec<JsonObject<UnitsDto>>>,
    /// Free text, kept in the history.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: Option<String>,
}

impl RequestBody for CancelBody {
    type Core = Command;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Command> {
        let lines = errors.optional_list("lines", self.lines);
        let reason = errors.optional("reason", self.reason, Reason::parse);
        let reason = reason?;
        Some(match lines? {
            Some(lines) => Command::CancelLines { lines, reason },
            None => Command::RequestCancel { reason },
        })
    }
}
