//! A shop to measure: the whole service with its outside services in the process, and orders for it.

use crate::Outcome;
use async_trait::async_trait;
use order_core::command::{Command, NewLine, PlaceOrder};
use order_core::money::{Amount, Currency, Money};
use order_core::order::SkuUnits;
use order_core::ports::{
    Call, Clock, Customer, CustomerStatus, Customers, EffectQueue, Idempotency, Ids as _,
    Inventory, OrderStore, Orders, OutsideError, Place, Product, ReservationView, Reserve,
    ReserveOutcome, ReviseOutcome, StockOutcome,
};
use order_core::reference::Reference;
use order_core::service::{OrderService, Outside};
use order_core::system::{SystemClock, SystemIds};
use order_core::testing::builders::{address, contact};
use order_core::testing::{MemoryNotifications, MemoryPayments, MemoryShipping};
use order_core::time::{Timestamp, after};
use order_core::value::{CustomerId, IdempotencyKey, Quantity, Sku, StorefrontId};
use order_http::server::Api;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How many different goods there are.
pub(crate) const SKUS: u64 = 10_000;
/// How many customers.
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

/// Spreads numbers, the same at every run.
pub(crate) const fn spread(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Order number so-and-so: two lines, an address, a contact, under a key of its own.
pub(crate) fn order(number: u64) -> Outcome<Place> {
    let lines = [spread(number), spread(number ^ u64::MAX)]
        .into_iter()
        .zip(1_u32..)
        .map(|(drawn, units)| Ok(NewLine::new(sku(drawn)?, Quantity::new(units)?)))
        .collect::<Outcome<Vec<_>>>()?;
    let mut place = Place::new(StorefrontId::default(), customer(number)?, lines);
    place.personal.shipping_address = Some(address());
    place.personal.contact = Some(contact());
    place.idempotency = Some(Idempotency {
        operation: "place".to_owned(),
        key: IdempotencyKey::parse(format!("key-{number}"))?,
        fingerprint: [7; 32],
    });
    Ok(place)
}

/// The command that such an order comes to, priced as it would be quoted.
pub(crate) fn command(place: Place, now: Timestamp) -> Command {
    let mut lines = place.lines;
    for line in &mut lines {
        line.unit_price = Some(price().amount());
    }
    Command::PlaceOrder(Box::new(PlaceOrder {
        id: SystemIds.order_id(now),
        storefront: place.storefront,
        customer_id: place.customer_id,
        currency: Some(Currency::USD),
        lines,
        adjustments: place.adjustments,
        personal: place.personal,
        metadata: place.metadata,
    }))
}

/// The body of such an order, and its key.
pub(crate) fn request(number: u64) -> (String, String) {
    let body = format!(
        r#"{{"customer_id":"cus_{}","lines":[{{"sku":"sku-{}","quantity":1}},{{"sku":"sku-{}","quantity":2}}],"shipping_address":{{"name":"Ada Lovelace","line1":"12 Analytical Row","city":"London","postal_code":"N1 7AA","country":"GB"}},"contact":{{"email":"ada@example.com","phone":"+442079460000"}}}}"#,
        number % CUSTOMERS,
        spread(number) % SKUS,
        spread(number ^ u64::MAX) % SKUS,
    );
    (format!("key-{number}"), body)
}

/// The service on a store, with stock without end and events to be published.
pub(crate) fn service<S>(store: Arc<S>) -> Outcome<OrderService>
where
    S: OrderStore + EffectQueue + 'static,
{
    let outside = Outside {
        customers: Arc::new(Everybody),
        inventory: Arc::new(Plenty),
        payments: Arc::new(MemoryPayments::new()),
        shipping: Arc::new(MemoryShipping::new()),
        notifications: Arc::new(MemoryNotifications::new()),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let service = OrderService::builder(store, outside, clock)
        .with(|settings| settings.publish = true)
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

/// Customers of whom everybody may order.
struct Everybody;

#[async_trait]
impl Customers for Everybody {
    async fn find(&self, _: &Call, id: &CustomerId) -> Result<Option<Customer>, OutsideError> {
        let customer = Customer::new(id.clone(), None, None, CustomerStatus::Active);
        Ok(Some(customer))
    }
}

/// Stock without end: the port at the least cost it can have. The memory adapters look through all
/// they hold, and would be what is measured.
struct Plenty;

#[async_trait]
impl Inventory for Plenty {
    async fn products(&self, _: &Call, skus: &[Sku]) -> Result<Vec<Product>, OutsideError> {
        let product = |sku: &Sku| Product::new(sku.clone(), None, price(), u32::MAX);
        Ok(skus.iter().map(product).collect())
    }

    async fn reserve(&self, _: &Call, wish: &Reserve) -> Result<ReserveOutcome, OutsideError> {
        let expires_at = after(SystemClock.now(), wish.ttl);
        Ok(ReserveOutcome::Reserved { expires_at })
    }

    async fn revise(
        &self,
        _: &Call,
        _: &Reference,
        _: &[SkuUnits],
    ) -> Result<ReviseOutcome, OutsideError> {
        Ok(ReviseOutcome::Revised)
    }

    async fn extend(
        &self,
        _: &Call,
        _: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, OutsideError> {
        let expires_at = after(SystemClock.now(), ttl);
        Ok(StockOutcome::Done {
            expires_at: Some(expires_at),
        })
    }

    async fn commit(&self, _: &Call, _: &Reference) -> Result<StockOutcome, OutsideError> {
        Ok(StockOutcome::Done { expires_at: None })
    }

    async fn release(&self, _: &Call, _: &Reference) -> Result<(), OutsideError> {
        Ok(())
    }

    async fn find(&self, _: &Call, _: &Reference) -> Result<Option<ReservationView>, OutsideError> {
        Ok(None)
    }
}
