//! Fulfillments: planned, shipped, delivered, lost, recalled.

use crate::given::{
    FIRST, Given, cancel, deliver, plan, ship, ship_all, shipment_confirmed, two, two_lines,
};
use order_core::command::Command;
use order_core::event::EventPayload;
use order_core::fact::Fact;
use order_core::order::{
    HoldOrigin, LineQuantity, OrderStatus, ReturnRequestStatus, ShipmentStatus, Tracking,
};
use order_core::policy::{FulfillmentPolicy, StorefrontPolicy};
use order_core::refusal::RefusalCode;
use order_core::value::{FulfillmentNo, LineNo};
use order_testing::builders::{at, code, place_order, priced, units};

const SECOND: FulfillmentNo = FulfillmentNo::new(2);

fn counts(given: &Given, line: usize) -> (u32, u32, u32, u32) {
    let line = &given.order.lines()[line];
    (line.shipped, line.delivered, line.lost, line.overshipped)
}

fn state(given: &Given, no: FulfillmentNo) -> ShipmentStatus {
    given.order.fulfillment(no).unwrap().status
}

fn late(given: &Given) -> bool {
    let late = |payload: &EventPayload| matches!(payload, EventPayload::LateFactRecorded { .. });
    given.last_events.iter().any(late)
}

#[test]
fn a_fulfillment_may_ship_what_it_plans_and_what_is_open_beside_it() {
    let given = Given::placed(two_lines())
        .processing()
        .execute(plan(vec![units("tea", 3)]))
        .execute(plan(vec![units("abc", 1)]));
    let ship = |no, sku, quantity| Command::ConfirmShipment {
        fulfillment: Some(no),
        lines: Some(vec![units(sku, quantity).into()]),
        tracking: Tracking::default(),
    };
    // One of the two is planned elsewhere.
    let others = ship(FIRST, "abc", 2);
    assert_eq!(given.expect_refusal(others), RefusalCode::TooManyUnits);
    let given = given.execute(ship(SECOND, "abc", 2));
    assert_eq!(counts(&given, 0), (2, 0, 0, 0));
    let given = given.execute(ship(FIRST, "tea", 3));
    assert_eq!(counts(&given, 1), (3, 0, 0, 0));
    let again = ship(FIRST, "tea", 1);
    assert_eq!(given.expect_refusal(again), RefusalCode::AlreadyShipped);
    assert_eq!(given.expect_refusal(ship_all()), RefusalCode::NothingOpen);
}

#[test]
fn without_a_number_what_is_open_is_shipped_then_what_was_planned() {
    let given = Given::placed(two())
        .processing()
        .execute(plan(vec![units("abc", 1)]))
        .execute(ship_all());
    assert_eq!(state(&given, FIRST), ShipmentStatus::Planned);
    assert_eq!(state(&given, SECOND), ShipmentStatus::Shipped);
    assert_eq!(counts(&given, 0), (1, 0, 0, 0));
    let given = given.later(4).execute(ship_all());
    assert_eq!(state(&given, FIRST), ShipmentStatus::Shipped);
    assert_eq!(counts(&given, 0), (2, 0, 0, 0));
    assert_eq!(
        given.order.fulfillment(FIRST).unwrap().shipped_at,
        Some(at(4))
    );
}

#[test]
fn units_are_shared_out_over_lines_of_one_sku_in_order() {
    let lines = vec![
        priced("abc", 2, 1_000),
        priced("tea", 1, 500),
        priced("abc", 2, 1_000),
    ];
    let given = Given::placed(place_order(lines)).processing();
    let too_many = plan(vec![units("abc", 3), units("abc", 2)]);
    assert_eq!(given.expect_refusal(too_many), RefusalCode::TooManyUnits);
    let none = plan(vec![units("abc", 0)]);
    assert_eq!(given.expect_refusal(none), RefusalCode::InvalidAmount);
    let unknown = plan(vec![units("abc", 1), units("other", 1)]);
    assert_eq!(given.expect_refusal(unknown), RefusalCode::UnknownSku);
    assert_eq!(
        given.expect_refusal(plan(Vec::new())),
        RefusalCode::NothingOpen
    );
    let given = given.execute(plan(vec![units("abc", 1), units("abc", 2)]));
    let planned = &given.order.fulfillments()[0].lines;
    let expected = [(1, 2), (3, 1)].map(|(id, units)| LineQuantity::new(LineNo::new(id), units));
    assert_eq!(planned, &expected);
}

