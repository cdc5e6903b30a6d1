//! Between rows and the types of the core. Rows go to the database as one JSON array, so that a
//! statement takes any number of them; a row that makes no sense is reported with its place.

use super::dialect::{self, Row};
use super::failure::Failure;
use chrono::DateTime;
use order_core::order::Order;
use order_core::time::Timestamp;
use order_core::value::{InvalidValue, OrderId, StorefrontId, Version};
use order_core::{event::Event, event::wire};
use serde::Serialize;
use sqlx::Row as _;
use std::error::Error;

/// Rows as the JSON array that `rows!` takes apart.
pub(super) fn json<T: Serialize>(rows: &[T]) -> Result<String, Failure> {
    serde_json::to_string(rows).map_err(unwritable)
}

/// What cannot be written as JSON.
pub(super) fn unwritable(error: impl Error + Send + Sync + 'static) -> Failure {
    Failure::Unwritable(Box::new(error))
}

/// An instant as it is stored.
pub(super) fn micros(instant: Timestamp) -> i64 {
    instant.timestamp_micros()
}

/// The first instant that can be stored and is not before this one.
pub(super) fn micros_from(instant: Timestamp) -> i64 {
    let whole = instant.timestamp_micros();
    if instant.timestamp_subsec_nanos().is_multiple_of(1_000) {
        whole
    } else {
        whole.saturating_add(1)
    }
}

/// A version as it is stored.
pub(super) fn number(version: Version) -> i64 {
    i64::try_from(version.get()).unwrap_or(i64::MAX)
}

/// A text as every database stores it: without the character that ends it in C.
pub(super) fn text(given: &str) -> String {
    given.replace('\0', "\u{fffd}")
}

/// A row of one table, to be read with a say about what is wrong.
pub(super) struct Reading<'r> {
    row: &'r Row,
    table: &'static str,
    id: String,
}

impl<'r> Reading<'r> {
    /// A row of this table, known as this.
    pub(super) fn new(row: &'r Row, table: &'static str, id: impl Into<String>) -> Self {
        Self {
            row,
            table,
            id: id.into(),
        }
    }

    /// The row makes no sense in this column.
    pub(super) fn corrupt(
        &self,
        column: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Failure {
        Failure::Corrupt {
            table: self.table,
            column,
            id: self.id.clone(),
            source: source.into(),
        }
    }

    /// An integer.
    pub(super) fn integer(&self, column: &'static str) -> Result<i64, Failure> {
        self.row
            .try_get(column)
            .map_err(|error| self.corrupt(column, error))
    }

    /// An integer, or none.
    pub(super) fn integer_or_none(&self, column: &'static str) -> Result<Option<i64>, Failure> {
        self.row
            .try_get(column)
            .map_err(|error| self.corrupt(column, error))
    }

    /// A text.
    pub(super) fn text(&self, column: &'static str) -> Result<&'r str, Failure> {
        self.row
            .try_get(column)
            .map_err(|error| self.corrupt(column, error))
    }

    /// A text, or none.
    pub(super) fn text_or_none(&self, column: &'static str) -> Result<Option<&'r str>, Failure> {
        self.row
            .try_get(column)
            .map_err(|error| self.corrupt(column, error))
    }

    /// A number that fits a smaller type.
    pub(super) fn small<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, Failure> {
        T::try_from(self.integer(column)?).map_err(|_| self.corrupt(column, "out of range"))
    }

    /// An instant.
    pub(super) fn instant(&self, column: &'static str) -> Result<Timestamp, Failure> {
        let stored = self.integer(column)?;
        DateTime::from_timestamp_micros(stored).ok_or_else(|| self.corrupt(column, "no instant"))
    }

    /// An instant, or none.
    pub(super) fn instant_or_none(
        &self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, Failure> {
        self.integer_or_none(column)?
            .map(|stored| {
                DateTime::from_timestamp_micros(stored)
                    .ok_or_else(|| self.corrupt(column, "no instant"))
            })
            .transpose()
    }

    /// A version.
    pub(super) fn version(&self, column: &'static str) -> Result<Version, Failure> {
        self.small(column).map(Version::new)
    }

    /// A value with rules of its own.
    pub(super) fn value<T>(&self, column: &'static str) -> Result<T, Failure>
    where
        T: std::str::FromStr<Err = InvalidValue>,
    {
        self.text(column)?
            .parse()
            .map_err(|invalid: InvalidValue| self.corrupt(column, invalid))
    }
}

/// The id of an order, from a row of a table that names it by the column `order_id`.
pub(super) fn order_id(row: &Row, table: &'static str) -> Result<OrderId, Failure> {
    dialect::read_id(row, "order_id")
        .map_err(|error| Reading::new(row, table, "?").corrupt("order_id", error))
}

/// An order from its row, which must agree with its document.
pub(super) fn order(row: &Row) -> Result<Order, Failure> {
    let id = order_id(row, "orders")?;
    let reading = Reading::new(row, "orders", id.to_string());
    let storefront: StorefrontId = reading.value("storefront")?;
    let order = wire::order_from_json(reading.text("document")?)
        .map_err(|error| reading.corrupt("document", error))?;
    if order.id() != id || order.storefront() != &storefront {
        return Err(reading.corrupt("document", "it is another order"));
    }
    if order.version() != reading.version("version")? {
        return Err(reading.corrupt("version", "the document has another"));
    }
    let personal = wire::personal_from_json(reading.text_or_none("personal")?)
        .map_err(|error| reading.corrupt("personal", error))?;
    Ok(order.with_personal(personal))
}

/// An event from its row, without personal data unless the row was read with it.
pub(super) fn event(row: &Row) -> Result<Event, Failure> {
    let id = order_id(row, "events")?;
    let reading = Reading::new(row, "events", id.to_string());
    let version = reading.version("version")?;
    let reading = Reading::new(row, "events", format!("{id} at {version}"));
    let event = wire::event_from_json(reading.text("document")?)
        .map_err(|error| reading.corrupt("document", error))?;
    if event.version != version {
        return Err(reading.corrupt("version", "the document has another"));
    }
    let Some(personal) = reading.text_or_none("personal")? else {
        return Ok(event);
    };
    let personal = wire::personal_from_json(Some(personal))
        .map_err(|error| reading.corrupt("personal", error))?;
    Ok(event.with_personal(personal))
}
