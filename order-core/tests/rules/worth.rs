//! One value for every unit: capture, cancel, credit and refund ask the same allocation.

mod properties;

use crate::given::{
    Given, cancel, capture_at_once, deliver, refund_of, selections, ship, ship_all,
};
use order_core::Context;
use order_core::command::{Command, PlaceOrder};
use order_core::decide::decide_new;
use order_core::event::Actor;
use order_core::fact::Fact;
use order_core::money::Amount;
use order_core::order::{
    Adjustment, AdjustmentKind, LineSelector, OrderStatus, PaymentAttemptStatus, PaymentStatus,
    RefundKind, RefundStatus, SkuQuantity, UnitSelection,
};
use order_core::policy::StorefrontPolicy;
use order_core::refusal::{Refusal, RefusalCode};
use order_core::value::{FulfillmentNo, LineNo, PaymentAttemptNo, ReturnNo};
use order_testing::builders::{line, noon, place_order, priced, units};

use AdjustmentKind::{Discount, Fee, Shipping, Tax};

fn of_order(kind: AdjustmentKind, amount: i64) -> Adjustment {
    Adjustment::of_order(kind, Amount::new(amount), None)
}

fn of_line(kind: AdjustmentKind, amount: i64, line: u32) -> Adjustment {
    Adjustment::of_line(kind, Amount::new(amount), None, LineNo::new(line))
}

/// Returns a command to place an order of these lines, `a`, `b`, and so on, with adjustments.
fn request(lines: &[(u32, i64)], adjustments: &[Adjustment]) -> PlaceOrder {
    let skus = ["a", "b", "c", "d"];
    let lines = skus
        .iter()
        .zip(lines)
        .map(|(sku, (quantity, price))| priced(sku, *quantity, *price))
        .collect();
    let mut request = place_order(lines);
    request.order.adjustments = adjustments.to_vec();
    request
}

fn place(request: PlaceOrder) -> Result<(), Refusal> {
    let (policy, actor) = (StorefrontPolicy::default(), Actor::system());
    let ctx = Context::new(&policy, noon(), &actor);
    decide_new(&Command::PlaceOrder(Box::new(request)), &ctx).map(|_| ())
}

fn drop_units(lines: Vec<SkuQuantity>) -> Command {
    Command::CancelLines {
        lines: selections(lines),
        reason: None,
    }
}

fn revise(lines: &[(&str, u32, i64)]) -> Command {
    Command::ReviseLines {
        lines: lines
            .iter()
            .map(|(sku, quantity, price)| priced(sku, *quantity, *price))
            .collect(),
        adjustments: None,
    }
}

impl Given {
    /// Lets every refund that is open succeed.
    fn refunds_succeeded(mut self) -> Self {
        for refund in self.order.clone().refunds() {
            if refund.is_open() {
                self = self.report(Fact::RefundSucceeded {
                    refund: refund.no,
                    provider_id: None,
                });
            }
        }
        self
    }

    /// Delivers the fulfillment of this number.
    fn arrived(self, no: u32) -> Self {
        self.execute(deliver(FulfillmentNo::new(no)))
    }

    /// Sends units back: requested, approved, received and refunded.
    fn sent_back(self, sku: &str, quantity: u32) -> Self {
        let given = self.execute(Command::RequestReturn {
            lines: vec![units(sku, quantity).into()],
            reason: None,
        });
        let return_no = given.order.returns().last().unwrap().no;
        given
            .execute(Command::ApproveReturn { return_no })
            .execute(Command::ReceiveReturn {
                return_no,
                restock: true,
            })
            .refunds_succeeded()
    }

    /// Returns the refunds that did not fail, in minor units.
    fn refunds(&self) -> Vec<i64> {
        let refunds = self.order.refunds().iter();
        refunds
            .filter(|one| one.status != RefundStatus::Failed)
            .map(|one| one.amount.minor())
            .collect()
    }

    fn total(&self) -> i64 {
        self.order.totals().total.minor()
    }

