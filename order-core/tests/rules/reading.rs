//! What an order tells of itself.

use crate::case::{Case, FIRST, cancel, deliver, left, plan, ship, ship_all, two, two_lines};
use order_core::Context;
use order_core::command::Command;
use order_core::command::CommandKind;
use order_core::decide::{actions, decide};
use order_core::event::{Actor, Happening};
use order_core::fact::Fact;
use order_core::money::Currency;
use order_core::order::{
    CustomerCheck, FulfillmentState, FulfillmentStatus, OrderStatus, PersonalData, ReturnState,
    ReturnStatus, Tracking,
};
use order_core::policy::Dependency;
use order_core::record::record;
use order_core::testing::builders::{address, at, contact, customer, noon, order_id, token, units};
use order_core::value::{
    AttemptNo, FulfillmentNo, HoldNo, LineId, RefundNo, ReturnNo, StorefrontId, Version,
};

#[test]
fn a_new_order_is_what_was_wished() {
    let mut wish = two_lines();
    wish.currency = Some(Currency::EUR);
    let order = Case::placed(wish).order;
    assert_eq!(order.id(), order_id(1));
    assert_eq!(order.storefront(), &StorefrontId::default());
    assert_eq!(order.version(), Version::INITIAL);
    assert_eq!(order.status(), OrderStatus::Pending);
    assert_eq!(order.customer_id(), &customer("cus_1"));
    assert_eq!(order.customer(), CustomerCheck::Pending);
    assert_eq!(order.currency(), Currency::EUR);
    assert_eq!(order.line(LineId::new(2)), order.lines().get(1));
    assert_eq!(order.line(LineId::new(3)), None);
    assert_eq!((order.placed_at(), order.updated_at()), (noon(), noon()));
    assert_eq!(order.deadline(), Some(at(crate::case::DAY)));
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
    let case = Case::placed(two())
        .asked(Command::PlaceHold { reason: None })
        .asked(Command::PlaceHold { reason: None })
        .asked(Command::ReleaseHold { hold: None })
        .completed()
        .asked(Command::RequestReturn {
            lines: vec![units("abc", 1)],
            reason: None,
        })
        .asked(Command::RequestRefund {
            amount: None,
            reason: None,
        });
    let order = &case.order;
    assert_eq!(order.hold(HoldNo::new(2)).unwrap().no, HoldNo::new(2));
    assert_eq!(order.holds().len(), 2);
    assert_eq!(order.hold(HoldNo::new(3)), None);
    assert_eq!(order.payment(AttemptNo::FIRST), order.payments().first());
    assert_eq!(order.payment(AttemptNo::new(2)), None);
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
    let case = Case::placed(two()).told(deferred());
    assert!(case.order.is_deferred());
    assert!(case.order.pending_on().contains(&Dependency::Customers));
    assert!(case.clone().told(deferred()).last.is_empty());
    let case = case.told(Fact::CustomerVerified);
    assert!(!case.order.is_deferred());
    let inventory = Fact::DependencyDeferred {
        dependency: Dependency::Inventory,
    };
    let case = case.told(inventory).stocked(at(10 * crate::case::DAY));
    assert!(case.order.pending_on().is_empty());
    let case = case.told(Fact::DependencyDeferred {
        dependency: Dependency::Payments,
    });
    assert!(case.order.is_deferred());
    let case = case.authorized(AttemptNo::FIRST, 2_000).told(deferred());
    assert_eq!(case.order.status(), OrderStatus::Processing);
    assert!(!case.order.is_deferred() && case.last.is_empty());
}

#[test]
fn the_fulfillment_status_follows_the_units() {
    let case = Case::placed(two());
    let status = |case: &Case| case.order.fulfillment_status();
    assert_eq!(status(&case), FulfillmentStatus::Unallocated);
    let case = case.confirmed();
    assert_eq!(status(&case), FulfillmentStatus::Allocated);
    let case = case.authorized(AttemptNo::FIRST, 2_000).committed();
    assert_eq!(status(&case), FulfillmentStatus::Allocated);
    let case = case.asked(plan(vec![units("abc", 1)]));
    assert_eq!(status(&case), FulfillmentStatus::Allocated);
    assert!(case.order.nothing_released());
    let case = case.asked(Command::ReleaseFulfillment { fulfillment: FIRST });
    assert_eq!(status(&case), FulfillmentStatus::Released);
    assert!(!case.order.nothing_released() && case.order.nothing_shipped());
    let case = case.told(left(Some(FIRST), None));
    assert_eq!(status(&case), FulfillmentStatus::PartiallyShipped);
    assert!(!case.order.nothing_shipped());
    let partly = case.clone().asked(deliver(FIRST));
    assert_eq!(status(&partly), FulfillmentStatus::PartiallyDelivered);
    let case = case.asked(ship_all());
    assert_eq!(status(&case), FulfillmentStatus::Shipped);
    let case = case.asked(deliver(FIRST));
    assert_eq!(status(&case), FulfillmentStatus::PartiallyDelivered);
    let case = case.asked(deliver(FulfillmentNo::new(2)));
    assert_eq!(status(&case), FulfillmentStatus::Delivered);
    let cancelled = Case::placed(two()).asked(cancel());
    assert_eq!(status(&cancelled), FulfillmentStatus::Cancelled);
}

