//! A payment provider in memory.

mod book;

pub use book::{Balance, RefundMode};

use self::book::Book;
use super::{Faults, locked};
use crate::money::Amount;
use crate::ports::{
    Call, OutsideError, PaymentRequest, PaymentView, Payments, RefundRequest, RefundView,
};
use crate::reference::Reference;
use crate::value::{OrderId, ProviderId};
use async_trait::async_trait;
use std::sync::Mutex;

/// A payment provider that moves money once for each reference, however often it is asked.
///
/// The token decides: `tok_visa` is approved; `tok_declined` is declined as `card_declined`;
/// `tok_action` waits for [`finish_action`](Self::finish_action); `tok_timeout` is approved, and
/// the answer to the first call lost; any other is declined as `unknown_token`.
///
/// Methods of its [`Faults`]: `pay`, `find`, `capture`, `void`, `refund`, `find_refund`.
#[derive(Debug, Default)]
pub struct MemoryPayments {
    book: Mutex<Book>,
    faults: Faults,
}

impl MemoryPayments {
    /// A provider that has moved nothing, and whose refunds succeed at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The customer has acted on a payment that required it, and it is approved or declined.
    /// Answers whether there was one.
    pub fn finish_action(&self, reference: &Reference, approved: bool) -> bool {
        locked(&self.book).finish_action(reference, approved)
    }

    /// What is authorized of a payment and not captured lapses. Answers whether anything was.
    pub fn lapse(&self, reference: &Reference) -> bool {
        locked(&self.book).lapse(reference)
    }

    /// What becomes of refunds from now on.
    pub fn refunds(&self, mode: RefundMode) {
        locked(&self.book).set_refund_mode(mode);
    }

    /// A pending refund succeeds or fails. Answers whether there was one.
    pub fn settle_refund(&self, reference: &Reference, succeeds: bool) -> bool {
        locked(&self.book).settle_refund(reference, succeeds)
    }

    /// The money of the payment with this reference, where there is one.
    #[must_use]
    pub fn balance(&self, reference: &Reference) -> Option<Balance> {
        locked(&self.book).balance(reference)
    }

    /// The money of all payments of an order together.
    #[must_use]
    pub fn balance_of(&self, order: OrderId) -> Balance {
        locked(&self.book).sum(|payment| payment == order)
    }

    /// The money of all payments together.
    #[must_use]
    pub fn total(&self) -> Balance {
        locked(&self.book).sum(|_| true)
    }

    /// What goes wrong with the next calls, and a log of all.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }
}

#[async_trait]
impl Payments for MemoryPayments {
    async fn pay(
        &self,
        call: &Call,
        request: &PaymentRequest,
    ) -> Result<PaymentView, OutsideError> {
        let work = || locked(&self.book).pay(request);
        self.faults.around("pay", call, work).await
    }

    async fn find(
        &self,
        call: &Call,
        reference: &Reference,
    ) -> Result<Option<PaymentView>, OutsideError> {
        let work = || Ok(locked(&self.book).find(reference));
        self.faults.around("find", call, work).await
    }

    async fn capture(
        &self,
        call: &Call,
        payment: &ProviderId,
        amount: Amount,
        reference: &Reference,
    ) -> Result<(), OutsideError> {
        let work = || locked(&self.book).capture(payment, amount, reference);
        self.faults.around("capture", call, work).await
    }

    async fn void(&self, call: &Call, payment: &ProviderId) -> Result<(), OutsideError> {
        let work = || locked(&self.book).void(payment);
        self.faults.around("void", call, work).await
    }

    async fn refund(
        &self,
        call: &Call,
        request: &RefundRequest,
    ) -> Result<RefundView, OutsideError> {
        let work = || locked(&self.book).refund(request);
        self.faults.around("refund", call, work).await
    }

    async fn find_refund(
        &self,
        call: &Call,
        reference: &Reference,
    ) -> Result<Option<RefundView>, OutsideError> {
        let work = || Ok(locked(&self.book).find_refund(reference));
        self.faults.around("find_refund", call, work).await
    }
}
