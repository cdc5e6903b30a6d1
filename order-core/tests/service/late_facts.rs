//! Late facts: they are recorded, never refused, and compensated.

use crate::world::{ServiceFixture, TOTAL, World, cancel, delivered, ship, shop};
use order_core::event::EventPayload;
use order_core::fact::{CaptureRef, Fact};
use order_core::money::Amount;
use order_core::order::{Order, OrderStatus, PaymentStatus, ShipmentStatus, Tracking};
use order_core::ports::Orders;
use order_core::reference::Reference;
use order_core::service::OrderService;
use order_core::value::{FulfillmentNo, PaymentAttemptNo};
use order_testing::builders::place;
use std::time::Duration;

const FIRST: FulfillmentNo = FulfillmentNo::FIRST;

/// Given a cancelled order whose customer still had to act on a payment, and acts now: too late for the
/// order, in time for the provider.
async fn closed_in_the_middle_of_a_payment(world: &World, service: &OrderService) -> Order {
    let action = place().token("tok_action").build();
    let id = service.given_order(action).await.id();
    // The provider is unreachable meanwhile.
    let faults = world.payments.faults();
    faults.always(order_testing::Fault::Unavailable);
    service.expect_executed(id, cancel()).await;
    let reference = Reference::Attempt(id, PaymentAttemptNo::FIRST);
    assert!(world.payments.finish_action(&reference, true));
    world.order(id)
}

fn late_facts(history: &[order_core::event::Event]) -> usize {
    let late = |event: &&order_core::event::Event| {
        matches!(event.payload, EventPayload::LateFactRecorded { .. })
    };
    history.iter().filter(late).count()
}

async fn history(
    service: &OrderService,
    id: order_core::value::OrderId,
) -> Vec<order_core::event::Event> {
    service.history(&shop(), id).await.unwrap().unwrap()
}

const fn authorized(amount: i64) -> Fact {
    Fact::PaymentAuthorized {
        attempt: PaymentAttemptNo::FIRST,
        provider_id: None,
        amount: Amount::new(amount),
    }
}

const fn captured(amount: i64) -> Fact {
    Fact::PaymentCaptured {
        attempt: PaymentAttemptNo::FIRST,
        capture: CaptureRef::Immediate,
        provider_id: None,
        amount: Amount::new(amount),
    }
}

const fn shipped() -> Fact {
    Fact::ShipmentConfirmed {
        fulfillment: None,
        lines: None,
        tracking: Tracking::new(None, None, None),
    }
}

#[tokio::test]
async fn an_authorization_that_comes_after_a_cancel_is_given_back() {
    let world = World::new();
    let service = world.service();
    let id = closed_in_the_middle_of_a_payment(&world, &service)
        .await
        .id();
    let reported = service.report_event(id, "evt-1", authorized(TOTAL)).await;
    assert!(late_facts(&reported.events) >= 1, "it is recorded as late");
    assert_eq!(
        reported.order.status(),
        OrderStatus::Cancelling,
        "it does not go on"
    );
    world.payments.faults().clear();
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    world.expect_nothing_kept(id, "late authorization");
}

#[tokio::test]
async fn a_capture_that_comes_after_a_cancel_is_paid_back_once() {
    let world = World::new();
    let service = world.service_with(|all| {
        all.payment = order_core::policy::PaymentPolicy::CaptureOnConfirm;
    });
    let id = closed_in_the_middle_of_a_payment(&world, &service)
        .await
        .id();
    for external_event in ["evt-1", "evt-1", "evt-2"] {
        service
            .report_event(id, external_event, captured(TOTAL))
            .await;
    }
    world.payments.faults().clear();
    world.settle(&service).await;
    let order = world.order(id);
    assert_eq!(order.status(), OrderStatus::Cancelled);
    assert_eq!(order.refunds().len(), 1);
    assert_eq!(world.balance(id).refunded.minor(), TOTAL);
    world.expect_nothing_kept(id, "late capture");
}

#[tokio::test]
async fn a_shipment_reported_on_a_closed_order_is_expected_back() {
    for kind in ["cancelled", "rejected", "expired"] {
        let world = World::new();
        let service = world.service();
        let id = match kind {
            "cancelled" => {
                let id = service.given_order(place().build()).await.id();
                service.expect_executed(id, cancel()).await.id()
            }
            "rejected" => service
                .given_order(place().customer("nobody").build())
                .await
                .id(),
            _ => {
                let id = service
                    .given_order(place().without_token().build())
                    .await
                    .id();
                world
                    .pass(&service, Duration::from_secs(80 * 3_600), 200)
                    .await;
                id
            }
        };
        world.settle(&service).await;
        let status = world.order(id).status();
        assert!(
            status.is_closed() && status.is_terminal(),
            "{kind}: {status}"
        );

        let reported = service.report_event(id, "evt-1", shipped()).await;
        assert!(
            late_facts(&reported.events) >= 1,
            "{kind}: recorded as late"
        );
        assert_eq!(reported.order.status(), status, "{kind}: it stays closed");
        assert_eq!(
            reported.order.fulfillments()[0].status,
            ShipmentStatus::Shipped
        );
        assert!(reported.order.has_open_return(), "{kind}: a return waits");

        let reported = service
            .report_fact(id, Fact::DeliveryConfirmed { fulfillment: FIRST })
            .await;
        assert_eq!(
            reported.order.status(),
            status,
            "{kind}: delivered, and closed"
        );
        assert_eq!(
            reported.order.fulfillments()[0].status,
            ShipmentStatus::Delivered
        );
        world.settle(&service).await;
        assert!(world.balance(id).is_clear(), "{kind}: nothing is charged");
    }
}