#[test]
fn what_leaves_beyond_what_was_ordered_is_counted_apart() {
    let given = Given::placed(two_lines())
        .processing()
        .report(shipment_confirmed(
            None,
            Some(vec![units("abc", 3), units("other", 1)]),
        ));
    assert_eq!(counts(&given, 0), (2, 0, 0, 1));
    assert_eq!(counts(&given, 1), (0, 0, 0, 0));
    let sent = &given.order.fulfillments()[0];
    assert_eq!(sent.excess, [units("abc", 1), units("other", 1)]);
    let again = given.clone().report(shipment_confirmed(Some(FIRST), None));
    assert!(again.last_events.is_empty(), "it has left already");
    // A report without lines means all open units.
    let given = given.report(shipment_confirmed(None, None));
    assert_eq!(counts(&given, 1), (3, 0, 0, 0));
    assert_eq!(given.order.fulfillments()[1].no, SECOND);
}

#[test]
fn a_lost_parcel_is_sent_again_and_may_turn_up() {
    let given = Given::placed(two()).processing().execute(ship_all());
    let lost = Fact::ShipmentLost { fulfillment: FIRST };
    let given = given.report(lost.clone());
    assert_eq!(counts(&given, 0), (0, 0, 2, 0));
    assert_eq!(state(&given, FIRST), ShipmentStatus::Lost);
    assert_eq!(given.order.lines()[0].unshipped(), 2);
    assert!(given.clone().report(lost).last_events.is_empty());
    let found = given
        .clone()
        .report(Fact::DeliveryConfirmed { fulfillment: FIRST });
    assert_eq!(counts(&found, 0), (2, 2, 0, 0));
    assert_eq!(state(&found, FIRST), ShipmentStatus::Delivered);
    assert!(late(&found));
    // If it is shipped again before it turns up, one parcel too many has left.
    let given = given.execute(ship_all());
    assert_eq!(counts(&given, 0), (2, 0, 2, 0));
    let given = given.report(Fact::DeliveryConfirmed { fulfillment: FIRST });
    assert_eq!(counts(&given, 0), (2, 0, 2, 2));
}

#[test]
fn what_was_delivered_is_not_lost() {
    let lost = |no| Fact::ShipmentLost { fulfillment: no };
    let given = Given::placed(two())
        .processing()
        .execute(ship(vec![units("abc", 1)]))
        .later(8)
        .execute(deliver(FIRST));
    let delivered_at = given.order.fulfillments()[0].delivered_at;
    assert_eq!(delivered_at, Some(at(8)));
    let given = given.report(lost(FIRST));
    assert!(late(&given));
    assert_eq!(counts(&given, 0), (1, 1, 0, 0));
    assert!(late(&given.clone().report(lost(FulfillmentNo::new(9)))));
    // A second delivery report changes nothing.
    let again = given
        .clone()
        .report(Fact::DeliveryConfirmed { fulfillment: FIRST });
    assert!(again.last_events.is_empty());
    let unknown = Fact::DeliveryConfirmed {
        fulfillment: FulfillmentNo::new(9),
    };
    assert!(late(&given.report(unknown)));
}

