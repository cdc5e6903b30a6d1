//! An adapter behind a circuit breaker, for every port of an external service.

use super::{BreakerRegistry, Outcome};
use crate::dependency::Dependency;
use crate::money::Amount;
use crate::order::SkuQuantity;
use crate::ports::{
    CallContext, Clock, Customer, Customers, FulfillmentRequest, Inventory, Notification,
    Notifications, PaymentRequest, Payments, Product, ProviderPayment, ProviderRefund,
    RatesRequest, Recall, RefundRequest, ReserveOutcome, ReserveRequest, ReviseOutcome,
    ServiceError, Shipping, ShippingRate, StockOutcome, StoredReservation,
};
use crate::reference::Reference;
use crate::time::between;
use crate::value::{CustomerId, ProviderId, Sku};
use async_trait::async_trait;
use futures::future::{Either, select};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// How long a call may exceed its deadline before it is cancelled.
const GRACE: Duration = Duration::from_millis(500);

/// An adapter of an external service that is called only if the circuit of the call's storefront
/// permits it.
///
/// `WithBreaker<dyn Payments>` implements [`Payments`], and likewise for the other services. An error
/// that [is an outage](ServiceError::is_outage) counts as a failure; an answer and a refusal count as
/// a success. A call that exceeds its deadline by half a second is cancelled: its outcome is unknown,
/// which counts as a failure. A call whose future is dropped counts as neither.
pub struct WithBreaker<P: ?Sized> {
    port: Arc<P>,
    breakers: Arc<BreakerRegistry>,
    clock: Arc<dyn Clock>,
}

impl<P: ?Sized> WithBreaker<P> {
    /// Wraps an adapter. All adapters can share one registry; those of the same service should.
    #[must_use]
    pub const fn new(port: Arc<P>, breakers: Arc<BreakerRegistry>, clock: Arc<dyn Clock>) -> Self {
        Self {
            port,
            breakers,
            clock,
        }
    }

    /// Makes a call if the circuit permits it, and reports its outcome.
    async fn guarded<T>(
        &self,
        dependency: Dependency,
        call: &CallContext,
        answer: impl Future<Output = Result<T, ServiceError>> + Send,
    ) -> Result<T, ServiceError> {
        let permit = self
            .breakers
            .try_acquire(&call.storefront, dependency, self.clock.now())
            .map_err(|open| unavailable(dependency, open.retry_after))?;
        let answer = self.with_timeout(call, answer).await;
        let outcome = match &answer {
            Err(error) if error.is_outage() => Outcome::Failure,
            Err(_) | Ok(_) => Outcome::Success,
        };
        permit.finish(outcome, self.clock.now());
        answer
    }

    /// Awaits the answer until the call's deadline plus [`GRACE`].
    async fn with_timeout<T>(
        &self,
        call: &CallContext,
        answer: impl Future<Output = Result<T, ServiceError>> + Send,
    ) -> Result<T, ServiceError> {
        let remaining = between(self.clock.now(), call.deadline).saturating_add(GRACE);
        match select(pin!(answer), self.clock.sleep(remaining)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => Err(ServiceError::unknown("no answer in time")),
        }
    }
}

impl<P: ?Sized> std::fmt::Debug for WithBreaker<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WithBreaker").finish_non_exhaustive()
    }
}

fn unavailable(dependency: Dependency, retry_after: Duration) -> ServiceError {
    ServiceError::unavailable(
        format!("the circuit of the {dependency} service is open"),
        Some(retry_after),
    )
}

#[async_trait]
impl<P: Customers + ?Sized> Customers for WithBreaker<P> {
    async fn find(
        &self,
        call: &CallContext,
        id: &CustomerId,
    ) -> Result<Option<Customer>, ServiceError> {
        let answer = self.port.find(call, id);
        self.guarded(Dependency::Customers, call, answer).await
    }
}

#[async_trait]
impl<P: Inventory + ?Sized> Inventory for WithBreaker<P> {
    async fn products(
        &self,
        call: &CallContext,
        skus: &[Sku],
    ) -> Result<Vec<Product>, ServiceError> {
        let answer = self.port.products(call, skus);
        self.guarded(Dependency::Inventory, call, answer).await
    }

