//! The in-process adapters of the mock services satisfy the contracts of the ports, too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use order_core::money::Money;
use order_core::order::SkuQuantity;
use order_core::ports::{
    CallContext, Clock, CustomerStatus, Customers, Inventory, Notifications, Payments, Product,
    ReserveOutcome, ReserveRequest, ReviseOutcome, ServiceError, ServiceErrorKind, Shipping,
    StockOutcome, StoredReservation,
};
use order_core::reference::Reference;
use order_core::service::ExternalServices;
use order_core::value::{Sku, StorefrontId};
use order_mocks::InjectedFault;
use order_mocks::ports::in_process;
use order_testing::ManualClock;
use order_testing::builders::{customer, sku, usd};
use order_testing::contract::customers::CustomersUnderTest;
use order_testing::contract::inventory::InventoryUnderTest;
use order_testing::contract::notifications::NotificationsUnderTest;
use order_testing::contract::payments::PaymentsUnderTest;
use order_testing::contract::shipping::ShippingUnderTest;

use super::fixture::{
    Mocks, accepted_notifications, call, given_customer, given_stock, report_shipped,
};

/// The services of one storefront, and their ports.
struct Subject {
    mocks: Mocks,
    ports: ExternalServices,
}

impl Subject {
    fn with_clock(clock: &ManualClock) -> Self {
        let mocks = Mocks::new(clock);
        // Deadlines are measured by another clock, which stands still.
        let deadlines: Arc<dyn Clock> = Arc::new(ManualClock::default());
        let ports = in_process(&mocks.services, &deadlines);
        Self { mocks, ports }
    }
}

async fn subject() -> Arc<Subject> {
    Arc::new(Subject::with_clock(&ManualClock::default()))
}

#[async_trait]
impl CustomersUnderTest for Subject {
    fn customers(&self) -> &dyn Customers {
        self.ports.customers.as_ref()
    }

    async fn know(&self, id: &str, status: CustomerStatus) {
        given_customer(&self.mocks, id, status);
    }
}

impl PaymentsUnderTest for Subject {
    fn payments(&self) -> &dyn Payments {
        self.ports.payments.as_ref()
    }
}

#[async_trait]
impl ShippingUnderTest for Subject {
    fn shipping(&self) -> &dyn Shipping {
        self.ports.shipping.as_ref()
    }

    async fn ship(&self, reference: &Reference) -> usize {
        report_shipped(&self.mocks, reference)
    }
}

#[async_trait]
impl NotificationsUnderTest for Subject {
    fn notifications(&self) -> &dyn Notifications {
        self.ports.notifications.as_ref()
    }

    async fn delivered(&self, id: &str) -> usize {
        accepted_notifications(&self.mocks, id)
    }
}

/// One inventory per storefront, since the mocks know a single one.
#[derive(Default)]
struct InventoryPerStorefront {
    clock: ManualClock,
    subjects: Mutex<HashMap<StorefrontId, Arc<Subject>>>,
}

impl InventoryPerStorefront {
    fn for_storefront(&self, storefront: &StorefrontId) -> Arc<Subject> {
        let mut subjects = self.subjects.lock().unwrap();
        let new = || Arc::new(Subject::with_clock(&self.clock));
        Arc::clone(subjects.entry(storefront.clone()).or_insert_with(new))
    }

    fn inventory_of(&self, call: &CallContext) -> Arc<dyn Inventory> {
        Arc::clone(&self.for_storefront(&call.storefront).ports.inventory)
    }
}

#[async_trait]
impl Inventory for InventoryPerStorefront {
    async fn products(
        &self,
        call: &CallContext,
        skus: &[Sku],
    ) -> Result<Vec<Product>, ServiceError> {
        self.inventory_of(call).products(call, skus).await
    }

    async fn reserve(
        &self,
        call: &CallContext,
        request: &ReserveRequest,
    ) -> Result<ReserveOutcome, ServiceError> {
        self.inventory_of(call).reserve(call, request).await
    }

