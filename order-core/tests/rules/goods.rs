//! Units on their way: planned, shipped, delivered, lost, called back.

use crate::case::{Case, FIRST, cancel, deliver, left, plan, ship, ship_all, two, two_lines, wish};
use order_core::command::Command;
use order_core::event::Happening;
use order_core::fact::Fact;
use order_core::order::{
    FulfillmentState, HoldOrigin, LineUnits, OrderStatus, ReturnState, Tracking,
};
use order_core::policy::{FulfillmentPolicy, Policies};
use order_core::refusal::RefusalCode;
use order_core::testing::builders::{at, code, priced, units};
use order_core::value::{FulfillmentNo, LineId};

const SECOND: FulfillmentNo = FulfillmentNo::new(2);

fn counts(case: &Case, line: usize) -> (u32, u32, u32, u32) {
    let line = &case.order.lines()[line];
    (line.shipped, line.delivered, line.lost, line.excess)
}

fn state(case: &Case, no: FulfillmentNo) -> FulfillmentState {
    case.order.fulfillment(no).unwrap().state
}

fn late(case: &Case) -> bool {
    let late = |happening: &Happening| matches!(happening, Happening::LateFactRecorded { .. });
    case.last.iter().any(late)
}

#[test]
fn a_fulfillment_may_ship_what_it_plans_and_what_is_open_beside_it() {
    let case = Case::placed(two_lines())
        .processing()
        .asked(plan(vec![units("tea", 3)]))
        .asked(plan(vec![units("abc", 1)]));
    let ship = |no, sku, quantity| Command::ConfirmShipment {
        fulfillment: Some(no),
        lines: Some(vec![units(sku, quantity)]),
        tracking: Tracking::default(),
    };
    // One of the two is planned elsewhere.
    let others = ship(FIRST, "abc", 2);
    assert_eq!(case.refuses(others), RefusalCode::TooManyUnits);
    let case = case.asked(ship(SECOND, "abc", 2));
    assert_eq!(counts(&case, 0), (2, 0, 0, 0));
    let case = case.asked(ship(FIRST, "tea", 3));
    assert_eq!(counts(&case, 1), (3, 0, 0, 0));
    let again = ship(FIRST, "tea", 1);
    assert_eq!(case.refuses(again), RefusalCode::AlreadyShipped);
    assert_eq!(case.refuses(ship_all()), RefusalCode::NothingOpen);
}

#[test]
fn without_a_number_what_is_open_is_shipped_then_what_was_planned() {
    let case = Case::placed(two())
        .processing()
        .asked(plan(vec![units("abc", 1)]))
        .asked(ship_all());
    assert_eq!(state(&case, FIRST), FulfillmentState::Planned);
    assert_eq!(state(&case, SECOND), FulfillmentState::Shipped);
    assert_eq!(counts(&case, 0), (1, 0, 0, 0));
    let case = case.later(4).asked(ship_all());
    assert_eq!(state(&case, FIRST), FulfillmentState::Shipped);
    assert_eq!(counts(&case, 0), (2, 0, 0, 0));
    assert_eq!(
        case.order.fulfillment(FIRST).unwrap().shipped_at,
        Some(at(4))
    );
}

#[test]
fn units_are_shared_out_over_lines_of_one_sku_in_order() {
    let lines = vec![
        priced("abc", 2, 1_000),
        priced("tea", 1, 500),
        priced("abc", 2, 900),
    ];
    let case = Case::placed(wish(lines)).processing();
    let too_many = plan(vec![units("abc", 3), units("abc", 2)]);
    assert_eq!(case.refuses(too_many), RefusalCode::TooManyUnits);
    let none = plan(vec![units("abc", 0)]);
    assert_eq!(case.refuses(none), RefusalCode::InvalidAmount);
    let unknown = plan(vec![units("abc", 1), units("other", 1)]);
    assert_eq!(case.refuses(unknown), RefusalCode::UnknownSku);
    assert_eq!(case.refuses(plan(Vec::new())), RefusalCode::NothingOpen);
    let case = case.asked(plan(vec![units("abc", 1), units("abc", 2)]));
    let planned = &case.order.fulfillments()[0].lines;
    let expected = [(1, 2), (3, 1)].map(|(id, units)| LineUnits::new(LineId::new(id), units));
    assert_eq!(planned, &expected);
}

#[test]
fn what_leaves_beyond_what_was_ordered_is_counted_apart() {
    let case = Case::placed(two_lines())
        .processing()
        .told(left(None, Some(vec![units("abc", 3), units("other", 1)])));
    assert_eq!(counts(&case, 0), (2, 0, 0, 1));
    assert_eq!(counts(&case, 1), (0, 0, 0, 0));
    let sent = &case.order.fulfillments()[0];
    assert_eq!(sent.excess, [units("abc", 1), units("other", 1)]);
    let again = case.clone().told(left(Some(FIRST), None));
    assert!(again.last.is_empty(), "it has left already");
    // A report without units means all that is still wanted.
    let case = case.told(left(None, None));
    assert_eq!(counts(&case, 1), (3, 0, 0, 0));
    assert_eq!(case.order.fulfillments()[1].no, SECOND);
}

