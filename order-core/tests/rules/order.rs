//! The queries of an order: its parts, and the statuses derived from them.

use crate::given::{
    FIRST, Given, cancel, deliver, plan, ship, ship_all, shipment_confirmed, two, two_lines,
};
use order_core::Context;
use order_core::command::Command;
use order_core::command::CommandKind;
use order_core::decide::{available_commands, decide};
use order_core::dependency::Dependency;
use order_core::event::{Actor, EventPayload};
use order_core::fact::Fact;
use order_core::money::Currency;
use order_core::order::{
    CustomerVerification, FulfillmentStatus, OrderStatus, PersonalData, RefundKind,
    ReturnRequestStatus, ReturnStatus, ShipmentStatus, Tracking,
};
use order_core::record::record;
use order_core::value::{
    FulfillmentNo, HoldNo, LineNo, PaymentAttemptNo, RefundNo, ReturnNo, StorefrontId, Version,
};
use order_testing::builders::{address, at, contact, customer, noon, order_id, token, units};

#[test]
fn a_new_order_is_what_was_requested() {
    let mut request = two_lines();
    request.order.currency = Some(Currency::EUR);
    let order = Given::placed(request).order;
    assert_eq!(order.id(), order_id(1));
    assert_eq!(order.storefront(), &StorefrontId::default());
    assert_eq!(order.version(), Version::INITIAL);
    assert_eq!(order.status(), OrderStatus::Pending);
    assert_eq!(order.customer_id(), &customer("cus_1"));
    assert_eq!(order.customer_verification(), CustomerVerification::Pending);
    assert_eq!(order.currency(), Currency::EUR);
    assert_eq!(order.line(LineNo::new(2)), order.lines().get(1));
    assert_eq!(order.line(LineNo::new(3)), None);
    assert_eq!((order.placed_at(), order.updated_at()), (noon(), noon()));
    assert_eq!(order.deadline(), Some(at(crate::given::DAY)));
    assert_eq!(order.deleted_at(), None);
    assert_eq!(order.erased_at(), None);
    assert_eq!(order.external_reference(), None);
    assert!(order.cancellation().is_none() && order.deletion().is_none());
    assert!(order.payments().is_empty() && order.refunds().is_empty());
    assert!(order.fulfillments().is_empty() && order.returns().is_empty());
    assert!(order.nothing_shipped() && order.nothing_released());
    assert!(!order.is_held() && !order.is_deferred() && !order.revision_pending());
    assert!(!order.has_open_attempt() && !order.has_open_return());
}

#[test]
fn parts_are_found_by_their_numbers_and_no_others() {
    let given = Given::placed(two())
        .execute(Command::PlaceHold { reason: None })
        .execute(Command::PlaceHold { reason: None })
        .execute(Command::ReleaseHold { hold: None })
        .completed()
        .execute(Command::RequestReturn {
            lines: vec![units("abc", 1).into()],
            reason: None,
        })
        .execute(Command::RequestRefund {
            amount: None,
            lines: None,
            kind: RefundKind::Goodwill,
            reason: None,
        });
    let order = &given.order;
    assert_eq!(order.hold(HoldNo::new(2)).unwrap().no, HoldNo::new(2));
    assert_eq!(order.holds().len(), 2);
    assert_eq!(order.hold(HoldNo::new(3)), None);
    assert_eq!(
        order.payment(PaymentAttemptNo::FIRST),
        order.payments().first()
    );
    assert_eq!(order.payment(PaymentAttemptNo::new(2)), None);
    assert_eq!(order.refund(RefundNo::FIRST), order.refunds().first());
    assert_eq!(order.refund(RefundNo::new(2)), None);
    assert_eq!(order.fulfillment(FIRST), order.fulfillments().first());
    assert_eq!(order.fulfillment(FulfillmentNo::new(2)), None);
    assert_eq!(order.return_with(ReturnNo::FIRST), order.returns().first());
    assert!(!order.returns().is_empty());
    assert_eq!(order.return_with(ReturnNo::new(2)), None);
    assert!(order.has_open_return());
}

