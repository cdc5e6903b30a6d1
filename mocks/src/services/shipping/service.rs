//! The operations of the shipping service.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::address::MockAddress;
use super::error::ShippingError;
use super::fulfillment::{MockFulfillment, MockFulfillmentRequest, MockFulfillmentStatus};
use super::rates::{self, MockShippingRate};
use crate::faults::FaultInjector;
use crate::line_item::LineItem;
use crate::store::{ReadTables, Store, Table, Transaction};
use crate::unreadable_file::UnreadableFile;
use crate::validate;

/// A fulfillment, as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct FulfillmentEntry {
    /// Absent if it was recalled before it was requested.
    request: Option<MockFulfillmentRequest>,
    #[serde(rename = "seen")]
    fulfillment: MockFulfillment,
}

/// By the caller's reference.
const FULFILLMENTS: Table<&str, FulfillmentEntry> = Table::named("parcels");

/// Shipping rates, and fulfillments.
#[derive(Debug, Default)]
pub struct MockShipping {
    faults: FaultInjector,
    store: Arc<Store>,
}

impl MockShipping {
    /// Creates the service with no fulfillments, in memory.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with_store(store: Arc<Store>) -> Self {
        Self {
            faults: FaultInjector::default(),
            store,
        }
    }

    /// Returns the rates for shipping `lines` to `address`, cheapest first: in the currency of the
    /// destination if the carrier bills in it, in US dollars otherwise.
    ///
    /// # Errors
    ///
    /// [`ShippingError::Invalid`].
    pub fn rates(
        &self,
        address: &MockAddress,
        lines: &[LineItem],
    ) -> Result<Vec<MockShippingRate>, ShippingError> {
        validate::non_empty_lines(lines)?;
        let units = lines.iter().map(|line| i64::from(line.quantity)).sum();
        Ok(rates::rates(address.country(), units))
    }

    /// Asks the warehouse to ship. A repeated request gets the same fulfillment.
    ///
    /// # Errors
    ///
    /// [`ShippingError::ReferenceReused`]; [`Recalled`](ShippingError::Recalled), also when the
    /// recall came first.
    pub fn request(
        &self,
        request: &MockFulfillmentRequest,
    ) -> Result<MockFulfillment, ShippingError> {
        let reference = &request.reference;
        validate::id("reference", reference)?;
        validate::id("order_id", &request.order_id)?;
        validate::non_empty_lines(&request.lines)?;
        self.store.change(|transaction| {
            let reference = request.reference.clone();
            if let Some(known) = transaction.get(&FULFILLMENTS, reference.as_str())? {
                return if known.fulfillment.status == MockFulfillmentStatus::Recalled {
                    Err(ShippingError::Recalled { reference })
                } else if known.request.as_ref() == Some(request) {
                    Ok(known.fulfillment)
                } else {
                    Err(ShippingError::ReferenceReused { reference })
                };
            }
            let fulfillment = MockFulfillment {
                reference,
                status: MockFulfillmentStatus::Accepted,
                order_id: Some(request.order_id.clone()),
                lines: request.lines.clone(),
                carrier: None,
                tracking_number: None,
            };
            tracing::info!(
                reference = fulfillment.reference,
                order = request.order_id,
                "fulfillment accepted"
            );
            let request = Some(request.clone());
            put(
                transaction,
                FulfillmentEntry {
                    request,
                    fulfillment,
                },
            )
        })
    }

    /// Recalls a fulfillment that is not shipped yet. Repeating it changes nothing. A reference
    /// that was never requested is remembered: a late request under it is refused.
    ///
    /// # Errors
    ///
    /// [`ShippingError::AlreadyShipped`], [`NotSaved`](ShippingError::NotSaved).
    pub fn recall(&self, reference: &str) -> Result<MockFulfillment, ShippingError> {
        validate::id("reference", reference)?;
        self.store.change(|transaction| {
            let known = transaction.get(&FULFILLMENTS, reference)?;
            let mut entry = known.unwrap_or_else(|| FulfillmentEntry {
                request: None,
                fulfillment: MockFulfillment {
                    reference: reference.to_owned(),
                    status: MockFulfillmentStatus::Recalled,
                    order_id: None,
                    lines: Vec::new(),
                    carrier: None,
                    tracking_number: None,
                },
            });
            if entry.fulfillment.status == MockFulfillmentStatus::Shipped {
                return Err(ShippingError::AlreadyShipped {
                    reference: reference.to_owned(),
                });
            }
            entry.fulfillment.status = MockFulfillmentStatus::Recalled;
            tracing::info!(reference, "fulfillment recalled");
            put(transaction, entry)
        })
    }

    /// Reports that the warehouse has handed a fulfillment to a carrier. Repeating it keeps the
    /// first tracking number.
    ///
    /// # Errors
    ///
    /// [`ShippingError::NotFound`], [`Recalled`](ShippingError::Recalled).
    pub fn mark_shipped(
        &self,
        reference: &str,
        carrier: &str,
        tracking_number: &str,
    ) -> Result<MockFulfillment, ShippingError> {
        validate::text("carrier", carrier)?;
        validate::id("tracking_number", tracking_number)?;
        self.store.change(|transaction| {
            let reference = reference.to_owned();
            let Some(mut entry) = transaction.get(&FULFILLMENTS, reference.as_str())? else {
                return Err(ShippingError::NotFound { reference });
            };
            match entry.fulfillment.status {
                MockFulfillmentStatus::Accepted => {
                    tracing::info!(reference, carrier, "shipped");
                    entry.fulfillment.status = MockFulfillmentStatus::Shipped;
                    entry.fulfillment.carrier = Some(carrier.to_owned());
                    entry.fulfillment.tracking_number = Some(tracking_number.to_owned());
                    put(transaction, entry)
                }
                MockFulfillmentStatus::Shipped => Ok(entry.fulfillment),
                MockFulfillmentStatus::Recalled => Err(ShippingError::Recalled { reference }),
            }
        })
    }

    /// Finds a fulfillment by reference. It reads the state file, so it may block.
    ///
    /// # Errors
    ///
    /// [`UnreadableFile`] when the state file cannot be read.
    pub fn find(&self, reference: &str) -> Result<Option<MockFulfillment>, UnreadableFile> {
        let found = self
            .store
            .read(|snapshot| snapshot.get(&FULFILLMENTS, reference))?;
        Ok(found.map(|entry| entry.fulfillment))
    }

    /// Returns the switches that make the next calls fail.
    pub fn faults(&self) -> &FaultInjector {
        &self.faults
    }
}

fn put(
    transaction: &Transaction,
    entry: FulfillmentEntry,
) -> Result<MockFulfillment, ShippingError> {
    let reference = entry.fulfillment.reference.as_str();
    transaction.put(&FULFILLMENTS, reference, &entry)?;
    Ok(entry.fulfillment)
}
