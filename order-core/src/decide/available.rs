//! Lists which commands would be accepted now: each is previewed in its smallest form.

use super::decide;
use crate::command::{Command, CommandKind, DetailsPatch};
use crate::money::Amount;
use crate::new_order::NewLine;
use crate::order::{
    Order, OrderLine, RefundKind, ReturnRequestStatus, ShipmentStatus, Tracking, UnitSelection,
};
use crate::ports::CommandAvailability;
use crate::transition::Context;
use crate::value::{FulfillmentNo, PaymentToken, ReturnNo};

/// Returns every command on an existing order, with the refusal of those that would not be accepted.
///
/// Each is passed to [`decide`] in its smallest form: one unit, the first part in a fitting status, all
/// that is due.
#[must_use]
pub fn available_commands(order: &Order, ctx: &Context<'_>) -> Vec<CommandAvailability> {
    CommandKind::ALL
        .iter()
        .filter_map(|kind| {
            let command = smallest(*kind, order)?;
            Some(CommandAvailability::new(
                *kind,
                decide(Some(order), &command, ctx).err(),
            ))
        })
        .collect()
}

/// Returns the smallest command of a kind; `None` for those that create an order.
fn smallest(kind: CommandKind, order: &Order) -> Option<Command> {
    Some(match kind {
        CommandKind::PlaceOrder | CommandKind::ImportOrder => return None,
        CommandKind::StartPayment => Command::StartPayment { amount: None },
        CommandKind::PlaceHold => Command::PlaceHold { reason: None },
        CommandKind::ReleaseHold => Command::ReleaseHold { hold: None },
        CommandKind::ReviseLines => Command::ReviseLines {
            lines: order.lines().iter().map(same_line).collect(),
            adjustments: None,
        },
        CommandKind::ChangeAddress => Command::ChangeAddress {
            address: Box::new(
                order
                    .personal()
                    .shipping_address
                    .clone()
                    .or_else(any_address)?,
            ),
        },
        CommandKind::ChangePaymentMethod => Command::ChangePaymentMethod {
            token: PaymentToken::parse("any").ok()?,
        },
        CommandKind::UpdateDetails => Command::UpdateDetails(Box::<DetailsPatch>::default()),
        CommandKind::PlanFulfillment => Command::PlanFulfillment { lines: None },
        CommandKind::ReleaseFulfillment => Command::ReleaseFulfillment {
            fulfillment: fulfillment(order, |status| status == ShipmentStatus::Planned),
        },
        CommandKind::RecallFulfillment => Command::RecallFulfillment {
            fulfillment: fulfillment(order, |status| {
                matches!(status, ShipmentStatus::Planned | ShipmentStatus::Released)
            }),
        },
        CommandKind::ConfirmShipment => Command::ConfirmShipment {
            fulfillment: None,
            lines: None,
            tracking: Tracking::default(),
        },
        CommandKind::UpdateTracking => Command::UpdateTracking {
            fulfillment: fulfillment(order, is_shipped_or_delivered),
            tracking: Tracking::default(),
        },
        CommandKind::ConfirmDelivery => Command::ConfirmDelivery {
            fulfillment: fulfillment(order, is_shipped_or_delivered),
        },
        CommandKind::CancelLines => Command::CancelLines {
            lines: one_unit(order, |line| order.open_units(line)),
            reason: None,
        },
        CommandKind::RequestCancel => Command::RequestCancel { reason: None },
        CommandKind::CapturePayment => Command::CapturePayment { amount: None },
        CommandKind::RequestRefund => Command::RequestRefund {
            amount: Some(Amount::new(1)),
            lines: None,
            kind: RefundKind::Correction,
            reason: None,
        },
        CommandKind::RequestReturn => Command::RequestReturn {
            lines: one_unit(order, OrderLine::returnable),
            reason: None,
        },
        CommandKind::ApproveReturn => Command::ApproveReturn {
            return_no: return_in(order, &[ReturnRequestStatus::Requested]),
        },
        CommandKind::RejectReturn => Command::RejectReturn {
            return_no: return_in(order, &[ReturnRequestStatus::Requested]),
            reason: None,
        },
        CommandKind::ReceiveReturn => Command::ReceiveReturn {
            return_no: return_in(order, &[ReturnRequestStatus::Approved]),
            restock: true,
        },
        CommandKind::CancelReturn => Command::CancelReturn {
            return_no: return_in(
                order,
                &[
                    ReturnRequestStatus::Requested,
                    ReturnRequestStatus::Approved,
                ],
            ),
        },
        CommandKind::DeleteOrder => Command::DeleteOrder,
        CommandKind::ErasePersonalData => Command::ErasePersonalData,
    })
}

fn same_line(line: &OrderLine) -> NewLine {
    let mut same = NewLine::new(line.sku.clone(), line.quantity);
    same.unit_price = Some(line.unit_price.unwrap_or(Amount::ZERO));
    same.name.clone_from(&line.name);
    same
}

fn any_address() -> Option<crate::order::Address> {
    use crate::value::{CountryCode, ShortText};
    Some(crate::order::Address {
        name: None,
        line1: ShortText::parse("1 Main St").ok()?,
        line2: None,
        city: ShortText::parse("Sydney").ok()?,
        region: None,
        postal_code: None,
        country: CountryCode::parse("AU").ok()?,
    })
}

fn is_shipped_or_delivered(status: ShipmentStatus) -> bool {
    matches!(status, ShipmentStatus::Shipped | ShipmentStatus::Delivered)
}

/// Returns the first fulfillment in a fitting status, else the last one.
fn fulfillment(order: &Order, fits: impl Fn(ShipmentStatus) -> bool) -> FulfillmentNo {
    order
        .fulfillments()
        .iter()
        .find(|one| fits(one.status))
        .or_else(|| order.fulfillments().last())
        .map_or(FulfillmentNo::FIRST, |one| one.no)
}

/// Returns the first return in a fitting status, else the last one.
fn return_in(order: &Order, statuses: &[ReturnRequestStatus]) -> ReturnNo {
    order
        .returns()
        .iter()
        .find(|one| statuses.contains(&one.status))
        .or_else(|| order.returns().last())
        .map_or(ReturnNo::FIRST, |one| one.no)
}

/// Returns one unit of the first line that has an open one; empty if there is none.
fn one_unit(order: &Order, open: impl Fn(&OrderLine) -> u32) -> Vec<UnitSelection> {
    order
        .lines()
        .iter()
        .find(|line| open(line) > 0)
        .map(|line| UnitSelection::of_line(line.id, 1))
        .into_iter()
        .collect()
}
