//! Outages: orders are deferred, and none is lost.

use crate::world::{ServiceFixture, TOTAL, World, pay_with, ship, shop};
use order_core::breaker::{BreakerPolicy, BreakerRegistry, WithBreaker};
use order_core::dependency::Dependency;
use order_core::money::Amount;
use order_core::order::{CustomerVerification, OrderStatus};
use order_core::policy::OutagePolicy;
use order_core::ports::{Clock, OrderError, Orders, RatesRequest, Shipping};
use order_core::service::OrderService;
use order_testing::builders::{address, call, line, place, units};
use order_testing::{Fault, Faults};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);
const RETRY_AFTER: Duration = Duration::from_secs(17);

/// The service that is down, the dependency that the order waits for, and its status meanwhile.
fn dependencies(world: &World) -> [(Dependency, &Faults, OrderStatus); 3] {
    [
        (
            Dependency::Customers,
            world.customers.faults(),
            OrderStatus::Pending,
        ),
        (
            Dependency::Inventory,
            world.inventory.faults(),
            OrderStatus::Pending,
        ),
        (
            Dependency::Payments,
            world.payments.faults(),
            OrderStatus::Confirmed,
        ),
    ]
}

fn rejecting(world: &World) -> OrderService {
    world.service_with(|all| {
        all.outage = OutagePolicy::Reject {
            retry_after: RETRY_AFTER,
        };
    })
}

#[tokio::test]
async fn an_order_waits_for_what_is_away_and_goes_on_by_itself() {
    for fault in [Fault::Unavailable, Fault::LostRequest, Fault::LostAnswer] {
        for which in 0..3 {
            let world = World::new();
            let service = world.service();
            let (dependency, faults, status) = dependencies(&world)[which];
            faults.always(fault.clone());
            let order = service.given_order(place().build()).await;
            assert_eq!(order.status(), status, "{dependency} {fault:?}");
            assert!(
                order.pending_on().contains(&dependency),
                "{dependency} {fault:?}"
            );
            world.pass(&service, HOUR, 120).await;
            assert_eq!(world.order(order.id()).status(), status, "it waits");
            faults.clear();
            world.pass(&service, HOUR / 4, 30).await;
            world.settle(&service).await;
            let order = world.order(order.id());
            assert_eq!(
                order.status(),
                OrderStatus::Processing,
                "{dependency} {fault:?}"
            );
            assert!(order.pending_on().is_empty(), "it is not deferred any more");
            assert_eq!(world.balance(order.id()).authorized.minor(), TOTAL);
            assert_eq!(world.kept_units(), 2);
        }
    }
}

#[tokio::test]
async fn an_outage_of_many_hours_gives_up_on_no_order() {
    for which in 0..3 {
        let world = World::new();
        let service = world.service();
        let (dependency, faults, _) = dependencies(&world)[which];
        faults.always(Fault::Unavailable);
        let id = service.given_order(place().build()).await.id();
        world.pass(&service, 20 * HOUR, 600).await;
        let letters = service
            .dead_letters(&shop(), None, 10)
            .await
            .unwrap()
            .letters;
        assert!(letters.is_empty(), "{dependency}: {letters:?}");
        faults.clear();
        world.pass(&service, HOUR / 4, 30).await;
        world.settle(&service).await;
        assert_eq!(
            world.order(id).status(),
            OrderStatus::Processing,
            "{dependency}"
        );
    }
}

#[tokio::test]
async fn an_order_that_waits_in_vain_expires_and_keeps_nothing() {
    for which in 0..2 {
        let world = World::new();
        let service = world.service();
        let (dependency, faults, _) = dependencies(&world)[which];
        faults.always(Fault::Unavailable);
        let id = service.given_order(place().build()).await.id();
        world.pass(&service, 25 * HOUR, 600).await;
        assert_eq!(
            world.order(id).status(),
            OrderStatus::Expired,
            "{dependency}"
        );
        faults.clear();
        world.settle(&service).await;
        world.expect_nothing_kept(id, "expired");
    }
}

#[tokio::test]
async fn an_order_without_prices_waits_for_them() {
    let world = World::new();
    let service = world.service();
    world.inventory.faults().always(Fault::Unavailable);
    let order = service
        .given_order(place().line(line("abc", 2)).build())
        .await;
    assert!(!order.is_priced() && order.status() == OrderStatus::Pending);
    world.inventory.faults().clear();
    world.settle(&service).await;
    let order = world.order(order.id());
    assert_eq!(order.status(), OrderStatus::Processing);
    assert_eq!(order.totals().total.minor(), TOTAL);
}

