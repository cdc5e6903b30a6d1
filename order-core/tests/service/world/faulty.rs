//! Ports with injected faults.

use super::fault_injector::FaultInjector;
use async_trait::async_trait;
use order_core::effect::EffectId;
use order_core::event::Event;
use order_core::money::Amount;
use order_core::order::{Order, SkuQuantity};
use order_core::ports::*;
use order_core::reference::Reference;
use order_core::time::Timestamp;
use order_core::value::{CustomerId, OrderId, ProviderId, Sku, StorefrontId};
use std::sync::Arc;
use std::time::Duration;

/// A port whose calls pass the fault injector.
pub(super) struct Faulty<P> {
    port: Arc<P>,
    faults: FaultInjector,
}

impl<P> Faulty<P> {
    pub(super) fn new(port: &Arc<P>, faults: &FaultInjector) -> Arc<Self> {
        let (port, faults) = (Arc::clone(port), faults.clone());
        Arc::new(Self { port, faults })
    }
}

/// Implements a port so that every method passes the fault injector.
macro_rules! faulty {
    ($port:ident by $way:ident {
        $(async fn $method:ident(&self $(, $name:ident: $type:ty)*) -> $answer:ty;)*
        $(fn $passed:ident(&self) -> $told:ty;)*
    }) => {
        #[async_trait]
        impl<P: $port> $port for Faulty<P> {
            $(fn $passed(&self) -> $told {
                self.port.$passed()
            })*
            $(async fn $method(&self $(, $name: $type)*) -> $answer {
                let call = self.port.$method($($name),*);
                self.faults.$way(stringify!($method), call).await
            })*
        }
    };
}

faulty! { Customers by service_call {
    async fn find(&self, call: &CallContext, id: &CustomerId) -> Result<Option<Customer>, ServiceError>;
} }

faulty! { Inventory by service_call {
    async fn products(&self, call: &CallContext, skus: &[Sku]) -> Result<Vec<Product>, ServiceError>;
    async fn reserve(&self, call: &CallContext, reserve: &ReserveRequest) -> Result<ReserveOutcome, ServiceError>;
    async fn revise(&self, call: &CallContext, id: &Reference, lines: &[SkuQuantity]) -> Result<ReviseOutcome, ServiceError>;
    async fn extend(&self, call: &CallContext, id: &Reference, ttl: Duration) -> Result<StockOutcome, ServiceError>;
    async fn commit(&self, call: &CallContext, id: &Reference) -> Result<StockOutcome, ServiceError>;
    async fn release(&self, call: &CallContext, id: &Reference) -> Result<(), ServiceError>;
    async fn find(&self, call: &CallContext, id: &Reference) -> Result<Option<StoredReservation>, ServiceError>;
} }

faulty! { Payments by service_call {
    async fn authorize(&self, call: &CallContext, request: &PaymentRequest) -> Result<ProviderPayment, ServiceError>;
    async fn find(&self, call: &CallContext, reference: &Reference) -> Result<Option<ProviderPayment>, ServiceError>;
    async fn capture(&self, call: &CallContext, payment: &ProviderId, amount: Amount, reference: &Reference) -> Result<(), ServiceError>;
    async fn void(&self, call: &CallContext, payment: &ProviderId) -> Result<(), ServiceError>;
    async fn refund(&self, call: &CallContext, request: &RefundRequest) -> Result<ProviderRefund, ServiceError>;
    async fn find_refund(&self, call: &CallContext, reference: &Reference) -> Result<Option<ProviderRefund>, ServiceError>;
} }

faulty! { Shipping by service_call {
    async fn rates(&self, call: &CallContext, request: &RatesRequest) -> Result<Vec<ShippingRate>, ServiceError>;
    async fn request(&self, call: &CallContext, request: &FulfillmentRequest) -> Result<(), ServiceError>;
    async fn recall(&self, call: &CallContext, reference: &Reference) -> Result<Recall, ServiceError>;
} }

faulty! { Notifications by service_call {
    async fn notify(&self, call: &CallContext, notification: &Notification) -> Result<(), ServiceError>;
} }

faulty! { OrderStore by store {
    async fn commit(&self, change: Change) -> Result<CommitOutcome, StoreError>;
    async fn find(&self, storefront: &StorefrontId, id: OrderId) -> Result<Option<Order>, StoreError>;
    async fn find_many(&self, orders: &[(StorefrontId, OrderId)]) -> Result<Vec<Option<Order>>, StoreError>;
    async fn events(&self, storefront: &StorefrontId, id: OrderId) -> Result<Vec<Event>, StoreError>;
    async fn list(&self, query: &ListQuery) -> Result<Page, StoreError>;
    async fn find_idempotency_record(&self, key: &IdempotencyScope, now: Timestamp) -> Result<Option<IdempotencyRecord>, StoreError>;
    async fn mark_answered(&self, key: &IdempotencyScope) -> Result<(), StoreError>;
    async fn count_deferred(&self, storefront: &StorefrontId, at_most: u32) -> Result<u32, StoreError>;
    async fn find_due(&self, now: Timestamp, limit: u32) -> Result<Vec<(StorefrontId, OrderId)>, StoreError>;
    async fn ping(&self) -> Result<(), StoreError>;
    fn reserves_stock(&self) -> bool;
} }

faulty! { EffectQueue by store {
    async fn claim(&self, worker: &Worker, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<LeasedEffect>, StoreError>;
    async fn settle(&self, worker: &Worker, now: Timestamp, settlement: &EffectSettlement) -> Result<(), StoreError>;
    async fn release(&self, worker: &Worker) -> Result<u64, StoreError>;
    async fn dead_letters(&self, storefront: &StorefrontId, after: Option<EffectId>, limit: u32) -> Result<DeadLetterPage, StoreError>;
    async fn retry(&self, storefront: &StorefrontId, effect: EffectId, now: Timestamp) -> Result<bool, StoreError>;
} }