#[test]
fn the_return_status_follows_the_units() {
    let status = |case: &Case| case.order.return_status();
    let ask = || Command::RequestReturn {
        lines: vec![units("abc", 1)],
        reason: None,
    };
    let receive = |no| Command::ReceiveReturn {
        return_no: ReturnNo::new(no),
        restock: false,
    };
    let approve = |no| Command::ApproveReturn {
        return_no: ReturnNo::new(no),
    };
    let case = Case::placed(two()).completed();
    assert_eq!(status(&case), ReturnStatus::None);
    let case = case.asked(ask());
    assert_eq!(status(&case), ReturnStatus::Requested);
    let rejected = case.clone().asked(Command::RejectReturn {
        return_no: ReturnNo::FIRST,
        reason: None,
    });
    assert_eq!(status(&rejected), ReturnStatus::None);
    assert_eq!(rejected.order.returns()[0].state, ReturnState::Rejected);
    assert_eq!(rejected.order.lines()[0].return_requested, 0);
    let case = case.asked(approve(1));
    assert_eq!(status(&case), ReturnStatus::Requested);
    let case = case.asked(receive(1));
    assert_eq!(status(&case), ReturnStatus::PartiallyReturned);
    let case = case.asked(ask()).asked(approve(2)).asked(receive(2));
    assert_eq!(status(&case), ReturnStatus::Returned);
}

#[test]
fn deciding_and_recording_tell_the_events_and_leave_the_order_alone() {
    let case = Case::placed(two());
    let actor = Actor::system();
    let ctx = Context::new(&case.policies, case.now, &actor);
    let events = decide(Some(&case.order), &cancel(), &ctx).unwrap();
    assert!(matches!(
        events[0].happening,
        Happening::CancelRequested { .. }
    ));
    assert_eq!(events[0].version, case.order.version().next());
    let events = record(&case.order, &Fact::CustomerVerified, &ctx);
    assert_eq!(events[0].happening, Happening::CustomerVerified);
    assert_eq!(case.order.customer(), CustomerCheck::Pending);
}

#[test]
fn the_actions_of_an_order_are_those_it_would_accept() {
    let accepted = |case: &Case| {
        let actor = Actor::system();
        let ctx = Context::new(&case.policies, case.now, &actor);
        let actions = actions(&case.order, &ctx).into_iter();
        let able = actions.filter(|one| one.refusal.is_none());
        able.map(|one| one.action).collect::<Vec<_>>()
    };
    let case = Case::placed(two()).processing();
    let able = accepted(&case);
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
    // A part in a fitting state is found behind one that is not.
    let case = case
        .asked(ship(vec![units("abc", 1)]))
        .captures_made()
        .asked(plan(vec![units("abc", 1)]));
    let able = accepted(&case);
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
    let case = Case::placed(two()).processing().asked(ship_all());
    let carrier = "DHL".parse().ok();
    let number = "JD01".parse().ok();
    let track = |tracking| Fact::TrackingUpdated {
        fulfillment: FIRST,
        tracking,
    };
    let case = case.told(track(Tracking::new(carrier.clone(), None, None)));
    let case = case.told(track(Tracking::new(None, number.clone(), None)));
    let both = Tracking::new(carrier, number, None);
    assert_eq!(case.order.fulfillments()[0].tracking, both);
    let case = case.told(track(both));
    assert!(case.last.is_empty());
    assert_eq!(
        case.order.fulfillments()[0].state,
        FulfillmentState::Shipped
    );
}

#[test]
fn personal_data_is_kept_beside_an_order_and_put_back() {
    let order = Case::placed(two()).order;
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
