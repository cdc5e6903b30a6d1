//! The shipping service: rates, and the warehouse.

use super::{Call, OutsideError};
use crate::money::Money;
use crate::order::{Address, SkuUnits};
use crate::reference::Reference;
use crate::value::{Label, OrderId};
use async_trait::async_trait;

/// What a quote is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RatesRequest {
    /// Where it goes.
    pub address: Address,
    /// What goes there.
    pub lines: Vec<SkuUnits>,
}

impl RatesRequest {
    /// A quote for these units to this address.
    #[must_use]
    pub const fn new(address: Address, lines: Vec<SkuUnits>) -> Self {
        Self { address, lines }
    }
}

/// A way of shipping and its price.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rate {
    /// The name of the service.
    pub service: Label,
    /// Its price.
    pub price: Money,
    /// Days it takes.
    pub days: u32,
}

impl Rate {
    /// A service at this price.
    #[must_use]
    pub const fn new(service: Label, price: Money, days: u32) -> Self {
        Self {
            service,
            price,
            days,
        }
    }
}

/// Units the warehouse is asked to send.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FulfillmentRequest {
    /// What the fulfillment is known by from now on.
    pub reference: Reference,
    /// The order.
    pub order: OrderId,
    /// Where to; none where the order has no address.
    pub address: Option<Address>,
    /// The units, each SKU once.
    pub lines: Vec<SkuUnits>,
}

impl FulfillmentRequest {
    /// These units, to this address.
    #[must_use]
    pub const fn new(
        reference: Reference,
        order: OrderId,
        address: Option<Address>,
        lines: Vec<SkuUnits>,
    ) -> Self {
        Self {
            reference,
            order,
            address,
            lines,
        }
    }
}

/// What became of calling a fulfillment back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recall {
    /// It will not be sent.
    Recalled,
    /// It has left.
    AlreadyShipped,
}

/// Knows the ways of shipping, and runs the warehouse.
#[async_trait]
pub trait Shipping: Send + Sync {
    /// The ways of shipping and their prices.
    ///
    /// # Errors
    /// If the service gave no answer, or refuses the address.
    async fn rates(&self, call: &Call, request: &RatesRequest) -> Result<Vec<Rate>, OutsideError>;

    /// Asks the warehouse. The same reference again MUST NOT send anything twice.
    ///
    /// # Errors
    /// If the service gave no answer, or refuses.
    async fn request(&self, call: &Call, request: &FulfillmentRequest) -> Result<(), OutsideError>;

    /// Calls a fulfillment back. One that the warehouse never had counts as called back, and MUST
    /// NOT be sent if it is asked for later.
    ///
    /// # Errors
    /// If the service gave no answer.
    async fn recall(&self, call: &Call, reference: &Reference) -> Result<Recall, OutsideError>;
}
