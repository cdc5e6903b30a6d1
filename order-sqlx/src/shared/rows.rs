//! Statements over many rows, and rows decoded into the types of the core.
//!
//! Rows are sent as one JSON array (`rows!` in the dialect), so that one statement takes any number
//! of them. A stored row that cannot be decoded is reported with its table, column and id.

use super::dialect::{self, Connection, Row};
use super::encode::json_rows;
use super::error::DbError;
use chrono::DateTime;
use order_core::event::Event;
use order_core::order::Order;
use order_core::stored_json;
use order_core::time::Timestamp;
use order_core::value::{InvalidValue, OrderId, StorefrontId, Version};
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::Row as _;
use std::collections::BTreeMap;
use std::error::Error;

/// Executes a statement over rows, if there are any. Returns how many rows of the table it
/// affected.
pub(crate) async fn execute<T: Serialize>(
    connection: &mut Connection,
    statement: &'static str,
    rows: &[T],
) -> Result<u64, DbError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query(statement)
        .bind(json_rows(rows)?)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

/// Executes a statement over rows that must affect one row of the table for each of them.
///
/// # Errors
/// [`DbError::WriteConflict`] if it affected fewer: another writer came in between.
pub(crate) async fn execute_on_each<T: Serialize>(
    connection: &mut Connection,
    statement: &'static str,
    rows: &[T],
) -> Result<(), DbError> {
    let affected = execute(connection, statement, rows).await?;
    if usize::try_from(affected) == Ok(rows.len()) {
        Ok(())
    } else {
        Err(DbError::WriteConflict)
    }
}

/// Reads the columns of a row, and reports what it cannot decode.
pub(crate) struct RowReader<'r> {
    row: &'r Row,
    table: &'static str,
    id: String,
}

impl<'r> RowReader<'r> {
    /// Reads a row of `table`; `id` identifies it in errors.
    pub(crate) fn new(row: &'r Row, table: &'static str, id: impl Into<String>) -> Self {
        Self {
            row,
            table,
            id: id.into(),
        }
    }

