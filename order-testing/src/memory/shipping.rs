//! A shipping service in memory.

use crate::builders::{code, short_text, usd};
use crate::faults::Faults;
use crate::lock::locked;
use async_trait::async_trait;
use order_core::order::SkuQuantity;
use order_core::ports::{
    CallContext, FulfillmentRequest, RatesRequest, Recall, ServiceError, Shipping, ShippingRate,
};
use order_core::reference::Reference;
use order_core::value::OrderId;
use std::collections::HashMap;
use std::sync::Mutex;

/// The status of a parcel at a [`MemoryShipping`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParcelStatus {
    /// Requested, and not shipped yet.
    Accepted,
    /// Recalled, perhaps before it was requested: it will not be shipped.
    Recalled,
    /// Handed over to the carrier.
    Shipped,
}

/// A parcel at a [`MemoryShipping`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parcel {
    /// The reference of its fulfillment.
    pub reference: Reference,
    /// Whether it is requested, recalled or shipped.
    pub status: ParcelStatus,
    /// Its contents; empty if it was recalled before it was requested.
    pub lines: Vec<SkuQuantity>,
}

/// A shipping service in memory. A parcel leaves the warehouse when the test [ships](Self::ship) it.
///
/// Methods that its [`Faults`] know: `rates`, `request`, `recall`.
#[derive(Debug, Default)]
pub struct MemoryShipping {
    parcels: Mutex<HashMap<Reference, Parcel>>,
    faults: Faults,
}

impl MemoryShipping {
    /// Returns a service without parcels.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ships a parcel. Returns whether it was waiting to be shipped: requested, and not recalled.
    pub fn ship(&self, reference: &Reference) -> bool {
        let mut parcels = locked(&self.parcels);
        match parcels.get_mut(reference) {
            Some(parcel) if parcel.status == ParcelStatus::Accepted => {
                parcel.status = ParcelStatus::Shipped;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Returns the parcel with this reference.
    #[must_use]
    pub fn parcel(&self, reference: &Reference) -> Option<Parcel> {
        locked(&self.parcels).get(reference).cloned()
    }

    /// Returns the parcels of an order, sorted by reference.
    #[must_use]
    pub fn parcels(&self, order: OrderId) -> Vec<Parcel> {
        let mut parcels: Vec<Parcel> = locked(&self.parcels)
            .values()
            .filter(|parcel| parcel.reference.order() == Some(order))
            .cloned()
            .collect();
        parcels.sort_by_key(|parcel| parcel.reference.to_string());
        parcels
    }

    /// Returns the planned failures of the next calls, with a log of all calls so far.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }
}

#[async_trait]
impl Shipping for MemoryShipping {
    async fn rates(
        &self,
        call: &CallContext,
        request: &RatesRequest,
    ) -> Result<Vec<ShippingRate>, ServiceError> {
        let work = || {
            let units: i64 = request
                .lines
                .iter()
                .map(|line| i64::from(line.quantity))
                .sum();
            Ok(vec![
                ShippingRate::new(short_text("Standard"), usd(500 + 10 * units), 5),
                ShippingRate::new(short_text("Express"), usd(1_500 + 20 * units), 1),
            ])
        };
        self.faults.around("rates", call, work).await
    }

    async fn request(
        &self,
        call: &CallContext,
        request: &FulfillmentRequest,
    ) -> Result<(), ServiceError> {
        let work = || {
            let mut parcels = locked(&self.parcels);
            let parcel = parcels.entry(request.reference).or_insert_with(|| Parcel {
                reference: request.reference,
                status: ParcelStatus::Accepted,
                lines: request.lines.clone(),
            });
            match parcel.status {
                ParcelStatus::Recalled => Err(refused("recalled")),
                ParcelStatus::Accepted | ParcelStatus::Shipped if parcel.lines != request.lines => {
                    Err(refused("reference_reused"))
                }
                ParcelStatus::Accepted | ParcelStatus::Shipped => Ok(()),
            }
        };
        self.faults.around("request", call, work).await
    }

    async fn recall(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Recall, ServiceError> {
        let work = || {
            let mut parcels = locked(&self.parcels);
            let parcel = parcels.entry(*reference).or_insert_with(|| Parcel {
                reference: *reference,
                status: ParcelStatus::Recalled,
                lines: Vec::new(),
            });
            if parcel.status == ParcelStatus::Shipped {
                return Ok(Recall::AlreadyShipped);
            }
            parcel.status = ParcelStatus::Recalled;
            Ok(Recall::Recalled)
        };
        self.faults.around("recall", call, work).await
    }
}

fn refused(reason: &str) -> ServiceError {
    ServiceError::refused(code(reason), reason)
}
