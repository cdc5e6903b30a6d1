//! The body of `POST /v1/orders/{id}/release_hold`.

use crate::server::dto::validation::{RequestBody, ValidationErrors};
use order_core::command::Command;
use order_core::value::{HoldNo, Reason};
use serde::Deserialize;
use utoipa::ToSchema;

/// Releases one hold, or all of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReleaseHold)]
pub(crate) struct ReleaseHoldBody {
    /// The hold to release; absent for all of them.
    #[schema(example = "1")]
    #[serde(default)]
    hold_id: Option<String>,
    /// Free text. It is checked and not kept.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: Option<String>,
}

impl RequestBody for ReleaseHoldBody {
    type Core = Command;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Command> {
        let hold = errors.optional("hold_id", self.hold_id, |id| id.parse::<HoldNo>());
        errors.optional("reason", self.reason, Reason::parse)?;
        Some(Command::ReleaseHold { hold: hold? })
    }
}
