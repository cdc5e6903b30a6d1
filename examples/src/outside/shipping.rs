//! The shipping service: what a parcel costs, and the parcels a warehouse was asked to send.
//!
//! A parcel can be called back until it has been shipped, and never after.

mod rates;
mod routes;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::state::{Change, Failure, NotSaved, State, Table, View};
use super::{BadFile, Faults, Invalid, Line, check};

pub use rates::Rate;
pub use routes::router;
pub(super) use routes::routes;

/// Where a parcel goes: the caller's fields as they are, of which only `country` is read, since
/// every country has its own. It is never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct Address {
    country: String,
    fields: Map<String, Value>,
}

impl Address {
    /// ISO 3166-1 alpha-2.
    pub fn country(&self) -> &str {
        &self.country
    }
}

impl TryFrom<Map<String, Value>> for Address {
    type Error = Invalid;

    fn try_from(fields: Map<String, Value>) -> Result<Self, Invalid> {
        match fields.get("country").and_then(Value::as_str) {
            Some(code) if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) => {
                Ok(Self {
                    country: code.to_owned(),
                    fields,
                })
            }
            _ => Err(Invalid::new(
                "address.country",
                "must be two capital letters, as in ISO 3166",
            )),
        }
    }
}

impl From<Address> for Map<String, Value> {
    fn from(address: Address) -> Self {
        address.fields
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("country", &self.country)
            .finish_non_exhaustive()
    }
}

/// A request to send a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FulfillmentRequest {
    /// The caller's name for this parcel: the same one is never sent twice.
    pub reference: String,
    /// The order it is for.
    pub order_id: String,
    /// Where it goes; none where somebody collects it.
    #[serde(default)]
    pub address: Option<Address>,
    /// What is in it.
    pub lines: Vec<Line>,
}

/// Where a parcel stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FulfillmentStatus {
    /// The warehouse is to send it.
    Accepted,
    /// It was called back, and will not be sent.
    Recalled,
    /// It is on its way.
    Shipped,
}

/// A parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fulfillment {
    /// The caller's name for it.
    pub reference: String,
    /// Where it stands.
    pub status: FulfillmentStatus,
    /// The order it is for; none for one that was called back before it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// What is in it.
    pub lines: Vec<Line>,
    /// Who carries it, once shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// What the carrier calls it, once shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
}

/// Why the shipping service says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShippingError {
    /// The request makes no sense.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The reference was used before, for another parcel.
    #[error("the reference {reference} was used for another parcel")]
    ReferenceReused {
        /// The reference.
        reference: String,
    },
    /// The parcel was called back, perhaps before it was asked for.
    #[error("the parcel {reference} was recalled")]
    Recalled {
        /// The reference.
        reference: String,
    },
    /// The parcel is on its way and cannot be called back.
    #[error("the parcel {reference} has been shipped")]
    AlreadyShipped {
        /// The reference.
        reference: String,
    },
    /// No such parcel.
    #[error("no parcel {reference}")]
    NotFound {
        /// The reference.
        reference: String,
    },
    /// The state file cannot be written: see [`NotSaved`].
    #[error(transparent)]
    NotSaved(#[from] NotSaved),
}

impl From<Failure> for ShippingError {
    fn from(failure: Failure) -> Self {
        Self::NotSaved(failure.into())
    }
}

impl ShippingError {
    /// What a client is told, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::ReferenceReused { .. } => "reference_reused",
            Self::Recalled { .. } => "recalled",
            Self::AlreadyShipped { .. } => "already_shipped",
            Self::NotFound { .. } => "unknown_fulfillment",
            Self::NotSaved(_) => "not_saved",
        }
    }
}

/// A parcel, as it stands now.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// None for one that was called back before it was asked for.
    request: Option<FulfillmentRequest>,
    seen: Fulfillment,
}

/// By the caller's reference.
const PARCELS: Table<&str, Record> = Table::named("parcels");

/// Makes the table that is looked into here.
pub(super) fn make_tables(change: &Change<'_>) -> Result<(), Failure> {
    change.make(&PARCELS)
}

/// Rates and parcels.
#[derive(Debug, Default)]
pub struct Shipping {
    faults: Faults,
    state: Arc<State>,
}

impl Shipping {
    /// No parcels yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The parcels of before.
    pub(super) fn over(state: Arc<State>) -> Self {
        Self {
            faults: Faults::default(),
            state,
        }
    }

    /// What sending `lines` to `address` costs, cheapest first, in the currency of the destination
    /// where the carrier bills in it and in US dollars elsewhere.
    ///
    /// # Errors
    ///
    /// [`ShippingError::Invalid`].
    pub fn rates(&self, address: &Address, lines: &[Line]) -> Result<Vec<Rate>, ShippingError> {
        check::some_lines(lines)?;
        let units = lines.iter().map(|line| i64::from(line.quantity)).sum();
        Ok(rates::rates(address.country(), units))
    }

