//! From placing to release, or to a clean refusal.

use crate::world::{Ask, TOTAL, UNITS, World, delivered, pay_with, ship, shop};
use order_core::effect::Notice;
use order_core::money::{Amount, Currency};
use order_core::order::{
    Adjustment, AdjustmentKind, AttemptState, OrderStatus, PaymentStatus, ReservationState,
};
use order_core::policy::PaymentPolicy;
use order_core::ports::{OrderError, Orders};
use order_core::service::OrderService;
use order_core::testing::Fault;
use order_core::testing::builders::{code, customer, line, place, priced, sku, usd};
use order_core::value::ProductName;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

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
    assert_eq!(reservation.state, ReservationState::Committed);
    assert_eq!(
        (world.shelf("abc").held, world.shelf("abc").committed),
        (0, 2)
    );
    let balance = world.balance(order.id());
    assert_eq!(
        (balance.authorized.minor(), balance.captured.minor()),
        (TOTAL, 0)
    );
    world.settle(&service).await;
    assert_eq!(
        world.notifications.notices(order.id()),
        [Notice::OrderConfirmed]
    );
}

#[tokio::test]
async fn an_order_for_more_than_there_is_is_rejected_and_holds_nothing() {
    let world = World::new();
    let service = world.service();
    let wish = place()
        .line(line("tea", 1))
        .line(line("abc", UNITS + 1))
        .build();
    let order = service.placed(wish).await;
    assert_eq!(order.status(), OrderStatus::Rejected);
    world.settle(&service).await;
    world.nothing_is_kept(order.id(), "out of stock");
    assert_eq!(world.payments.faults().count("pay"), 0);
}

#[tokio::test]
async fn an_order_of_an_unknown_or_blocked_customer_is_rejected_and_gives_its_stock_back() {
    for who in ["nobody", "blocked"] {
        let world = World::new();
        world.customers.block(&customer("blocked"));
        let service = world.service();
        let order = service.placed(place().customer(who).build()).await;
        assert_eq!(order.status(), OrderStatus::Rejected, "{who}");
        assert_eq!(
            world.inventory.faults().count("reserve"),
            1,
            "{who}: it was reserved"
        );
        world.settle(&service).await;
        world.nothing_is_kept(order.id(), who);
        assert_eq!(world.payments.faults().count("pay"), 0, "{who}");
    }
}

async fn not_placed(
    world: &World,
    service: &OrderService,
    wish: order_core::ports::Place,
) -> OrderError {
    let refused = service.place(wish).await.unwrap_err();
    assert!(
        world.store.orders().is_empty(),
        "nothing is stored: {refused}"
    );
    assert!(world.store.effects().is_empty());
    refused
}

#[tokio::test]
async fn unknown_products_are_named_and_nothing_is_stored() {
    let world = World::new();
    let service = world.service();
    let wish = place()
        .line(line("abc", 1))
        .line(line("ghost", 1))
        .key("k")
        .build();
    let refused = not_placed(&world, &service, wish).await;
    assert!(matches!(refused, OrderError::UnknownProducts { skus } if skus == [sku("ghost")]));
    service.placed(place().key("k").build()).await;
}

#[tokio::test]
async fn products_that_the_inventory_refuses_to_quote_are_not_waited_for() {
    let world = World::new();
    let service = world.service();
    let refused = Fault::Refused(code("not_for_sale"));
    world.inventory.faults().on("products").always(refused);
    let wish = place().line(line("abc", 1)).build();
    let refused = not_placed(&world, &service, wish).await;
    assert!(matches!(refused, OrderError::UnknownProducts { skus } if skus == [sku("abc")]));
}

#[tokio::test]
async fn products_sold_in_another_currency_are_named_and_nothing_is_stored() {
    let world = World::new();
    let service = world.service();
    let wish = place().line(line("abc", 1)).currency(Currency::EUR).build();
    let refused = not_placed(&world, &service, wish).await;
    assert!(matches!(refused, OrderError::CurrencyMismatch { skus, .. } if skus == [sku("abc")]));
}