#[test]
fn a_lost_parcel_is_sent_again_and_may_turn_up() {
    let case = Case::placed(two()).processing().asked(ship_all());
    let lost = Fact::ShipmentLost { fulfillment: FIRST };
    let case = case.told(lost.clone());
    assert_eq!(counts(&case, 0), (0, 0, 2, 0));
    assert_eq!(state(&case, FIRST), FulfillmentState::Lost);
    assert_eq!(case.order.lines()[0].unshipped(), 2);
    assert!(case.clone().told(lost).last.is_empty());
    let found = case
        .clone()
        .told(Fact::DeliveryConfirmed { fulfillment: FIRST });
    assert_eq!(counts(&found, 0), (2, 2, 0, 0));
    assert_eq!(state(&found, FIRST), FulfillmentState::Delivered);
    assert!(late(&found));
    // Sent again first, they were one parcel too many.
    let case = case.asked(ship_all());
    assert_eq!(counts(&case, 0), (2, 0, 2, 0));
    let case = case.told(Fact::DeliveryConfirmed { fulfillment: FIRST });
    assert_eq!(counts(&case, 0), (2, 0, 2, 2));
}

#[test]
fn what_was_delivered_is_not_lost() {
    let lost = |no| Fact::ShipmentLost { fulfillment: no };
    let case = Case::placed(two())
        .processing()
        .asked(ship(vec![units("abc", 1)]))
        .later(8)
        .asked(deliver(FIRST));
    let delivered_at = case.order.fulfillments()[0].delivered_at;
    assert_eq!(delivered_at, Some(at(8)));
    let case = case.told(lost(FIRST));
    assert!(late(&case));
    assert_eq!(counts(&case, 0), (1, 1, 0, 0));
    assert!(late(&case.clone().told(lost(FulfillmentNo::new(9)))));
    // Delivered twice is delivered once.
    let again = case
        .clone()
        .told(Fact::DeliveryConfirmed { fulfillment: FIRST });
    assert!(again.last.is_empty());
    let unknown = Fact::DeliveryConfirmed {
        fulfillment: FulfillmentNo::new(9),
    };
    assert!(late(&case.told(unknown)));
}

#[test]
fn what_is_delivered_or_lost_must_have_left() {
    let planned = || {
        Case::placed(two())
            .processing()
            .asked(plan(vec![units("abc", 2)]))
            .asked(Command::ReleaseFulfillment { fulfillment: FIRST })
    };
    let case = planned().told(Fact::DeliveryConfirmed { fulfillment: FIRST });
    assert_eq!(counts(&case, 0), (2, 2, 0, 0));
    let case = planned().told(Fact::ShipmentLost { fulfillment: FIRST });
    assert_eq!(counts(&case, 0), (0, 0, 2, 0));
}

#[test]
fn a_plan_is_dropped_and_what_the_warehouse_has_is_called_back() {
    let recall = || Command::RecallFulfillment { fulfillment: FIRST };
    let case = Case::placed(two())
        .processing()
        .asked(plan(vec![units("abc", 2)]));
    let dropped = case.clone().asked(recall());
    assert_eq!(state(&dropped, FIRST), FulfillmentState::Cancelled);
    let case = case
        .asked(Command::ReleaseFulfillment { fulfillment: FIRST })
        .asked(recall());
    assert_eq!(state(&case, FIRST), FulfillmentState::Released);
    assert!(case.order.fulfillments()[0].recalling);
    assert!(case.clone().asked(recall()).last.is_empty());
    let back = case
        .clone()
        .told(Fact::FulfillmentRecalled { fulfillment: FIRST });
    assert_eq!(state(&back, FIRST), FulfillmentState::Cancelled);
    assert!(!back.order.fulfillments()[0].recalling);
    let gone = case.told(Fact::RecallRefused { fulfillment: FIRST });
    assert_eq!(state(&gone, FIRST), FulfillmentState::Shipped);
    assert_eq!(counts(&gone, 0), (2, 0, 0, 0));
    let after = gone.told(Fact::FulfillmentRecalled { fulfillment: FIRST });
    assert!(after.last.is_empty());
}

#[test]
fn a_warehouse_that_refuses_leaves_it_to_a_person() {
    let refused = Fact::FulfillmentRefused {
        fulfillment: FIRST,
        code: code("damaged"),
    };
    let case = Case::placed(two())
        .processing()
        .asked(plan(vec![units("abc", 2)]))
        .asked(Command::ReleaseFulfillment { fulfillment: FIRST })
        .told(refused.clone());
    assert_eq!(state(&case, FIRST), FulfillmentState::Cancelled);
    assert_eq!(case.order.holds()[0].origin, HoldOrigin::WarehouseRefused);
    assert_eq!(case.refuses(ship_all()), RefusalCode::OnHold);
    assert!(case.told(refused).last.is_empty());
}

