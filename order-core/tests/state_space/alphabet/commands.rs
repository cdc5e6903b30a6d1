//! The forms of every command.

use super::{NONE_SUCH, fulfillments, tracking};
use order_core::command::{Command, CommandKind, DetailsPatch};
use order_core::money::Amount;
use order_core::order::{Order, OrderStatus, RefundKind, Tracking, UnitSelection};
use order_core::value::{HoldNo, ReturnNo};
use order_testing::builders::{
    address, contact, import_order, label, place_order, priced, select, sku, token,
};

/// Returns the forms of a command that are applied to an order.
pub(crate) fn commands(kind: CommandKind, order: &Order) -> Vec<Command> {
    let first = order
        .lines()
        .first()
        .map_or_else(|| sku("abc"), |line| line.sku.clone());
    let one = || vec![UnitSelection::of_sku(first.clone(), 1)];
    let all: Vec<UnitSelection> = order
        .lines()
        .iter()
        .map(|line| UnitSelection::of_line(line.id, line.quantity.get()))
        .collect();
    let too_many = || vec![UnitSelection::of_sku(first.clone(), u32::MAX)];
    let strange = || vec![select("other", 1)];
    let none = || vec![UnitSelection::of_sku(first.clone(), 0)];
    let amounts = || {
        [
            None,
            Some(Amount::new(1)),
            Some(Amount::ZERO),
            Some(Amount::new(i64::MAX)),
        ]
    };
    match kind {
        CommandKind::PlaceOrder => {
            vec![Command::PlaceOrder(Box::new(place_order(vec![priced(
                "abc", 2, 1_000,
            )])))]
        }
        CommandKind::ImportOrder => {
            vec![Command::ImportOrder(Box::new(import_order(
                OrderStatus::Completed,
            )))]
        }
        CommandKind::StartPayment => amounts()
            .into_iter()
            .map(|amount| Command::StartPayment { amount })
            .collect(),
        CommandKind::PlaceHold => vec![Command::PlaceHold { reason: None }],
        CommandKind::ReleaseHold => vec![
            Command::ReleaseHold { hold: None },
            Command::ReleaseHold {
                hold: Some(HoldNo::new(NONE_SUCH)),
            },
        ],
        CommandKind::ReviseLines => [
            vec![priced("abc", 3, 1_000)],
            vec![priced("abc", 1, 500)],
            vec![priced("other", 1, 100), priced("abc", 1, 1_000)],
            vec![order_testing::builders::line("abc", 1)],
            vec![priced("abc", 1, -1)],
            vec![priced("abc", 1_000_000, i64::MAX)],
            Vec::new(),
        ]
        .into_iter()
        .map(|lines| Command::ReviseLines {
            lines,
            adjustments: None,
        })
        .collect(),
        CommandKind::ChangeAddress => vec![Command::ChangeAddress {
            address: Box::new(address()),
        }],
        CommandKind::ChangePaymentMethod => {
            vec![Command::ChangePaymentMethod {
                token: token("tok_other"),
            }]
        }
        CommandKind::UpdateDetails => vec![
            Command::UpdateDetails(Box::default()),
            Command::UpdateDetails(Box::new(DetailsPatch {
                labels: Some([label("vip")].into()),
                ..DetailsPatch::default()
            })),
            Command::UpdateDetails(Box::new(DetailsPatch {
                contact: Some(contact()),
                ..DetailsPatch::default()
            })),
            Command::UpdateDetails(Box::new(DetailsPatch {
                metadata: (0..100).map(|no| (no.to_string(), no.into())).collect(),
                ..DetailsPatch::default()
            })),
        ],
        CommandKind::PlanFulfillment => [
            None,
            Some(one()),
            Some(too_many()),
            Some(strange()),
            Some(none()),
        ]
        .into_iter()
        .map(|lines| Command::PlanFulfillment { lines })
        .collect(),
        CommandKind::ReleaseFulfillment => fulfillments(order)
            .map(|fulfillment| Command::ReleaseFulfillment { fulfillment })
            .collect(),
        CommandKind::RecallFulfillment => fulfillments(order)
            .map(|fulfillment| Command::RecallFulfillment { fulfillment })
            .collect(),
        CommandKind::ConfirmShipment => [
            None,
            Some(one()),
            Some(all),
            Some(too_many()),
            Some(strange()),
        ]
        .into_iter()
        .flat_map(|lines| {
            std::iter::once(None)
                .chain(fulfillments(order).map(Some))
                .map(move |fulfillment| Command::ConfirmShipment {
                    fulfillment,
                    lines: lines.clone(),
                    tracking: Tracking::default(),
                })
        })
        .collect(),
        CommandKind::UpdateTracking => fulfillments(order)
            .map(|fulfillment| Command::UpdateTracking {
                fulfillment,
                tracking: tracking(),
            })
            .collect(),
        CommandKind::ConfirmDelivery => fulfillments(order)
            .map(|fulfillment| Command::ConfirmDelivery { fulfillment })
            .collect(),
        CommandKind::CancelLines => [one(), all, too_many(), strange(), none(), Vec::new()]
            .into_iter()
            .map(|lines| Command::CancelLines {
                lines,
                reason: None,
            })
            .collect(),
        CommandKind::RequestCancel => vec![Command::RequestCancel { reason: None }],
        CommandKind::CapturePayment => amounts()
            .into_iter()
            .map(|amount| Command::CapturePayment { amount })
            .collect(),
        CommandKind::RequestRefund => [RefundKind::Goodwill, RefundKind::Correction]
            .into_iter()
            .flat_map(|kind| {
                amounts()
                    .map(|amount| (kind, amount, None))
                    .into_iter()
                    .chain([
                        (kind, None, Some(one())),
                        (kind, Some(Amount::new(1)), Some(too_many())),
                    ])
            })
            .map(|(kind, amount, lines)| Command::RequestRefund {
                amount,
                lines,
                kind,
                reason: None,
            })
            .collect(),
        CommandKind::RequestReturn => [one(), all, too_many(), strange(), none(), Vec::new()]
            .into_iter()
            .map(|lines| Command::RequestReturn {
                lines,
                reason: None,
            })
            .collect(),
        CommandKind::ApproveReturn => returns(order)
            .map(|return_no| Command::ApproveReturn { return_no })
            .collect(),
        CommandKind::RejectReturn => returns(order)
            .map(|return_no| Command::RejectReturn {
                return_no,
                reason: None,
            })
            .collect(),
        CommandKind::ReceiveReturn => returns(order)
            .flat_map(|return_no| {
                [true, false].map(|restock| Command::ReceiveReturn { return_no, restock })
            })
            .collect(),
        CommandKind::CancelReturn => returns(order)
            .map(|return_no| Command::CancelReturn { return_no })
            .collect(),
        CommandKind::DeleteOrder => vec![Command::DeleteOrder],
        CommandKind::ErasePersonalData => vec![Command::ErasePersonalData],
    }
}

fn returns(order: &Order) -> impl Iterator<Item = ReturnNo> {
    order
        .returns()
        .iter()
        .map(|one| one.no)
        .chain([ReturnNo::new(NONE_SUCH)])
}