    /// Returns what was captured and not refunded.
    fn kept(&self) -> i128 {
        self.order.balance().net_captured()
    }
}

#[test]
fn a_return_pays_back_its_share_of_a_discount_of_the_order() {
    let given = Given::placed(request(&[(1, 600), (1, 400)], &[of_order(Discount, 100)]))
        .completed()
        .sent_back("a", 1);
    assert_eq!(given.refunds(), [540]);
    let given = given.sent_back("b", 1);
    assert_eq!(given.refunds(), [540, 360]);
    assert_eq!(given.kept(), 0);
}

#[test]
fn a_cancelled_line_takes_its_share_of_a_discount_of_the_order_with_it() {
    let order = request(&[(1, 15_000), (1, 6_000)], &[of_order(Discount, 4_200)]);
    let given = Given::placed(order.clone()).processing();
    let given = given.execute(drop_units(vec![units("a", 1)]));
    assert_eq!(given.total(), 4_800);
    assert_eq!(given.order.totals().discount, Amount::new(1_200));
    let paid = Given::placed_under(capture_at_once(), order).processing();
    let paid = paid.execute(drop_units(vec![units("a", 1)]));
    assert_eq!(paid.refunds(), [12_000]);
}

#[test]
fn what_is_left_after_a_cancel_is_not_free() {
    let given = Given::placed(request(
        &[(1, 10_000), (1, 2_000)],
        &[of_order(Discount, 3_000)],
    ))
    .processing()
    .execute(drop_units(vec![units("a", 1)]));
    assert_eq!(given.total(), 1_500);
    let given = given.execute(ship_all()).captures_succeeded();
    assert_eq!(given.captures(1), [1_500]);
    let given = given.arrived(1);
    assert_eq!(given.order.status(), OrderStatus::Completed);
    assert_eq!(given.order.payment_status(), PaymentStatus::Paid);
}

#[test]
fn tax_of_the_order_goes_back_with_the_units() {
    let order = request(&[(2, 1_000)], &[of_order(Tax, 400)]);
    let given = Given::placed(order.clone()).completed().sent_back("a", 2);
    assert_eq!(given.refunds(), [2_400]);
    let given = Given::placed(order).execute(drop_units(vec![units("a", 1)]));
    assert_eq!(given.total(), 1_200);
    assert_eq!(given.order.totals().tax, Amount::new(200));
}

#[test]
fn a_return_is_paid_back_whatever_else_is_still_to_be_sent() {
    let given = Given::placed(request(&[(1, 1_999), (1, 1_800)], &[]))
        .processing()
        .execute(ship(vec![units("a", 1)]))
        .captures_succeeded()
        .arrived(1)
        .sent_back("a", 1);
    assert_eq!(given.refunds(), [1_999]);
    let one = given.attempt(1);
    assert_eq!(one.status, PaymentAttemptStatus::Authorized);
    assert_eq!((one.capturable().minor(), one.voiding), (1_800, false));
    assert_eq!(given.order.totals().due, Amount::ZERO);
    assert!(!given.order.has_open_return());
    let given = given.execute(ship_all()).captures_succeeded().arrived(2);
    assert_eq!(given.captures(1), [1_999, 1_800]);
    assert_eq!(given.kept(), 1_800);
    assert_eq!(given.order.status(), OrderStatus::Completed);
}

