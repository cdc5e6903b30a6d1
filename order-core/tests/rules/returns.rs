//! Returns: until when, for how much, and whether the units are restocked.

use crate::given::{DAY, FIRST, Given, cancel, deliver, ship, ship_all, shipment_confirmed, two};
use order_core::command::Command;
use order_core::fact::Fact;
use order_core::money::Amount;
use order_core::order::{
    Adjustment, AdjustmentKind, OrderStatus, RefundPurpose, RefundStatus, ReturnRequestStatus,
};
use order_core::refusal::RefusalCode;
use order_core::value::{FulfillmentNo, LineNo, RefundNo, ReturnNo};
use order_testing::builders::{place_order, priced, reason, units};

fn ask(quantity: u32) -> Command {
    Command::RequestReturn {
        lines: vec![units("abc", quantity).into()],
        reason: Some(reason("too small")),
    }
}

fn approve(no: u32) -> Command {
    Command::ApproveReturn {
        return_no: ReturnNo::new(no),
    }
}

fn receive(no: u32, restock: bool) -> Command {
    Command::ReceiveReturn {
        return_no: ReturnNo::new(no),
        restock,
    }
}

#[test]
fn units_are_asked_back_within_the_window_after_the_last_delivery() {
    let given = Given::placed(two())
        .processing()
        .execute(ship(vec![units("abc", 1)]))
        .execute(ship_all())
        .captures_succeeded();
    assert_eq!(given.expect_refusal(ask(1)), RefusalCode::TooManyUnits);
    let given = given
        .execute(deliver(FIRST))
        .later(5 * DAY)
        .execute(deliver(FulfillmentNo::new(2)))
        .later(30 * DAY);
    assert_eq!(given.expect_refusal(ask(3)), RefusalCode::TooManyUnits);
    let requested = given.clone().execute(ask(2));
    let back = &requested.order.returns()[0];
    assert_eq!(back.reason, Some(reason("too small")));
    assert_eq!(back.requested_at, given.now);
    assert_eq!(back.status, ReturnRequestStatus::Requested);
    assert_eq!(requested.expect_refusal(ask(1)), RefusalCode::TooManyUnits);
    assert_eq!(
        given.later(1).expect_refusal(ask(1)),
        RefusalCode::ReturnWindowClosed
    );
}

#[test]
fn what_comes_back_is_refunded_at_what_it_was_charged() {
    // Three units at 10.00 with a discount of 1.00, and shipping, which is not refunded.
    let mut request = place_order(vec![priced("abc", 3, 1_000)]);
    request.order.adjustments = vec![
        Adjustment::of_line(
            AdjustmentKind::Discount,
            Amount::new(100),
            None,
            LineNo::FIRST,
        ),
        Adjustment::of_order(AdjustmentKind::Shipping, Amount::new(500), None),
    ];
    let given = Given::placed(request)
        .completed()
        .execute(ask(1))
        .execute(approve(1))
        .execute(receive(1, true));
    let first = given.order.returns()[0].credit;
    assert_eq!(given.refund(1).amount, first);
    assert_eq!(given.refund(1).purpose, RefundPurpose::Return);
    assert_eq!(
        given.order.returns()[0].status,
        ReturnRequestStatus::Received
    );
    let given = given.report(Fact::RefundSucceeded {
        refund: RefundNo::FIRST,
        provider_id: None,
    });
    assert_eq!(given.order.returns()[0].status, ReturnRequestStatus::Closed);
    let given = given
        .execute(ask(2))
        .execute(approve(2))
        .execute(receive(2, false));
    let second = given.order.returns()[1].credit;
    // To the cent, the refunds of all three add up to what they cost.
    assert_eq!(first.minor() + second.minor(), 2_900);
    assert!([966, 967].contains(&first.minor()));
    assert_eq!(given.refund(2).amount, second);
    assert_eq!(given.order.balance().owed, 500, "the shipping");
    let line = &given.order.lines()[0];
    assert_eq!((line.returned, line.restocked), (3, 1));
    assert!(given.order.returns()[0].restocked && !given.order.returns()[1].restocked);
}

#[test]
fn a_return_is_closed_when_nothing_more_is_to_be_refunded() {
    let given = Given::placed(two())
        .completed()
        .execute(ask(1))
        .execute(approve(1))
        .execute(receive(1, false));
    let refund = RefundNo::FIRST;
    let given = given.report(Fact::RefundFailed {
        refund,
        code: order_testing::builders::code("no_funds"),
    });
    assert_eq!(
        given.order.returns()[0].status,
        ReturnRequestStatus::Received
    );
    let given = given.later(60).timer_fires();
    assert_eq!(given.refund(2).status, RefundStatus::Requested);
    let given = given.report(Fact::RefundSucceeded {
        refund: RefundNo::new(2),
        provider_id: None,
    });
    assert_eq!(given.order.returns()[0].status, ReturnRequestStatus::Closed);
    assert!(!given.order.has_open_return());
}

#[test]
fn a_return_goes_one_way_and_its_steps_are_not_skipped() {
    let reject = || Command::RejectReturn {
        return_no: ReturnNo::FIRST,
        reason: None,
    };
    let give_up = || Command::CancelReturn {
        return_no: ReturnNo::FIRST,
    };
    let given = Given::placed(two()).completed();
    assert_eq!(given.expect_refusal(approve(1)), RefusalCode::NoSuchPart);
    let given = given.execute(ask(1));
    let wrong = RefusalCode::WrongPartState;
    assert_eq!(given.expect_refusal(receive(1, true)), wrong);
    let rejected = given.clone().execute(reject());
    assert_eq!(rejected.expect_refusal(approve(1)), wrong);
    let given = given.execute(approve(1));
    assert_eq!(given.expect_refusal(approve(1)), wrong);
    assert_eq!(given.expect_refusal(reject()), wrong);
    let dropped = given.clone().execute(give_up());
    assert_eq!(dropped.order.lines()[0].return_requested, 0);
    assert_eq!(
        dropped.order.returns()[0].status,
        ReturnRequestStatus::Cancelled
    );
    let given = given.execute(receive(1, true));
    assert_eq!(given.expect_refusal(give_up()), wrong);
    assert_eq!(given.expect_refusal(receive(1, true)), wrong);
}

#[test]
fn a_return_that_expects_lost_units_is_dropped() {
    // Both units were shipped after the cancel, in two parcels, and are expected back.
    let given = Given::placed(two())
        .execute(cancel())
        .report(shipment_confirmed(None, Some(vec![units("abc", 1)])))
        .report(shipment_confirmed(None, Some(vec![units("abc", 1)])));
    assert_eq!(given.order.returns().len(), 2);
    let given = given.report(Fact::ShipmentLost { fulfillment: FIRST });
    let states: Vec<_> = given.order.returns().iter().map(|one| one.status).collect();
    assert_eq!(
        states,
        [
            ReturnRequestStatus::Cancelled,
            ReturnRequestStatus::Approved
        ]
    );
    let line = &given.order.lines()[0];
    assert_eq!((line.shipped, line.lost, line.return_requested), (1, 1, 1));
    assert_eq!(given.order.status(), OrderStatus::Cancelling);
}