    async fn reserve(
        &self,
        call: &CallContext,
        reserve: &ReserveRequest,
    ) -> Result<ReserveOutcome, ServiceError> {
        let answer = self.port.reserve(call, reserve);
        self.guarded(Dependency::Inventory, call, answer).await
    }

    async fn revise(
        &self,
        call: &CallContext,
        id: &Reference,
        lines: &[SkuQuantity],
    ) -> Result<ReviseOutcome, ServiceError> {
        let answer = self.port.revise(call, id, lines);
        self.guarded(Dependency::Inventory, call, answer).await
    }

    async fn extend(
        &self,
        call: &CallContext,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, ServiceError> {
        let answer = self.port.extend(call, id, ttl);
        self.guarded(Dependency::Inventory, call, answer).await
    }

    async fn commit(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<StockOutcome, ServiceError> {
        let answer = self.port.commit(call, id);
        self.guarded(Dependency::Inventory, call, answer).await
    }

    async fn release(&self, call: &CallContext, id: &Reference) -> Result<(), ServiceError> {
        let answer = self.port.release(call, id);
        self.guarded(Dependency::Inventory, call, answer).await
    }

    async fn find(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<Option<StoredReservation>, ServiceError> {
        let answer = self.port.find(call, id);
        self.guarded(Dependency::Inventory, call, answer).await
    }
}

#[async_trait]
impl<P: Payments + ?Sized> Payments for WithBreaker<P> {
    async fn authorize(
        &self,
        call: &CallContext,
        request: &PaymentRequest,
    ) -> Result<ProviderPayment, ServiceError> {
        let answer = self.port.authorize(call, request);
        self.guarded(Dependency::Payments, call, answer).await
    }

    async fn find(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Option<ProviderPayment>, ServiceError> {
        let answer = self.port.find(call, reference);
        self.guarded(Dependency::Payments, call, answer).await
    }

    async fn capture(
        &self,
        call: &CallContext,
        payment: &ProviderId,
        amount: Amount,
        reference: &Reference,
    ) -> Result<(), ServiceError> {
        let answer = self.port.capture(call, payment, amount, reference);
        self.guarded(Dependency::Payments, call, answer).await
    }

    async fn void(&self, call: &CallContext, payment: &ProviderId) -> Result<(), ServiceError> {
        let answer = self.port.void(call, payment);
        self.guarded(Dependency::Payments, call, answer).await
    }

    async fn refund(
        &self,
        call: &CallContext,
        request: &RefundRequest,
    ) -> Result<ProviderRefund, ServiceError> {
        let answer = self.port.refund(call, request);
        self.guarded(Dependency::Payments, call, answer).await
    }

    async fn find_refund(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Option<ProviderRefund>, ServiceError> {
        let answer = self.port.find_refund(call, reference);
        self.guarded(Dependency::Payments, call, answer).await
    }
}

#[async_trait]
impl<P: Shipping + ?Sized> Shipping for WithBreaker<P> {
    async fn rates(
        &self,
        call: &CallContext,
        request: &RatesRequest,
    ) -> Result<Vec<ShippingRate>, ServiceError> {
        let answer = self.port.rates(call, request);
        self.guarded(Dependency::Shipping, call, answer).await
    }

    async fn request(
        &self,
        call: &CallContext,
        request: &FulfillmentRequest,
    ) -> Result<(), ServiceError> {
        let answer = self.port.request(call, request);
        self.guarded(Dependency::Shipping, call, answer).await
    }

    async fn recall(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Recall, ServiceError> {
        let answer = self.port.recall(call, reference);
        self.guarded(Dependency::Shipping, call, answer).await
    }
}

#[async_trait]
impl<P: Notifications + ?Sized> Notifications for WithBreaker<P> {
    async fn notify(
        &self,
        call: &CallContext,
        notification: &Notification,
    ) -> Result<(), ServiceError> {
        let answer = self.port.notify(call, notification);
        self.guarded(Dependency::Notifications, call, answer).await
    }
}