#[test]
fn the_other_payment_stays_authorized_while_a_refund_is_retried() {
    let given = Given::placed(request(&[(1, 1_999), (1, 1_800)], &[]))
        .confirmed()
        .report(Fact::PaymentDeclined {
            attempt: PaymentAttemptNo::FIRST,
            code: order_testing::builders::code("no"),
        })
        .execute(Command::StartPayment {
            amount: Some(Amount::new(1_999)),
        })
        .payment_authorized(PaymentAttemptNo::new(2), 1_999)
        .execute(Command::StartPayment { amount: None })
        .payment_authorized(PaymentAttemptNo::new(3), 1_800)
        .stock_committed()
        .execute(ship(vec![units("a", 1)]))
        .captures_succeeded()
        .arrived(1)
        .execute(Command::RequestReturn {
            lines: vec![units("a", 1).into()],
            reason: None,
        })
        .execute(Command::ApproveReturn {
            return_no: ReturnNo::FIRST,
        })
        .execute(Command::ReceiveReturn {
            return_no: ReturnNo::FIRST,
            restock: true,
        });
    assert_eq!(given.refund(1).attempt, PaymentAttemptNo::new(2));
    let refund = given.refund(1).no;
    let given = given.report(Fact::RefundFailed {
        refund,
        code: order_testing::builders::code("later"),
    });
    assert!(!given.attempt(3).voiding);
    assert!(given.order.has_open_return());
    let given = given.later(60).timer_fires();
    assert_eq!(given.refunds(), [1_999]);
}

#[test]
fn adjustments_of_a_line_follow_its_quantity() {
    let order = request(
        &[(2, 1_000)],
        &[of_line(Discount, 400, 1), of_line(Tax, 160, 1)],
    );
    let given = Given::placed(order.clone()).execute(revise(&[("a", 3, 1_000)]));
    let totals = given.order.totals();
    assert_eq!((totals.discount.minor(), totals.tax.minor()), (600, 240));
    let given = Given::placed(order.clone()).execute(revise(&[("a", 1, 1_000)]));
    assert_eq!(given.total(), 880);
    // At another price, or on more lines, what becomes of them is for the caller to say.
    let given = Given::placed(order);
    let asked = RefusalCode::AdjustmentsRequired;
    assert_eq!(given.expect_refusal(revise(&[("a", 2, 900)])), asked);
    let split = revise(&[("a", 1, 1_000), ("a", 1, 1_000)]);
    assert_eq!(given.expect_refusal(split), asked);
    let given = given.execute(Command::ReviseLines {
        lines: vec![priced("a", 2, 900)],
        adjustments: Some(vec![of_line(Discount, 100, 1)]),
    });
    assert_eq!(given.total(), 1_700);
}

#[test]
fn other_adjustments_stay_as_they_are_when_lines_are_revised() {
    let order = request(
        &[(2, 1_000), (1, 500)],
        &[
            of_order(Discount, 300),
            of_line(Shipping, 70, 1),
            of_line(Tax, 33, 2),
        ],
    );
    let given = Given::placed(order).execute(revise(&[("a", 3, 1_000), ("c", 1, 50)]));
    let totals = given.order.totals();
    assert_eq!(totals.discount, Amount::new(300));
    assert_eq!(totals.shipping, Amount::new(70));
    assert_eq!(totals.tax, Amount::ZERO, "it went with its line");
    let refused = given.expect_refusal(revise(&[("c", 1, 50)]));
    assert_eq!(refused, RefusalCode::StockNotSettled);
    let order = request(&[(2, 1_000)], &[of_order(Discount, 300)]);
    let refused = Given::placed(order).expect_refusal(revise(&[("a", 1, 299)]));
    assert_eq!(refused, RefusalCode::NegativeTotal);
}

#[test]
fn a_sku_on_lines_of_different_worth_is_not_enough() {
    let mut order = place_order(vec![priced("a", 1, 2_000), priced("a", 2, 0)]);
    let given = Given::placed(order.clone()).processing();
    let by_sku = |quantity| Command::CancelLines {
        lines: vec![units("a", quantity).into()],
        reason: None,
    };
    let by_line = |no, quantity| Command::CancelLines {
        lines: vec![UnitSelection::of_line(LineNo::new(no), quantity)],
        reason: None,
    };
    let ambiguous = RefusalCode::AmbiguousSku;
    assert_eq!(given.expect_refusal(by_sku(1)), ambiguous);
    assert_eq!(given.expect_refusal(ship(vec![units("a", 1)])), ambiguous);
    assert_eq!(
        given.expect_refusal(by_line(3, 1)),
        RefusalCode::UnknownLine
    );
    assert_eq!(
        given.expect_refusal(by_line(1, 2)),
        RefusalCode::TooManyUnits
    );
    let one = given.clone().execute(by_line(2, 1));
    assert_eq!(one.total(), 2_000);
    assert_eq!(given.clone().execute(by_line(1, 1)).total(), 0);
    // All of them are meant, or only one line has any left.
    let given = given.execute(by_line(1, 1));
    assert_eq!(
        given.clone().execute(by_sku(1)).order.lines()[1].cancelled,
        1
    );
    order.order.lines = vec![priced("a", 1, 2_000), priced("a", 1, 2_000)];
    assert_eq!(
        Given::placed(order.clone()).execute(by_sku(1)).total(),
        2_000
    );
    order.order.adjustments = vec![of_line(Discount, 1, 2)];
    assert_eq!(Given::placed(order).expect_refusal(by_sku(1)), ambiguous);
}