#[test]
fn an_order_is_deferred_while_it_waits_for_a_service() {
    let deferred = || Fact::DependencyDeferred {
        dependency: Dependency::Customers,
    };
    let given = Given::placed(two()).report(deferred());
    assert!(given.order.is_deferred());
    assert!(given.order.pending_on().contains(&Dependency::Customers));
    assert!(given.clone().report(deferred()).last_events.is_empty());
    let given = given.report(Fact::CustomerVerified);
    assert!(!given.order.is_deferred());
    let inventory = Fact::DependencyDeferred {
        dependency: Dependency::Inventory,
    };
    let given = given
        .report(inventory)
        .stock_reserved(at(10 * crate::given::DAY));
    assert!(given.order.pending_on().is_empty());
    let given = given.report(Fact::DependencyDeferred {
        dependency: Dependency::Payments,
    });
    assert!(given.order.is_deferred());
    let given = given
        .payment_authorized(PaymentAttemptNo::FIRST, 2_000)
        .report(deferred());
    assert_eq!(given.order.status(), OrderStatus::Processing);
    assert!(!given.order.is_deferred() && given.last_events.is_empty());
}

#[test]
fn the_fulfillment_status_follows_the_units() {
    let given = Given::placed(two());
    let status = |given: &Given| given.order.fulfillment_status();
    assert_eq!(status(&given), FulfillmentStatus::Unallocated);
    let given = given.confirmed();
    assert_eq!(status(&given), FulfillmentStatus::Allocated);
    let given = given
        .payment_authorized(PaymentAttemptNo::FIRST, 2_000)
        .stock_committed();
    assert_eq!(status(&given), FulfillmentStatus::Allocated);
    let given = given.execute(plan(vec![units("abc", 1)]));
    assert_eq!(status(&given), FulfillmentStatus::Allocated);
    assert!(given.order.nothing_released());
    let given = given.execute(Command::ReleaseFulfillment { fulfillment: FIRST });
    assert_eq!(status(&given), FulfillmentStatus::Released);
    assert!(!given.order.nothing_released() && given.order.nothing_shipped());
    let given = given.report(shipment_confirmed(Some(FIRST), None));
    assert_eq!(status(&given), FulfillmentStatus::PartiallyShipped);
    assert!(!given.order.nothing_shipped());
    let partly = given.clone().execute(deliver(FIRST));
    assert_eq!(status(&partly), FulfillmentStatus::PartiallyDelivered);
    let given = given.execute(ship_all());
    assert_eq!(status(&given), FulfillmentStatus::Shipped);
    let given = given.execute(deliver(FIRST));
    assert_eq!(status(&given), FulfillmentStatus::PartiallyDelivered);
    let given = given.execute(deliver(FulfillmentNo::new(2)));
    assert_eq!(status(&given), FulfillmentStatus::Delivered);
    let cancelled = Given::placed(two()).execute(cancel());
    assert_eq!(status(&cancelled), FulfillmentStatus::Cancelled);
}

#[test]
fn the_return_status_follows_the_units() {
    let status = |given: &Given| given.order.return_status();
    let ask = || Command::RequestReturn {
        lines: vec![units("abc", 1).into()],
        reason: None,
    };
    let receive = |no| Command::ReceiveReturn {
        return_no: ReturnNo::new(no),
        restock: false,
    };
    let approve = |no| Command::ApproveReturn {
        return_no: ReturnNo::new(no),
    };
    let given = Given::placed(two()).completed();
    assert_eq!(status(&given), ReturnStatus::None);
    let given = given.execute(ask());
    assert_eq!(status(&given), ReturnStatus::Requested);
    let rejected = given.clone().execute(Command::RejectReturn {
        return_no: ReturnNo::FIRST,
        reason: None,
    });
    assert_eq!(status(&rejected), ReturnStatus::None);
    assert_eq!(
        rejected.order.returns()[0].status,
        ReturnRequestStatus::Rejected
    );
    assert_eq!(rejected.order.lines()[0].return_requested, 0);
    let given = given.execute(approve(1));
    assert_eq!(status(&given), ReturnStatus::Requested);
    let given = given.execute(receive(1));
    assert_eq!(status(&given), ReturnStatus::PartiallyReturned);
    let given = given.execute(ask()).execute(approve(2)).execute(receive(2));
    assert_eq!(status(&given), ReturnStatus::Returned);
}

