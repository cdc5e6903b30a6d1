//! Orders of any prices and adjustments, changed in part in any sequence: the parts sum to the whole, and
//! what is kept in the end is what the units that are kept are worth.

use super::{of_line, of_order, request};
use crate::given::{Given, capture_at_once, deliver};
use order_core::Context;
use order_core::command::Command;
use order_core::decide::decide_on;
use order_core::event::Actor;
use order_core::fact::Fact;
use order_core::order::{
    Adjustment, AdjustmentKind, OrderStatus, RefundKind, RefundPurpose, RefundStatus,
    ReservationOperation, Tracking, UnitSelection,
};
use order_core::policy::StorefrontPolicy;
use order_core::value::LineNo;
use proptest::prelude::*;

/// The exact shares are counted in millionths of a minor unit.
const SCALE: i128 = 1_000_000;

/// A line: units, the price of one, and its own discount in thousandths, tax, shipping and fee.
type Line = (u32, i64, i64, i64, i64, i64);

#[derive(Debug, Clone)]
struct Goods {
    lines: Vec<Line>,
    /// The discount of the order, in thousandths of the goods after the discounts of lines.
    discount: i64,
    tax: i64,
    shipping: i64,
    fee: i64,
}

#[derive(Debug, Clone)]
enum Step {
    Ship(usize, u32),
    Deliver,
    Cancel(usize, u32),
    SendBack(usize, u32),
    Correct(usize, u32),
}

fn goods() -> impl Strategy<Value = Goods> {
    let some = || prop_oneof![Just(0_i64), 1..1_000_i64];
    let part = || prop_oneof![Just(0_i64), Just(1_000), 1..1_000_i64];
    let price = prop_oneof![Just(0_i64), 1..100_i64, 1..100_000_i64];
    let line = (1..5_u32, price, part(), some(), some(), some());
    let lines = prop::collection::vec(line, 1..=4);
    (lines, part(), some(), some(), some()).prop_map(|(lines, discount, tax, shipping, fee)| {
        Goods {
            lines,
            discount,
            tax,
            shipping,
            fee,
        }
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..4_usize, 1..4_u32).prop_map(|(line, units)| Step::Ship(line, units)),
        Just(Step::Deliver),
        (0..4_usize, 1..4_u32).prop_map(|(line, units)| Step::Cancel(line, units)),
        (0..4_usize, 1..4_u32).prop_map(|(line, units)| Step::SendBack(line, units)),
        (0..4_usize, 1..4_u32).prop_map(|(line, units)| Step::Correct(line, units)),
    ];
    prop::collection::vec(step, 0..12)
}

impl Goods {
    fn gross(line: &Line) -> i64 {
        i64::from(line.0) * line.1
    }

    fn own_discount(line: &Line) -> i64 {
        Self::gross(line) * line.2 / 1_000
    }

    /// Returns the worth of each line's goods after its own discount.
    fn weights(&self) -> Vec<i128> {
        let weight = |line| i128::from(Self::gross(line) - Self::own_discount(line));
        self.lines.iter().map(weight).collect()
    }

    fn order_discount(&self) -> i64 {
        let goods: i128 = self.weights().iter().sum();
        i64::try_from(goods * i128::from(self.discount) / 1_000).unwrap()
    }

    /// The tax of the order; none where there are no goods to tax.
    fn order_tax(&self) -> i64 {
        let goods: i128 = self.weights().iter().sum();
        if goods > i128::from(self.order_discount()) {
            self.tax
        } else {
            0
        }
    }

