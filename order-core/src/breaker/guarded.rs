//! An adapter behind its circuits.

use super::{Breakers, Outcome};
use crate::money::Amount;
use crate::order::SkuUnits;
use crate::policy::Dependency;
use crate::ports::{
    Call, Clock, Customer, Customers, FulfillmentRequest, Inventory, Notification, Notifications,
    OutsideError, PaymentRequest, PaymentView, Payments, Product, Rate, RatesRequest, Recall,
    RefundRequest, RefundView, ReservationView, Reserve, ReserveOutcome, ReviseOutcome, Shipping,
    StockOutcome,
};
use crate::reference::Reference;
use crate::time::between;
use crate::value::{CustomerId, ProviderId, Sku};
use async_trait::async_trait;
use futures::future::{Either, select};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// How much longer than its deadline a call is waited for before it is given up on.
const GRACE: Duration = Duration::from_millis(500);

/// An adapter of an outside service, called only while the circuit of the call's storefront allows.
///
/// `Guarded<dyn Payments>` is itself [`Payments`], and so for the other services. An error that
/// [is an outage](OutsideError::is_outage) counts as a failure; an answer and a refusal count as a
/// success. An adapter that does not give up at the call's deadline, as it should, is given up on
/// half a second later: its outcome is unknown, and that counts as a failure too. A call whose
/// future is dropped counts as neither.
pub struct Guarded<P: ?Sized> {
    port: Arc<P>,
    breakers: Arc<Breakers>,
    clock: Arc<dyn Clock>,
}

impl<P: ?Sized> Guarded<P> {
    /// Puts this adapter behind these circuits. Adapters of different services can, and of the same
    /// service should, share them.
    #[must_use]
    pub const fn new(port: Arc<P>, breakers: Arc<Breakers>, clock: Arc<dyn Clock>) -> Self {
        Self {
            port,
            breakers,
            clock,
        }
    }

    async fn through<T>(
        &self,
        dependency: Dependency,
        call: &Call,
        answer: impl Future<Output = Result<T, OutsideError>> + Send,
    ) -> Result<T, OutsideError> {
        let pass = self
            .breakers
            .permit(&call.storefront, dependency, self.clock.now())
            .map_err(|open| unavailable(dependency, open.retry_after))?;
        let answer = self.in_time(call, answer).await;
        let outcome = match &answer {
            Err(error) if error.is_outage() => Outcome::Failure,
            Err(_) | Ok(_) => Outcome::Success,
        };
        pass.finish(outcome, self.clock.now());
        answer
    }

    /// Waits for an answer until the call's deadline, and a little longer.
    async fn in_time<T>(
        &self,
        call: &Call,
        answer: impl Future<Output = Result<T, OutsideError>> + Send,
    ) -> Result<T, OutsideError> {
        let rest = between(self.clock.now(), call.deadline).saturating_add(GRACE);
        match select(pin!(answer), self.clock.sleep(rest)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => Err(OutsideError::unknown("no answer in time")),
        }
    }
}

impl<P: ?Sized> std::fmt::Debug for Guarded<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}

fn unavailable(dependency: Dependency, retry_after: Duration) -> OutsideError {
    OutsideError::unavailable(
        format!("the circuit of the {dependency} service is open"),
        Some(retry_after),
    )
}

#[async_trait]
impl<P: Customers + ?Sized> Customers for Guarded<P> {
    async fn find(&self, call: &Call, id: &CustomerId) -> Result<Option<Customer>, OutsideError> {
        let answer = self.port.find(call, id);
        self.through(Dependency::Customers, call, answer).await
    }
}

#[async_trait]
impl<P: Inventory + ?Sized> Inventory for Guarded<P> {
    async fn products(&self, call: &Call, skus: &[Sku]) -> Result<Vec<Product>, OutsideError> {
        let answer = self.port.products(call, skus);
        self.through(Dependency::Inventory, call, answer).await
    }

