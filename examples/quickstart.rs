//! An order from placing to delivery, and its history, with everything in memory.
//!
//! `cargo run --example quickstart`

use order_core::command::Command;
use order_core::new_order::{NewLine, NewOrder};
use order_core::order::Tracking;
use order_core::ports::{Clock, CommandRequest, Orders, PlaceOrderRequest};
use order_core::service::{ExternalServices, OrderService};
use order_core::system::SystemClock;
use order_core::value::{
    Carrier, CustomerId, FulfillmentNo, PaymentToken, Quantity, Sku, StorefrontId,
};
use order_testing::{MemoryCustomers, MemoryInventory, MemoryStore, memory_services};
use std::error::Error;
use std::sync::Arc;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the example prints its progress")]
async fn main() -> Result<(), Box<dyn Error>> {
    // The external services, in memory: one customer, one product, a payment provider.
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let services = ExternalServices {
        customers: Arc::new(MemoryCustomers::knowing(["ada"])),
        inventory: Arc::new(MemoryInventory::new(clock.clone()).with("tea", 10, 1_250)),
        ..memory_services(&clock)
    };
    let orders = OrderService::builder(Arc::new(MemoryStore::new()), services, clock).build()?;

    // Placing verifies the customer, reserves the stock and authorizes the payment.
    let storefront = StorefrontId::default();
    let line = NewLine::new(Sku::parse("tea")?, Quantity::new(2)?);
    let mut order = NewOrder::new(CustomerId::parse("ada")?, vec![line]);
    order.personal.payment_token = Some(PaymentToken::parse("tok_visa")?);
    let request = PlaceOrderRequest::new(storefront.clone(), order);
    let order = orders.place(request).await?.order;
    println!(
        "{} is {}, {} due",
        order.id(),
        order.status(),
        order.totals().due
    );

    // No command sets a status: the events of shipment and delivery move it.
    let execute =
        |command| orders.execute(CommandRequest::new(storefront.clone(), order.id(), command));
    execute(Command::ConfirmShipment {
        fulfillment: None,
        lines: None,
        tracking: Tracking::new(Some(Carrier::parse("Post")?), None, None),
    })
    .await?;
    let fulfillment = FulfillmentNo::FIRST;
    execute(Command::ConfirmDelivery { fulfillment }).await?;
    if let Err(error) = execute(Command::RequestCancel { reason: None }).await {
        println!("a cancel comes too late: {error}");
    }

    for event in orders
        .history(&storefront, order.id())
        .await?
        .unwrap_or_default()
    {
        println!("{:>3} {}", event.version.get(), event.payload.name());
    }
    Ok(())
}
