//! A body with nothing but a reason.

use crate::server::dto::validation::{RequestBody, ValidationErrors};
use order_core::value::Reason;
use serde::Deserialize;
use utoipa::ToSchema;

/// The reason for a command.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReasonBody)]
pub(crate) struct ReasonBody {
    /// Free text, kept in the history.
    #[schema(max_length = 500, example = "the customer asked for it")]
    #[serde(default)]
    reason: Option<String>,
}

impl RequestBody for ReasonBody {
    type Core = Option<Reason>;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Option<Reason>> {
        errors.optional("reason", self.reason, Reason::parse)
    }
}