#[tokio::test]
async fn no_more_orders_wait_than_the_storefront_allows() {
    for which in 0..2 {
        let world = World::new();
        let service = world.service_with(|all| all.outage = OutagePolicy::Defer { at_most: 3 });
        let (dependency, faults, _) = dependencies(&world)[which];
        faults.always(Fault::Unavailable);
        for _ in 0..3 {
            let order = service.given_order(place().build()).await;
            assert_eq!(order.status(), OrderStatus::Pending);
        }
        let refused = service.place(place().build()).await.unwrap_err();
        assert!(
            matches!(refused, OrderError::Unavailable { dependency: down, .. } if down == dependency),
            "{refused}"
        );
        let runner = service.runner();
        runner.step().await.unwrap();
        let open = world.store.orders();
        let waiting = open.iter().filter(|order| order.is_deferred()).count();
        assert_eq!(waiting, 3, "deferred orders stay deferred");
        faults.clear();
        world.settle(&service).await;
        let orders = world.store.orders();
        let through = |order: &&order_core::order::Order| order.status() == OrderStatus::Processing;
        assert_eq!(orders.iter().filter(through).count(), 3);
        assert_eq!(world.kept_units(), 6, "and the rejected one keeps nothing");
    }
}

#[tokio::test]
async fn a_storefront_that_does_not_wait_turns_orders_away_cleanly() {
    for which in 0..2 {
        let world = World::new();
        let service = rejecting(&world);
        let (dependency, faults, _) = dependencies(&world)[which];
        faults.always(Fault::Unavailable);
        let refused = service.place(place().key("k").build()).await.unwrap_err();
        let OrderError::Unavailable {
            dependency: down,
            retry_after,
        } = refused
        else {
            panic!("it is rejected: {refused}");
        };
        assert!(retry_after >= RETRY_AFTER || dependency == Dependency::Inventory);
        assert_eq!(down, dependency);
        for order in world.store.orders() {
            assert_eq!(order.status(), OrderStatus::Rejected, "it is closed");
        }
        faults.clear();
        world.settle(&service).await;
        assert_eq!(world.kept_units(), 0, "and nothing is reserved for it");
        let placed = service.place(place().key("k").build()).await.unwrap();
        assert!(!placed.replayed, "the key is free again");
        assert_eq!(placed.order.status(), OrderStatus::Processing);
        let again = service.place(place().key("k").build()).await.unwrap();
        assert!(again.replayed && again.order.id() == placed.order.id());
    }
}

#[tokio::test]
async fn who_takes_a_freed_key_keeps_it() {
    // The first request is still releasing its stock when the second claims the key, in another
    // process.
    let world = World::new();
    let (service, other) = (rejecting(&world), rejecting(&world));
    world
        .customers
        .faults()
        .on("find")
        .next(1, Fault::Unavailable);
    let mut paused = world
        .inventory
        .faults()
        .on("release")
        .pause(order_testing::PauseAt::Request);
    let second = async {
        paused.reached().await;
        let second = other.place(place().key("k").build()).await.unwrap();
        paused.resume();
        second
    };
    let (first, second) = tokio::join!(service.place(place().key("k").build()), second);
    assert!(matches!(first, Err(OrderError::Unavailable { .. })));
    let again = service.place(place().key("k").build()).await.unwrap();
    assert_eq!(
        again.order, second.order,
        "its answer is replayed as it was"
    );
    world.settle(&service).await;
    assert_eq!(world.kept_units(), 2, "and its stock is its own");
}

#[tokio::test]
async fn an_accepted_order_is_not_turned_away_by_a_later_outage() {
    let world = World::new();
    let service = rejecting(&world);
    let id = service
        .given_order(place().without_token().build())
        .await
        .id();
    let order = world.order(id);
    let no = order.reservation().unwrap().no;
    let reference = order_core::reference::Reference::Reservation(id, no);
    assert!(world.inventory.expire(&shop(), &reference));
    world.inventory.faults().always(Fault::Unavailable);
    let lost = order_core::fact::Fact::ReservationExpired { reservation: no };
    let order = service.report_fact(id, lost).await.order;
    world.pass(&service, HOUR, 60).await;
    assert!(
        !world.order(id).status().is_closed(),
        "{:?}",
        order.status()
    );
    world.inventory.faults().clear();
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Confirmed);
    assert_eq!(world.kept_units(), 2);
}

#[tokio::test]
async fn a_customer_is_accepted_unverified_up_to_an_amount() {
    for (up_to, check) in [
        (TOTAL, CustomerVerification::Unverified),
        (TOTAL - 1, CustomerVerification::Pending),
    ] {
        let world = World::new();
        let service = world.service_with(|all| {
            let (up_to, at_most) = (Amount::new(up_to), 10);
            all.outage = OutagePolicy::AcceptUnverified { up_to, at_most };
        });
        world.customers.faults().always(Fault::Unavailable);
        let order = service.given_order(place().build()).await;
        assert_eq!(order.customer_verification(), check, "up to {up_to}");
        let through = order.status() == OrderStatus::Processing;
        assert_eq!(through, check == CustomerVerification::Unverified);
    }
}