    async fn revise(
        &self,
        call: &CallContext,
        id: &Reference,
        lines: &[SkuQuantity],
    ) -> Result<ReviseOutcome, ServiceError> {
        self.inventory_of(call).revise(call, id, lines).await
    }

    async fn extend(
        &self,
        call: &CallContext,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, ServiceError> {
        self.inventory_of(call).extend(call, id, ttl).await
    }

    async fn commit(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<StockOutcome, ServiceError> {
        self.inventory_of(call).commit(call, id).await
    }

    async fn release(&self, call: &CallContext, id: &Reference) -> Result<(), ServiceError> {
        self.inventory_of(call).release(call, id).await
    }

    async fn find(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<Option<StoredReservation>, ServiceError> {
        self.inventory_of(call).find(call, id).await
    }
}

#[async_trait]
impl InventoryUnderTest for InventoryPerStorefront {
    fn inventory(&self) -> &dyn Inventory {
        self
    }

    async fn stock(&self, storefront: &StorefrontId, sku: &Sku, unit_price: Money, units: u32) {
        given_stock(
            &self.for_storefront(storefront).mocks,
            sku,
            unit_price,
            units,
        );
    }

    async fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }
}

mod contracts {
    use super::*;

    order_testing::customers_contract!(subject);
    order_testing::payments_contract!(subject);
    order_testing::shipping_contract!(subject);
    order_testing::notifications_contract!(subject);
    order_testing::inventory_contract!(async || Arc::new(InventoryPerStorefront::default()));
}

#[tokio::test]
async fn an_injected_fault_applies_to_the_next_call() {
    let subject = subject().await;
    given_customer(&subject.mocks, "cus_1", CustomerStatus::Active);
    let faults = subject.mocks.services.customers.faults();
    faults.next(
        1,
        InjectedFault::Unavailable {
            retry_after: Some(7),
        },
    );
    let find = async || {
        subject
            .ports
            .customers
            .find(&call("k"), &customer("cus_1"))
            .await
    };
    let retry_after = Some(Duration::from_secs(7));
    let error = find().await.unwrap_err();
    assert_eq!(error.kind, ServiceErrorKind::Unavailable { retry_after });
    assert!(find().await.unwrap().is_some());
}

#[tokio::test]
async fn a_lost_answer_leaves_the_outcome_of_a_write_unknown() {
    let subject = subject().await;
    given_stock(&subject.mocks, &sku("tea"), usd(900), 5);
    let services = &subject.mocks.services;
    let reference = Reference::Reservation(
        order_testing::builders::order_id(1),
        order_core::value::ReservationNo::FIRST,
    );
    let lines = vec![SkuQuantity::new(sku("tea"), 2)];
    let request = ReserveRequest::new(reference, lines, Duration::from_secs(60));
    services
        .inventory
        .faults()
        .next(1, InjectedFault::DropRequest);
    services
        .inventory
        .faults()
        .next(1, InjectedFault::DropAnswer);
    for is_done in [false, true] {
        let lost = subject.ports.inventory.reserve(&call("k"), &request).await;
        assert_eq!(lost.unwrap_err().kind, ServiceErrorKind::Unknown);
        assert_eq!(
            services
                .inventory
                .find(&reference.to_string())
                .unwrap()
                .is_some(),
            is_done
        );
    }
    // A delay beyond the deadline is a lost answer.
    let too_long = InjectedFault::DelayRequest(Duration::from_secs(3_601));
    services.customers.faults().next(1, too_long);
    let mut call = call("k");
    call.deadline = order_testing::builders::noon();
    let error = subject
        .ports
        .customers
        .find(&call, &customer("cus_1"))
        .await
        .unwrap_err();
    assert!(matches!(error.kind, ServiceErrorKind::Unavailable { .. }));
}
