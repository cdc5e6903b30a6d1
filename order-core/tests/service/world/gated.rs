//! Ports whose calls pass the gate.

use super::Gate;
use async_trait::async_trait;
use order_core::effect::EffectId;
use order_core::event::Event;
use order_core::money::Amount;
use order_core::order::{Order, SkuUnits};
use order_core::ports::*;
use order_core::reference::Reference;
use order_core::time::Timestamp;
use order_core::value::{CustomerId, OrderId, ProviderId, Sku, StorefrontId};
use std::sync::Arc;
use std::time::Duration;

/// A port behind the gate.
pub(super) struct Gated<P> {
    port: Arc<P>,
    gate: Gate,
}

impl<P> Gated<P> {
    pub(super) fn new(port: &Arc<P>, gate: &Gate) -> Arc<Self> {
        let (port, gate) = (Arc::clone(port), gate.clone());
        Arc::new(Self { port, gate })
    }
}

/// Methods that pass the gate and are the port's own.
macro_rules! gated {
    ($port:ident by $way:ident {
        $(async fn $method:ident(&self $(, $name:ident: $type:ty)*) -> $answer:ty;)*
    }) => {
        #[async_trait]
        impl<P: $port> $port for Gated<P> {
            $(async fn $method(&self $(, $name: $type)*) -> $answer {
                let call = self.port.$method($($name),*);
                self.gate.$way(stringify!($method), call).await
            })*
        }
    };
}

gated! { Customers by outside {
    async fn find(&self, call: &Call, id: &CustomerId) -> Result<Option<Customer>, OutsideError>;
} }

gated! { Inventory by outside {
    async fn products(&self, call: &Call, skus: &[Sku]) -> Result<Vec<Product>, OutsideError>;
    async fn reserve(&self, call: &Call, reserve: &Reserve) -> Result<ReserveOutcome, OutsideError>;
    async fn revise(&self, call: &Call, id: &Reference, lines: &[SkuUnits]) -> Result<ReviseOutcome, OutsideError>;
    async fn extend(&self, call: &Call, id: &Reference, ttl: Duration) -> Result<StockOutcome, OutsideError>;
    async fn commit(&self, call: &Call, id: &Reference) -> Result<StockOutcome, OutsideError>;
    async fn release(&self, call: &Call, id: &Reference) -> Result<(), OutsideError>;
    async fn find(&self, call: &Call, id: &Reference) -> Result<Option<ReservationView>, OutsideError>;
} }

gated! { Payments by outside {
    async fn pay(&self, call: &Call, request: &PaymentRequest) -> Result<PaymentView, OutsideError>;
    async fn find(&self, call: &Call, reference: &Reference) -> Result<Option<PaymentView>, OutsideError>;
    async fn capture(&self, call: &Call, payment: &ProviderId, amount: Amount, reference: &Reference) -> Result<(), OutsideError>;
    async fn void(&self, call: &Call, payment: &ProviderId) -> Result<(), OutsideError>;
    async fn refund(&self, call: &Call, request: &RefundRequest) -> Result<RefundView, OutsideError>;
    async fn find_refund(&self, call: &Call, reference: &Reference) -> Result<Option<RefundView>, OutsideError>;
} }

gated! { Shipping by outside {
    async fn rates(&self, call: &Call, request: &RatesRequest) -> Result<Vec<Rate>, OutsideError>;
    async fn request(&self, call: &Call, request: &FulfillmentRequest) -> Result<(), OutsideError>;
    async fn recall(&self, call: &Call, reference: &Reference) -> Result<Recall, OutsideError>;
} }

gated! { Notifications by outside {
    async fn notify(&self, call: &Call, notification: &Notification) -> Result<(), OutsideError>;
} }

gated! { OrderStore by store {
    async fn commit(&self, change: Change) -> Result<CommitOutcome, StoreError>;
    async fn find(&self, storefront: &StorefrontId, id: OrderId) -> Result<Option<Order>, StoreError>;
    async fn events(&self, storefront: &StorefrontId, id: OrderId) -> Result<Vec<Event>, StoreError>;
    async fn list(&self, query: &ListQuery) -> Result<Page, StoreError>;
    async fn find_key(&self, key: &ScopedKey, now: Timestamp) -> Result<Option<KeyRecord>, StoreError>;
    async fn answer_key(&self, key: &ScopedKey) -> Result<(), StoreError>;
    async fn count_deferred(&self, storefront: &StorefrontId, at_most: u32) -> Result<u32, StoreError>;
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<(StorefrontId, OrderId)>, StoreError>;
    async fn ping(&self) -> Result<(), StoreError>;
} }

gated! { EffectQueue by store {
    async fn take(&self, worker: &Worker, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<TakenEffect>, StoreError>;
    async fn finish(&self, effects: &[EffectId]) -> Result<(), StoreError>;
    async fn postpone(&self, worker: &Worker, effect: EffectId, due: Timestamp, error: &str) -> Result<(), StoreError>;
    async fn park(&self, worker: &Worker, effect: EffectId, now: Timestamp, error: &str) -> Result<(), StoreError>;
    async fn release(&self, worker: &Worker) -> Result<u64, StoreError>;
    async fn dead_letters(&self, storefront: &StorefrontId, after: Option<EffectId>, limit: u32) -> Result<DeadLetterPage, StoreError>;
    async fn retry(&self, storefront: &StorefrontId, effect: EffectId, now: Timestamp) -> Result<bool, StoreError>;
} }
