//! The payment provider.

use super::{Call, OutsideError};
use crate::money::{Amount, Money};
use crate::reference::Reference;
use crate::value::{Code, OrderId, PaymentToken, ProviderId};
use async_trait::async_trait;

/// A payment to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentRequest {
    /// What the payment is known by from now on.
    pub reference: Reference,
    /// The order it is for.
    pub order: OrderId,
    /// How much.
    pub money: Money,
    /// What it is charged to.
    pub token: PaymentToken,
    /// Whether to take it at once; else it is authorized.
    pub capture: bool,
}

impl PaymentRequest {
    /// A payment of this much through this method.
    #[must_use]
    pub const fn new(
        reference: Reference,
        order: OrderId,
        money: Money,
        token: PaymentToken,
        capture: bool,
    ) -> Self {
        Self {
            reference,
            order,
            money,
            token,
            capture,
        }
    }
}

/// Where a payment stands at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaymentViewStatus {
    /// Held for us.
    Authorized,
    /// Taken, at least in part.
    Captured,
    /// Refused.
    Declined {
        /// Why.
        code: Code,
    },
    /// The customer has to act.
    RequiresAction,
    /// Given back before it was taken.
    Voided,
}

/// A payment as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentView {
    /// The provider's id of it.
    pub id: ProviderId,
    /// Where it stands.
    pub status: PaymentViewStatus,
    /// What it was made for, in minor units.
    pub amount: Amount,
}

impl PaymentView {
    /// A payment that stands so.
    #[must_use]
    pub const fn new(id: ProviderId, status: PaymentViewStatus, amount: Amount) -> Self {
        Self { id, status, amount }
    }
}

/// A refund to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefundRequest {
    /// What the refund is known by from now on.
    pub reference: Reference,
    /// The provider's id of the payment.
    pub payment: ProviderId,
    /// How much, in minor units of the payment.
    pub amount: Amount,
}

impl RefundRequest {
    /// A refund of this much of this payment.
    #[must_use]
    pub const fn new(reference: Reference, payment: ProviderId, amount: Amount) -> Self {
        Self {
            reference,
            payment,
            amount,
        }
    }
}

/// Where a refund stands at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefundViewStatus {
    /// Paid back.
    Succeeded,
    /// Under way.
    Pending,
    /// Not to be had.
    Failed,
}

/// A refund as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefundView {
    /// The provider's id of it.
    pub id: ProviderId,
    /// Where it stands.
    pub status: RefundViewStatus,
}

impl RefundView {
    /// A refund that stands so.
    #[must_use]
    pub const fn new(id: ProviderId, status: RefundViewStatus) -> Self {
        Self { id, status }
    }
}

/// Takes and returns money.
///
/// The same reference MUST never move money twice. When it is not certain that a call was not
/// processed, the error MUST be of kind [`Unknown`](super::OutsideErrorKind::Unknown).
#[async_trait]
pub trait Payments: Send + Sync {
    /// Authorizes a payment, or takes it at once.
    ///
    /// # Errors
    /// If the provider gave no answer, or refuses the request itself. A declined payment is an
    /// answer.
    async fn pay(&self, call: &Call, request: &PaymentRequest)
    -> Result<PaymentView, OutsideError>;

    /// The payment made under this reference; `None` if there is none, which MUST be definite.
    ///
    /// # Errors
    /// If the provider gave no answer.
    async fn find(
        &self,
        call: &Call,
        reference: &Reference,
    ) -> Result<Option<PaymentView>, OutsideError>;

    /// Takes an amount (minor units) from an authorized payment.
    ///
    /// # Errors
    /// If the provider gave no answer, or refuses.
    async fn capture(
        &self,
        call: &Call,
        payment: &ProviderId,
        amount: Amount,
        reference: &Reference,
    ) -> Result<(), OutsideError>;

    /// Gives back what is authorized and not taken. Again: the same answer.
    ///
    /// # Errors
    /// If the provider gave no answer, or refuses.
    async fn void(&self, call: &Call, payment: &ProviderId) -> Result<(), OutsideError>;

    /// Pays back an amount.
    ///
    /// # Errors
    /// If the provider gave no answer, or refuses.
    async fn refund(
        &self,
        call: &Call,
        request: &RefundRequest,
    ) -> Result<RefundView, OutsideError>;

    /// The refund made under this reference; `None` if there is none, which MUST be definite.
    ///
    /// # Errors
    /// If the provider gave no answer.
    async fn find_refund(
        &self,
        call: &Call,
        reference: &Reference,
    ) -> Result<Option<RefundView>, OutsideError>;
}
