//! Order management in one process, in memory: an order from placing to delivery, and its history.
//!
//! `cargo run --example quickstart`

use order_core::command::{Command, NewLine};
use order_core::order::{PersonalData, Tracking};
use order_core::ports::{Clock, Execute, Orders, Place};
use order_core::service::{OrderService, Outside};
use order_core::system::SystemClock;
use order_core::testing::{
    MemoryCustomers, MemoryInventory, MemoryNotifications, MemoryPayments, MemoryShipping,
    MemoryStore,
};
use order_core::value::{
    Carrier, CustomerId, FulfillmentNo, PaymentToken, Quantity, Sku, StorefrontId,
};
use std::error::Error;
use std::sync::Arc;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example tells what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    // The outside world, in memory: one customer, one product, a payment provider.
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let outside = Outside {
        customers: Arc::new(MemoryCustomers::knowing(["ada"])),
        inventory: Arc::new(MemoryInventory::new(clock.clone()).with("tea", 10, 1_250)),
        payments: Arc::new(MemoryPayments::new()),
        shipping: Arc::new(MemoryShipping::new()),
        notifications: Arc::new(MemoryNotifications::new()),
    };
    let orders = OrderService::builder(Arc::new(MemoryStore::new()), outside, clock).build()?;

    // Placing verifies the customer, reserves the stock and authorizes the payment.
    let shop = StorefrontId::default();
    let line = NewLine::new(Sku::parse("tea")?, Quantity::new(2)?);
    let mut place = Place::new(shop.clone(), CustomerId::parse("ada")?, vec![line]);
    place.personal = PersonalData {
        payment_token: Some(PaymentToken::parse("tok_visa")?),
        ..PersonalData::default()
    };
    let order = orders.place(place).await?.order;
    println!(
        "{} is {}, {} due",
        order.id(),
        order.status(),
        order.totals().due
    );

    // No command sets a status: shipping and delivery move it.
    let run = |command| orders.execute(Execute::new(shop.clone(), order.id(), command));
    run(Command::ConfirmShipment {
        fulfillment: None,
        lines: None,
        tracking: Tracking::new(Some(Carrier::parse("Post")?), None, None),
    })
    .await?;
    let fulfillment = FulfillmentNo::FIRST;
    run(Command::ConfirmDelivery { fulfillment }).await?;
    if let Err(refused) = run(Command::RequestCancel { reason: None }).await {
        println!("a cancel comes too late: {refused}");
    }

    for event in orders.history(&shop, order.id()).await?.unwrap_or_default() {
        println!("{:>3} {}", event.version.get(), event.happening.name());
    }
    Ok(())
}