#[tokio::test]
async fn an_order_without_lines_is_refused_and_nothing_is_stored() {
    let world = World::new();
    let service = world.service();
    let mut wish = place().build();
    wish.lines.clear();
    let refused = not_placed(&world, &service, wish).await;
    assert!(matches!(refused, OrderError::Refused { id: None, .. }));
}

#[tokio::test]
async fn prices_are_quoted_and_agreed_ones_kept() {
    let world = World::new();
    let service = world.service();
    let wish = place()
        .line(line("abc", 1))
        .line(priced("tea", 2, 450))
        .build();
    let order = service.placed(wish).await;
    let prices: Vec<_> = order
        .lines()
        .iter()
        .map(|line| line.unit_price.unwrap().minor())
        .collect();
    assert_eq!(prices, [1_999, 450]);
    world
        .inventory
        .stock(&shop(), &sku("abc"), usd(9_999), UNITS);
    assert_eq!(
        world.order(order.id()).totals().total.minor(),
        1_999 + 900,
        "for ever"
    );
}

#[tokio::test]
async fn a_line_that_is_all_agreed_is_not_asked_about() {
    let world = World::new();
    let service = world.service();
    let mut agreed = priced("tea", 2, 450);
    agreed.name = Some(ProductName::parse("Tea, contract").unwrap());
    let order = service
        .placed(place().line(line("abc", 1)).line(agreed.clone()).build())
        .await;
    assert_eq!(order.status(), OrderStatus::Processing);
    let asked = world.inventory.faults().count("products");
    let order = service.placed(place().line(agreed).build()).await;
    assert_eq!(order.totals().total.minor(), 900);
    assert_eq!(world.inventory.faults().count("products"), asked);
}

#[tokio::test]
async fn a_declined_payment_leaves_the_order_confirmed_until_another_method_pays() {
    let world = World::new();
    let service = world.service();
    let order = service.placed(place().token("tok_declined").build()).await;
    assert_eq!(order.status(), OrderStatus::Confirmed);
    assert_eq!(order.payment_status(), PaymentStatus::Failed);
    assert_eq!(world.shelf("abc").held, 2, "its stock stays set aside");
    assert!(service.run(order.id(), ship()).await.is_err());
    let order = service.did(order.id(), pay_with("tok_visa")).await;
    assert_eq!(order.status(), OrderStatus::Processing);
    let states: Vec<_> = order
        .payments()
        .iter()
        .map(|attempt| attempt.state)
        .collect();
    assert_eq!(states, [AttemptState::Declined, AttemptState::Authorized]);
}

#[tokio::test]
async fn an_unpaid_order_keeps_its_stock_until_it_expires() {
    let world = World::new();
    let service = world.service();
    let order = service.placed(place().without_token().build()).await;
    assert_eq!(order.status(), OrderStatus::Confirmed);
    assert_eq!(order.payment_status(), PaymentStatus::Unpaid);
    for hour in 1..72 {
        world.pass(&service, HOUR, 12).await;
        assert_eq!(
            world.order(order.id()).status(),
            OrderStatus::Confirmed,
            "hour {hour}"
        );
        assert_eq!(world.shelf("abc").held, 2, "hour {hour}: prolonged");
    }
    assert!(
        world.inventory.faults().count("extend") < 5,
        "not more often than needed"
    );
    world.pass(&service, 2 * HOUR, 24).await;
    assert_eq!(world.order(order.id()).status(), OrderStatus::Expired);
    world.settle(&service).await;
    world.nothing_is_kept(order.id(), "expired");
    assert!(
        service.run(order.id(), pay_with("tok_visa")).await.is_err(),
        "too late"
    );
}

