//! Which commands would be accepted now: each is tried in its smallest form.

use super::decide;
use crate::command::{Command, CommandKind, DetailsPatch, NewLine};
use crate::draft::Context;
use crate::money::Amount;
use crate::order::{FulfillmentState, Line, Order, ReturnState, SkuUnits, Tracking};
use crate::ports::ActionState;
use crate::value::{FulfillmentNo, PaymentToken, ReturnNo};

/// Every command on an existing order, and whether it would be accepted; if not, why not.
///
/// The answer comes from [`decide`], asked with the smallest command of each kind: one unit, the
/// first part in a fitting state, all that is due.
#[must_use]
pub fn actions(order: &Order, ctx: &Context<'_>) -> Vec<ActionState> {
    CommandKind::ALL
        .iter()
        .filter_map(|kind| {
            let command = smallest(*kind, order)?;
            Some(ActionState::new(
                *kind,
                decide(Some(order), &command, ctx).err(),
            ))
        })
        .collect()
}

/// The smallest command of a kind; none for those that make an order.
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
            fulfillment: fulfillment(order, |state| state == FulfillmentState::Planned),
        },
        CommandKind::RecallFulfillment => Command::RecallFulfillment {
            fulfillment: fulfillment(order, |state| {
                matches!(
                    state,
                    FulfillmentState::Planned | FulfillmentState::Released
                )
            }),
        },
        CommandKind::ConfirmShipment => Command::ConfirmShipment {
            fulfillment: None,
            lines: None,
            tracking: Tracking::default(),
        },
        CommandKind::UpdateTracking => Command::UpdateTracking {
            fulfillment: fulfillment(order, is_on_its_way_or_there),
            tracking: Tracking::default(),
        },
        CommandKind::ConfirmDelivery => Command::ConfirmDelivery {
            fulfillment: fulfillment(order, is_on_its_way_or_there),
        },
        CommandKind::CancelLines => Command::CancelLines {
            lines: one_unit(order, |line| order.open_units(line)),
            reason: None,
        },
        CommandKind::RequestCancel => Command::RequestCancel { reason: None },
        CommandKind::CapturePayment => Command::CapturePayment { amount: None },
        CommandKind::RequestRefund => Command::RequestRefund {
            amount: Some(Amount::new(1)),
            reason: None,
        },
        CommandKind::RequestReturn => Command::RequestReturn {
            lines: one_unit(order, Line::returnable),
            reason: None,
        },
        CommandKind::ApproveReturn => Command::ApproveReturn {
            return_no: return_in(order, &[ReturnState::Requested]),
        },
        CommandKind::RejectReturn => Command::RejectReturn {
            return_no: return_in(order, &[ReturnState::Requested]),
            reason: None,
        },
        CommandKind::ReceiveReturn => Command::ReceiveReturn {
            return_no: return_in(order, &[ReturnState::Approved]),
            restock: true,
        },
        CommandKind::CancelReturn => Command::CancelReturn {
            return_no: return_in(order, &[ReturnState::Requested, ReturnState::Approved]),
        },
        CommandKind::DeleteOrder => Command::DeleteOrder,
        CommandKind::ErasePersonalData => Command::ErasePersonalData,
    })
}

fn same_line(line: &Line) -> NewLine {
    NewLine {
        sku: line.sku.clone(),
        quantity: line.quantity,
        unit_price: Some(line.unit_price.unwrap_or(Amount::ZERO)),
        name: line.name.clone(),
    }
}

fn any_address() -> Option<crate::order::Address> {
    use crate::value::{CountryCode, Label};
    Some(crate::order::Address {
        name: None,
        line1: Label::parse("1 Main St").ok()?,
        line2: None,
        city: Label::parse("Sydney").ok()?,
        region: None,
        postal_code: None,
        country: CountryCode::parse("AU").ok()?,
    })
}

fn is_on_its_way_or_there(state: FulfillmentState) -> bool {
    matches!(
        state,
        FulfillmentState::Shipped | FulfillmentState::Delivered
    )
}

/// The first fulfillment in a fitting state, else the last there is.
fn fulfillment(order: &Order, fits: impl Fn(FulfillmentState) -> bool) -> FulfillmentNo {
    order
        .fulfillments()
        .iter()
        .find(|one| fits(one.state))
        .or_else(|| order.fulfillments().last())
        .map_or(FulfillmentNo::FIRST, |one| one.no)
}

/// The first return in a fitting state, else the last there is.
fn return_in(order: &Order, states: &[ReturnState]) -> ReturnNo {
    order
        .returns()
        .iter()
        .find(|one| states.contains(&one.state))
        .or_else(|| order.returns().last())
        .map_or(ReturnNo::FIRST, |one| one.no)
}

/// One unit of the first line that has one, else nothing.
fn one_unit(order: &Order, open: impl Fn(&Line) -> u32) -> Vec<SkuUnits> {
    order
        .lines()
        .iter()
        .find(|line| open(line) > 0)
        .map(|line| SkuUnits::new(line.sku.clone(), 1))
        .into_iter()
        .collect()
}
