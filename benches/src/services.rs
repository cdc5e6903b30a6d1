//! External services in the process, and a publisher of events, each at minimal cost. The memory adapters
//! scan all they keep at each call, which would dominate a measurement; these keep nothing.

use async_trait::async_trait;
use order_core::money::{Amount, Currency, Money};
use order_core::order::{CaptureMethod, SkuQuantity};
use order_core::ports::{
    CallContext, Clock, Customer, CustomerStatus, Customers, EventPublisher, Inventory,
    Notification, Notifications, OutboxMessage, PaymentRequest, Payments, Product, ProviderPayment,
    ProviderPaymentStatus, ProviderRefund, ProviderRefundStatus, PublishError, RefundRequest,
    ReserveOutcome, ReserveRequest, ReviseOutcome, ServiceError, StockOutcome, StoredReservation,
};
use order_core::reference::Reference;
use order_core::service::ExternalServices;
use order_core::system::SystemClock;
use order_core::time::after;
use order_core::value::{Code, CustomerId, ProviderId, Sku};
use order_testing::MemoryShipping;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The price of a unit of every product.
pub(crate) fn price() -> Money {
    Money::new(Amount::new(1_000), Currency::USD)
}

/// Returns these services; the shipping service, which no measurement calls, is the memory adapter.
pub(crate) fn external_services() -> ExternalServices {
    ExternalServices {
        customers: Arc::new(Everybody),
        inventory: Arc::new(Plenty),
        payments: Arc::new(Approving),
        shipping: Arc::new(MemoryShipping::new()),
        notifications: Arc::new(Discarding),
    }
}

/// A customer service that knows every customer as active.
struct Everybody;

#[async_trait]
impl Customers for Everybody {
    async fn find(
        &self,
        _: &CallContext,
        id: &CustomerId,
    ) -> Result<Option<Customer>, ServiceError> {
        let customer = Customer::new(id.clone(), None, None, CustomerStatus::Active);
        Ok(Some(customer))
    }
}

/// An inventory with unlimited stock.
struct Plenty;

#[async_trait]
impl Inventory for Plenty {
    async fn products(&self, _: &CallContext, skus: &[Sku]) -> Result<Vec<Product>, ServiceError> {
        let product = |sku: &Sku| Product::new(sku.clone(), None, price(), u32::MAX);
        Ok(skus.iter().map(product).collect())
    }

    async fn reserve(
        &self,
        _: &CallContext,
        request: &ReserveRequest,
    ) -> Result<ReserveOutcome, ServiceError> {
        let expires_at = after(SystemClock.now(), request.ttl);
        Ok(ReserveOutcome::Reserved { expires_at })
    }

    async fn revise(
        &self,
        _: &CallContext,
        _: &Reference,
        _: &[SkuQuantity],
    ) -> Result<ReviseOutcome, ServiceError> {
        Ok(ReviseOutcome::Revised)
    }

    async fn extend(
        &self,
        _: &CallContext,
        _: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, ServiceError> {
        let expires_at = after(SystemClock.now(), ttl);
        Ok(StockOutcome::Done {
            expires_at: Some(expires_at),
        })
    }

    async fn commit(&self, _: &CallContext, _: &Reference) -> Result<StockOutcome, ServiceError> {
        Ok(StockOutcome::Done { expires_at: None })
    }

    async fn release(&self, _: &CallContext, _: &Reference) -> Result<(), ServiceError> {
        Ok(())
    }

    async fn find(
        &self,
        _: &CallContext,
        _: &Reference,
    ) -> Result<Option<StoredReservation>, ServiceError> {
        Ok(None)
    }
}

/// A payment provider that approves everything. The reference of a payment is the provider's id too.
struct Approving;

fn provider_id(reference: &Reference) -> Result<ProviderId, ServiceError> {
    ProviderId::parse(reference.to_string())
        .map_err(|error| ServiceError::refused(Code::literal("no_id"), error.to_string()))
}

#[async_trait]
impl Payments for Approving {
    async fn authorize(
        &self,
        _: &CallContext,
        request: &PaymentRequest,
    ) -> Result<ProviderPayment, ServiceError> {
        let status = match request.capture_method {
            CaptureMethod::Manual => ProviderPaymentStatus::Authorized,
            CaptureMethod::Automatic => ProviderPaymentStatus::Captured,
        };
        let id = provider_id(&request.reference)?;
        Ok(ProviderPayment::new(id, status, request.money.amount()))
    }

    async fn find(
        &self,
        _: &CallContext,
        _: &Reference,
    ) -> Result<Option<ProviderPayment>, ServiceError> {
        Ok(None)
    }

    async fn capture(
        &self,
        _: &CallContext,
        _: &ProviderId,
        _: Amount,
        _: &Reference,
    ) -> Result<(), ServiceError> {
        Ok(())
    }

    async fn void(&self, _: &CallContext, _: &ProviderId) -> Result<(), ServiceError> {
        Ok(())
    }

    async fn refund(
        &self,
        _: &CallContext,
        request: &RefundRequest,
    ) -> Result<ProviderRefund, ServiceError> {
        let id = provider_id(&request.reference)?;
        Ok(ProviderRefund::new(id, ProviderRefundStatus::Succeeded))
    }

    async fn find_refund(
        &self,
        _: &CallContext,
        _: &Reference,
    ) -> Result<Option<ProviderRefund>, ServiceError> {
        Ok(None)
    }
}

/// A notification service that discards every message.
struct Discarding;

#[async_trait]
impl Notifications for Discarding {
    async fn notify(&self, _: &CallContext, _: &Notification) -> Result<(), ServiceError> {
        Ok(())
    }
}

/// A publisher that counts the events it confirms.
#[derive(Default)]
pub(crate) struct CountingPublisher {
    published: AtomicU64,
}

impl CountingPublisher {
    /// Returns how many events were published so far.
    pub(crate) fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl EventPublisher for CountingPublisher {
    async fn publish(&self, batch: &[OutboxMessage]) -> Vec<Result<(), PublishError>> {
        let published = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        self.published.fetch_add(published, Ordering::Relaxed);
        batch.iter().map(|_| Ok(())).collect()
    }
}
