//! The body of `POST /v1/orders/{id}/preview`: an action, and the body of its own endpoint.

use super::cancel::CancelBody;
use super::empty::EmptyBody;
use super::holds::ReleaseHoldBody;
use super::lines::ReviseLinesBody;
use super::payments::{AmountBody, PayBody, PaymentMethodBody, RefundBody};
use super::reason::ReasonBody;
use super::returns::{ReceiveReturnBody, RequestReturnBody};
use super::shipments::{PlanFulfillmentBody, ShipBody, TrackingBody};
use super::update_order::{OrderPatch, UpdateOrderBody};
use crate::server::dto::address::AddressDto;
use crate::server::dto::enums;
use crate::server::dto::parse::parse_body;
use crate::server::dto::validation::{RequestBody, ValidationErrors};
use crate::server::problem::{FieldError, Problem};
use order_core::command::{Command, CommandKind};
use order_core::value::InvalidValue;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::str::FromStr;
use utoipa::ToSchema;

/// A command to preview: the action, the members of the body of its own endpoint, and the ids that
/// this endpoint has in its path (`shipment_id`, `fulfillment_id`, `return_id`).
#[derive(Deserialize, ToSchema)]
#[schema(as = Preview, example = json!({"action": "cancel", "reason": "ordered by mistake"}))]
pub(crate) struct PreviewBody {
    /// Any action except `place` and `import`.
    #[schema(required = true, value_type = enums::Action)]
    #[serde(default)]
    action: Option<Value>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl RequestBody for PreviewBody {
    type Core = (CommandKind, Map<String, Value>);

    fn parse(self, errors: &mut ValidationErrors) -> Option<Self::Core> {
        let action = errors.required("action", self.action, |action| {
            action.as_str().unwrap_or_default().parse::<CommandKind>()
        })?;
        Some((action, self.rest))
    }
}

/// A command to preview.
pub(crate) enum PreviewedCommand {
    /// A command that is complete.
    Command(Command),
    /// A patch, which becomes a command when it is applied to the order.
    Update(OrderPatch),
}

/// Parses the rest of the body as the action's own endpoint does.
///
/// # Errors
/// 400 as that endpoint would answer.
pub(crate) fn parse_previewed(
    action: CommandKind,
    mut rest: Map<String, Value>,
) -> Result<PreviewedCommand, Problem> {
    let command = match action {
        CommandKind::PlaceOrder | CommandKind::ImportOrder => {
            return Err(Problem::invalid(vec![FieldError::new(
                "action",
                "not-previewed",
                "an order that is there is neither placed nor imported",
            )]));
        }
        CommandKind::UpdateDetails => {
            return Ok(PreviewedCommand::Update(parse_body::<UpdateOrderBody>(
                rest.into(),
            )?));
        }
        CommandKind::StartPayment => parse_body::<PayBody>(rest.into())?,
        CommandKind::PlaceHold => Command::PlaceHold {
            reason: parse_body::<ReasonBody>(rest.into())?,
        },
        CommandKind::ReleaseHold => parse_body::<ReleaseHoldBody>(rest.into())?,
        CommandKind::ReviseLines => parse_body::<ReviseLinesBody>(rest.into())?,
        CommandKind::ChangeAddress => Command::ChangeAddress {
            address: Box::new(parse_body::<AddressDto>(rest.into())?),
        },
        CommandKind::ChangePaymentMethod => Command::ChangePaymentMethod {
            token: parse_body::<PaymentMethodBody>(rest.into())?,
        },
        CommandKind::PlanFulfillment => Command::PlanFulfillment {
            lines: parse_body::<PlanFulfillmentBody>(rest.into())?,
        },
        CommandKind::ReleaseFulfillment => {
            let fulfillment = path_id(&mut rest, "fulfillment_id")?;
            parse_body::<EmptyBody>(rest.into())?;
            Command::ReleaseFulfillment { fulfillment }
        }
        CommandKind::RecallFulfillment => {
            let fulfillment = path_id(&mut rest, "fulfillment_id")?;
            parse_body::<EmptyBody>(rest.into())?;
            Command::RecallFulfillment { fulfillment }
        }
        CommandKind::ConfirmShipment => parse_body::<ShipBody>(rest.into())?,
        CommandKind::UpdateTracking => Command::UpdateTracking {
            fulfillment: path_id(&mut rest, "shipment_id")?,
            tracking: parse_body::<TrackingBody>(rest.into())?,
        },
        CommandKind::ConfirmDelivery => {
            let fulfillment = path_id(&mut rest, "shipment_id")?;
            parse_body::<EmptyBody>(rest.into())?;
            Command::ConfirmDelivery { fulfillment }
        }
        CommandKind::CancelLines | CommandKind::RequestCancel => {
            parse_body::<CancelBody>(rest.into())?
        }
        CommandKind::CapturePayment => parse_body::<AmountBody>(rest.into())?,
        CommandKind::RequestRefund => parse_body::<RefundBody>(rest.into())?,
        CommandKind::RequestReturn => parse_body::<RequestReturnBody>(rest.into())?,
        CommandKind::ApproveReturn => {
            let return_no = path_id(&mut rest, "return_id")?;
            parse_body::<EmptyBody>(rest.into())?;
            Command::ApproveReturn { return_no }
        }
        CommandKind::RejectReturn => Command::RejectReturn {
            return_no: path_id(&mut rest, "return_id")?,
            reason: parse_body::<ReasonBody>(rest.into())?,
        },
        CommandKind::ReceiveReturn => Command::ReceiveReturn {
            return_no: path_id(&mut rest, "return_id")?,
            restock: parse_body::<ReceiveReturnBody>(rest.into())?,
        },
        CommandKind::CancelReturn => {
            let return_no = path_id(&mut rest, "return_id")?;
            parse_body::<EmptyBody>(rest.into())?;
            Command::CancelReturn { return_no }
        }
        CommandKind::DeleteOrder => {
            parse_body::<EmptyBody>(rest.into())?;
            Command::DeleteOrder
        }
        CommandKind::ErasePersonalData => {
            parse_body::<EmptyBody>(rest.into())?;
            Command::ErasePersonalData
        }
    };
    Ok(PreviewedCommand::Command(command))
}

/// Takes an id that the endpoint has in its path.
fn path_id<T>(rest: &mut Map<String, Value>, name: &str) -> Result<T, Problem>
where
    T: FromStr<Err = InvalidValue>,
{
    let mut errors = ValidationErrors::default();
    let id = errors.required(name, rest.remove(name), |id| {
        id.as_str().unwrap_or_default().parse::<T>()
    });
    errors.finish(id)
}
