//! A payment provider in memory.

mod transactions;

pub use transactions::{ProviderBalance, RefundMode};

use self::transactions::Transactions;
use crate::faults::Faults;
use crate::lock::locked;
use async_trait::async_trait;
use order_core::money::Amount;
use order_core::ports::{
    CallContext, PaymentRequest, Payments, ProviderPayment, ProviderRefund, RefundRequest,
    ServiceError,
};
use order_core::reference::Reference;
use order_core::value::{OrderId, ProviderId};
use std::sync::Mutex;

/// A payment provider in memory, idempotent by reference.
///
/// The token decides the outcome of a payment:
///
/// - `tok_visa`: approved
/// - `tok_declined`: declined with the code `card_declined`
/// - `tok_action`: requires an action of the customer, see [`finish_action`](Self::finish_action)
/// - `tok_timeout`: approved; the answer to the first call is lost
/// - any other: declined with the code `unknown_token`
///
/// Methods that its [`Faults`] know: `authorize`, `find`, `capture`, `void`,
/// `refund`, `find_refund`.
#[derive(Debug, Default)]
pub struct MemoryPayments {
    transactions: Mutex<Transactions>,
    faults: Faults,
}

impl MemoryPayments {
    /// Returns a provider without payments, whose refunds succeed at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Completes the action of the customer that a payment requires. Returns whether one was
    /// required.
    pub fn finish_action(&self, reference: &Reference, approved: bool) -> bool {
        locked(&self.transactions).finish_action(reference, approved)
    }

    /// Expires the authorized amount of a payment that is not captured. Returns whether there was any.
    pub fn expire_authorization(&self, reference: &Reference) -> bool {
        locked(&self.transactions).expire_authorization(reference)
    }

    /// Sets the outcome of the refunds to come.
    pub fn set_refund_mode(&self, mode: RefundMode) {
        locked(&self.transactions).set_refund_mode(mode);
    }

    /// Completes a pending refund. Returns whether there was one.
    pub fn settle_refund(&self, reference: &Reference, succeeds: bool) -> bool {
        locked(&self.transactions).settle_refund(reference, succeeds)
    }

    /// Returns the balance of the payment with this reference.
    #[must_use]
    pub fn balance(&self, reference: &Reference) -> Option<ProviderBalance> {
        locked(&self.transactions).balance(reference)
    }

    /// Returns the balance of all payments of an order.
    #[must_use]
    pub fn balance_of(&self, order: OrderId) -> ProviderBalance {
        locked(&self.transactions).sum(|payment| payment == order)
    }

    /// Returns the balance of all payments.
    #[must_use]
    pub fn total(&self) -> ProviderBalance {
        locked(&self.transactions).sum(|_| true)
    }

    /// Returns the planned failures of the next calls, with a log of all calls so far.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }
}

#[async_trait]
impl Payments for MemoryPayments {
    async fn authorize(
        &self,
        call: &CallContext,
        request: &PaymentRequest,
    ) -> Result<ProviderPayment, ServiceError> {
        let work = || locked(&self.transactions).pay(request);
        self.faults.around("authorize", call, work).await
    }

    async fn find(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Option<ProviderPayment>, ServiceError> {
        let work = || Ok(locked(&self.transactions).find(reference));
        self.faults.around("find", call, work).await
    }

    async fn capture(
        &self,
        call: &CallContext,
        payment: &ProviderId,
        amount: Amount,
        reference: &Reference,
    ) -> Result<(), ServiceError> {
        let work = || locked(&self.transactions).capture(payment, amount, reference);
        self.faults.around("capture", call, work).await
    }

    async fn void(&self, call: &CallContext, payment: &ProviderId) -> Result<(), ServiceError> {
        let work = || locked(&self.transactions).void(payment);
        self.faults.around("void", call, work).await
    }

    async fn refund(
        &self,
        call: &CallContext,
        request: &RefundRequest,
    ) -> Result<ProviderRefund, ServiceError> {
        let work = || locked(&self.transactions).refund(request);
        self.faults.around("refund", call, work).await
    }

    async fn find_refund(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Option<ProviderRefund>, ServiceError> {
        let work = || Ok(locked(&self.transactions).find_refund(reference));
        self.faults.around("find_refund", call, work).await
    }
}
