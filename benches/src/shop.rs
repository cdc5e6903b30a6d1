//! The shop under test: the whole service with external services in the process, and orders for it.

use crate::Outcome;
use crate::services::{external_services, price};
use order_core::command::{Command, PlaceOrder};
use order_core::money::Currency;
use order_core::new_order::{NewLine, NewOrder};
use order_core::ports::{
    EffectQueue, IdGenerator as _, Idempotency, OrderStore, Orders, PlaceOrderRequest,
};
use order_core::service::{OrderService, OrderServiceBuilder};
use order_core::system::{SystemClock, SystemIdGenerator};
use order_core::time::Timestamp;
use order_core::value::{CustomerId, IdempotencyKey, Quantity, Sku, StorefrontId};
use order_http::server::Api;
use order_testing::builders::{address, contact};
use std::net::SocketAddr;
use std::sync::Arc;

/// How many SKUs the shop has.
pub(crate) const SKUS: u64 = 10_000;
/// How many customers the shop has.
pub(crate) const CUSTOMERS: u64 = 1_000;

pub(crate) fn sku(number: u64) -> Outcome<Sku> {
    Ok(Sku::parse(format!("sku-{}", number % SKUS))?)
}

pub(crate) fn customer(number: u64) -> Outcome<CustomerId> {
    Ok(CustomerId::parse(format!("cus_{}", number % CUSTOMERS))?)
}

/// Scrambles a number, the same way in every run.
pub(crate) const fn spread(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Returns a request to place an order: two lines, an address, a contact, an idempotency key of its own.
pub(crate) fn order(number: u64) -> Outcome<PlaceOrderRequest> {
    order_of(number, SKUS)
}

/// Returns such a request for some of the first so many SKUs.
pub(crate) fn order_of(number: u64, skus: u64) -> Outcome<PlaceOrderRequest> {
    let lines = [spread(number), spread(number ^ u64::MAX)]
        .into_iter()
        .zip(1_u32..)
        .map(|(drawn, units)| Ok(NewLine::new(sku(drawn % skus)?, Quantity::new(units)?)))
        .collect::<Outcome<Vec<_>>>()?;
    let mut order = NewOrder::new(customer(number)?, lines);
    order.personal.shipping_address = Some(address());
    order.personal.contact = Some(contact());
    let mut request = PlaceOrderRequest::new(StorefrontId::default(), order);
    request.idempotency = Some(Idempotency {
        operation: "place".to_owned(),
        key: IdempotencyKey::parse(format!("key-{number}"))?,
        fingerprint: [7; 32],
    });
    Ok(request)
}

/// Returns the command of such a request, with the prices that would be quoted.
pub(crate) fn command(request: PlaceOrderRequest, now: Timestamp) -> Command {
    let mut order = request.order;
    for line in &mut order.lines {
        line.unit_price = Some(price().amount());
    }
    order.currency = Some(Currency::USD);
    let id = SystemIdGenerator.order_id(now);
    Command::PlaceOrder(Box::new(PlaceOrder::new(id, request.storefront, order)))
}

/// Returns the idempotency key and the JSON body of such a request.
pub(crate) fn request(number: u64) -> (String, String) {
    request_with(number, "")
}

/// Returns such a request with a payment, which is authorized before it is answered.
pub(crate) fn request_with_payment(number: u64) -> (String, String) {
    request_with(number, r#","payment":{"token":"tok_visa"}"#)
}

fn request_with(number: u64, more: &str) -> (String, String) {
    let body = format!(
        r#"{{"customer_id":"cus_{}","lines":[{{"sku":"sku-{}","quantity":1}},{{"sku":"sku-{}","quantity":2}}],"shipping_address":{{"name":"Ada Lovelace","line1":"12 Analytical Row","city":"London","postal_code":"N1 7AA","country":"GB"}},"contact":{{"email":"ada@example.com","phone":"+442079460000"}}{more}}}"#,
        number % CUSTOMERS,
        spread(number) % SKUS,
        spread(number ^ u64::MAX) % SKUS,
    );
    (format!("key-{number}"), body)
}

/// Returns a service on a store, with unlimited stock and with publishing of events.
pub(crate) fn service<S>(store: Arc<S>) -> Outcome<OrderService>
where
    S: OrderStore + EffectQueue + 'static,
{
    Ok(builder(store).build()?)
}

/// Returns the builder of such a service.
pub(crate) fn builder<S>(store: Arc<S>) -> OrderServiceBuilder
where
    S: OrderStore + EffectQueue + 'static,
{
    OrderService::builder(store, external_services(), Arc::new(SystemClock))
        .configure(|config| config.publish = true)
}

/// Serves the API on loopback until the process ends.
pub(crate) async fn serve(service: OrderService) -> Outcome<SocketAddr> {
    let orders: Arc<dyn Orders> = Arc::new(service);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, Api::new(orders).router()).await });
    Ok(address)
}