#[tokio::test]
async fn a_loss_reported_on_a_cancelled_order_ends_its_return() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    service.expect_executed(id, cancel()).await;
    service.report_fact(id, shipped()).await;
    let reported = service
        .report_fact(id, Fact::ShipmentLost { fulfillment: FIRST })
        .await;
    assert_eq!(
        reported.order.fulfillments()[0].status,
        ShipmentStatus::Lost
    );
    assert!(!reported.order.has_open_return(), "nothing can come back");
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
}

#[tokio::test]
async fn a_report_that_comes_again_changes_nothing() {
    let world = World::new();
    let service = world.service();
    let order = delivered(&world, &service, place().build()).await;
    world.settle(&service).await;
    let (id, before) = (order.id(), world.order(order.id()));
    for fact in [
        authorized(TOTAL),
        captured(TOTAL),
        Fact::DeliveryConfirmed { fulfillment: FIRST },
        Fact::ShipmentConfirmed {
            fulfillment: Some(FIRST),
            lines: None,
            tracking: Tracking::default(),
        },
        Fact::CustomerVerified,
    ] {
        let reported = service.report_fact(id, fact.clone()).await;
        assert!(reported.events.is_empty(), "{fact:?}");
    }
    assert_eq!(world.order(id), before);
    world.settle(&service).await;
    assert_eq!(world.balance(id).captured.minor(), TOTAL);
}

#[tokio::test]
async fn an_outside_event_is_recorded_once_however_often_it_is_delivered() {
    let world = World::new();
    world.faults.interleave_calls();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    let reports = (0..10).map(|_| service.report_event(id, "evt-1", shipped()));
    let reported = futures::future::join_all(reports).await;
    assert_eq!(
        reported
            .iter()
            .filter(|done| !done.events.is_empty())
            .count(),
        1
    );
    world.settle(&service).await;
    let order = world.order(id);
    assert_eq!(order.fulfillments().len(), 1, "one shipment");
    assert!(order.fulfillments()[0].excess.is_empty());
    assert_eq!(world.balance(id).captured.minor(), TOTAL);
    // With another id it is another event: more was shipped than ordered.
    let reported = service.report_event(id, "evt-2", shipped()).await;
    assert!(!reported.replayed);
}

#[tokio::test]
async fn an_external_event_counts_for_its_storefront_whatever_order_it_names() {
    let world = World::new();
    let service = world.service();
    let one = service.given_order(place().build()).await.id();
    let other = service.given_order(place().build()).await.id();
    service.report_event(one, "evt-1", shipped()).await;
    let reported = service.report_event(other, "evt-1", shipped()).await;
    assert!(reported.replayed && reported.events.is_empty());
    assert!(world.order(other).nothing_shipped());
}

#[tokio::test]
async fn a_shipment_of_more_than_was_ordered_is_counted_apart() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    let fact = Fact::ShipmentConfirmed {
        fulfillment: None,
        lines: Some(vec![order_testing::builders::units("abc", 5)]),
        tracking: Tracking::default(),
    };
    let order = service.report_fact(id, fact).await.order;
    assert_eq!(order.lines()[0].shipped, 2);
    assert_eq!(order.fulfillments()[0].excess[0].quantity, 3);
    world.settle(&service).await;
    assert_eq!(world.order(id).payment_status(), PaymentStatus::Paid);
}

#[tokio::test]
async fn stock_that_is_lost_is_reserved_again() {
    let world = World::new();
    let service = world.service();
    let id = service
        .given_order(place().without_token().build())
        .await
        .id();
    let no = world.order(id).reservation().unwrap().no;
    world
        .inventory
        .expire(&shop(), &Reference::Reservation(id, no));
    assert_eq!(world.kept_units(), 0);
    service
        .report_fact(id, Fact::ReservationExpired { reservation: no })
        .await;
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Confirmed);
    assert_eq!(world.kept_units(), 2);
    assert!(
        service.try_execute(id, ship()).await.is_err(),
        "it is not paid yet"
    );
}

#[tokio::test]
async fn a_fact_about_no_order_is_told_so_and_a_fact_about_no_part_is_recorded() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    let fact = Fact::DeliveryConfirmed { fulfillment: FIRST };
    let reported = service.report_fact(id, fact).await;
    assert_eq!(late_facts(&reported.events), 1);
    assert_eq!(late_facts(&history(&service, id).await), 1);
}
