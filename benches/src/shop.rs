//! The shop under test: the whole service with external services in the process, and orders for it.

use crate::Outcome;
use async_trait::async_trait;
use order_core::command::{Command, PlaceOrder};
use order_core::money::{Amount, Currency, Money};
use order_core::new_order::{NewLine, NewOrder};
use order_core::order::SkuQuantity;
use order_core::ports::{
    CallContext, Clock, Customer, CustomerStatus, Customers, EffectQueue, IdGenerator as _,
    Idempotency, Inventory, OrderStore, Orders, PlaceOrderRequest, Product, ReserveOutcome,
    ReserveRequest, ReviseOutcome, ServiceError, StockOutcome, StoredReservation,
};
use order_core::reference::Reference;
use order_core::service::{ExternalServices, OrderService};
use order_core::system::{SystemClock, SystemIdGenerator};
use order_core::time::{Timestamp, after};
use order_core::value::{CustomerId, IdempotencyKey, Quantity, Sku, StorefrontId};
use order_http::server::Api;
use order_testing::builders::{address, contact};
use order_testing::memory_services;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

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

pub(crate) fn price() -> Money {
    Money::new(Amount::new(1_000), Currency::USD)
}

/// Scrambles a number, the same way in every run.
pub(crate) const fn spread(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Returns a request to place an order: two lines, an address, a contact, an idempotency key of its own.
pub(crate) fn order(number: u64) -> Outcome<PlaceOrderRequest> {
    let lines = [spread(number), spread(number ^ u64::MAX)]
        .into_iter()
        .zip(1_u32..)
        .map(|(drawn, units)| Ok(NewLine::new(sku(drawn)?, Quantity::new(units)?)))
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
    let body = format!(
        r#"{{"customer_id":"cus_{}","lines":[{{"sku":"sku-{}","quantity":1}},{{"sku":"sku-{}","quantity":2}}],"shipping_address":{{"name":"Ada Lovelace","line1":"12 Analytical Row","city":"London","postal_code":"N1 7AA","country":"GB"}},"contact":{{"email":"ada@example.com","phone":"+442079460000"}}}}"#,
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
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let services = ExternalServices {
        customers: Arc::new(Everybody),
        inventory: Arc::new(Plenty),
        ..memory_services(&clock)
    };
    let service = OrderService::builder(store, services, clock)
        .configure(|config| config.publish = true)
        .build()?;
    Ok(service)
}

/// Serves the API on loopback until the process ends.
pub(crate) async fn serve(service: OrderService) -> Outcome<SocketAddr> {
    let orders: Arc<dyn Orders> = Arc::new(service);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, Api::new(orders).router()).await });
    Ok(address)
}

/// A customer service that knows every customer as active.
struct Everybody;

#[async_trait]
impl Customers for Everybody {
    async fn find(
        &self,
        _: &CallContext,
        id: &CustomerId,
    ) -> Result<Option<Customer>, ServiceError> {
        let customer = Customer::new(id.clone(), None, None, CustomerStatus::Active);
        Ok(Some(customer))
    }
}

/// An inventory with unlimited stock, at minimal cost. The memory adapters scan all they hold, which
/// would dominate the measurement.
struct Plenty;

#[async_trait]
impl Inventory for Plenty {
    async fn products(&self, _: &CallContext, skus: &[Sku]) -> Result<Vec<Product>, ServiceError> {
        let product = |sku: &Sku| Product::new(sku.clone(), None, price(), u32::MAX);
        Ok(skus.iter().map(product).collect())
    }

    async fn reserve(
        &self,
        _: &CallContext,
        request: &ReserveRequest,
    ) -> Result<ReserveOutcome, ServiceError> {
        let expires_at = after(SystemClock.now(), request.ttl);
        Ok(ReserveOutcome::Reserved { expires_at })
    }

    async fn revise(
        &self,
        _: &CallContext,
        _: &Reference,
        _: &[SkuQuantity],
    ) -> Result<ReviseOutcome, ServiceError> {
        Ok(ReviseOutcome::Revised)
    }

    async fn extend(
        &self,
        _: &CallContext,
        _: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, ServiceError> {
        let expires_at = after(SystemClock.now(), ttl);
        Ok(StockOutcome::Done {
            expires_at: Some(expires_at),
        })
    }

    async fn commit(&self, _: &CallContext, _: &Reference) -> Result<StockOutcome, ServiceError> {
        Ok(StockOutcome::Done { expires_at: None })
    }

    async fn release(&self, _: &CallContext, _: &Reference) -> Result<(), ServiceError> {
        Ok(())
    }

    async fn find(
        &self,
        _: &CallContext,
        _: &Reference,
    ) -> Result<Option<StoredReservation>, ServiceError> {
        Ok(None)
    }
}