    /// Returns the error that this column cannot be decoded.
    pub(crate) fn corrupt(
        &self,
        column: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> DbError {
        DbError::Corrupt {
            table: self.table,
            column,
            id: self.id.clone(),
            source: source.into(),
        }
    }

    pub(crate) fn integer(&self, column: &'static str) -> Result<i64, DbError> {
        self.row
            .try_get(column)
            .map_err(|error| self.corrupt(column, error))
    }

    pub(crate) fn optional_integer(&self, column: &'static str) -> Result<Option<i64>, DbError> {
        self.row
            .try_get(column)
            .map_err(|error| self.corrupt(column, error))
    }

    pub(crate) fn text(&self, column: &'static str) -> Result<&'r str, DbError> {
        self.row
            .try_get(column)
            .map_err(|error| self.corrupt(column, error))
    }

    pub(crate) fn optional_text(&self, column: &'static str) -> Result<Option<&'r str>, DbError> {
        self.row
            .try_get(column)
            .map_err(|error| self.corrupt(column, error))
    }

    /// Reads an integer into a smaller type.
    pub(crate) fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, DbError> {
        T::try_from(self.integer(column)?).map_err(|_| self.corrupt(column, "out of range"))
    }

    /// Reads microseconds since 1970.
    pub(crate) fn instant(&self, column: &'static str) -> Result<Timestamp, DbError> {
        let stored = self.integer(column)?;
        DateTime::from_timestamp_micros(stored).ok_or_else(|| self.corrupt(column, "no instant"))
    }

    pub(crate) fn optional_instant(
        &self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, DbError> {
        self.optional_integer(column)?
            .map(|stored| {
                DateTime::from_timestamp_micros(stored)
                    .ok_or_else(|| self.corrupt(column, "no instant"))
            })
            .transpose()
    }

    pub(crate) fn version(&self, column: &'static str) -> Result<Version, DbError> {
        self.number(column).map(Version::new)
    }

    /// Parses a text into a value of the core.
    pub(crate) fn value<T>(&self, column: &'static str) -> Result<T, DbError>
    where
        T: std::str::FromStr<Err = InvalidValue>,
    {
        self.text(column)?
            .parse()
            .map_err(|invalid: InvalidValue| self.corrupt(column, invalid))
    }
}

/// Puts each of the rows at its column `position`; `None` where there is no row.
pub(crate) fn placed(found: Vec<Row>, len: usize) -> Result<Vec<Option<Row>>, DbError> {
    let mut placed: Vec<Option<Row>> = std::iter::repeat_with(|| None).take(len).collect();
    for row in found {
        let position: usize = RowReader::new(&row, "orders", "?").number("position")?;
        if let Some(slot) = placed.get_mut(position) {
            *slot = Some(row);
        }
    }
    Ok(placed)
}

/// Reads the column `order_id`.
pub(crate) fn order_id(row: &Row, table: &'static str) -> Result<OrderId, DbError> {
    dialect::read_id(row, "order_id")
        .map_err(|error| RowReader::new(row, table, "?").corrupt("order_id", error))
}

/// Decodes an order from its row, whose columns must agree with its document.
pub(crate) fn order(row: &Row) -> Result<Order, DbError> {
    let id = order_id(row, "orders")?;
    let reading = RowReader::new(row, "orders", id.to_string());
    let storefront: StorefrontId = reading.value("storefront")?;
    let order = stored_json::order_from_json(reading.text("document")?)
        .map_err(|error| reading.corrupt("document", error))?;
    if order.id() != id || order.storefront() != &storefront {
        return Err(reading.corrupt("document", "it is another order"));
    }
    if order.version() != reading.version("version")? {
        return Err(reading.corrupt("version", "the document has another"));
    }
    let personal = stored_json::personal_from_json(reading.optional_text("personal")?)
        .map_err(|error| reading.corrupt("personal", error))?;
    Ok(order.with_personal(personal))
}

/// Decodes the events of a change from their row, oldest first; without personal data where the column
/// `personal` has none.
pub(crate) fn events(row: &Row) -> Result<Vec<Event>, DbError> {
    let id = order_id(row, "events")?;
    let reading = RowReader::new(row, "events", id.to_string());
    let (first, last) = (
        reading.version("first_version")?,
        reading.version("last_version")?,
    );
    let reading_at = |version| RowReader::new(row, "events", format!("{id} at {version}"));
    let reading = reading_at(first);
    let documents: Vec<&RawValue> = serde_json::from_str(reading.text("documents")?)
        .map_err(|error| reading.corrupt("documents", error))?;
    let mut personal: BTreeMap<u64, &RawValue> = reading
        .optional_text("personal")?
        .map_or_else(|| Ok(BTreeMap::new()), serde_json::from_str)
        .map_err(|error| reading.corrupt("personal", error))?;
    let mut events = Vec::with_capacity(documents.len());
    let mut version = first;
    for document in documents {
        let reading = reading_at(version);
        let event = stored_json::event_from_json(document.get())
            .map_err(|error| reading.corrupt("documents", error))?;
        if event.version != version {
            return Err(reading.corrupt("documents", "it is another event"));
        }
        events.push(match personal.remove(&version.get()) {
            Some(own) => event.with_personal(
                stored_json::personal_from_json(Some(own.get()))
                    .map_err(|error| reading.corrupt("personal", error))?,
            ),
            None => event,
        });
        version = version.next();
    }
    if version != last.next() {
        return Err(reading.corrupt("documents", "they are not all events of the change"));
    }
    if let Some((version, _)) = personal.first_key_value() {
        let reading = reading_at(Version::new(*version));
        return Err(reading.corrupt("personal", "there is no such event"));
    }
    Ok(events)
}
