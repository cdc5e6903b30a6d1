//! Every client keeps the contract of its port.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use order_core::money::Money;
use order_core::ports::{CustomerStatus, Customers, Inventory, Notifications, Payments, Shipping};
use order_core::reference::Reference;
use order_core::testing::ManualClock;
use order_core::testing::contract::customers::CustomersUnderTest;
use order_core::testing::contract::inventory::InventoryUnderTest;
use order_core::testing::contract::notifications::NotificationsUnderTest;
use order_core::testing::contract::payments::PaymentsUnderTest;
use order_core::testing::contract::shipping::ShippingUnderTest;
use order_core::value::{Sku, StorefrontId};
use order_examples::outside::shipping::FulfillmentStatus;
use order_http::client::OutsideServices;
use serde_json::json;

use super::world::{Mocks, Served, clients, settings};

/// A client, and the services behind it.
struct Subject<P: ?Sized> {
    client: Arc<P>,
    served: Served,
    clock: ManualClock,
}

async fn subject<P: ?Sized>(
    client: impl FnOnce(&OutsideServices, &str) -> Arc<P>,
) -> Arc<Subject<P>> {
    let clock = ManualClock::default();
    let served = Served::by(&clock).await;
    Arc::new(Subject {
        client: client(&clients(settings()), &served.url),
        served,
        clock,
    })
}

/// From now on the services know this customer.
pub(crate) fn know(mocks: &Mocks, id: &str, status: CustomerStatus) {
    let status = match status {
        CustomerStatus::Blocked => "blocked",
        _ => "active",
    };
    let customer = json!({"id": id, "name": "Ada", "email": "ada@example.com", "status": status});
    mocks.write(format!("customers/{id}.json"), &customer);
}

/// From now on there are so many units of this product.
pub(crate) fn stock(mocks: &Mocks, sku: &Sku, unit_price: Money, units: u32) {
    let product = json!({
        "sku": sku, "name": format!("The {sku}"), "available": units,
        "unit_price": unit_price.amount(), "currency": unit_price.currency(),
    });
    mocks.write(format!("inventory/{sku}.json"), &product);
}

/// The warehouse sends what it was asked for and has not sent yet.
pub(crate) fn ship(mocks: &Mocks, reference: &Reference) -> usize {
    let (shipping, reference) = (&mocks.outside.shipping, reference.to_string());
    match shipping.find(&reference).unwrap() {
        Some(parcel) if parcel.status == FulfillmentStatus::Accepted => {
            shipping.mark_shipped(&reference, "UPS", "1Z1").unwrap();
            1
        }
        Some(_) | None => 0,
    }
}

/// How often this message was taken.
pub(crate) fn delivered(mocks: &Mocks, id: &str) -> usize {
    let accepted = mocks.outside.notifications.accepted();
    accepted.iter().filter(|one| one.id == id).count()
}

#[async_trait]
impl CustomersUnderTest for Subject<dyn Customers> {
    fn customers(&self) -> &dyn Customers {
        self.client.as_ref()
    }

    async fn know(&self, id: &str, status: CustomerStatus) {
        know(&self.served.here(), id, status);
    }
}

#[async_trait]
impl InventoryUnderTest for Subject<dyn Inventory> {
    fn inventory(&self) -> &dyn Inventory {
        self.client.as_ref()
    }

    async fn stock(&self, storefront: &StorefrontId, sku: &Sku, unit_price: Money, units: u32) {
        stock(&self.served.of(storefront), sku, unit_price, units);
    }

    async fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }
}

impl PaymentsUnderTest for Subject<dyn Payments> {
    fn payments(&self) -> &dyn Payments {
        self.client.as_ref()
    }
}

#[async_trait]
impl ShippingUnderTest for Subject<dyn Shipping> {
    fn shipping(&self) -> &dyn Shipping {
        self.client.as_ref()
    }

    async fn ship(&self, reference: &Reference) -> usize {
        ship(&self.served.here(), reference)
    }
}

#[async_trait]
impl NotificationsUnderTest for Subject<dyn Notifications> {
    fn notifications(&self) -> &dyn Notifications {
        self.client.as_ref()
    }

    async fn delivered(&self, id: &str) -> usize {
        delivered(&self.served.here(), id)
    }
}

mod customers {
    use super::*;

    order_core::customers_contract!(async || {
        subject(|clients, url| clients.customers(url).unwrap()).await
    });
}

mod inventory {
    use super::*;

    order_core::inventory_contract!(async || {
        subject(|clients, url| clients.inventory(url).unwrap()).await
    });
}

mod payments {
    use super::*;

    order_core::payments_contract!(async || {
        subject(|clients, url| clients.payments(url).unwrap()).await
    });
}

mod shipping {
    use super::*;

    order_core::shipping_contract!(async || {
        subject(|clients, url| clients.shipping(url).unwrap()).await
    });
}

mod notifications {
    use super::*;

    order_core::notifications_contract!(async || {
        subject(|clients, url| clients.notifications(url).unwrap()).await
    });
}