#[test]
fn what_is_planned_for_cancelled_units_is_dropped() {
    let cancel = |quantity| Command::CancelLines {
        lines: vec![units("abc", quantity)],
        reason: None,
    };
    let case = Case::placed(two())
        .processing()
        .asked(plan(vec![units("abc", 1)]));
    assert_eq!(case.refuses(cancel(2)), RefusalCode::TooManyUnits);
    let case = case.asked(cancel(1));
    assert_eq!(
        state(&case, FIRST),
        FulfillmentState::Planned,
        "still wanted"
    );
    // The unit leaves by another way: the plan is for nothing now.
    let case = case.told(left(None, Some(vec![units("abc", 1)])));
    assert_eq!(state(&case, FIRST), FulfillmentState::Cancelled);
}

#[test]
fn cancelling_every_unit_cancels_the_order() {
    let cancel = |lines| Command::CancelLines {
        lines,
        reason: None,
    };
    let case = Case::placed(two_lines());
    let some = case.clone().asked(cancel(vec![units("abc", 2)]));
    assert_eq!(some.order.status(), OrderStatus::Pending);
    let rest = some.asked(cancel(vec![units("tea", 3)]));
    assert_eq!(rest.order.status(), OrderStatus::Cancelling);
    let all = case.asked(cancel(vec![units("abc", 2), units("tea", 3)]));
    assert_eq!(all.order.status(), OrderStatus::Cancelling);
    // Where something has left, what is left is no order any more, but done.
    let case = Case::placed(two())
        .processing()
        .asked(ship(vec![units("abc", 1)]))
        .captures_made()
        .asked(deliver(FIRST))
        .asked(cancel(vec![units("abc", 1)]));
    assert_eq!(case.order.lines()[0].cancelled, 1);
    assert_eq!(case.order.status(), OrderStatus::Completed);
}

#[test]
fn what_leaves_for_an_order_that_will_not_go_on_should_come_back() {
    // Before: it left while the order was pending.
    let early = Case::placed(two_lines())
        .told(left(None, Some(vec![units("abc", 1)])))
        .told(Fact::CustomerRejected {
            code: code("blocked"),
        });
    // After: it left when the order was cancelled.
    let after = Case::placed(two_lines())
        .asked(cancel())
        .told(left(None, Some(vec![units("abc", 1)])));
    for case in [early, after] {
        let back = &case.order.returns()[0];
        assert_eq!(back.state, ReturnState::Approved);
        assert_eq!(back.lines, [LineUnits::new(LineId::FIRST, 1)]);
    }
    let nothing_left = Case::placed(two_lines()).told(Fact::CustomerRejected {
        code: code("blocked"),
    });
    assert!(nothing_left.order.returns().is_empty());
    // What was never ordered here is not asked back.
    let other = Case::placed(two_lines())
        .asked(cancel())
        .told(left(None, Some(vec![units("other", 1)])));
    assert!(other.order.returns().is_empty());
}

#[test]
fn what_was_called_back_and_arrives_all_the_same_should_come_back() {
    let cancelled = Case::placed(two())
        .processing()
        .asked(plan(vec![units("abc", 2)]))
        .asked(Command::ReleaseFulfillment { fulfillment: FIRST })
        .asked(cancel())
        .told(Fact::FulfillmentRecalled { fulfillment: FIRST });
    assert_eq!(state(&cancelled, FIRST), FulfillmentState::Cancelled);
    let arrived = Fact::DeliveryConfirmed { fulfillment: FIRST };
    let case = cancelled.told(arrived);
    assert_eq!(counts(&case, 0), (2, 2, 0, 0));
    let back = &case.order.returns()[0];
    assert_eq!(back.state, ReturnState::Approved);
    assert_eq!(back.lines, [LineUnits::new(LineId::FIRST, 2)]);
}

#[test]
fn a_shop_that_sends_by_itself_asks_the_warehouse_for_everything_at_once() {
    let mut policies = Policies::default();
    policies.fulfillment = FulfillmentPolicy::Automatic;
    let case = Case::placed_under(policies, two_lines()).processing();
    assert_eq!(case.order.fulfillments().len(), 1);
    assert_eq!(state(&case, FIRST), FulfillmentState::Released);
    assert_eq!(case.order.planned_units(LineId::new(2)), 3);
    let manual = Case::placed(two_lines()).processing();
    assert!(manual.order.fulfillments().is_empty());
}

#[test]
fn an_order_is_completed_when_all_that_is_ordered_has_arrived_and_is_paid() {
    let case = Case::placed(two())
        .processing()
        .asked(ship(vec![units("abc", 1)]))
        .asked(ship_all())
        .asked(deliver(FIRST))
        .captures_made();
    assert_eq!(case.order.status(), OrderStatus::Processing);
    let case = case.asked(deliver(SECOND));
    assert_eq!(case.order.status(), OrderStatus::Completed);
    let unpaid = Case::placed(two())
        .processing()
        .asked(ship_all())
        .asked(deliver(FIRST));
    assert_eq!(unpaid.order.status(), OrderStatus::Processing);
    let paid = unpaid.captures_made();
    assert_eq!(paid.order.status(), OrderStatus::Completed);
}