#[test]
fn the_line_that_is_shipped_and_sent_back_is_the_one_that_was_named() {
    let order = place_order(vec![priced("a", 1, 0), priced("a", 1, 2_000)]);
    let second = || vec![UnitSelection::of_line(LineNo::new(2), 1)];
    let given = Given::placed(order)
        .processing()
        .execute(Command::PlanFulfillment {
            lines: Some(second()),
        })
        .execute(Command::ConfirmShipment {
            fulfillment: Some(FulfillmentNo::FIRST),
            lines: None,
            tracking: order_core::order::Tracking::default(),
        });
    assert_eq!(given.captures(1), [2_000], "as it was planned");
    let given = given.captures_succeeded().arrived(1);
    let given = given
        .execute(ship_all())
        .arrived(2)
        .execute(Command::RequestReturn {
            lines: second(),
            reason: None,
        });
    assert_eq!(given.order.returns()[0].lines[0].line, LineNo::new(2));
    assert!(matches!(second()[0].of, LineSelector::Line(_)));
}

#[test]
fn a_return_of_half_keeps_the_other_half_paid() {
    let order = request(&[(10, 1_000)], &[of_order(Discount, 5_000)]);
    let given = Given::placed(order).completed().sent_back("a", 5);
    assert_eq!(given.refunds(), [2_500]);
    assert_eq!(given.kept(), 2_500);
}

/// Given two units at 10.00 that are paid and not shipped.
fn two_paid() -> Given {
    Given::placed_under(capture_at_once(), request(&[(2, 1_000)], &[])).processing()
}

fn refund_units(quantity: u32, kind: RefundKind) -> Command {
    Command::RequestRefund {
        amount: None,
        lines: Some(vec![units("a", quantity).into()]),
        kind,
        reason: None,
    }
}

#[test]
fn a_correction_is_offset_by_the_cancel_it_was_made_ahead_of() {
    let correct = |amount| refund_of(Some(amount), RefundKind::Correction);
    for refund in [correct(1_000), refund_units(1, RefundKind::Correction)] {
        let given = two_paid().execute(refund).refunds_succeeded();
        assert_eq!(given.refunds(), [1_000]);
        assert_eq!(given.order.totals().owed, Amount::new(1_000));
        let given = given.execute(drop_units(vec![units("a", 1)]));
        assert_eq!(given.refunds(), [1_000], "the money went back once");
        assert_eq!(given.order.totals().owed, Amount::new(1_000));
        assert_eq!(given.kept(), 1_000);
    }
    let part = two_paid().execute(correct(300)).refunds_succeeded();
    let part = part.execute(drop_units(vec![units("a", 1)]));
    assert_eq!(part.refunds(), [300, 700]);
    // What was offset is offset: another correction is another credit.
    let again = part.execute(correct(200));
    assert_eq!(again.refunds(), [300, 700, 200]);
    assert_eq!(again.order.totals().due, Amount::ZERO);
}

#[test]
fn a_gift_is_given_beside_the_cancel() {
    let given = two_paid()
        .execute(refund_units(1, RefundKind::Goodwill))
        .refunds_succeeded()
        .execute(drop_units(vec![units("a", 1)]));
    assert_eq!(given.refunds(), [1_000, 1_000]);
}

