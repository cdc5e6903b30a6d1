//! Steps as commands.

use crate::step::Step;
use crate::system::{SKUS, System, new_lines, token_of};
use order_core::command::Command;
use order_core::order::Tracking;
use order_core::testing::builders::{token, units, usd};
use order_core::value::{FulfillmentNo, ReturnNo};

impl System {
    pub(crate) fn commands(&self, step: Step) -> Vec<Command> {
        let no = |place: usize| FulfillmentNo::new(u32::try_from(place).unwrap() + 1);
        let some = |product: usize, n| vec![units(SKUS[product], n)];
        let order = self.order();
        let next = ReturnNo::new(u32::try_from(order.returns().len()).unwrap() + 1);
        vec![match step {
            Step::Cancel => Command::RequestCancel { reason: None },
            Step::CancelUnits(product, n) => Command::CancelLines {
                lines: some(product, n),
                reason: None,
            },
            Step::Ship(product, n) => Command::ConfirmShipment {
                fulfillment: None,
                lines: Some(some(product, n)),
                tracking: Tracking::default(),
            },
            Step::AskWarehouse(product, n) => {
                let plan = Command::PlanFulfillment {
                    lines: Some(some(product, n)),
                };
                let fulfillment = no(order.fulfillments().len());
                return vec![plan, Command::ReleaseFulfillment { fulfillment }];
            }
            Step::Deliver(place) => Command::ConfirmDelivery {
                fulfillment: no(place),
            },
            Step::Capture(amount) => Command::CapturePayment {
                amount: Some(usd(amount).amount()),
            },
            Step::Refund(amount) => Command::RequestRefund {
                amount: Some(usd(amount).amount()),
                reason: None,
            },
            Step::PayWith(method) => Command::ChangePaymentMethod {
                token: token(token_of(method)),
            },
            Step::Hold => Command::PlaceHold { reason: None },
            Step::Unhold => Command::ReleaseHold { hold: None },
            Step::Revise(wanted) => Command::ReviseLines {
                lines: new_lines(wanted),
                adjustments: None,
            },
            Step::SendBack(product, n, restock) => {
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
            Step::Receive(restock) => {
                let expected = order.returns().iter().find(|one| one.is_open());
                Command::ReceiveReturn {
                    return_no: expected.map_or(next, |one| one.no),
                    restock,
                }
            }
            Step::Delete => Command::DeleteOrder,
            other => panic!("{other:?} is no command"),
        }]
    }
}