#[test]
fn deciding_and_recording_tell_the_events_and_leave_the_order_alone() {
    let given = Given::placed(two());
    let actor = Actor::system();
    let ctx = Context::new(&given.policy, given.now, &actor);
    let events = decide(Some(&given.order), &cancel(), &ctx).unwrap();
    assert!(matches!(
        events[0].payload,
        EventPayload::CancelRequested { .. }
    ));
    assert_eq!(events[0].version, given.order.version().next());
    let events = record(&given.order, &Fact::CustomerVerified, &ctx);
    assert_eq!(events[0].payload, EventPayload::CustomerVerified);
    assert_eq!(
        given.order.customer_verification(),
        CustomerVerification::Pending
    );
}

#[test]
fn the_actions_of_an_order_are_those_it_would_accept() {
    let accepted = |given: &Given| {
        let actor = Actor::system();
        let ctx = Context::new(&given.policy, given.now, &actor);
        let actions = available_commands(&given.order, &ctx).into_iter();
        let able = actions.filter(|one| one.refusal.is_none());
        able.map(|one| one.command).collect::<Vec<_>>()
    };
    let given = Given::placed(two()).processing();
    let able = accepted(&given);
    for kind in [
        CommandKind::ConfirmShipment,
        CommandKind::PlanFulfillment,
        CommandKind::CancelLines,
        CommandKind::CapturePayment,
        CommandKind::RequestCancel,
        CommandKind::ReviseLines,
    ] {
        assert!(able.contains(&kind), "{kind}");
    }
    assert!(!able.contains(&CommandKind::RequestReturn));
    assert!(!able.contains(&CommandKind::RequestRefund));
    assert!(!able.contains(&CommandKind::ReleaseFulfillment));
    // A part in the requested state is found although an earlier one is in another.
    let given = given
        .execute(ship(vec![units("abc", 1)]))
        .captures_succeeded()
        .execute(plan(vec![units("abc", 1)]));
    let able = accepted(&given);
    for kind in [
        CommandKind::ReleaseFulfillment,
        CommandKind::RecallFulfillment,
        CommandKind::ConfirmDelivery,
        CommandKind::UpdateTracking,
        CommandKind::RequestRefund,
    ] {
        assert!(able.contains(&kind), "{kind}");
    }
}

#[test]
fn tracking_is_completed_not_replaced() {
    let given = Given::placed(two()).processing().execute(ship_all());
    let carrier = "DHL".parse().ok();
    let number = "JD01".parse().ok();
    let track = |tracking| Fact::TrackingUpdated {
        fulfillment: FIRST,
        tracking,
    };
    let given = given.report(track(Tracking::new(carrier.clone(), None, None)));
    let given = given.report(track(Tracking::new(None, number.clone(), None)));
    let both = Tracking::new(carrier, number, None);
    assert_eq!(given.order.fulfillments()[0].tracking, both);
    let given = given.report(track(both));
    assert!(given.last_events.is_empty());
    assert_eq!(
        given.order.fulfillments()[0].status,
        ShipmentStatus::Shipped
    );
}

#[test]
fn personal_data_is_kept_beside_an_order_and_put_back() {
    let order = Given::placed(two()).order;
    let personal = order.personal().clone();
    assert!(!personal.is_empty());
    let bare = order.clone().with_personal(PersonalData::default());
    assert!(bare.personal().is_empty());
    assert_eq!(bare.with_personal(personal), order);
}

#[test]
fn personal_data_is_empty_when_all_of_it_is() {
    let none = PersonalData::default();
    assert!(none.is_empty());
    let some = [
        PersonalData {
            shipping_address: Some(address()),
            ..none.clone()
        },
        PersonalData {
            contact: Some(contact()),
            ..none.clone()
        },
        PersonalData {
            payment_token: Some(token("tok_visa")),
            ..none.clone()
        },
    ];
    for one in some {
        assert!(!one.is_empty());
        assert_eq!(none.clone().overlaid(one.clone()), one);
        assert_eq!(one.clone().overlaid(none.clone()), one);
    }
}