#[test]
fn a_correction_that_failed_offsets_nothing() {
    let given = two_paid()
        .execute(refund_units(1, RefundKind::Correction))
        .execute(drop_units(vec![units("a", 1)]));
    assert_eq!(given.refunds(), [1_000]);
    let refund = given.refund(1).no;
    let given = given.report(Fact::RefundFailed {
        refund,
        code: order_testing::builders::code("no"),
    });
    assert_eq!(given.refunds(), [1_000], "by itself now");
    assert_eq!(given.order.totals().owed, Amount::new(1_000));
}

#[test]
fn a_correction_of_a_line_is_not_offset_by_another() {
    let order = request(&[(1, 1_000), (1, 500)], &[]);
    let paid = Given::placed_under(capture_at_once(), order).processing();
    let given = paid
        .execute(refund_units(1, RefundKind::Correction))
        .refunds_succeeded();
    let expected = RefusalCode::TooManyUnits;
    let again = refund_units(1, RefundKind::Correction);
    assert_eq!(given.expect_refusal(again), expected, "it was refunded");
    let given = given.execute(drop_units(vec![units("b", 1)]));
    assert_eq!(given.refunds(), [1_000, 500]);
    assert_eq!(given.kept(), 0);
}

#[test]
fn a_correction_is_offset_by_a_return_and_by_a_revision() {
    let correct = |amount| refund_of(Some(amount), RefundKind::Correction);
    let given = Given::placed(request(&[(2, 1_000)], &[]))
        .completed()
        .execute(correct(400))
        .refunds_succeeded()
        .sent_back("a", 1);
    assert_eq!(given.refunds(), [400, 600]);
    assert_eq!(given.kept(), 1_000);
    let given = two_paid()
        .execute(correct(300))
        .refunds_succeeded()
        .execute(revise(&[("a", 2, 850)]));
    let reservation = given.order.reservation().unwrap().no;
    let settled = given.order.stock_target();
    let given = given.report(Fact::StockRevised {
        reservation,
        lines: settled,
    });
    assert_eq!(given.refunds(), [300]);
    assert_eq!(given.order.totals().owed, Amount::new(1_700));
    assert_eq!(given.order.totals().due, Amount::ZERO);
}

#[test]
fn a_revision_that_is_reverted_offsets_nothing() {
    let given = two_paid()
        .execute(refund_of(Some(300), RefundKind::Correction))
        .refunds_succeeded()
        .execute(revise(&[("a", 1, 1_000), ("b", 5, 100)]));
    assert_eq!(given.refund(1).offset, Amount::new(300));
    let reservation = given.order.reservation().unwrap().no;
    let given = given.report(Fact::StockRevisionRejected {
        reservation,
        shortages: Vec::new(),
    });
    assert_eq!(given.total(), 2_000);
    assert_eq!(given.refund(1).offset, Amount::ZERO);
    assert_eq!(given.order.totals().owed, Amount::new(1_700));
}

#[test]
fn units_one_after_another_sum_to_the_whole() {
    let order = request(&[(3, 100)], &[of_order(Discount, 100)]);
    let mut given = Given::placed(order.clone()).completed();
    for _ in 0..3 {
        given = given.sent_back("a", 1);
    }
    assert_eq!(given.refunds(), [67, 66, 67]);
    let mut given = Given::placed_under(capture_at_once(), order).processing();
    for _ in 0..2 {
        given = given
            .execute(drop_units(vec![units("a", 1)]))
            .refunds_succeeded();
    }
    assert_eq!(given.refunds(), [67, 66]);
    let given = given.execute(cancel()).refunds_succeeded();
    assert_eq!(given.refunds(), [67, 66, 67]);
}