#[test]
fn what_is_delivered_or_lost_must_have_left() {
    let planned = || {
        Given::placed(two())
            .processing()
            .execute(plan(vec![units("abc", 2)]))
            .execute(Command::ReleaseFulfillment { fulfillment: FIRST })
    };
    let given = planned().report(Fact::DeliveryConfirmed { fulfillment: FIRST });
    assert_eq!(counts(&given, 0), (2, 2, 0, 0));
    let given = planned().report(Fact::ShipmentLost { fulfillment: FIRST });
    assert_eq!(counts(&given, 0), (0, 0, 2, 0));
}

#[test]
fn a_plan_is_dropped_and_what_the_warehouse_has_is_called_back() {
    let recall = || Command::RecallFulfillment { fulfillment: FIRST };
    let given = Given::placed(two())
        .processing()
        .execute(plan(vec![units("abc", 2)]));
    let dropped = given.clone().execute(recall());
    assert_eq!(state(&dropped, FIRST), ShipmentStatus::Cancelled);
    let given = given
        .execute(Command::ReleaseFulfillment { fulfillment: FIRST })
        .execute(recall());
    assert_eq!(state(&given, FIRST), ShipmentStatus::Released);
    assert!(given.order.fulfillments()[0].recalling);
    assert!(given.clone().execute(recall()).last_events.is_empty());
    let back = given
        .clone()
        .report(Fact::FulfillmentRecalled { fulfillment: FIRST });
    assert_eq!(state(&back, FIRST), ShipmentStatus::Cancelled);
    assert!(!back.order.fulfillments()[0].recalling);
    let gone = given.report(Fact::RecallRefused { fulfillment: FIRST });
    assert_eq!(state(&gone, FIRST), ShipmentStatus::Shipped);
    assert_eq!(counts(&gone, 0), (2, 0, 0, 0));
    let after = gone.report(Fact::FulfillmentRecalled { fulfillment: FIRST });
    assert!(after.last_events.is_empty());
}

#[test]
fn a_warehouse_that_refuses_leaves_it_to_a_person() {
    let refused = Fact::FulfillmentRefused {
        fulfillment: FIRST,
        code: code("damaged"),
    };
    let given = Given::placed(two())
        .processing()
        .execute(plan(vec![units("abc", 2)]))
        .execute(Command::ReleaseFulfillment { fulfillment: FIRST })
        .report(refused.clone());
    assert_eq!(state(&given, FIRST), ShipmentStatus::Cancelled);
    assert_eq!(given.order.holds()[0].origin, HoldOrigin::WarehouseRefused);
    assert_eq!(given.expect_refusal(ship_all()), RefusalCode::OnHold);
    assert!(given.report(refused).last_events.is_empty());
}

#[test]
fn what_is_planned_for_cancelled_units_is_dropped() {
    let cancel = |quantity| Command::CancelLines {
        lines: vec![units("abc", quantity).into()],
        reason: None,
    };
    let given = Given::placed(two())
        .processing()
        .execute(plan(vec![units("abc", 1)]));
    assert_eq!(given.expect_refusal(cancel(2)), RefusalCode::TooManyUnits);
    let given = given.execute(cancel(1));
    assert_eq!(
        state(&given, FIRST),
        ShipmentStatus::Planned,
        "still wanted"
    );
    // The unit is shipped in another fulfillment, so that the plan is obsolete.
    let given = given.report(shipment_confirmed(None, Some(vec![units("abc", 1)])));
    assert_eq!(state(&given, FIRST), ShipmentStatus::Cancelled);
}

#[test]
fn cancelling_every_unit_cancels_the_order() {
    let cancel = |lines| Command::CancelLines {
        lines: crate::given::selections(lines),
        reason: None,
    };
    let given = Given::placed(two_lines());
    let some = given.clone().execute(cancel(vec![units("abc", 2)]));
    assert_eq!(some.order.status(), OrderStatus::Pending);
    let rest = some.execute(cancel(vec![units("tea", 3)]));
    assert_eq!(rest.order.status(), OrderStatus::Cancelling);
    let all = given.execute(cancel(vec![units("abc", 2), units("tea", 3)]));
    assert_eq!(all.order.status(), OrderStatus::Cancelling);
    // If something was shipped, the order is completed instead of cancelled.
    let given = Given::placed(two())
        .processing()
        .execute(ship(vec![units("abc", 1)]))
        .captures_succeeded()
        .execute(deliver(FIRST))
        .execute(cancel(vec![units("abc", 1)]));
    assert_eq!(given.order.lines()[0].cancelled, 1);
    assert_eq!(given.order.status(), OrderStatus::Completed);
}