    fn adjustments(&self) -> Vec<Adjustment> {
        let mut all = vec![
            of_order(AdjustmentKind::Discount, self.order_discount()),
            of_order(AdjustmentKind::Tax, self.order_tax()),
            of_order(AdjustmentKind::Shipping, self.shipping),
            of_order(AdjustmentKind::Fee, self.fee),
        ];
        for (no, line) in (1..).zip(&self.lines) {
            all.extend([
                of_line(AdjustmentKind::Discount, Self::own_discount(line), no),
                of_line(AdjustmentKind::Tax, line.3, no),
                of_line(AdjustmentKind::Shipping, line.4, no),
                of_line(AdjustmentKind::Fee, line.5, no),
            ]);
        }
        all.retain(|one| !one.amount.is_zero());
        all
    }

    fn placed(&self, policy: StorefrontPolicy) -> Given {
        let lines: Vec<_> = self.lines.iter().map(|line| (line.0, line.1)).collect();
        Given::placed_under(policy, request(&lines, &self.adjustments()))
    }

    /// Returns how far rounding may take what is kept from its exact worth. Of each line the discount and
    /// the tax are rounded, and the first and the last unit kept; tax follows the rounded discount.
    fn rounding(&self) -> i128 {
        let net = self.weights().iter().sum::<i128>() - i128::from(self.order_discount());
        let tax_of_a_unit = i128::from(self.order_tax()) / net.max(1) + 1;
        self.weights()
            .iter()
            .map(|_| (3 + tax_of_a_unit) * SCALE)
            .sum()
    }

    /// Returns the exact worth of the units kept, with the shipping and fees that stay.
    fn exact(&self, given: &Given) -> i128 {
        let weights = self.weights();
        let whole: i128 = weights.iter().sum::<i128>().max(1);
        let discount = i128::from(self.order_discount());
        let tax = i128::from(self.order_tax());
        let after = (whole - discount).max(1);
        let (mut sum, mut keeps_any) = (0, false);
        for ((line, weight), now) in self.lines.iter().zip(weights).zip(given.order.lines()) {
            let net = weight * SCALE - discount * weight * SCALE / whole;
            let line_worth = net + i128::from(line.3) * SCALE + tax * net / after;
            let kept = i128::from(now.remaining() - now.returned);
            sum += line_worth * kept / i128::from(line.0);
            if now.remaining() > 0 {
                keeps_any = true;
                sum += i128::from(line.4 + line.5) * SCALE;
            }
        }
        if keeps_any {
            sum += i128::from(self.shipping + self.fee) * SCALE;
        }
        sum
    }
}

impl Given {
    /// Executes a command if it is accepted.
    fn try_execute(self, command: Command) -> Self {
        let actor = Actor::system();
        let ctx = Context::new(&self.policy, self.now, &actor);
        match decide_on(self.order.clone(), &command, &ctx) {
            Ok(_) => self.execute(command),
            Err(_) => self,
        }
    }

    /// Lets everything that is under way succeed.
    fn settled(mut self) -> Self {
        for _ in 0..4 {
            self = self.captures_succeeded().refunds_succeeded();
            let Some(reservation) = self.order.reservation().cloned() else {
                continue;
            };
            let (no, lines) = (reservation.no, self.order.stock_target());
            self = match reservation.pending_operation {
                Some(ReservationOperation::Commit) => {
                    self.report(Fact::StockCommitted { reservation: no })
                }
                Some(ReservationOperation::Release) => {
                    self.report(Fact::StockReleased { reservation: no })
                }
                Some(ReservationOperation::Revise) => self.report(Fact::StockRevised {
                    reservation: no,
                    lines,
                }),
                _ => self,
            };
        }
        self
    }

    fn delivered(mut self) -> Self {
        for fulfillment in self.order.clone().fulfillments() {
            self = self.try_execute(deliver(fulfillment.no));
        }
        self
    }