#[test]
fn no_discount_exceeds_what_it_is_taken_off_and_the_refusal_names_it() {
    let refused = |lines: &[(u32, i64)], adjustments: &[Adjustment]| {
        let refusal = place(request(lines, adjustments)).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::NegativeTotal);
        refusal.message
    };
    // The other line would pay for it.
    let message = refused(
        &[(1, 1_000), (1, 500)],
        &[of_order(Tax, 10), of_line(Discount, 501, 2)],
    );
    assert!(message.starts_with("adjustments[1]"), "{message}");
    let message = refused(
        &[(1, 1_000)],
        &[of_order(Discount, 999), of_order(Discount, 2)],
    );
    assert!(message.starts_with("adjustments[1]"), "{message}");
    // A line's own tax, shipping and fees may be taken off with it.
    let fine = [
        of_line(Tax, 5, 1),
        of_line(Shipping, 3, 1),
        of_line(Fee, 2, 1),
        of_line(Discount, 1_010, 1),
    ];
    assert!(place(request(&[(1, 1_000), (1, 500)], &fine)).is_ok());
}

#[test]
fn a_discount_of_the_order_may_be_bigger_than_a_line() {
    let given = Given::placed(request(&[(1, 600), (1, 400)], &[of_order(Discount, 900)]))
        .processing()
        .execute(drop_units(vec![units("a", 1)]));
    assert_eq!(given.total(), 40);
}

#[test]
fn a_discount_beyond_the_goods_comes_off_tax_then_shipping() {
    let order = request(
        &[(1, 600), (1, 400)],
        &[
            of_order(Tax, 100),
            of_order(Shipping, 500),
            of_order(Discount, 1_250),
        ],
    );
    let given = Given::placed(order).processing();
    assert_eq!(given.total(), 350);
    let given = given.execute(drop_units(vec![units("a", 1)]));
    assert_eq!(
        given.total(),
        350,
        "free goods, and what is left of shipping"
    );
    assert_eq!(given.order.totals().tax, Amount::new(40));
}

#[test]
fn discounts_of_lines_and_of_the_order_are_taken_one_after_the_other() {
    // A is worth 500 and B 1000 when 300 come off the order: 100 and 200.
    let order = request(
        &[(2, 300), (1, 1_000)],
        &[of_order(Discount, 300), of_line(Discount, 100, 1)],
    );
    let given = Given::placed(order).completed();
    assert_eq!(given.kept(), 1_200);
    let given = given.sent_back("a", 1).sent_back("b", 1);
    assert_eq!(given.refunds(), [200, 800]);
    assert_eq!(given.kept(), 200);
}

#[test]
fn a_free_line_has_no_share_unless_all_are_free() {
    let order = request(&[(1, 0), (1, 1_000)], &[of_order(Tax, 99)]);
    let given = Given::placed(order).execute(drop_units(vec![units("a", 1)]));
    assert_eq!(given.total(), 1_099);
    // By units, if there is nothing else to go by.
    let order = request(&[(1, 0), (2, 0)], &[of_order(Tax, 99)]);
    let given = Given::placed(order).execute(drop_units(vec![units("a", 1)]));
    assert_eq!(given.total(), 66);
    // By what the lines were worth, if all of it was taken off.
    let order = request(
        &[(1, 300), (1, 600)],
        &[of_order(Tax, 99), of_order(Discount, 900)],
    );
    let given = Given::placed(order).execute(drop_units(vec![units("a", 1)]));
    assert_eq!(given.total(), 66);
}

#[test]
fn shipping_and_fees_stay_whole_while_anything_is_kept() {
    let order = request(
        &[(2, 1_000), (1, 500)],
        &[
            of_order(Shipping, 700),
            of_order(Fee, 30),
            of_line(Shipping, 90, 1),
        ],
    );
    let given = Given::placed(order.clone()).execute(drop_units(vec![units("a", 1)]));
    assert_eq!(given.total(), 1_000 + 500 + 700 + 30 + 90);
    let given = given.execute(drop_units(vec![units("a", 1)]));
    assert_eq!(
        given.total(),
        500 + 700 + 30,
        "the line's goes with the line"
    );
    let paid = Given::placed_under(capture_at_once(), order.clone()).processing();
    let paid = paid.execute(cancel());
    assert_eq!(paid.refunds(), [3_320], "all of it, with the last unit");
    // Once the goods have left, returns leave it with the shop.
    let given = Given::placed(order)
        .completed()
        .sent_back("a", 2)
        .sent_back("b", 1);
    assert_eq!(given.kept(), 820);
}

