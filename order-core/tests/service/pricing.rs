//! Pricing: what is quoted when an order is placed, and which orders are refused because of it.

use crate::world::{ServiceFixture, UNITS, World, shop};
use order_core::money::Currency;
use order_core::order::OrderStatus;
use order_core::ports::{OrderError, Orders};
use order_core::service::OrderService;
use order_core::value::ProductName;
use order_testing::Fault;
use order_testing::builders::{code, line, place, priced, sku, usd};

async fn not_placed(
    world: &World,
    service: &OrderService,
    request: order_core::ports::PlaceOrderRequest,
) -> OrderError {
    let refused = service.place(request).await.unwrap_err();
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
    let request = place()
        .line(line("abc", 1))
        .line(line("ghost", 1))
        .key("k")
        .build();
    let refused = not_placed(&world, &service, request).await;
    assert!(matches!(refused, OrderError::UnknownProducts { skus } if skus == [sku("ghost")]));
    service.given_order(place().key("k").build()).await;
}

#[tokio::test]
async fn products_that_the_inventory_refuses_to_quote_are_not_waited_for() {
    let world = World::new();
    let service = world.service();
    let refused = Fault::Refused(code("not_for_sale"));
    world.inventory.faults().on("products").always(refused);
    let request = place().line(line("abc", 1)).build();
    let refused = not_placed(&world, &service, request).await;
    assert!(matches!(refused, OrderError::UnknownProducts { skus } if skus == [sku("abc")]));
}

#[tokio::test]
async fn products_sold_in_another_currency_are_named_and_nothing_is_stored() {
    let world = World::new();
    let service = world.service();
    let request = place().line(line("abc", 1)).currency(Currency::EUR).build();
    let refused = not_placed(&world, &service, request).await;
    assert!(matches!(refused, OrderError::CurrencyMismatch { skus, .. } if skus == [sku("abc")]));
}

#[tokio::test]
async fn an_order_without_lines_is_refused_and_nothing_is_stored() {
    let world = World::new();
    let service = world.service();
    let mut request = place().build();
    request.order.lines.clear();
    let refused = not_placed(&world, &service, request).await;
    assert!(matches!(refused, OrderError::Refused { id: None, .. }));
}

#[tokio::test]
async fn prices_are_quoted_and_agreed_ones_kept() {
    let world = World::new();
    let service = world.service();
    let request = place()
        .line(line("abc", 1))
        .line(priced("tea", 2, 450))
        .build();
    let order = service.given_order(request).await;
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
        .given_order(place().line(line("abc", 1)).line(agreed.clone()).build())
        .await;
    assert_eq!(order.status(), OrderStatus::Processing);
    let calls = world.inventory.faults().count("products");
    let order = service.given_order(place().line(agreed).build()).await;
    assert_eq!(order.totals().total.minor(), 900);
    assert_eq!(world.inventory.faults().count("products"), calls);
}
