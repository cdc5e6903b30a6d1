//! A shipping service in memory.

use super::builders::{code, label, usd};
use super::{Faults, locked};
use crate::order::SkuUnits;
use crate::ports::{Call, FulfillmentRequest, OutsideError, Rate, RatesRequest, Recall, Shipping};
use crate::reference::Reference;
use crate::value::OrderId;
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Mutex;

/// Where a parcel stands at a [`MemoryShipping`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParcelState {
    /// To be sent.
    Accepted,
    /// Called back, perhaps before it was asked for: it will not be sent.
    Recalled,
    /// It has left.
    Shipped,
}

/// A parcel at a [`MemoryShipping`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parcel {
    /// Its reference.
    pub reference: Reference,
    /// Where it stands.
    pub state: ParcelState,
    /// What is in it; nothing if it was called back before it was asked for.
    pub lines: Vec<SkuUnits>,
}

/// A shipping service whose warehouse sends a parcel when the test [says so](Self::ship).
///
/// Methods of its [`Faults`]: `rates`, `request`, `recall`.
#[derive(Debug, Default)]
pub struct MemoryShipping {
    parcels: Mutex<HashMap<Reference, Parcel>>,
    faults: Faults,
}

impl MemoryShipping {
    /// A service that was asked for nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The warehouse sends a parcel. Answers whether it did: it was asked to, and not called back.
    pub fn ship(&self, reference: &Reference) -> bool {
        let mut parcels = locked(&self.parcels);
        match parcels.get_mut(reference) {
            Some(parcel) if parcel.state == ParcelState::Accepted => {
                parcel.state = ParcelState::Shipped;
                true
            }
            Some(_) | None => false,
        }
    }

    /// The parcel with this reference.
    #[must_use]
    pub fn parcel(&self, reference: &Reference) -> Option<Parcel> {
        locked(&self.parcels).get(reference).cloned()
    }

    /// The parcels of an order, by reference.
    #[must_use]
    pub fn parcels(&self, order: OrderId) -> Vec<Parcel> {
        let mut parcels: Vec<Parcel> = locked(&self.parcels)
            .values()
            .filter(|parcel| parcel.reference.order() == order)
            .cloned()
            .collect();
        parcels.sort_by_key(|parcel| parcel.reference.to_string());
        parcels
    }

    /// What goes wrong with the next calls, and a log of all.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }
}

#[async_trait]
impl Shipping for MemoryShipping {
    async fn rates(&self, call: &Call, request: &RatesRequest) -> Result<Vec<Rate>, OutsideError> {
        let work = || {
            let units: i64 = request
                .lines
                .iter()
                .map(|line| i64::from(line.quantity))
                .sum();
            Ok(vec![
                Rate::new(label("Standard"), usd(500 + 10 * units), 5),
                Rate::new(label("Express"), usd(1_500 + 20 * units), 1),
            ])
        };
        self.faults.around("rates", call, work).await
    }

    async fn request(&self, call: &Call, request: &FulfillmentRequest) -> Result<(), OutsideError> {
        let work = || {
            let mut parcels = locked(&self.parcels);
            let parcel = parcels.entry(request.reference).or_insert_with(|| Parcel {
                reference: request.reference,
                state: ParcelState::Accepted,
                lines: request.lines.clone(),
            });
            match parcel.state {
                ParcelState::Recalled => Err(refused("recalled")),
                ParcelState::Accepted | ParcelState::Shipped if parcel.lines != request.lines => {
                    Err(refused("reference_reused"))
                }
                ParcelState::Accepted | ParcelState::Shipped => Ok(()),
            }
        };
        self.faults.around("request", call, work).await
    }

    async fn recall(&self, call: &Call, reference: &Reference) -> Result<Recall, OutsideError> {
        let work = || {
            let mut parcels = locked(&self.parcels);
            let parcel = parcels.entry(*reference).or_insert_with(|| Parcel {
                reference: *reference,
                state: ParcelState::Recalled,
                lines: Vec::new(),
            });
            if parcel.state == ParcelState::Shipped {
                return Ok(Recall::AlreadyShipped);
            }
            parcel.state = ParcelState::Recalled;
            Ok(Recall::Recalled)
        };
        self.faults.around("recall", call, work).await
    }
}

fn refused(reason: &str) -> OutsideError {
    OutsideError::refused(code(reason), reason)
}
