//! The mock services keep the contracts of the ports in the same process as well.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use order_core::money::Money;
use order_core::order::SkuUnits;
use order_core::ports::{
    Call, Clock, CustomerStatus, Customers, Inventory, Notifications, OutsideError,
    OutsideErrorKind, Payments, Product, ReservationView, Reserve, ReserveOutcome, ReviseOutcome,
    Shipping, StockOutcome,
};
use order_core::reference::Reference;
use order_core::testing::ManualClock;
use order_core::testing::builders::{customer, sku, usd};
use order_core::testing::contract::customers::CustomersUnderTest;
use order_core::testing::contract::inventory::InventoryUnderTest;
use order_core::testing::contract::notifications::NotificationsUnderTest;
use order_core::testing::contract::payments::PaymentsUnderTest;
use order_core::testing::contract::shipping::ShippingUnderTest;
use order_core::value::{Sku, StorefrontId};
use order_examples::in_process::Ports;
use order_examples::outside::Fault;

use super::contracts::{delivered, know, ship, stock};
use super::world::{Mocks, call};

/// The services of one storefront and their ports.
struct Subject {
    mocks: Mocks,
    ports: Ports,
}

impl Subject {
    fn by(clock: &ManualClock) -> Self {
        let mocks = Mocks::new(clock);
        // Deadlines are told by another clock, which stands still.
        let deadlines: Arc<dyn Clock> = Arc::new(ManualClock::default());
        let ports = Ports::of(&mocks.outside, &deadlines);
        Self { mocks, ports }
    }
}

async fn subject() -> Arc<Subject> {
    Arc::new(Subject::by(&ManualClock::default()))
}

#[async_trait]
impl CustomersUnderTest for Subject {
    fn customers(&self) -> &dyn Customers {
        self.ports.customers.as_ref()
    }

    async fn know(&self, id: &str, status: CustomerStatus) {
        know(&self.mocks, id, status);
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
        ship(&self.mocks, reference)
    }
}

#[async_trait]
impl NotificationsUnderTest for Subject {
    fn notifications(&self) -> &dyn Notifications {
        self.ports.notifications.as_ref()
    }

    async fn delivered(&self, id: &str) -> usize {
        delivered(&self.mocks, id)
    }
}

/// An inventory for each storefront: the mocks know of one only.
#[derive(Default)]
struct Stocks {
    clock: ManualClock,
    each: Mutex<HashMap<StorefrontId, Arc<Subject>>>,
}

impl Stocks {
    fn of(&self, storefront: &StorefrontId) -> Arc<Subject> {
        let mut each = self.each.lock().unwrap();
        let new = || Arc::new(Subject::by(&self.clock));
        Arc::clone(each.entry(storefront.clone()).or_insert_with(new))
    }

    fn at(&self, call: &Call) -> Arc<dyn Inventory> {
        Arc::clone(&self.of(&call.storefront).ports.inventory)
    }
}

#[async_trait]
impl Inventory for Stocks {
    async fn products(&self, call: &Call, skus: &[Sku]) -> Result<Vec<Product>, OutsideError> {
        self.at(call).products(call, skus).await
    }

    async fn reserve(&self, call: &Call, wish: &Reserve) -> Result<ReserveOutcome, OutsideError> {
        self.at(call).reserve(call, wish).await
    }

    async fn revise(
        &self,
        call: &Call,
        id: &Reference,
        lines: &[SkuUnits],
    ) -> Result<ReviseOutcome, OutsideError> {
        self.at(call).revise(call, id, lines).await
    }

    async fn extend(
        &self,
        call: &Call,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, OutsideError> {
        self.at(call).extend(call, id, ttl).await
    }

    async fn commit(&self, call: &Call, id: &Reference) -> Result<StockOutcome, OutsideError> {
        self.at(call).commit(call, id).await
    }

    async fn release(&self, call: &Call, id: &Reference) -> Result<(), OutsideError> {
        self.at(call).release(call, id).await
    }

    async fn find(
        &self,
        call: &Call,
        id: &Reference,
    ) -> Result<Option<ReservationView>, OutsideError> {
        self.at(call).find(call, id).await
    }
}

#[async_trait]
impl InventoryUnderTest for Stocks {
    fn inventory(&self) -> &dyn Inventory {
        self
    }

    async fn stock(&self, storefront: &StorefrontId, sku: &Sku, unit_price: Money, units: u32) {
        stock(&self.of(storefront).mocks, sku, unit_price, units);
    }

    async fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }
}

mod contracts {
    use super::*;

    order_core::customers_contract!(subject);
    order_core::payments_contract!(subject);
    order_core::shipping_contract!(subject);
    order_core::notifications_contract!(subject);
    order_core::inventory_contract!(async || Arc::new(Stocks::default()));
}

#[tokio::test]
async fn a_fault_that_is_set_happens_to_the_next_call() {
    let subject = subject().await;
    know(&subject.mocks, "cus_1", CustomerStatus::Active);
    let faults = subject.mocks.outside.customers.faults();
    faults.next(
        1,
        Fault::Unavailable {
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
    assert_eq!(error.kind, OutsideErrorKind::Unavailable { retry_after });
    assert!(find().await.unwrap().is_some());
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_a_write_unknown_and_done() {
    let subject = subject().await;
    stock(&subject.mocks, &sku("tea"), usd(900), 5);
    let outside = &subject.mocks.outside;
    let reference = Reference::Reservation(
        order_core::testing::builders::order_id(1),
        order_core::value::ReservationNo::FIRST,
    );
    let lines = vec![SkuUnits::new(sku("tea"), 2)];
    let wish = Reserve::new(reference, lines, Duration::from_secs(60));
    outside.inventory.faults().next(1, Fault::DropRequest);
    outside.inventory.faults().next(1, Fault::DropAnswer);
    for is_done in [false, true] {
        let lost = subject.ports.inventory.reserve(&call("k"), &wish).await;
        assert_eq!(lost.unwrap_err().kind, OutsideErrorKind::Unknown);
        assert_eq!(
            outside
                .inventory
                .find(&reference.to_string())
                .unwrap()
                .is_some(),
            is_done
        );
    }
    // A delay that outlasts the call is an answer that is lost.
    let too_long = Fault::DelayRequest(Duration::from_secs(3_601));
    outside.customers.faults().next(1, too_long);
    let mut call = call("k");
    call.deadline = order_core::testing::builders::noon();
    let error = subject
        .ports
        .customers
        .find(&call, &customer("cus_1"))
        .await
        .unwrap_err();
    assert!(matches!(error.kind, OutsideErrorKind::Unavailable { .. }));
}
