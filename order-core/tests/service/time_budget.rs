//! The time budget of a request: effects that take longer are left to a runner.

use crate::world::{TOTAL, World};
use order_core::order::{OrderStatus, PaymentAttemptStatus};
use order_core::ports::Orders;
use order_testing::builders::place;
use std::time::Duration;

#[tokio::test]
async fn a_request_leaves_to_a_runner_what_takes_longer_than_its_budget() {
    let world = World::new();
    let service = world.service();
    let mut paused = world
        .customers
        .faults()
        .on("find")
        .pause(order_testing::PauseAt::Answer);
    let slow = async {
        paused.reached().await;
        world.clock.advance(Duration::from_secs(2));
        paused.resume();
    };
    let (placed, ()) = tokio::join!(service.place(place().key("k").build()), slow);
    let placed = placed.unwrap().order;
    assert_eq!(placed.status(), OrderStatus::Confirmed);
    assert_eq!(
        world.payments.faults().count("authorize"),
        0,
        "its time is up"
    );
    let again = service.place(place().key("k").build()).await.unwrap();
    assert!(again.replayed && again.order == placed);
    world.service().runner().step().await.unwrap();
    assert_eq!(
        world.only_order().status(),
        OrderStatus::Processing,
        "without delay"
    );
}

#[tokio::test]
async fn a_service_that_never_answers_keeps_a_request_no_longer_than_its_budget() {
    let world = World::new();
    let service = world.service();
    let paused = world
        .payments
        .faults()
        .on("authorize")
        .pause(order_testing::PauseAt::Answer);
    let late = async {
        while world.payments.faults().count("authorize") == 0 {
            tokio::task::yield_now().await;
        }
        world.clock.advance(Duration::from_secs(3));
    };
    let both = async { tokio::join!(service.place(place().build()), late) };
    let answered = tokio::time::timeout(Duration::from_secs(10), both).await;
    let (placed, ()) = answered.expect("it is answered");
    let order = placed.unwrap().order;
    assert_eq!(order.payments()[0].status, PaymentAttemptStatus::Unknown);
    drop(paused);
    world.settle(&service).await;
    assert_eq!(world.order(order.id()).status(), OrderStatus::Processing);
    assert_eq!(world.payments.total().authorized.minor(), TOTAL);
}
