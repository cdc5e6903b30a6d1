//! Payments: when an order is released, under each policy and outcome.

use crate::world::{ServiceFixture, TOTAL, World, delivered, pay_with, ship};
use order_core::effect::NotificationKind;
use order_core::money::Amount;
use order_core::order::{
    Adjustment, AdjustmentKind, OrderStatus, PaymentAttemptStatus, PaymentStatus,
};
use order_core::policy::PaymentPolicy;
use order_testing::builders::place;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_declined_payment_leaves_the_order_confirmed_until_another_method_pays() {
    let world = World::new();
    let service = world.service();
    let order = service
        .given_order(place().token("tok_declined").build())
        .await;
    assert_eq!(order.status(), OrderStatus::Confirmed);
    assert_eq!(order.payment_status(), PaymentStatus::Failed);
    assert_eq!(
        world.stock_level("abc").reserved,
        2,
        "its stock stays reserved"
    );
    assert!(service.try_execute(order.id(), ship()).await.is_err());
    let order = service
        .expect_executed(order.id(), pay_with("tok_visa"))
        .await;
    assert_eq!(order.status(), OrderStatus::Processing);
    let states: Vec<_> = order
        .payments()
        .iter()
        .map(|attempt| attempt.status)
        .collect();
    assert_eq!(
        states,
        [
            PaymentAttemptStatus::Declined,
            PaymentAttemptStatus::Authorized
        ]
    );
}

#[tokio::test]
async fn an_unpaid_order_keeps_its_stock_until_it_expires() {
    let world = World::new();
    let service = world.service();
    let order = service.given_order(place().without_token().build()).await;
    assert_eq!(order.status(), OrderStatus::Confirmed);
    assert_eq!(order.payment_status(), PaymentStatus::Unpaid);
    for hour in 1..72 {
        world.pass(&service, HOUR, 12).await;
        assert_eq!(
            world.order(order.id()).status(),
            OrderStatus::Confirmed,
            "hour {hour}"
        );
        assert_eq!(
            world.stock_level("abc").reserved,
            2,
            "hour {hour}: prolonged"
        );
    }
    assert!(
        world.inventory.faults().count("extend") < 5,
        "not more often than needed"
    );
    world.pass(&service, 2 * HOUR, 24).await;
    assert_eq!(world.order(order.id()).status(), OrderStatus::Expired);
    world.settle(&service).await;
    world.expect_nothing_kept(order.id(), "expired");
    assert!(
        service
            .try_execute(order.id(), pay_with("tok_visa"))
            .await
            .is_err(),
        "too late"
    );
}

#[tokio::test]
async fn an_order_paid_just_before_its_deadline_goes_on() {
    let world = World::new();
    let service = world.service();
    let id = service
        .given_order(place().without_token().build())
        .await
        .id();
    world.pass(&service, 71 * HOUR, 284).await;
    let order = service.expect_executed(id, pay_with("tok_visa")).await;
    assert_eq!(order.status(), OrderStatus::Processing);
    world.pass(&service, 48 * HOUR, 48).await;
    assert_eq!(world.order(id).status(), OrderStatus::Processing);
}

#[tokio::test]
async fn an_order_that_costs_nothing_is_released_without_payment() {
    let world = World::new();
    let service = world.service();
    let discount = Adjustment::of_order(AdjustmentKind::Discount, Amount::new(TOTAL), None);
    let order = service
        .given_order(place().adjustment(discount).without_token().build())
        .await;
    assert_eq!(order.status(), OrderStatus::Processing);
    assert_eq!(order.payment_status(), PaymentStatus::NotRequired);
    assert_eq!(world.payments.faults().count("authorize"), 0);
}

#[tokio::test]
async fn an_invoiced_order_is_released_before_it_is_paid() {
    let world = World::new();
    let service = world.service_with(|all| all.payment = PaymentPolicy::Invoice);
    let order = service.given_order(place().without_token().build()).await;
    assert_eq!(order.status(), OrderStatus::Processing);
    assert_eq!(order.totals().due.minor(), TOTAL);
    let order = service.expect_executed(order.id(), ship()).await;
    let order = service
        .expect_executed(order.id(), crate::world::deliver())
        .await;
    assert_eq!(
        order.status(),
        OrderStatus::Processing,
        "delivered, and not paid"
    );
    let order = service
        .expect_executed(order.id(), pay_with("tok_visa"))
        .await;
    assert_eq!(order.status(), OrderStatus::Completed);
    assert_eq!(world.balance(order.id()).captured.minor(), TOTAL);
}

#[tokio::test]
async fn with_capture_on_confirm_money_is_taken_before_release() {
    let world = World::new();
    let service = world.service_with(|all| all.payment = PaymentPolicy::CaptureOnConfirm);
    let order = service.given_order(place().build()).await;
    assert_eq!(order.status(), OrderStatus::Processing);
    assert_eq!(order.payment_status(), PaymentStatus::Paid);
    assert_eq!(world.balance(order.id()).captured.minor(), TOTAL);
}

#[tokio::test]
async fn with_capture_on_ship_money_is_taken_as_units_leave() {
    let world = World::new();
    let service = world.service();
    let order = delivered(&world, &service, place().build()).await;
    assert_eq!(order.payment_status(), PaymentStatus::Paid);
    world.settle(&service).await;
    let notices = world.notifications.sent(order.id());
    assert_eq!(
        notices,
        [
            NotificationKind::OrderConfirmed,
            NotificationKind::Shipped,
            NotificationKind::Delivered
        ]
    );
}

#[tokio::test]
async fn a_customer_who_has_to_act_is_waited_for() {
    let world = World::new();
    let service = world.service();
    let order = service
        .given_order(place().token("tok_action").build())
        .await;
    assert_eq!(
        order.payments()[0].status,
        PaymentAttemptStatus::RequiresAction
    );
    let no = order.payments()[0].no;
    let reference = order_core::reference::Reference::Attempt(order.id(), no);
    assert!(world.payments.finish_action(&reference, true));
    let fact = order_core::fact::Fact::PaymentAuthorized {
        attempt: no,
        provider_id: None,
        amount: Amount::new(TOTAL),
    };
    let reported = service.report_fact(order.id(), fact).await;
    assert_eq!(reported.order.status(), OrderStatus::Processing);
}
