//! What is specific to SQLite: its types, the SQL that differs, and how its errors are
//! classified. The modules in `shared` are written against these names alone.

use order_core::ports::StoreError;
use order_core::value::OrderId;
use sqlx::Row as _;
use std::error::Error;

pub(super) type Db = sqlx::Sqlite;
pub(super) type Pool = sqlx::SqlitePool;
pub(super) type Connection = sqlx::SqliteConnection;
pub(super) type Row = sqlx::sqlite::SqliteRow;

/// Begins a transaction, and takes the write lock at once: one that reads first and takes the lock
/// later fails when another has written in between.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

/// Whether a write locks others out even if it changes no row: SQLite locks the whole file.
pub(super) const IDLE_WRITES_LOCK: bool = true;

/// Names a table of the store: every name starts with `order_`, so that a file can be shared with a
/// host's tables.
macro_rules! table {
    ("order_skus") => {
        "order_skus"
    };
    ($name:literal) => {
        concat!("order_", $name)
    };
}

/// Unnests a JSON array into rows, each as `n.value`.
macro_rules! rows {
    ($parameter:literal) => {
        concat!("json_each(", $parameter, ") AS n")
    };
}

/// Converts a text to an order's id.
macro_rules! order_id {
    ($text:literal) => {
        $text
    };
}

/// Locks nothing: SQLite has one writer at a time.
macro_rules! for_update {
    ($alias:literal) => {
        ""
    };
}

/// Locks nothing: SQLite has one writer at a time.
macro_rules! skip_locked {
    () => {
        ""
    };
}

/// One half of a list over two index scans. SQLite merges the halves by itself.
macro_rules! union_half {
    ($select:expr) => {
        $select
    };
}

/// The docs of `commit_in` about the host's transaction.
macro_rules! host_transaction_docs {
    () => {
        "Begin the transaction with `BEGIN IMMEDIATE` ([`Pool::begin_with`](sqlx::Pool::begin_with)): \
         one that reads first and writes later fails as [`Unavailable`](StoreError::Unavailable) \
         when another has written in between."
    };
}

/// An order's id as it is stored.
pub(super) type Id = String;

/// Encodes an order's id as a parameter.
pub(super) fn bind_id(id: OrderId) -> Id {
    id.to_string()
}

/// Returns the lower bound of all order ids.
pub(super) const fn least_id() -> Id {
    String::new()
}

/// Reads an order's id from a column.
pub(super) fn read_id(
    row: &Row,
    column: &'static str,
) -> Result<OrderId, Box<dyn Error + Send + Sync>> {
    Ok(row.try_get::<&str, _>(column)?.parse()?)
}

// The primary result codes (https://www.sqlite.org/rescode.html) of a database that may answer
// later. The driver has no question for them.
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const IO_ERROR: u32 = 10;
const FULL: u32 = 13;
const CANNOT_OPEN: u32 = 14;
const PROTOCOL: u32 = 15;
const PRIMARY: u32 = 0xff;

/// Returns the primary result code, if the database itself reported the error.
fn result_code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    Some(code.parse::<u32>().ok()? & PRIMARY)
}

/// Returns whether another connection has the file locked.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    result_code(error) == Some(BUSY)
}

/// Returns whether the database may be available again later.
fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(_) => matches!(
            result_code(error),
            Some(BUSY | LOCKED | IO_ERROR | FULL | CANNOT_OPEN | PROTOCOL)
        ),
        _ => false,
    }
}

/// Returns whether the transaction conflicted with another and may be retried.
pub(super) fn is_conflict(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Returns whether the connection was lost: never, with a file.
pub(super) const fn is_connection_lost(_: &sqlx::Error) -> bool {
    false
}

/// Returns whether a row stayed locked: never, since SQLite locks the whole file.
pub(super) const fn is_lock_timeout(_: &sqlx::Error) -> bool {
    false
}

/// Converts a driver error to an error of the ports.
pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    let unavailable = is_unavailable(&error);
    let source: Box<dyn Error + Send + Sync> = Box::new(error);
    if unavailable {
        StoreError::Unavailable(source)
    } else {
        StoreError::Failed(source)
    }
}