    /// Asks the warehouse to send a parcel. The same request again is the same parcel.
    ///
    /// # Errors
    ///
    /// [`ShippingError::ReferenceReused`]; [`Recalled`](ShippingError::Recalled), even when the
    /// recall came first.
    pub fn request(&self, request: &FulfillmentRequest) -> Result<Fulfillment, ShippingError> {
        let reference = &request.reference;
        check::id("reference", reference)?;
        check::id("order_id", &request.order_id)?;
        check::some_lines(&request.lines)?;
        let asked = request.clone();
        self.state.change(move |parcels| {
            let reference = asked.reference.clone();
            if let Some(known) = parcels.get(&PARCELS, reference.as_str())? {
                return if known.seen.status == FulfillmentStatus::Recalled {
                    Err(ShippingError::Recalled { reference })
                } else if known.request.as_ref() == Some(&asked) {
                    Ok(known.seen)
                } else {
                    Err(ShippingError::ReferenceReused { reference })
                };
            }
            let seen = Fulfillment {
                reference,
                status: FulfillmentStatus::Accepted,
                order_id: Some(asked.order_id.clone()),
                lines: asked.lines.clone(),
                carrier: None,
                tracking_number: None,
            };
            tracing::info!(
                reference = seen.reference,
                order = asked.order_id,
                "fulfillment accepted"
            );
            let request = Some(asked);
            put(parcels, Record { request, seen })
        })
    }

    /// Calls a parcel back. Again is the same. One that was never asked for is remembered: a request
    /// that comes late finds it recalled.
    ///
    /// # Errors
    ///
    /// [`ShippingError::AlreadyShipped`], [`NotSaved`](ShippingError::NotSaved).
    pub fn recall(&self, reference: &str) -> Result<Fulfillment, ShippingError> {
        check::id("reference", reference)?;
        let reference = reference.to_owned();
        self.state.change(move |parcels| {
            let known = parcels.get(&PARCELS, reference.as_str())?;
            let mut record = known.unwrap_or_else(|| Record {
                request: None,
                seen: Fulfillment {
                    reference: reference.clone(),
                    status: FulfillmentStatus::Recalled,
                    order_id: None,
                    lines: Vec::new(),
                    carrier: None,
                    tracking_number: None,
                },
            });
            if record.seen.status == FulfillmentStatus::Shipped {
                return Err(ShippingError::AlreadyShipped { reference });
            }
            record.seen.status = FulfillmentStatus::Recalled;
            tracing::info!(reference, "fulfillment recalled");
            put(parcels, record)
        })
    }

    /// The warehouse has handed the parcel to a carrier. Again is the same, and keeps the first
    /// tracking number.
    ///
    /// # Errors
    ///
    /// [`ShippingError::NotFound`], [`Recalled`](ShippingError::Recalled).
    pub fn mark_shipped(
        &self,
        reference: &str,
        carrier: &str,
        tracking_number: &str,
    ) -> Result<Fulfillment, ShippingError> {
        check::text("carrier", carrier)?;
        check::id("tracking_number", tracking_number)?;
        let reference = reference.to_owned();
        let (carrier, number) = (carrier.to_owned(), tracking_number.to_owned());
        self.state.change(move |parcels| {
            let Some(mut record) = parcels.get(&PARCELS, reference.as_str())? else {
                return Err(ShippingError::NotFound { reference });
            };
            match record.seen.status {
                FulfillmentStatus::Accepted => {
                    tracing::info!(reference, carrier, "shipped");
                    record.seen.status = FulfillmentStatus::Shipped;
                    record.seen.carrier = Some(carrier);
                    record.seen.tracking_number = Some(number);
                    put(parcels, record)
                }
                FulfillmentStatus::Shipped => Ok(record.seen),
                FulfillmentStatus::Recalled => Err(ShippingError::Recalled { reference }),
            }
        })
    }

    /// The parcel with this reference. Reads the state file, so it may block for a moment.
    ///
    /// # Errors
    ///
    /// [`BadFile`] when the state file cannot be read.
    pub fn find(&self, reference: &str) -> Result<Option<Fulfillment>, BadFile> {
        let found = self.state.read(|view| view.get(&PARCELS, reference))?;
        Ok(found.map(|record| record.seen))
    }

    /// What goes wrong with the next calls.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
}

fn put(parcels: &Change<'_>, record: Record) -> Result<Fulfillment, ShippingError> {
    parcels.put(&PARCELS, record.seen.reference.as_str(), &record)?;
    Ok(record.seen)
}

#[cfg(test)]
mod tests;
