//! Placing: from the request to release or rejection.

use crate::world::{ServiceFixture, TOTAL, UNITS, World};
use order_core::effect::NotificationKind;
use order_core::order::{OrderStatus, PaymentStatus, ReservationStatus};
use order_core::ports::Orders;
use order_testing::builders::{customer, line, place};

#[tokio::test]
async fn an_order_is_verified_reserved_authorized_and_released_at_once() {
    let world = World::new();
    let service = world.service();
    let done = service.place(place().build()).await.unwrap();
    let order = done.order;
    assert_eq!(order.status(), OrderStatus::Processing);
    assert_eq!(order.payment_status(), PaymentStatus::Authorized);
    assert_eq!(
        order,
        world.only_order(),
        "what is answered is what is stored"
    );
    assert_eq!(
        done.events.len(),
        usize::try_from(order.version().get()).unwrap()
    );
    let reservation = order.reservation().unwrap();
    assert_eq!(reservation.status, ReservationStatus::Committed);
    assert_eq!(
        (
            world.stock_level("abc").reserved,
            world.stock_level("abc").committed
        ),
        (0, 2)
    );
    let balance = world.balance(order.id());
    assert_eq!(
        (balance.authorized.minor(), balance.captured.minor()),
        (TOTAL, 0)
    );
    world.settle(&service).await;
    assert_eq!(
        world.notifications.sent(order.id()),
        [NotificationKind::OrderConfirmed]
    );
}

#[tokio::test]
async fn an_order_for_more_than_there_is_is_rejected_and_holds_nothing() {
    let world = World::new();
    let service = world.service();
    let request = place()
        .line(line("tea", 1))
        .line(line("abc", UNITS + 1))
        .build();
    let order = service.given_order(request).await;
    assert_eq!(order.status(), OrderStatus::Rejected);
    world.settle(&service).await;
    world.expect_nothing_kept(order.id(), "out of stock");
    assert_eq!(world.payments.faults().count("authorize"), 0);
}

#[tokio::test]
async fn an_order_of_an_unknown_or_blocked_customer_is_rejected_and_gives_its_stock_back() {
    for who in ["nobody", "blocked"] {
        let world = World::new();
        world.customers.block(&customer("blocked"));
        let service = world.service();
        let order = service.given_order(place().customer(who).build()).await;
        assert_eq!(order.status(), OrderStatus::Rejected, "{who}");
        assert_eq!(
            world.inventory.faults().count("reserve"),
            1,
            "{who}: it was reserved"
        );
        world.settle(&service).await;
        world.expect_nothing_kept(order.id(), who);
        assert_eq!(world.payments.faults().count("authorize"), 0, "{who}");
    }
}