#[tokio::test]
async fn a_circuit_opens_spares_the_service_and_closes_again() {
    let world = World::new();
    let policy = BreakerPolicy::default().with_consecutive(3);
    let breakers = Arc::new(BreakerRegistry::new(policy));
    let service = world.builder().breakers(breakers).build().unwrap();
    world.payments.faults().always(Fault::Unavailable);
    for _ in 0..5 {
        service
            .given_order(place().line(line("tea", 1)).build())
            .await;
    }
    let attempts = world.payments.faults().count("authorize");
    assert_eq!(attempts, 3, "then the circuit is open");
    world.payments.faults().clear();
    service
        .given_order(place().line(line("tea", 1)).build())
        .await;
    assert_eq!(
        world.payments.faults().count("authorize"),
        attempts,
        "it is still open"
    );
    world.settle(&service).await;
    for order in world.store.orders() {
        assert_eq!(
            order.status(),
            OrderStatus::Processing,
            "all continued by themselves"
        );
    }
    assert_eq!(world.payments.total().authorized.minor(), 6 * 500);
}

#[tokio::test]
async fn an_order_is_not_held_up_by_messages() {
    let world = World::new();
    let service = world.service();
    world.notifications.faults().always(Fault::Unavailable);
    let id = service.given_order(place().build()).await.id();
    assert_eq!(world.order(id).status(), OrderStatus::Processing);
    service.expect_executed(id, ship()).await;
    let order = service.expect_executed(id, crate::world::deliver()).await;
    assert_eq!(order.status(), OrderStatus::Completed);
    world.pass(&service, 5 * HOUR, 100).await;
    assert!(world.notifications.sent(id).is_empty());
    world.notifications.faults().clear();
    world.pass(&service, HOUR, 20).await;
    assert_eq!(world.notifications.sent(id).len(), 3, "each came, once");
}

#[tokio::test]
async fn a_payment_in_doubt_is_asked_for_and_never_made_again() {
    for fault in [Fault::LostRequest, Fault::LostAnswer] {
        let world = World::new();
        let service = world.service();
        world
            .payments
            .faults()
            .on("authorize")
            .next(1, fault.clone());
        let order = service.given_order(place().build()).await;
        assert_eq!(order.status(), OrderStatus::Confirmed, "{fault:?}");
        let refused = service.try_execute(order.id(), pay_with("tok_visa")).await;
        assert!(refused.is_err(), "no second payment beside one in doubt");
        world.settle(&service).await;
        let made = usize::from(fault == Fault::LostRequest) + 1;
        assert_eq!(
            world.payments.faults().count("authorize"),
            made,
            "{fault:?}"
        );
        assert_eq!(world.payments.faults().count("find"), 1, "{fault:?}");
        let order = world.order(order.id());
        assert_eq!(order.status(), OrderStatus::Processing);
        assert_eq!(order.payments().len(), 1);
        assert_eq!(world.payments.total().authorized.minor(), TOTAL);
    }
}

#[tokio::test]
async fn a_refund_in_doubt_is_asked_for_and_never_made_again() {
    for fault in [Fault::LostRequest, Fault::LostAnswer] {
        let world = World::new();
        let service = world.service_with(|all| {
            all.payment = order_core::policy::PaymentPolicy::CaptureOnConfirm;
        });
        let id = service.given_order(place().build()).await.id();
        world.payments.faults().on("refund").next(1, fault.clone());
        service.expect_executed(id, crate::world::cancel()).await;
        world.settle(&service).await;
        let made = usize::from(fault == Fault::LostRequest) + 1;
        assert_eq!(world.payments.faults().count("refund"), made, "{fault:?}");
        assert_eq!(world.payments.faults().count("find_refund"), 1, "{fault:?}");
        assert_eq!(world.balance(id).refunded.minor(), TOTAL);
        assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    }
}

#[tokio::test]
async fn rates_are_passed_on_as_they_are() {
    let world = World::new();
    let clock: Arc<dyn Clock> = Arc::new(world.clock.clone());
    let shipping: Arc<dyn Shipping> = world.shipping.clone();
    let breakers = Arc::new(BreakerRegistry::new(BreakerPolicy::default()));
    let guarded = WithBreaker::new(shipping.clone(), breakers, clock);
    let request = RatesRequest::new(address(), vec![units("abc", 2)]);
    let rates = guarded.rates(&call("k"), &request).await.unwrap();
    assert!(!rates.is_empty());
    assert_eq!(rates, shipping.rates(&call("k"), &request).await.unwrap());
}
