//! A cancel always wins: whatever is in progress when it is accepted, no money and no stock is kept.

use crate::world::{ServiceFixture, TOTAL, World, cancel, ship};
use order_core::order::{Order, OrderStatus, ShipmentStatus};
use order_core::policy::{FulfillmentPolicy, PaymentPolicy, StorefrontPolicy};
use order_core::ports::{OrderError, Orders};
use order_core::refusal::RefusalCode;
use order_testing::builders::place;
use order_testing::{Faults, PauseAt, RefundMode};
use std::time::Duration;

const BOTH: [PauseAt; 2] = [PauseAt::Request, PauseAt::Answer];

/// Places an order, pauses this call, cancels meanwhile, resumes the call, and checks what is left in
/// the end.
async fn cancelled_while(
    at: PauseAt,
    configure: fn(&mut StorefrontPolicy),
    faults: fn(&World) -> &Faults,
    method: &'static str,
) -> (World, Order) {
    let world = World::new();
    let service = world.service_with(configure);
    let mut paused = faults(&world).on(method).pause(at);
    let meanwhile = async {
        paused.reached().await;
        let id = world.until_stored().await;
        let accepted = service.expect_executed(id, cancel()).await;
        assert!(accepted.status().is_closed(), "the cancel is accepted");
        paused.resume();
    };
    let (placed, ()) = tokio::join!(service.place(place().build()), meanwhile);
    let id = placed.unwrap().order.id();
    let here = format!("{method} held at its {at:?}");
    let status = world.order(id).status();
    assert_eq!(
        status,
        OrderStatus::Cancelled,
        "{here}: compensated at once"
    );
    world.settle(&service).await;
    let order = world.order(id);
    assert_eq!(order.status(), OrderStatus::Cancelled, "{here}");
    world.expect_nothing_kept(id, &here);
    (world, order)
}

#[tokio::test]
async fn a_cancel_wins_over_a_reservation_under_way() {
    for at in BOTH {
        let (world, order) =
            cancelled_while(at, |_| {}, |world| world.inventory.faults(), "reserve").await;
        assert!(order.payments().is_empty(), "no payment was attempted");
        assert_eq!(world.payments.faults().count("authorize"), 0);
    }
}

#[tokio::test]
async fn a_cancel_wins_over_a_customer_being_verified() {
    for at in BOTH {
        cancelled_while(at, |_| {}, |world| world.customers.faults(), "find").await;
    }
}

#[tokio::test]
async fn a_cancel_wins_over_a_payment_under_way() {
    for at in BOTH {
        let (world, order) =
            cancelled_while(at, |_| {}, |world| world.payments.faults(), "authorize").await;
        assert_eq!(order.totals().captured.minor(), 0, "nothing was captured");
        assert_eq!(world.payments.total().captured.minor(), 0);
    }
}

#[tokio::test]
async fn a_cancel_wins_over_a_payment_that_is_taken_at_once() {
    for at in BOTH {
        let configure: fn(&mut StorefrontPolicy) =
            |all| all.payment = PaymentPolicy::CaptureOnConfirm;
        let (world, order) =
            cancelled_while(at, configure, |world| world.payments.faults(), "authorize").await;
        let balance = world.balance(order.id());
        assert_eq!(
            balance.captured, balance.refunded,
            "what was captured is refunded"
        );
    }
}

#[tokio::test]
async fn a_cancel_wins_over_stock_being_taken() {
    for at in BOTH {
        cancelled_while(at, |_| {}, |world| world.inventory.faults(), "commit").await;
    }
}

#[tokio::test]
async fn a_cancel_wins_over_a_warehouse_being_asked() {
    for at in BOTH {
        let configure: fn(&mut StorefrontPolicy) =
            |all| all.fulfillment = FulfillmentPolicy::Automatic;
        cancelled_while(at, configure, |world| world.shipping.faults(), "request").await;
    }
}

#[tokio::test]
async fn a_cancel_wins_over_a_capture_under_way() {
    for at in BOTH {
        let world = World::new();
        let service = world.service();
        let id = service.given_order(place().build()).await.id();
        let mut paused = world.payments.faults().on("capture").pause(at);
        let capture = order_core::command::Command::CapturePayment { amount: None };
        let meanwhile = async {
            paused.reached().await;
            service.expect_executed(id, cancel()).await;
            paused.resume();
        };
        let (captured, ()) = tokio::join!(service.try_execute(id, capture), meanwhile);
        captured.expect("a capture that was accepted is carried out");
        world.settle(&service).await;
        assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
        world.expect_nothing_kept(id, "capture in progress");
    }
}

