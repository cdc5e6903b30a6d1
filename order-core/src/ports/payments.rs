//! The port of the payment provider: authorize, capture, void and refund.

use super::{CallContext, ServiceError};
use crate::money::{Amount, Money};
use crate::order::CaptureMethod;
use crate::reference::Reference;
use crate::value::{Code, OrderId, PaymentToken, ProviderId};
use async_trait::async_trait;

/// A request to make a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentRequest {
    /// The reference of the payment, chosen by the caller.
    pub reference: Reference,
    /// The order it is for.
    pub order: OrderId,
    /// The amount, with its currency.
    pub money: Money,
    /// The token of the payment method to charge.
    pub token: PaymentToken,
    /// Whether the provider captures at once or on request.
    pub capture_method: CaptureMethod,
}

impl PaymentRequest {
    /// Creates a request.
    #[must_use]
    pub const fn new(
        reference: Reference,
        order: OrderId,
        money: Money,
        token: PaymentToken,
        capture_method: CaptureMethod,
    ) -> Self {
        Self {
            reference,
            order,
            money,
            token,
            capture_method,
        }
    }
}

/// The status of a payment at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProviderPaymentStatus {
    /// The amount is authorized and not captured.
    Authorized,
    /// The amount is captured, at least in part.
    Captured,
    /// The payment was declined.
    Declined {
        /// The provider's code of the decline.
        code: Code,
    },
    /// The customer has to act, such as by confirming the payment with the bank (3-D Secure).
    RequiresAction,
    /// The authorization was voided before anything was captured.
    Voided,
}

/// A payment as the provider stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderPayment {
    /// The provider's id.
    pub id: ProviderId,
    /// The status.
    pub status: ProviderPaymentStatus,
    /// The amount of the payment, in minor units of its currency.
    pub amount: Amount,
}

impl ProviderPayment {
    /// Creates a payment.
    #[must_use]
    pub const fn new(id: ProviderId, status: ProviderPaymentStatus, amount: Amount) -> Self {
        Self { id, status, amount }
    }
}

/// A request to refund a captured amount.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefundRequest {
    /// The reference of the refund, chosen by the caller.
    pub reference: Reference,
    /// The provider's id of the payment.
    pub payment: ProviderId,
    /// The amount, in minor units of the payment's currency.
    pub amount: Amount,
}

impl RefundRequest {
    /// Creates a request.
    #[must_use]
    pub const fn new(reference: Reference, payment: ProviderId, amount: Amount) -> Self {
        Self {
            reference,
            payment,
            amount,
        }
    }
}

/// The status of a refund at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProviderRefundStatus {
    /// The amount was refunded.
    Succeeded,
    /// The outcome is not known yet.
    Pending,
    /// The refund failed for good.
    Failed,
}

/// A refund as the provider stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderRefund {
    /// The provider's id.
    pub id: ProviderId,
    /// The status.
    pub status: ProviderRefundStatus,
}

impl ProviderRefund {
    /// Creates a refund.
    #[must_use]
    pub const fn new(id: ProviderId, status: ProviderRefundStatus) -> Self {
        Self { id, status }
    }
}

/// The payment provider.
///
/// An adapter MUST NOT move money twice under one reference. If it is not certain that a call was not
/// processed, its error MUST be of kind [`Unknown`](super::ServiceErrorKind::Unknown).
#[async_trait]
pub trait Payments: Send + Sync {
    /// Authorizes a payment, or captures it at once, as
    /// [`capture_method`](PaymentRequest::capture_method) says.
    ///
    /// # Errors
    /// If the call failed, or the provider refused the request itself. A declined payment is not an
    /// error.
    async fn authorize(
        &self,
        call: &CallContext,
        request: &PaymentRequest,
    ) -> Result<ProviderPayment, ServiceError>;

    /// Returns the payment made under this reference.
    ///
    /// An adapter MUST return `None` only if the provider is certain that there is no such payment.
    ///
    /// # Errors
    /// If the call failed.
    async fn find(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Option<ProviderPayment>, ServiceError>;

    /// Captures an amount of an authorized payment, in minor units of the payment's currency.
    ///
    /// # Errors
    /// If the call failed or was refused.
    async fn capture(
        &self,
        call: &CallContext,
        payment: &ProviderId,
        amount: Amount,
        reference: &Reference,
    ) -> Result<(), ServiceError>;

    /// Voids what is authorized and not captured. An adapter MUST answer a repetition as it did before.
    ///
    /// # Errors
    /// If the call failed or was refused.
    async fn void(&self, call: &CallContext, payment: &ProviderId) -> Result<(), ServiceError>;

    /// Refunds a captured amount.
    ///
    /// # Errors
    /// If the call failed or was refused.
    async fn refund(
        &self,
        call: &CallContext,
        request: &RefundRequest,
    ) -> Result<ProviderRefund, ServiceError>;

    /// Returns the refund made under this reference.
    ///
    /// An adapter MUST return `None` only if the provider is certain that there is no such refund.
    ///
    /// # Errors
    /// If the call failed.
    async fn find_refund(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Option<ProviderRefund>, ServiceError>;
}
