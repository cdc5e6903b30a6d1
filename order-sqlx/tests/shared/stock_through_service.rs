//! The service on a store whose commits reserve the stock of its orders.

use futures::future::join_all;
use order_core::command::Command;
use order_core::order::{Order, OrderStatus, SkuQuantity};
use order_core::ports::{
    CommandRequest, Inventory as _, OrderError, OrderStore as _, Orders as _, PlaceOrderRequest,
    Product, StoreError, StoredReservationStatus,
};
use order_core::service::{ExternalServices, OrderService};
use order_core::value::{ReservationNo, StorefrontId};
use order_testing::builders::{call, line, noon, place, sku, units, usd, worker};
use order_testing::{
    ManualClock, MemoryCustomers, MemoryNotifications, MemoryPayments, MemoryShipping,
};
use sqlx::Executor as _;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::database::{Database, FAIL_ON_CUSTOMER, Store, StoreInventory};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(noon()))
}

async fn stock(store: &Store, name: &str, units: u32) {
    let product = Product::new(sku(name), None, usd(100), units);
    let storefront = StorefrontId::default();
    let inventory = StoreInventory::new(store, clock());
    inventory.put_product(&storefront, &product).await.unwrap();
}

async fn available(store: &Store, name: &str) -> u32 {
    let inventory = StoreInventory::new(store, clock());
    let found = inventory.products(&call("products"), &[sku(name)]).await;
    found.unwrap()[0].available
}

/// Returns a process on a store.
fn service(store: &Store, name: &str) -> OrderService {
    let services = ExternalServices {
        customers: Arc::new(MemoryCustomers::knowing(["cus_1", "refused"])),
        inventory: Arc::new(StoreInventory::new(store, clock())),
        payments: Arc::new(MemoryPayments::new()),
        shipping: Arc::new(MemoryShipping::new()),
        notifications: Arc::new(MemoryNotifications::new()),
    };
    OrderService::builder(Arc::new(store.clone()), services, clock())
        .worker(worker(name))
        .inventory_in_store()
        .build()
        .unwrap()
}

/// Returns two units of one hot product, and one of another.
fn hot(number: usize) -> [SkuQuantity; 2] {
    let first = format!("hot-{}", number * 7 % 10);
    let second = format!("hot-{}", (number * 7 + 3) % 10);
    [units(&first, 2), units(&second, 1)]
}

/// Returns the request of this number, every other one with a payment.
fn request(number: usize) -> PlaceOrderRequest {
    let wanted = hot(number).into_iter();
    let order = wanted.fold(place().key(&format!("key-{number}")), |order, units| {
        order.line(line(units.sku.as_str(), units.quantity))
    });
    if number.is_multiple_of(2) {
        order.build()
    } else {
        order.without_token().build()
    }
}

/// Returns the units that are kept for an order, by whether they are sold or held.
async fn kept(store: &Store, order: &Order) -> Option<(StoredReservationStatus, Vec<SkuQuantity>)> {
    let id = order.reservation_reference(ReservationNo::FIRST);
    let inventory = StoreInventory::new(store, clock());
    let found = inventory.find(&call("find"), &id).await.unwrap();
    found.map(|found| (found.status, found.lines))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_buyers_of_ten_products_none_oversells_and_no_unit_is_lost() {
    const BUYERS: usize = 64;
    const ORDERS: usize = 6;
    const STOCK: u32 = 50;
    let database = Database::new().await;
    let stores = [
        database.patient_store().await,
        database.patient_store().await,
    ];
    for product in 0..10 {
        stock(&stores[0], &format!("hot-{product}"), STOCK).await;
    }
    let services = [service(&stores[0], "first"), service(&stores[1], "second")];
    let buyers = (0..BUYERS).map(|buyer| {
        let service = services[buyer % 2].clone();
        tokio::spawn(async move {
            let mut placed = Vec::new();
            for number in buyer * ORDERS..(buyer + 1) * ORDERS {
                let done = service.place(request(number)).await.unwrap();
                if number.is_multiple_of(5) && done.order.status() != OrderStatus::Rejected {
                    let cancel = Command::RequestCancel { reason: None };
                    let id = done.order.id();
                    let cancel = CommandRequest::new(StorefrontId::default(), id, cancel);
                    service.execute(cancel).await.unwrap();
                }
                placed.push(done.order.id());
            }
            placed
        })
    });
    let (mut sums, mut statuses) = (BTreeMap::new(), BTreeMap::new());
    for buyer in join_all(buyers).await {
        for id in buyer.unwrap() {
            let order = stores[0].find(&StorefrontId::default(), id).await;
            let order = order.unwrap().unwrap();
            *statuses.entry(order.status()).or_insert(0) += 1;
            let kept = kept(&stores[0], &order).await;
            let expected = match order.status() {
                OrderStatus::Confirmed => Some(StoredReservationStatus::Held),
                OrderStatus::Processing => Some(StoredReservationStatus::Committed),
                OrderStatus::Cancelled => Some(StoredReservationStatus::Released),
                OrderStatus::Rejected => None,
                other => unreachable!("{other}"),
            };
            assert_eq!(kept.as_ref().map(|kept| kept.0), expected, "{order:?}");
            if matches!(
                order.status(),
                OrderStatus::Confirmed | OrderStatus::Processing
            ) {
                for units in kept.unwrap().1 {
                    *sums.entry(units.sku).or_insert(0) += units.quantity;
                }
            }
        }
    }
    for product in 0..10 {
        let name = format!("hot-{product}");
        let kept = sums.get(&sku(&name)).copied().unwrap_or_default();
        let free = available(&stores[0], &name).await;
        assert_eq!(kept + free, STOCK, "{name}: held, sold and free");
    }
    assert_eq!(statuses.len(), 4, "each of these happened: {statuses:?}");
}

#[tokio::test]
async fn an_order_that_the_database_refuses_keeps_no_stock() {
    let database = Database::new().await;
    let store = database.store().await;
    stock(&store, "tea", 10).await;
    let mut connection = database.connection().await;
    connection.execute(FAIL_ON_CUSTOMER).await.unwrap();
    let service = service(&store, "one");
    let request = |customer| {
        place()
            .customer(customer)
            .line(line("tea", 4))
            .key(customer)
    };
    let refused = service.place(request("refused").build()).await;
    assert!(
        matches!(refused, Err(OrderError::Store(StoreError::Failed(_)))),
        "{refused:?}"
    );
    assert_eq!(available(&store, "tea").await, 10);
    assert_eq!(service.reservations_left_to_expire(), 0);
    let placed = service.place(request("cus_1").build()).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Processing);
    assert_eq!(available(&store, "tea").await, 6);
}
