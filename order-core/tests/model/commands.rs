//! The commands of the interactions that are commands.

use crate::catalog::{SKUS, new_lines, token_of};
use crate::interaction::Interaction;
use order_core::command::Command;
use order_core::order::{Order, RefundKind, Tracking};
use order_core::value::{FulfillmentNo, ReturnNo};
use order_testing::builders::{select, token, usd};

/// Returns the commands of an interaction with this order.
pub(crate) fn commands(order: &Order, interaction: Interaction) -> Vec<Command> {
    let no = |index: usize| FulfillmentNo::new(u32::try_from(index).unwrap() + 1);
    let some = |product: usize, n| vec![select(SKUS[product], n)];
    let next = ReturnNo::new(u32::try_from(order.returns().len()).unwrap() + 1);
    vec![match interaction {
        Interaction::Cancel => Command::RequestCancel { reason: None },
        Interaction::CancelUnits(product, n) => Command::CancelLines {
            lines: some(product, n),
            reason: None,
        },
        Interaction::Ship(product, n) => Command::ConfirmShipment {
            fulfillment: None,
            lines: Some(some(product, n)),
            tracking: Tracking::default(),
        },
        Interaction::AskWarehouse(product, n) => {
            let plan = Command::PlanFulfillment {
                lines: Some(some(product, n)),
            };
            let fulfillment = no(order.fulfillments().len());
            return vec![plan, Command::ReleaseFulfillment { fulfillment }];
        }
        Interaction::Deliver(index) => Command::ConfirmDelivery {
            fulfillment: no(index),
        },
        Interaction::Capture(amount) => Command::CapturePayment {
            amount: Some(usd(amount).amount()),
        },
        Interaction::Refund(amount) => Command::RequestRefund {
            amount: Some(usd(amount).amount()),
            lines: None,
            kind: RefundKind::Goodwill,
            reason: None,
        },
        Interaction::PayWith(method) => Command::ChangePaymentMethod {
            token: token(token_of(method)),
        },
        Interaction::Hold => Command::PlaceHold { reason: None },
        Interaction::Unhold => Command::ReleaseHold { hold: None },
        Interaction::Revise(wanted) => Command::ReviseLines {
            lines: new_lines(wanted),
            adjustments: None,
        },
        Interaction::SendBack(product, n, restock) => {
            let request = Command::RequestReturn {
                lines: some(product, n),
                reason: None,
            };
            let approve = Command::ApproveReturn { return_no: next };
            let receive = Command::ReceiveReturn {
                return_no: next,
                restock,
            };
            return vec![request, approve, receive];
        }
        Interaction::Receive(restock) => {
            let expected = order.returns().iter().find(|one| one.is_open());
            Command::ReceiveReturn {
                return_no: expected.map_or(next, |one| one.no),
                restock,
            }
        }
        Interaction::Delete => Command::DeleteOrder,
        other => panic!("{other:?} is no command"),
    }]
}
