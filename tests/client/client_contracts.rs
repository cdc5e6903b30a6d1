//! Every HTTP client satisfies the contract of its port.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use order_core::money::Money;
use order_core::ports::{CustomerStatus, Customers, Inventory, Notifications, Payments, Shipping};
use order_core::reference::Reference;
use order_core::value::{Sku, StorefrontId};
use order_http::client::ClientFactory;
use order_testing::ManualClock;
use order_testing::contract::customers::CustomersUnderTest;
use order_testing::contract::inventory::InventoryUnderTest;
use order_testing::contract::notifications::NotificationsUnderTest;
use order_testing::contract::payments::PaymentsUnderTest;
use order_testing::contract::shipping::ShippingUnderTest;

use super::fixture::{
    MockServer, accepted_notifications, clients, config, given_customer, given_stock,
    report_shipped,
};

/// A client, and the server it talks to.
struct Subject<P: ?Sized> {
    client: Arc<P>,
    server: MockServer,
    clock: ManualClock,
}

async fn subject<P: ?Sized>(
    client: impl FnOnce(&ClientFactory, &str) -> Arc<P>,
) -> Arc<Subject<P>> {
    let clock = ManualClock::default();
    let server = MockServer::start(&clock).await;
    Arc::new(Subject {
        client: client(&clients(config()), &server.url),
        server,
        clock,
    })
}

#[async_trait]
impl CustomersUnderTest for Subject<dyn Customers> {
    fn customers(&self) -> &dyn Customers {
        self.client.as_ref()
    }

    async fn know(&self, id: &str, status: CustomerStatus) {
        given_customer(&self.server.default_storefront(), id, status);
    }
}

#[async_trait]
impl InventoryUnderTest for Subject<dyn Inventory> {
    fn inventory(&self) -> &dyn Inventory {
        self.client.as_ref()
    }

    async fn stock(&self, storefront: &StorefrontId, sku: &Sku, unit_price: Money, units: u32) {
        given_stock(
            &self.server.for_storefront(storefront),
            sku,
            unit_price,
            units,
        );
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
        report_shipped(&self.server.default_storefront(), reference)
    }
}

#[async_trait]
impl NotificationsUnderTest for Subject<dyn Notifications> {
    fn notifications(&self) -> &dyn Notifications {
        self.client.as_ref()
    }

    async fn delivered(&self, id: &str) -> usize {
        accepted_notifications(&self.server.default_storefront(), id)
    }
}

mod customers {
    use super::*;

    order_testing::customers_contract!(async || {
        subject(|clients, url| clients.customers(url).unwrap()).await
    });
}

mod inventory {
    use super::*;

    order_testing::inventory_contract!(async || {
        subject(|clients, url| clients.inventory(url).unwrap()).await
    });
}

mod payments {
    use super::*;

    order_testing::payments_contract!(async || {
        subject(|clients, url| clients.payments(url).unwrap()).await
    });
}

mod shipping {
    use super::*;

    order_testing::shipping_contract!(async || {
        subject(|clients, url| clients.shipping(url).unwrap()).await
    });
}

mod notifications {
    use super::*;

    order_testing::notifications_contract!(async || {
        subject(|clients, url| clients.notifications(url).unwrap()).await
    });
}
