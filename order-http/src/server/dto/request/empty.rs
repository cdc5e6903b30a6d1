//! A body without members.

use crate::server::dto::validation::{RequestBody, ValidationErrors};
use serde::Deserialize;
use utoipa::ToSchema;

/// No members.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Empty)]
pub(crate) struct EmptyBody {}

impl RequestBody for EmptyBody {
    type Core = ();

    fn parse(self, _errors: &mut ValidationErrors) -> Option<()> {
        Some(())
    }
}