#[tokio::test]
async fn an_order_paid_just_before_its_deadline_goes_on() {
    let world = World::new();
    let service = world.service();
    let id = service.placed(place().without_token().build()).await.id();
    world.pass(&service, 71 * HOUR, 284).await;
    let order = service.did(id, pay_with("tok_visa")).await;
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
        .placed(place().adjustment(discount).without_token().build())
        .await;
    assert_eq!(order.status(), OrderStatus::Processing);
    assert_eq!(order.payment_status(), PaymentStatus::NotRequired);
    assert_eq!(world.payments.faults().count("pay"), 0);
}

#[tokio::test]
async fn an_invoiced_order_is_released_before_it_is_paid() {
    let world = World::new();
    let service = world.service_with(|all| all.payment = PaymentPolicy::Invoice);
    let order = service.placed(place().without_token().build()).await;
    assert_eq!(order.status(), OrderStatus::Processing);
    assert_eq!(order.totals().due.minor(), TOTAL);
    let order = service.did(order.id(), ship()).await;
    let order = service.did(order.id(), crate::world::deliver()).await;
    assert_eq!(
        order.status(),
        OrderStatus::Processing,
        "delivered, and not paid"
    );
    let order = service.did(order.id(), pay_with("tok_visa")).await;
    assert_eq!(order.status(), OrderStatus::Completed);
    assert_eq!(world.balance(order.id()).captured.minor(), TOTAL);
}

#[tokio::test]
async fn with_capture_on_confirm_money_is_taken_before_release() {
    let world = World::new();
    let service = world.service_with(|all| all.payment = PaymentPolicy::CaptureOnConfirm);
    let order = service.placed(place().build()).await;
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
    let told = world.notifications.notices(order.id());
    assert_eq!(
        told,
        [Notice::OrderConfirmed, Notice::Shipped, Notice::Delivered]
    );
}

#[tokio::test]
async fn a_customer_who_has_to_act_is_waited_for() {
    let world = World::new();
    let service = world.service();
    let order = service.placed(place().token("tok_action").build()).await;
    assert_eq!(order.payments()[0].state, AttemptState::RequiresAction);
    let no = order.payments()[0].no;
    let reference = order_core::reference::Reference::Attempt(order.id(), no);
    assert!(world.payments.finish_action(&reference, true));
    let fact = order_core::fact::Fact::PaymentAuthorized {
        attempt: no,
        provider_id: None,
        amount: Amount::new(TOTAL),
    };
    let told = service.told(order.id(), fact).await;
    assert_eq!(told.order.status(), OrderStatus::Processing);
}

#[tokio::test]
async fn a_request_leaves_to_a_runner_what_takes_longer_than_its_budget() {
    let world = World::new();
    let service = world.service();
    let mut held = world
        .customers
        .faults()
        .on("find")
        .hold(order_core::testing::HoldAt::Answer);
    let slow = async {
        held.reached().await;
        world.clock.advance(Duration::from_secs(2));
        held.let_go();
    };
    let (placed, ()) = tokio::join!(service.place(place().key("k").build()), slow);
    let placed = placed.unwrap().order;
    assert_eq!(placed.status(), OrderStatus::Confirmed);
    assert_eq!(world.payments.faults().count("pay"), 0, "its time is up");
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
    let held = world
        .payments
        .faults()
        .on("pay")
        .hold(order_core::testing::HoldAt::Answer);
    let late = async {
        while world.payments.faults().count("pay") == 0 {
            tokio::task::yield_now().await;
        }
        world.clock.advance(Duration::from_secs(3));
    };
    let both = async { tokio::join!(service.place(place().build()), late) };
    let answered = tokio::time::timeout(Duration::from_secs(10), both).await;
    let (placed, ()) = answered.expect("it is answered");
    let order = placed.unwrap().order;
    assert_eq!(order.payments()[0].state, AttemptState::Unknown);
    drop(held);
    world.settle(&service).await;
    assert_eq!(world.order(order.id()).status(), OrderStatus::Processing);
    assert_eq!(world.payments.total().authorized.minor(), TOTAL);
}
