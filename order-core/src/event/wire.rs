//! The stored and published form of events and orders.
//!
//! A form once written is read for ever: fields are added with a default and never change their
//! meaning; where that cannot be, [`SCHEMA`] rises and the older form is upgraded here as it is
//! read. Golden files of every kind of event hold this to be so.

use super::{Actor, Event, Happening};
use crate::order::{Order, PersonalData};
use crate::time::Timestamp;
use crate::value::Version;
use serde::ser::Error as _;
use serde::{Deserialize, Serialize};

/// The number of the form that is written.
pub const SCHEMA: u32 = 1;

/// The bytes that most documents fit.
const USUAL: usize = 1024;

/// A stored document that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// It was written by a newer version of this library.
    #[error("schema {found} is newer than {SCHEMA}, the newest this version reads")]
    TooNew {
        /// Its form.
        found: u32,
    },
    /// It is not what was written.
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
    happening: &'a Happening,
}

#[derive(Deserialize)]
struct EventIn {
    schema: u32,
    version: Version,
    at: Timestamp,
    actor: Actor,
    #[serde(flatten)]
    happening: Happening,
}

#[derive(Serialize)]
struct OrderOut<'a> {
    schema: u32,
    #[serde(flatten)]
    order: &'a Order,
}

/// What is read of an order before the order itself.
#[derive(Deserialize)]
struct OrderHead {
    schema: u32,
}

/// Writes an event as JSON, without personal data.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn event_to_json(event: &Event) -> Result<String, WireError> {
    written(&EventOut {
        schema: SCHEMA,
        version: event.version,
        at: event.at,
        actor: &event.actor,
        happening: &event.happening,
    })
}

/// Reads an event that [`event_to_json`] wrote, now or in any earlier version.
///
/// # Errors
/// If the text is not such an event.
pub fn event_from_json(text: &str) -> Result<Event, WireError> {
    let EventIn {
        schema,
        version,
        at,
        actor,
        happening,
    } = serde_json::from_str(text)?;
    known(schema)?;
    Ok(Event::new(version, at, actor, happening))
}

/// Writes an order as JSON, without personal data.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn order_to_json(order: &Order) -> Result<String, WireError> {
    written(&OrderOut {
        schema: SCHEMA,
        order,
    })
}

/// Reads an order that [`order_to_json`] wrote, now or in any earlier version.
///
/// # Errors
/// If the text is not such an order.
pub fn order_from_json(text: &str) -> Result<Order, WireError> {
    known(schema_of(text)?)?;
    Ok(serde_json::from_str(text)?)
}

/// Writes personal data as JSON; none where there is none.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn personal_to_json(personal: &PersonalData) -> Result<Option<String>, WireError> {
    if personal.is_empty() {
        return Ok(None);
    }
    written(personal).map(Some)
}

/// Reads personal data that [`personal_to_json`] wrote.
///
/// # Errors
/// If the text is not personal data.
pub fn personal_from_json(text: Option<&str>) -> Result<PersonalData, WireError> {
    text.map_or_else(
        || Ok(PersonalData::default()),
        |text| Ok(serde_json::from_str(text)?),
    )
}

/// As JSON, in one piece of memory where it is of the usual size.
fn written(value: &impl Serialize) -> Result<String, WireError> {
    let mut text = Vec::with_capacity(USUAL);
    serde_json::to_writer(&mut text, value)?;
    Ok(String::from_utf8(text).map_err(serde_json::Error::custom)?)
}

/// The form a document has. It stands first, where we have written it; it is looked for where others
/// have moved it.
fn schema_of(text: &str) -> Result<u32, WireError> {
    let first = text.strip_prefix("{\"schema\":");
    match first.and_then(|rest| rest.split_once(',')?.0.parse().ok()) {
        Some(schema) => Ok(schema),
        None => Ok(serde_json::from_str::<OrderHead>(text)?.schema),
    }
}

const fn known(schema: u32) -> Result<(), WireError> {
    if schema > SCHEMA {
        return Err(WireError::TooNew { found: schema });
    }
    Ok(())
}
