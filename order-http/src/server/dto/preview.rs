//! The body of `POST /v1/orders/{id}/preview`: an action, and the body its own endpoint takes.

use super::address::AddressWire;
use super::commands::{
    CancelWire, MoneyWire, NothingWire, PayWire, ReasonWire, ReceiveReturnWire, ReleaseHoldWire,
    RequestReturnWire, ShipWire, TrackingWire, UnitsWire,
};
use super::details::{Details, DetailsWire};
use super::lines::ReviseLinesWire;
use super::place::PaymentMethodWire;
use super::{Faults, Wire};
use crate::server::extract::from_value;
use crate::server::problem::{FieldError, Problem};
use order_core::command::{Command, CommandKind};
use order_core::value::InvalidValue;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::str::FromStr;
use utoipa::ToSchema;

/// What would be asked of an order: the action, the members of the body that its own endpoint
/// takes, and what that endpoint has in its path (`shipment_id`, `fulfillment_id`, `return_id`).
#[derive(Deserialize, ToSchema)]
#[schema(as = Preview, example = json!({"action": "cancel", "reason": "ordered by mistake"}))]
pub(crate) struct PreviewWire {
    /// What would be asked; all but `place` and `import`.
    #[schema(required = true, value_type = super::schema::Action)]
    #[serde(default)]
    action: Option<Value>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Wire for PreviewWire {
    type Core = (CommandKind, Map<String, Value>);

    fn read(self, faults: &mut Faults) -> Option<Self::Core> {
        let action = faults.required("action", self.action, |action| {
            action.as_str().unwrap_or_default().parse::<CommandKind>()
        })?;
        Some((action, self.rest))
    }
}

/// What is to be previewed.
pub(crate) enum Previewed {
    /// A command as it is.
    Command(Command),
    /// A patch, which is a command once it is laid over the order.
    Details(Details),
}

/// Reads the rest of the body as the action's own endpoint would.
///
/// # Errors
/// 400 as that endpoint would answer.
pub(crate) fn previewed(
    action: CommandKind,
    mut rest: Map<String, Value>,
) -> Result<Previewed, Problem> {
    let command = match action {
        CommandKind::PlaceOrder | CommandKind::ImportOrder => {
            return Err(Problem::invalid(vec![FieldError::new(
                "action",
                "not-previewed",
                "an order that is there is neither placed nor imported",
            )]));
        }
        CommandKind::UpdateDetails => {
            return Ok(Previewed::Details(from_value::<DetailsWire>(rest.into())?));
        }
        CommandKind::StartPayment => from_value::<PayWire>(rest.into())?,
        CommandKind::PlaceHold => Command::PlaceHold {
            reason: from_value::<ReasonWire>(rest.into())?,
        },
        CommandKind::ReleaseHold => from_value::<ReleaseHoldWire>(rest.into())?,
        CommandKind::ReviseLines => from_value::<ReviseLinesWire>(rest.into())?,
        CommandKind::ChangeAddress => Command::ChangeAddress {
            address: Box::new(from_value::<AddressWire>(rest.into())?),
        },
        CommandKind::ChangePaymentMethod => Command::ChangePaymentMethod {
            token: from_value::<PaymentMethodWire>(rest.into())?,
        },
        CommandKind::PlanFulfillment => Command::PlanFulfillment {
            lines: from_value::<UnitsWire>(rest.into())?,
        },
        CommandKind::ReleaseFulfillment => {
            let fulfillment = part(&mut rest, "fulfillment_id")?;
            from_value::<NothingWire>(rest.into())?;
            Command::ReleaseFulfillment { fulfillment }
        }
        CommandKind::RecallFulfillment => {
            let fulfillment = part(&mut rest, "fulfillment_id")?;
            from_value::<NothingWire>(rest.into())?;
            Command::RecallFulfillment { fulfillment }
        }
        CommandKind::ConfirmShipment => from_value::<ShipWire>(rest.into())?,
        CommandKind::UpdateTracking => Command::UpdateTracking {
            fulfillment: part(&mut rest, "shipment_id")?,
            tracking: from_value::<TrackingWire>(rest.into())?,
        },
        CommandKind::ConfirmDelivery => {
            let fulfillment = part(&mut rest, "shipment_id")?;
            from_value::<NothingWire>(rest.into())?;
            Command::ConfirmDelivery { fulfillment }
        }
        CommandKind::CancelLines | CommandKind::RequestCancel => {
            from_value::<CancelWire>(rest.into())?
        }
        CommandKind::CapturePayment => {
            let (amount, _) = from_value::<MoneyWire>(rest.into())?;
            Command::CapturePayment { amount }
        }
        CommandKind::RequestRefund => {
            let (amount, reason) = from_value::<MoneyWire>(rest.into())?;
            Command::RequestRefund { amount, reason }
        }
        CommandKind::RequestReturn => from_value::<RequestReturnWire>(rest.into())?,
        CommandKind::ApproveReturn => {
            let return_no = part(&mut rest, "return_id")?;
            from_value::<NothingWire>(rest.into())?;
            Command::ApproveReturn { return_no }
        }
        CommandKind::RejectReturn => Command::RejectReturn {
            return_no: part(&mut rest, "return_id")?,
            reason: from_value::<ReasonWire>(rest.into())?,
        },
        CommandKind::ReceiveReturn => Command::ReceiveReturn {
            return_no: part(&mut rest, "return_id")?,
            restock: from_value::<ReceiveReturnWire>(rest.into())?,
        },
        CommandKind::CancelReturn => {
            let return_no = part(&mut rest, "return_id")?;
            from_value::<NothingWire>(rest.into())?;
            Command::CancelReturn { return_no }
        }
        CommandKind::DeleteOrder => {
            from_value::<NothingWire>(rest.into())?;
            Command::DeleteOrder
        }
        CommandKind::ErasePersonalData => {
            from_value::<NothingWire>(rest.into())?;
            Command::ErasePersonalData
        }
    };
    Ok(Previewed::Command(command))
}

/// Takes what the endpoint has in its path.
fn part<T>(rest: &mut Map<String, Value>, name: &str) -> Result<T, Problem>
where
    T: FromStr<Err = InvalidValue>,
{
    let mut faults = Faults::default();
    let id = faults.required(name, rest.remove(name), |id| {
        id.as_str().unwrap_or_default().parse::<T>()
    });
    faults.none_in(id)
}
