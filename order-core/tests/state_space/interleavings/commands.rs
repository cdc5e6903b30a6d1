//! Successors by a command.

use super::state::{PRICE, State, policy};
use order_core::Context;
use order_core::command::Command;
use order_core::decide::decide_on;
use order_core::event::Actor;
use order_core::money::Amount;
use order_core::order::RefundKind;
use order_core::order::Tracking;
use order_core::value::FulfillmentNo;
use order_testing::builders::{noon, select, token};

impl State {
    /// Adds the commands that are accepted and change something.
    pub(super) fn add_commands(&self, successors: &mut Vec<(String, Self)>) {
        if self.budget.commands == 0 {
            return;
        }
        let one = || vec![select("abc", 1)];
        let ship = |lines| Command::ConfirmShipment {
            fulfillment: None,
            lines,
            tracking: Tracking::default(),
        };
        let first = FulfillmentNo::FIRST;
        let commands = [
            Command::RequestCancel { reason: None },
            Command::CancelLines {
                lines: one(),
                reason: None,
            },
            ship(Some(one())),
            ship(None),
            Command::PlanFulfillment { lines: None },
            Command::ReleaseFulfillment { fulfillment: first },
            Command::ConfirmDelivery { fulfillment: first },
            Command::ChangePaymentMethod {
                token: token("tok_other"),
            },
            Command::RequestRefund {
                amount: Some(Amount::new(PRICE / 2)),
                lines: None,
                kind: RefundKind::Goodwill,
                reason: None,
            },
            Command::CapturePayment { amount: None },
            Command::PlaceHold { reason: None },
            Command::ReleaseHold { hold: None },
            Command::DeleteOrder,
        ];
        let (policy, actor) = (policy(self.payment), Actor::system());
        let ctx = Context::new(&policy, noon(), &actor);
        for command in commands {
            let Ok(transition) = decide_on(self.order.clone(), &command, &ctx) else {
                continue;
            };
            if transition.events.is_empty() {
                continue;
            }
            let mut next = self.clone();
            next.budget.commands -= 1;
            next.commit(self.order.clone(), transition, &ctx);
            successors.push((format!("{command:?}"), next));
        }
    }
}
