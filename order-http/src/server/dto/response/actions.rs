//! The actions that are allowed on an order.

use crate::server::dto::enums;
use crate::server::problem::kebab_case;
use order_core::ports::CommandAvailability;
use serde::Serialize;
use utoipa::ToSchema;

/// Whether an action is allowed now.
#[derive(Serialize, ToSchema)]
#[schema(as = CommandAvailability)]
pub(crate) struct ActionResponse {
    #[schema(value_type = enums::Action)]
    action: &'static str,
    allowed: bool,
    /// Why the action is not allowed; absent if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<RefusalReasonResponse>,
}

/// Why an action would be refused.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusalReason)]
pub(crate) struct RefusalReasonResponse {
    /// The code of the problem that the action would be answered with.
    #[schema(example = "already-shipped")]
    code: String,
    message: String,
}

impl ActionResponse {
    /// Shows an action. `is_permitted` says whether the caller's roles allow it.
    pub(crate) fn new(state: &CommandAvailability, is_permitted: bool) -> Self {
        let reason = if is_permitted {
            state.refusal.as_ref().map(|refusal| RefusalReasonResponse {
                code: kebab_case(refusal.code.as_str()),
                message: refusal.message.clone(),
            })
        } else {
            Some(RefusalReasonResponse {
                code: "forbidden".to_owned(),
                message: "none of your roles may do this".to_owned(),
            })
        };
        Self {
            action: state.command.as_str(),
            allowed: reason.is_none(),
            reason,
        }
    }
}

/// Every action, and whether it is allowed now.
#[derive(Serialize, ToSchema)]
#[schema(as = Actions)]
pub(crate) struct ActionsResponse {
    pub(crate) data: Vec<ActionResponse>,
}