    async fn reserve(
        &self,
        call: &Call,
        reserve: &Reserve,
    ) -> Result<ReserveOutcome, OutsideError> {
        let answer = self.port.reserve(call, reserve);
        self.through(Dependency::Inventory, call, answer).await
    }

    async fn revise(
        &self,
        call: &Call,
        id: &Reference,
        lines: &[SkuUnits],
    ) -> Result<ReviseOutcome, OutsideError> {
        let answer = self.port.revise(call, id, lines);
        self.through(Dependency::Inventory, call, answer).await
    }

    async fn extend(
        &self,
        call: &Call,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, OutsideError> {
        let answer = self.port.extend(call, id, ttl);
        self.through(Dependency::Inventory, call, answer).await
    }

    async fn commit(&self, call: &Call, id: &Reference) -> Result<StockOutcome, OutsideError> {
        let answer = self.port.commit(call, id);
        self.through(Dependency::Inventory, call, answer).await
    }

    async fn release(&self, call: &Call, id: &Reference) -> Result<(), OutsideError> {
        let answer = self.port.release(call, id);
        self.through(Dependency::Inventory, call, answer).await
    }

    async fn find(
        &self,
        call: &Call,
        id: &Reference,
    ) -> Result<Option<ReservationView>, OutsideError> {
        let answer = self.port.find(call, id);
        self.through(Dependency::Inventory, call, answer).await
    }
}

#[async_trait]
impl<P: Payments + ?Sized> Payments for Guarded<P> {
    async fn pay(
        &self,
        call: &Call,
        request: &PaymentRequest,
    ) -> Result<PaymentView, OutsideError> {
        let answer = self.port.pay(call, request);
        self.through(Dependency::Payments, call, answer).await
    }

    async fn find(
        &self,
        call: &Call,
        reference: &Reference,
    ) -> Result<Option<PaymentView>, OutsideError> {
        let answer = self.port.find(call, reference);
        self.through(Dependency::Payments, call, answer).await
    }

    async fn capture(
        &self,
        call: &Call,
        payment: &ProviderId,
        amount: Amount,
        reference: &Reference,
    ) -> Result<(), OutsideError> {
        let answer = self.port.capture(call, payment, amount, reference);
        self.through(Dependency::Payments, call, answer).await
    }

    async fn void(&self, call: &Call, payment: &ProviderId) -> Result<(), OutsideError> {
        let answer = self.port.void(call, payment);
        self.through(Dependency::Payments, call, answer).await
    }

    async fn refund(
        &self,
        call: &Call,
        request: &RefundRequest,
    ) -> Result<RefundView, OutsideError> {
        let answer = self.port.refund(call, request);
        self.through(Dependency::Payments, call, answer).await
    }

    async fn find_refund(
        &self,
        call: &Call,
        reference: &Reference,
    ) -> Result<Option<RefundView>, OutsideError> {
        let answer = self.port.find_refund(call, reference);
        self.through(Dependency::Payments, call, answer).await
    }
}

#[async_trait]
impl<P: Shipping + ?Sized> Shipping for Guarded<P> {
    async fn rates(&self, call: &Call, request: &RatesRequest) -> Result<Vec<Rate>, OutsideError> {
        let answer = self.port.rates(call, request);
        self.through(Dependency::Shipping, call, answer).await
    }

    async fn request(&self, call: &Call, request: &FulfillmentRequest) -> Result<(), OutsideError> {
        let answer = self.port.request(call, request);
        self.through(Dependency::Shipping, call, answer).await
    }

    async fn recall(&self, call: &Call, reference: &Reference) -> Result<Recall, OutsideError> {
        let answer = self.port.recall(call, reference);
        self.through(Dependency::Shipping, call, answer).await
    }
}

#[async_trait]
impl<P: Notifications + ?Sized> Notifications for Guarded<P> {
    async fn notify(&self, call: &Call, notification: &Notification) -> Result<(), OutsideError> {
        let answer = self.port.notify(call, notification);
        self.through(Dependency::Notifications, call, answer).await
    }
}