#[test]
fn a_remainder_that_nothing_needs_is_voided_at_once() {
    let given = Given::placed(request(&[(1, 1_999), (1, 1_800)], &[]))
        .processing()
        .execute(ship(vec![units("a", 1)]))
        .captures_succeeded()
        .execute(drop_units(vec![units("b", 1)]));
    assert_eq!(given.order.status(), OrderStatus::Processing);
    assert!(given.attempt(1).voiding);
    assert!(given.refunds().is_empty());
}

#[test]
fn what_was_taken_for_lost_units_that_are_cancelled_goes_back() {
    let given = Given::placed(request(&[(1, 1_999), (1, 1_800)], &[]))
        .processing()
        .execute(ship(vec![units("a", 1)]))
        .captures_succeeded()
        .report(Fact::ShipmentLost {
            fulfillment: FulfillmentNo::FIRST,
        });
    assert!(given.refunds().is_empty(), "it may be sent again");
    let given = given
        .execute(drop_units(vec![units("a", 1)]))
        .refunds_succeeded();
    assert_eq!(given.refunds(), [1_999]);
    assert!(!given.attempt(1).voiding);
    let given = given.execute(ship_all()).captures_succeeded().arrived(2);
    assert_eq!(given.kept(), 1_800);
}

#[test]
fn units_beyond_the_order_are_worth_nothing() {
    let given = Given::placed(request(&[(1, 1_000)], &[of_order(Tax, 70)]))
        .processing()
        .report(crate::given::shipment_confirmed(
            None,
            Some(vec![units("a", 3)]),
        ))
        .captures_succeeded();
    assert_eq!(given.captures(1), [1_070]);
    assert_eq!(given.total(), 1_070);
}

#[test]
fn the_totals_add_up_for_a_reader() {
    let given = Given::placed(request(&[(2, 1_000)], &[]))
        .completed()
        .sent_back("a", 1)
        .execute(refund_of(Some(250), RefundKind::Goodwill))
        .refunds_succeeded();
    let totals = given.order.totals();
    assert_eq!(totals.credited, Amount::new(1_250));
    assert_eq!(totals.owed, Amount::new(750));
    assert_eq!(
        (totals.captured, totals.refunded),
        (Amount::new(2_000), Amount::new(1_250))
    );
    assert_eq!(totals.due, Amount::ZERO);
    let cancelled = Given::placed(request(&[(2, 1_000)], &[])).execute(cancel());
    assert_eq!(cancelled.order.totals().credited, Amount::new(2_000));
    assert_eq!(cancelled.order.totals().owed, Amount::ZERO);
}

#[test]
fn what_has_no_price_is_worth_nothing_yet() {
    let mut order = place_order(vec![line("a", 2), priced("b", 1, 100)]);
    order.order.adjustments = vec![of_order(Discount, 150), of_line(Discount, 20, 1)];
    let given = Given::placed(order);
    let totals = given.order.totals();
    assert_eq!(
        (totals.total, totals.discount),
        (Amount::ZERO, Amount::new(100))
    );
}

#[test]
fn two_corrections_at_one_instant_are_two() {
    let given = Given::placed_under(capture_at_once(), request(&[(4, 1_440)], &[])).processing();
    let correct = |units| Command::RequestRefund {
        amount: None,
        lines: Some(vec![UnitSelection::of_line(LineNo::FIRST, units)]),
        kind: RefundKind::Correction,
        reason: None,
    };
    let given = given.execute(correct(2)).refunds_succeeded();
    let given = given.execute(correct(2)).refunds_succeeded();
    assert_eq!(given.refunds(), [2_880, 2_880]);
    assert_eq!(given.expect_refusal(correct(1)), RefusalCode::TooManyUnits);
}
