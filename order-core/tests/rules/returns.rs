//! Units that come back: until when, for how much, and where they go.

use crate::case::{Case, DAY, FIRST, cancel, deliver, left, ship, ship_all, two, wish};
use order_core::command::Command;
use order_core::fact::Fact;
use order_core::money::Amount;
use order_core::order::{
    Adjustment, AdjustmentKind, OrderStatus, RefundPurpose, RefundState, ReturnState,
};
use order_core::refusal::RefusalCode;
use order_core::testing::builders::{priced, reason, units};
use order_core::value::{FulfillmentNo, LineId, RefundNo, ReturnNo};

fn ask(quantity: u32) -> Command {
    Command::RequestReturn {
        lines: vec![units("abc", quantity)],
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
    let case = Case::placed(two())
        .processing()
        .asked(ship(vec![units("abc", 1)]))
        .asked(ship_all())
        .captures_made();
    assert_eq!(case.refuses(ask(1)), RefusalCode::TooManyUnits);
    let case = case
        .asked(deliver(FIRST))
        .later(5 * DAY)
        .asked(deliver(FulfillmentNo::new(2)))
        .later(30 * DAY);
    assert_eq!(case.refuses(ask(3)), RefusalCode::TooManyUnits);
    let asked = case.clone().asked(ask(2));
    let back = &asked.order.returns()[0];
    assert_eq!(back.reason, Some(reason("too small")));
    assert_eq!(back.requested_at, case.now);
    assert_eq!(back.state, ReturnState::Requested);
    assert_eq!(asked.refuses(ask(1)), RefusalCode::TooManyUnits);
    assert_eq!(
        case.later(1).refuses(ask(1)),
        RefusalCode::ReturnWindowClosed
    );
}

#[test]
fn what_comes_back_is_refunded_at_what_it_was_charged() {
    // Three at 10.00 with 1.00 off the three of them, and shipping that is not given back.
    let mut wish = wish(vec![priced("abc", 3, 1_000)]);
    wish.adjustments = vec![
        Adjustment::of_line(
            AdjustmentKind::Discount,
            Amount::new(100),
            None,
            LineId::FIRST,
        ),
        Adjustment::of_order(AdjustmentKind::Shipping, Amount::new(500), None),
    ];
    let case = Case::placed(wish)
        .completed()
        .asked(ask(1))
        .asked(approve(1))
        .asked(receive(1, true));
    let first = case.order.returns()[0].credit;
    assert_eq!(case.refund(1).amount, first);
    assert_eq!(case.refund(1).purpose, RefundPurpose::Return);
    assert_eq!(case.order.returns()[0].state, ReturnState::Received);
    let case = case.told(Fact::RefundSucceeded {
        refund: RefundNo::FIRST,
        provider_id: None,
    });
    assert_eq!(case.order.returns()[0].state, ReturnState::Closed);
    let case = case
        .asked(ask(2))
        .asked(approve(2))
        .asked(receive(2, false));
    let second = case.order.returns()[1].credit;
    // To the cent, all three units are what all three were charged.
    assert_eq!(first.minor() + second.minor(), 2_900);
    assert!([966, 967].contains(&first.minor()));
    assert_eq!(case.refund(2).amount, second);
    assert_eq!(case.order.ledger().owed, 500, "the shipping");
    let line = &case.order.lines()[0];
    assert_eq!((line.returned, line.restocked), (3, 1));
    assert!(case.order.returns()[0].restocked && !case.order.returns()[1].restocked);
}

#[test]
fn a_return_is_closed_when_nothing_more_is_to_be_refunded() {
    let case = Case::placed(two())
        .completed()
        .asked(ask(1))
        .asked(approve(1))
        .asked(receive(1, false));
    let refund = RefundNo::FIRST;
    let case = case.told(Fact::RefundFailed {
        refund,
        code: order_core::testing::builders::code("no_funds"),
    });
    assert_eq!(case.order.returns()[0].state, ReturnState::Received);
    let case = case.later(60).woken();
    assert_eq!(case.refund(2).state, RefundState::Requested);
    let case = case.told(Fact::RefundSucceeded {
        refund: RefundNo::new(2),
        provider_id: None,
    });
    assert_eq!(case.order.returns()[0].state, ReturnState::Closed);
    assert!(!case.order.has_open_return());
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
    let case = Case::placed(two()).completed();
    assert_eq!(case.refuses(approve(1)), RefusalCode::NoSuchPart);
    let case = case.asked(ask(1));
    let wrong = RefusalCode::WrongPartState;
    assert_eq!(case.refuses(receive(1, true)), wrong);
    let rejected = case.clone().asked(reject());
    assert_eq!(rejected.refuses(approve(1)), wrong);
    let case = case.asked(approve(1));
    assert_eq!(case.refuses(approve(1)), wrong);
    assert_eq!(case.refuses(reject()), wrong);
    let dropped = case.clone().asked(give_up());
    assert_eq!(dropped.order.lines()[0].return_requested, 0);
    assert_eq!(dropped.order.returns()[0].state, ReturnState::Cancelled);
    let case = case.asked(receive(1, true));
    assert_eq!(case.refuses(give_up()), wrong);
    assert_eq!(case.refuses(receive(1, true)), wrong);
}

#[test]
fn a_return_that_expects_lost_units_is_dropped() {
    // Both units left after the cancel, in two parcels, and should come back.
    let case = Case::placed(two())
        .asked(cancel())
        .told(left(None, Some(vec![units("abc", 1)])))
        .told(left(None, Some(vec![units("abc", 1)])));
    assert_eq!(case.order.returns().len(), 2);
    let case = case.told(Fact::ShipmentLost { fulfillment: FIRST });
    let states: Vec<_> = case.order.returns().iter().map(|one| one.state).collect();
    assert_eq!(states, [ReturnState::Cancelled, ReturnState::Approved]);
    let line = &case.order.lines()[0];
    assert_eq!((line.shipped, line.lost, line.return_requested), (1, 1, 1));
    assert_eq!(case.order.status(), OrderStatus::Cancelling);
}