#[test]
fn what_leaves_for_an_order_that_will_not_go_on_should_come_back() {
    // Before the cancel: it was shipped while the order was pending.
    let early = Given::placed(two_lines())
        .report(shipment_confirmed(None, Some(vec![units("abc", 1)])))
        .report(Fact::CustomerRejected {
            code: code("blocked"),
        });
    // After the cancel.
    let after = Given::placed(two_lines())
        .execute(cancel())
        .report(shipment_confirmed(None, Some(vec![units("abc", 1)])));
    for given in [early, after] {
        let back = &given.order.returns()[0];
        assert_eq!(back.status, ReturnRequestStatus::Approved);
        assert_eq!(back.lines, [LineQuantity::new(LineNo::FIRST, 1)]);
    }
    let nothing_left = Given::placed(two_lines()).report(Fact::CustomerRejected {
        code: code("blocked"),
    });
    assert!(nothing_left.order.returns().is_empty());
    // Units that were never ordered are not expected back.
    let other = Given::placed(two_lines())
        .execute(cancel())
        .report(shipment_confirmed(None, Some(vec![units("other", 1)])));
    assert!(other.order.returns().is_empty());
}

#[test]
fn what_was_called_back_and_arrives_all_the_same_should_come_back() {
    let cancelled = Given::placed(two())
        .processing()
        .execute(plan(vec![units("abc", 2)]))
        .execute(Command::ReleaseFulfillment { fulfillment: FIRST })
        .execute(cancel())
        .report(Fact::FulfillmentRecalled { fulfillment: FIRST });
    assert_eq!(state(&cancelled, FIRST), ShipmentStatus::Cancelled);
    let arrived = Fact::DeliveryConfirmed { fulfillment: FIRST };
    let given = cancelled.report(arrived);
    assert_eq!(counts(&given, 0), (2, 2, 0, 0));
    let back = &given.order.returns()[0];
    assert_eq!(back.status, ReturnRequestStatus::Approved);
    assert_eq!(back.lines, [LineQuantity::new(LineNo::FIRST, 2)]);
}

#[test]
fn a_shop_that_sends_by_itself_asks_the_warehouse_for_everything_at_once() {
    let mut policy = StorefrontPolicy::default();
    policy.fulfillment = FulfillmentPolicy::Automatic;
    let given = Given::placed_under(policy, two_lines()).processing();
    assert_eq!(given.order.fulfillments().len(), 1);
    assert_eq!(state(&given, FIRST), ShipmentStatus::Released);
    assert_eq!(given.order.planned_units(LineNo::new(2)), 3);
    let manual = Given::placed(two_lines()).processing();
    assert!(manual.order.fulfillments().is_empty());
}

#[test]
fn an_order_is_completed_when_all_that_is_ordered_has_arrived_and_is_paid() {
    let given = Given::placed(two())
        .processing()
        .execute(ship(vec![units("abc", 1)]))
        .execute(ship_all())
        .execute(deliver(FIRST))
        .captures_succeeded();
    assert_eq!(given.order.status(), OrderStatus::Processing);
    let given = given.execute(deliver(SECOND));
    assert_eq!(given.order.status(), OrderStatus::Completed);
    let unpaid = Given::placed(two())
        .processing()
        .execute(ship_all())
        .execute(deliver(FIRST));
    assert_eq!(unpaid.order.status(), OrderStatus::Processing);
    let paid = unpaid.captures_succeeded();
    assert_eq!(paid.order.status(), OrderStatus::Completed);
}
