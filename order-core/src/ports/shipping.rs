//! The port of the shipping service: rates, and fulfillments by the warehouse.

use super::{CallContext, ServiceError};
use crate::money::Money;
use crate::order::{Address, SkuQuantity};
use crate::reference::Reference;
use crate::value::{OrderId, ShortText};
use async_trait::async_trait;

/// A request for shipping rates.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RatesRequest {
    /// The address to ship to.
    pub address: Address,
    /// The units to ship.
    pub lines: Vec<SkuQuantity>,
}

impl RatesRequest {
    /// Creates a request.
    #[must_use]
    pub const fn new(address: Address, lines: Vec<SkuQuantity>) -> Self {
        Self { address, lines }
    }
}

/// A shipping method with its price.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShippingRate {
    /// The name of the shipping method.
    pub service: ShortText,
    /// The price of the shipment.
    pub price: Money,
    /// The delivery time, in days.
    pub days: u32,
}

impl ShippingRate {
    /// Creates a rate.
    #[must_use]
    pub const fn new(service: ShortText, price: Money, days: u32) -> Self {
        Self {
            service,
            price,
            days,
        }
    }
}

/// A request to the warehouse to ship units.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FulfillmentRequest {
    /// The reference of the fulfillment, chosen by the caller.
    pub reference: Reference,
    /// The order.
    pub order: OrderId,
    /// The address to ship to; absent if the order has none.
    pub address: Option<Address>,
    /// The units, with each SKU at most once.
    pub lines: Vec<SkuQuantity>,
}

impl FulfillmentRequest {
    /// Creates a request.
    #[must_use]
    pub const fn new(
        reference: Reference,
        order: OrderId,
        address: Option<Address>,
        lines: Vec<SkuQuantity>,
    ) -> Self {
        Self {
            reference,
            order,
            address,
            lines,
        }
    }
}

/// The outcome of [`Shipping::recall`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recall {
    /// The fulfillment will not be shipped.
    Recalled,
    /// The fulfillment has shipped and cannot be recalled.
    AlreadyShipped,
}

/// The shipping service. Every call MUST be idempotent.
#[async_trait]
pub trait Shipping: Send + Sync {
    /// Returns the shipping methods for an address, with their prices.
    ///
    /// # Errors
    /// If the call failed, or the service refused the address.
    async fn rates(
        &self,
        call: &CallContext,
        request: &RatesRequest,
    ) -> Result<Vec<ShippingRate>, ServiceError>;

    /// Requests a fulfillment. An adapter MUST NOT ship anything twice under one reference.
    ///
    /// # Errors
    /// If the call failed or was refused.
    async fn request(
        &self,
        call: &CallContext,
        request: &FulfillmentRequest,
    ) -> Result<(), ServiceError>;

    /// Recalls a fulfillment. An adapter MUST answer [`Recall::Recalled`] for a reference that the
    /// warehouse does not know, and MUST NOT ship it if it is requested later.
    ///
    /// # Errors
    /// If the call failed.
    async fn recall(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Recall, ServiceError>;
}