    fn takes(self, step: &Step, count: usize) -> Self {
        let units = |line: &usize, units: &u32| {
            let no = u32::try_from(line % count).unwrap() + 1;
            vec![UnitSelection::of_line(LineNo::new(no), *units)]
        };
        let given = match step {
            Step::Ship(line, of) => self.try_execute(Command::ConfirmShipment {
                fulfillment: None,
                lines: Some(units(line, of)),
                tracking: Tracking::default(),
            }),
            Step::Deliver => self.delivered(),
            Step::Cancel(line, of) => self.try_execute(Command::CancelLines {
                lines: units(line, of),
                reason: None,
            }),
            Step::SendBack(line, of) => {
                let before = self.order.returns().len();
                let given = self.try_execute(Command::RequestReturn {
                    lines: units(line, of),
                    reason: None,
                });
                let Some(one) = given.order.returns().get(before) else {
                    return given;
                };
                let return_no = one.no;
                given
                    .try_execute(Command::ApproveReturn { return_no })
                    .try_execute(Command::ReceiveReturn {
                        return_no,
                        restock: true,
                    })
            }
            Step::Correct(line, of) => self.try_execute(Command::RequestRefund {
                amount: None,
                lines: Some(units(line, of)),
                kind: RefundKind::Correction,
                reason: None,
            }),
        };
        given.settled()
    }
}

/// Checks what holds at every moment.
fn check(given: &Given, whole: i64) -> Result<(), TestCaseError> {
    let totals = given.order.totals();
    let minor = |amount: order_core::money::Amount| amount.minor();
    prop_assert_eq!(
        minor(totals.subtotal) - minor(totals.discount)
            + minor(totals.shipping)
            + minor(totals.tax)
            + minor(totals.fees),
        minor(totals.total)
    );
    prop_assert_eq!(
        minor(totals.owed),
        minor(totals.total) - minor(totals.credited)
    );
    for amount in [
        totals.subtotal,
        totals.discount,
        totals.shipping,
        totals.tax,
        totals.fees,
        totals.total,
        totals.credited,
        totals.owed,
        totals.due,
        totals.captured,
        totals.refunded,
    ] {
        prop_assert!(!amount.is_negative(), "{totals:?}");
    }
    prop_assert!(minor(totals.total) <= whole, "{totals:?}");
    prop_assert!(minor(totals.captured) <= whole, "{totals:?}");
    prop_assert!(
        minor(totals.refunded) <= minor(totals.captured),
        "{totals:?}"
    );
    Ok(())
}

/// Returns what corrections have paid back that nothing has been set against.
fn open_corrections(given: &Given) -> i128 {
    let corrections = given.order.refunds().iter().filter(|one| {
        one.purpose == RefundPurpose::Correction && one.status == RefundStatus::Succeeded
    });
    corrections
        .map(|one| i128::from(one.amount.minor() - one.offset.minor()))
        .sum()
}

proptest! {
    #[test]
    fn what_is_kept_is_what_the_units_kept_are_worth(
        goods in goods(),
        steps in steps(),
        at_once: bool,
    ) {
        let policy = if at_once { capture_at_once() } else { StorefrontPolicy::default() };
        let given = goods.placed(policy);
        let whole = given.order.totals().total.minor();
        if whole == 0 {
            return Ok(());
        }
        let mut given = given.processing().settled();
        check(&given, whole)?;
        for step in &steps {
            given = given.takes(step, goods.lines.len());
            check(&given, whole)?;
        }
        for line in 0..goods.lines.len() {
            for units in [4, 3, 2, 1] {
                given = given.takes(&Step::Ship(line, units), goods.lines.len());
            }
        }
        given = given.delivered().settled();
        check(&given, whole)?;

        let balance = given.order.balance();
        prop_assert_eq!(balance.net_captured(), balance.owed, "{:?}", given.order);
        if matches!(
            given.order.status(),
            OrderStatus::Cancelling | OrderStatus::Cancelled
        ) {
            prop_assert_eq!(balance.net_captured(), 0);
        } else {
            let kept = (balance.net_captured() + open_corrections(&given)) * SCALE;
            let apart = (kept - goods.exact(&given)).abs();
            prop_assert!(apart <= goods.rounding(), "{} apart: {:?}", apart, given.order);
        }
    }
}
