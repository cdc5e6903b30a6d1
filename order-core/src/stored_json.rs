//! The stored and published JSON form of events, orders and personal data.
//!
//! A form that was written once must be readable for ever: fields are added with a default and never
//! change their meaning. Where that is impossible, [`SCHEMA`] is incremented, and the older form is
//! upgraded here when it is read. Golden files of every kind of event prove it. No other module
//! (de)serializes stored documents.

use crate::event::{Actor, Event, EventPayload};
use crate::order::{Order, PersonalData};
use crate::time::Timestamp;
use crate::value::Version;
use serde::ser::Error as _;
use serde::{Deserialize, Serialize};

/// The schema version that is written.
pub const SCHEMA: u32 = 1;

/// The initial capacity of the buffer in bytes, which most documents fit.
const BUFFER_CAPACITY: usize = 1024;

/// A document that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The document was written by a newer version of this library.
    #[error("schema {found} is newer than {SCHEMA}, the newest this version reads")]
    TooNew {
        /// The schema version of the document.
        found: u32,
    },
    /// The document is not valid JSON of this form.
    #[error("unreadable document: {0}")]
    Malformed(#[from] serde_json::Error),
}

#[derive(Serialize)]
struct EventOut<'a> {
    schema: u32,
    version: Version,
    at: Timestamp,
    actor: &'a Actor,
    #[serde(flatten)]
    payload: &'a EventPayload,
}

#[derive(Deserialize)]
struct EventIn {
    schema: u32,
    version: Version,
    at: Timestamp,
    actor: Actor,
    #[serde(flatten)]
    payload: EventPayload,
}

#[derive(Serialize)]
struct OrderOut<'a> {
    schema: u32,
    #[serde(flatten)]
    order: &'a Order,
}

/// The schema version alone, which is read before the order.
#[derive(Deserialize)]
struct OrderHead {
    schema: u32,
}

/// Serializes an event as JSON, without personal data.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn event_to_json(event: &Event) -> Result<String, DocumentError> {
    to_json(&EventOut {
        schema: SCHEMA,
        version: event.version,
        at: event.at,
        actor: &event.actor,
        payload: &event.payload,
    })
}

/// Deserializes an event that this or any earlier version of [`event_to_json`] wrote.
///
/// # Errors
/// If the text is not such an event.
pub fn event_from_json(text: &str) -> Result<Event, DocumentError> {
    let EventIn {
        schema,
        version,
        at,
        actor,
        payload,
    } = serde_json::from_str(text)?;
    check_schema(schema)?;
    Ok(Event::new(version, at, actor, payload))
}

/// Serializes an order as JSON, without personal data.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn order_to_json(order: &Order) -> Result<String, DocumentError> {
    to_json(&OrderOut {
        schema: SCHEMA,
        order,
    })
}

/// Deserializes an order that this or any earlier version of [`order_to_json`] wrote.
///
/// # Errors
/// If the text is not such an order.
pub fn order_from_json(text: &str) -> Result<Order, DocumentError> {
    check_schema(schema_of(text)?)?;
    Ok(serde_json::from_str(text)?)
}

/// Serializes personal data as JSON; `None` if it is empty.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn personal_to_json(personal: &PersonalData) -> Result<Option<String>, DocumentError> {
    if personal.is_empty() {
        return Ok(None);
    }
    to_json(personal).map(Some)
}

/// Deserializes personal data that [`personal_to_json`] wrote; `None` yields empty data.
///
/// # Errors
/// If the text is not personal data.
pub fn personal_from_json(text: Option<&str>) -> Result<PersonalData, DocumentError> {
    text.map_or_else(
        || Ok(PersonalData::default()),
        |text| Ok(serde_json::from_str(text)?),
    )
}

/// Serializes a value, with one allocation if it is of the usual size.
fn to_json(value: &impl Serialize) -> Result<String, DocumentError> {
    let mut text = Vec::with_capacity(BUFFER_CAPACITY);
    serde_json::to_writer(&mut text, value)?;
    Ok(String::from_utf8(text).map_err(serde_json::Error::custom)?)
}

/// Returns the schema version of a document. It is the first field as written here; a document whose
/// fields were reordered, such as by a database, is parsed for it.
fn schema_of(text: &str) -> Result<u32, DocumentError> {
    let first = text.strip_prefix("{\"schema\":");
    match first.and_then(|rest| rest.split_once(',')?.0.parse().ok()) {
        Some(schema) => Ok(schema),
        None => Ok(serde_json::from_str::<OrderHead>(text)?.schema),
    }
}

const fn check_schema(schema: u32) -> Result<(), DocumentError> {
    if schema > SCHEMA {
        return Err(DocumentError::TooNew { found: schema });
    }
    Ok(())
}
