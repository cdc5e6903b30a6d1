//! Dead letters: which effects are parked until a person retries them, and which never are.

use crate::world::{ServiceFixture, World, cancel, shop};
use order_core::order::OrderStatus;
use order_core::policy::{FulfillmentPolicy, PaymentPolicy};
use order_core::ports::Orders;
use order_core::reference::Reference;
use order_testing::builders::place;
use order_testing::{Fault, RefundMode};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn what_gets_no_answer_for_long_waits_for_a_person() {
    let world = World::new();
    let mut policy = order_core::policy::StorefrontPolicy::default();
    policy.fulfillment = FulfillmentPolicy::Automatic;
    let service = world
        .builder()
        .policies(order_core::policy::PolicySet::new(policy))
        .configure(|config| config.retry.max_attempts = 3)
        .build()
        .unwrap();
    world.shipping.faults().always(Fault::LostRequest);
    let id = service.given_order(place().build()).await.id();
    world.settle(&service).await;
    let page = service.dead_letters(&shop(), None, 10).await.unwrap();
    assert_eq!(page.letters.len(), 1);
    assert_eq!(page.letters[0].attempts, 3);
    assert_eq!(world.shipping.faults().count("request"), 3);

    world.shipping.faults().clear();
    world.pass(&service, HOUR, 10).await;
    assert!(
        world.parcels(id).is_empty(),
        "it is not retried automatically"
    );
    let effect = page.letters[0].effect.id;
    assert!(service.retry_dead_letter(&shop(), effect).await.unwrap());
    world.settle(&service).await;
    assert_eq!(world.parcels_on_their_way(id), 1);
    assert!(
        !service.retry_dead_letter(&shop(), effect).await.unwrap(),
        "it is no dead letter any more"
    );
}

#[tokio::test]
async fn what_a_service_refuses_waits_for_a_person_and_a_cancel_is_not_kept_by_it() {
    let world = World::new();
    let service = world.service();
    let code = order_testing::builders::code("broken");
    world
        .inventory
        .faults()
        .on("reserve")
        .next(1, Fault::Refused(code));
    let id = service.given_order(place().build()).await.id();
    let letters = service
        .dead_letters(&shop(), None, 10)
        .await
        .unwrap()
        .letters;
    assert_eq!(letters.len(), 1);
    service.expect_executed(id, cancel()).await;
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    world.expect_nothing_kept(id, "cancelled beside a dead letter");
}

#[tokio::test]
async fn a_cancel_just_before_something_is_given_up_on_is_not_kept_by_it() {
    let world = World::new();
    let service = world.service();
    let code = order_testing::builders::code("broken");
    // The cancel is accepted before the refusal arrives.
    let mut paused = world
        .customers
        .faults()
        .on("find")
        .pause(order_testing::PauseAt::Answer);
    world
        .inventory
        .faults()
        .on("reserve")
        .next(1, Fault::Refused(code));
    let meanwhile = async {
        paused.reached().await;
        let id = world.until_stored().await;
        service.expect_executed(id, cancel()).await;
        paused.resume();
    };
    let (placed, ()) = tokio::join!(service.place(place().build()), meanwhile);
    let id = placed.unwrap().order.id();
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    world.expect_nothing_kept(id, "parked after a cancel");
}

#[tokio::test]
async fn what_undoes_something_is_never_given_up_on_and_is_reported_as_stuck() {
    let world = World::new();
    let service = world.service_with(|all| {
        all.payment = PaymentPolicy::CaptureOnConfirm;
        all.stuck_after = 4;
    });
    for (faults, method) in [
        (world.payments.faults(), "refund"),
        (world.inventory.faults(), "release"),
    ] {
        let id = service.given_order(place().build()).await.id();
        faults.on(method).always(Fault::LostRequest);
        service.expect_executed(id, cancel()).await;
        world.pass(&service, 10 * HOUR, 300).await;
        let order = world.order(id);
        assert_eq!(order.status(), OrderStatus::Cancelling, "{method}");
        assert!(order.cancellation().unwrap().stuck, "{method} is reported");
        assert!(
            service
                .dead_letters(&shop(), None, 10)
                .await
                .unwrap()
                .letters
                .is_empty()
        );
        faults.clear();
        world.pass(&service, HOUR, 60).await;
        assert_eq!(world.order(id).status(), OrderStatus::Cancelled, "{method}");
        world.settle(&service).await;
        world.expect_nothing_kept(id, method);
    }
}

#[tokio::test]
async fn a_refund_that_the_provider_works_on_for_days_is_not_stuck() {
    let world = World::new();
    let service = world.service_with(|all| {
        all.payment = PaymentPolicy::CaptureOnConfirm;
        all.stuck_after = 4;
    });
    world.payments.set_refund_mode(RefundMode::Pend);
    let id = service.given_order(place().build()).await.id();
    service.expect_executed(id, cancel()).await;
    world.pass(&service, 10 * HOUR, 300).await;
    let order = world.order(id);
    assert_eq!(order.status(), OrderStatus::Cancelling);
    assert!(!order.cancellation().unwrap().stuck, "nothing has failed");
    let refund = Reference::Refund(id, order.refunds()[0].no);
    assert!(world.payments.settle_refund(&refund, true));
    world.pass(&service, HOUR, 60).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    world.expect_nothing_kept(id, "refunded after hours");
}

#[tokio::test]
async fn a_cancel_while_stock_cannot_be_reserved_ends_when_the_service_is_back() {
    let world = World::new();
    let service = world.service_with(|all| all.stuck_after = 4);
    world.inventory.faults().always(Fault::LostAnswer);
    let id = service.given_order(place().build()).await.id();
    service.expect_executed(id, cancel()).await;
    world.pass(&service, 10 * HOUR, 300).await;
    let order = world.order(id);
    assert!(order.cancellation().unwrap().stuck, "it is reported");
    world.inventory.faults().clear();
    world.pass(&service, HOUR, 60).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    world.settle(&service).await;
    world.expect_nothing_kept(id, "reservation in doubt");
}
