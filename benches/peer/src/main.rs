//! The peer: stateset-embedded on an SQLite file, under the load that `order-benches` puts on its own
//! service.
//!
//! `order-bench-peer FILE CALLERS SECONDS` places orders of two lines with stock, one at a time by each
//! caller, and prints orders per second. A file that is missing is created and filled first. The
//! variable `STATESET_SQLITE_SYNCHRONOUS` is the peer's own; `order-benches` sets it to FULL.

use rust_decimal::Decimal;
use stateset_embedded::{
    Address, Commerce, CreateCustomer, CreateInventoryItem, CreateOrder, CreateOrderItem,
    CurrencyCode, CustomerFilter, CustomerId, ProductId, StockPolicy,
};
use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// How many SKUs and customers there are, as on the other side.
const SKUS: u64 = 1_000;
const CUSTOMERS: u64 = 100;
const UNITS: u64 = 2_000_000_000;

/// The next order number.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, callers, seconds] = arguments.as_slice() else {
        return Err("usage: order-bench-peer FILE CALLERS SECONDS".into());
    };
    let (callers, seconds) = (callers.parse::<usize>()?, seconds.parse()?);
    let is_new = !Path::new(file).exists();
    let commerce = Commerce::new(file)?;
    if is_new {
        fill(&commerce)?;
    }
    let customers = customers(&commerce)?;
    let began = Instant::now();
    let ends = began + Duration::from_secs(seconds);
    let orders = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..callers)
            .map(|_| scope.spawn(|| place_until(&commerce, &customers, ends)))
            .collect();
        let mut orders = 0_u64;
        for thread in threads {
            orders += thread.join().map_err(|_| "a caller panicked")??;
        }
        Outcome::Ok(orders)
    })?;
    println!("{}", orders as f64 / began.elapsed().as_secs_f64());
    Ok(())
}

fn fill(commerce: &Commerce) -> Outcome {
    for number in 0..SKUS {
        commerce.inventory().create_item(CreateInventoryItem {
            sku: format!("sku-{number}"),
            name: "Tea".to_owned(),
            initial_quantity: Some(Decimal::from(UNITS)),
            ..CreateInventoryItem::default()
        })?;
    }
    for number in 0..CUSTOMERS {
        commerce.customers().create(CreateCustomer {
            email: format!("cus_{number}@example.com"),
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            ..CreateCustomer::default()
        })?;
    }
    Ok(())
}

fn customers(commerce: &Commerce) -> Outcome<Vec<CustomerId>> {
    let known = commerce.customers().list(CustomerFilter::default())?;
    Ok(known.into_iter().map(|customer| customer.id).collect())
}

/// Places one order after the other until `ends`. Returns how many.
fn place_until(commerce: &Commerce, customers: &[CustomerId], ends: Instant) -> Outcome<u64> {
    let mut placed = 0;
    while Instant::now() < ends {
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        commerce.orders().create(order(number, customers))?;
        placed += 1;
    }
    Ok(placed)
}

fn order(number: u64, customers: &[CustomerId]) -> CreateOrder {
    let item = |drawn: u64, quantity| CreateOrderItem {
        product_id: ProductId::new(),
        sku: format!("sku-{}", drawn % SKUS),
        name: "Tea".to_owned(),
        quantity,
        unit_price: Decimal::new(1_000, 2),
        ..CreateOrderItem::default()
    };
    CreateOrder {
        customer_id: customers[usize::try_from(number).unwrap_or_default() % customers.len()],
        items: vec![item(spread(number), 1), item(spread(number ^ u64::MAX), 2)],
        currency: Some(CurrencyCode::USD),
        shipping_address: Some(Address {
            line1: "12 Analytical Row".to_owned(),
            line2: None,
            city: "London".to_owned(),
            state: None,
            postal_code: "N1 7AA".to_owned(),
            country: "GB".to_owned(),
        }),
        stock_policy: StockPolicy::RejectIfInsufficient,
        ..CreateOrder::default()
    }
}

/// Scrambles a number, the same way in every run and on the other side.
const fn spread(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