#[tokio::test]
async fn a_cancel_again_while_the_refund_is_under_way_pays_back_once() {
    for at in BOTH {
        let world = World::new();
        let service = world.service_with(|all| all.payment = PaymentPolicy::CaptureOnConfirm);
        let id = service.given_order(place().build()).await.id();
        assert_eq!(world.balance(id).captured.minor(), TOTAL);
        let mut paused = world.payments.faults().on("refund").pause(at);
        let again = async {
            paused.reached().await;
            let again = service.try_execute(id, cancel()).await.unwrap();
            assert!(again.events.is_empty(), "it changes nothing");
            paused.resume();
        };
        let (first, ()) = tokio::join!(service.try_execute(id, cancel()), again);
        first.unwrap();
        world.settle(&service).await;
        assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
        assert_eq!(world.balance(id).refunded.minor(), TOTAL);
        world.expect_nothing_kept(id, "refund in progress");
    }
}

#[tokio::test]
async fn an_order_stays_cancelling_until_its_refund_is_proven() {
    let world = World::new();
    let service = world.service_with(|all| all.payment = PaymentPolicy::CaptureOnConfirm);
    let id = service.given_order(place().build()).await.id();
    world.payments.set_refund_mode(RefundMode::Pend);
    let order = service.expect_executed(id, cancel()).await;
    assert_eq!(order.status(), OrderStatus::Cancelling);
    world.pass(&service, Duration::from_secs(600), 20).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelling);
    let refund = order_core::reference::Reference::Refund(id, order.refunds()[0].no);
    assert!(world.payments.settle_refund(&refund, true));
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    world.expect_nothing_kept(id, "a slow refund");
}

#[tokio::test]
async fn a_cancel_calls_back_what_the_warehouse_was_asked_for() {
    let world = World::new();
    let service = world.service_with(|all| all.fulfillment = FulfillmentPolicy::Automatic);
    let id = service.given_order(place().build()).await.id();
    assert_eq!(world.parcels_on_their_way(id), 1);
    let order = service.expect_executed(id, cancel()).await;
    assert_eq!(order.status(), OrderStatus::Cancelled);
    let reference = world.parcels(id)[0].reference;
    assert!(!world.shipping.ship(&reference), "it is not sent any more");
    world.settle(&service).await;
    world.expect_nothing_kept(id, "recalled");
}

#[tokio::test]
async fn what_left_before_it_could_be_called_back_is_expected_back() {
    let world = World::new();
    let service = world.service_with(|all| all.fulfillment = FulfillmentPolicy::Automatic);
    let id = service.given_order(place().build()).await.id();
    let reference = world.parcels(id)[0].reference;
    assert!(world.shipping.ship(&reference), "and nobody reported it");
    let order = service.expect_executed(id, cancel()).await;
    assert_eq!(order.fulfillments()[0].status, ShipmentStatus::Shipped);
    assert!(order.has_open_return(), "a return waits for it");
    assert!(world.balance(id).is_clear(), "nothing is charged for it");
    let refused = service.try_execute(id, ship()).await.unwrap_err();
    assert!(
        matches!(refused, OrderError::Refused { refusal, .. } if refusal.code == RefusalCode::WrongStatus)
    );
}

#[tokio::test]
async fn a_customer_who_never_acted_is_not_charged_after_a_cancel() {
    let world = World::new();
    let service = world.service();
    let id = service
        .given_order(place().token("tok_action").build())
        .await
        .id();
    service.expect_executed(id, cancel()).await;
    world.settle(&service).await;
    let attempt = world.order(id).payments()[0].no;
    let reference = order_core::reference::Reference::Attempt(id, attempt);
    assert!(!world.payments.finish_action(&reference, true), "too late");
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    world.expect_nothing_kept(id, "an action that never came");
}

#[tokio::test]
async fn what_was_not_sent_when_a_cancel_is_accepted_is_never_sent() {
    for late in ["find", "reserve"] {
        let world = World::new();
        let service = world.service();
        // The time budget of the request is spent before anything else is sent.
        let faults = if late == "find" {
            world.customers.faults()
        } else {
            world.inventory.faults()
        };
        let mut paused = faults.on(late).pause(PauseAt::Answer);
        let slow = async {
            paused.reached().await;
            world.clock.advance(Duration::from_secs(2));
            paused.resume();
        };
        let (placed, ()) = tokio::join!(service.place(place().build()), slow);
        let id = placed.unwrap().order.id();
        service.expect_executed(id, cancel()).await;
        world.settle(&service).await;
        assert_eq!(world.payments.faults().count("authorize"), 0, "{late}");
        assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
        world.expect_nothing_kept(id, late);
    }
    let world = World::new();
    let impatient = world
        .builder()
        .configure(|all| all.request_time_budget = Duration::ZERO);
    let service = impatient.build().unwrap();
    let id = service.given_order(place().build()).await.id();
    service.expect_executed(id, cancel()).await;
    world.settle(&service).await;
    assert_eq!(world.inventory.faults().count("reserve"), 0);
    assert_eq!(world.customers.faults().count("find"), 0);
    world.expect_nothing_kept(id, "cancelled before anything was sent");
}
