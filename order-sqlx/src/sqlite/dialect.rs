//! What is SQLite's own: its types, the SQL that reads differently elsewhere, and how its errors
//! are told apart. The modules in `shared` are written against these names alone.

use order_core::ports::StoreError;
use order_core::value::OrderId;
use sqlx::Row as _;
use std::error::Error;

/// The driver.
pub(super) type Db = sqlx::Sqlite;
/// Its pool.
pub(super) type Pool = sqlx::SqlitePool;
/// Its connection.
pub(super) type Connection = sqlx::SqliteConnection;
/// Its row.
pub(super) type Row = sqlx::sqlite::SqliteRow;

/// Begins a unit of work. It takes the write lock at once: a transaction that reads first and asks
/// for the lock later fails when another has written in between.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

/// A table of ours, in the host's file.
macro_rules! table {
    ($name:literal) => {
        concat!("order_", $name)
    };
}

/// The rows of a JSON array, as `n.value`.
macro_rules! rows {
    ($parameter:literal) => {
        concat!("json_each(", $parameter, ") AS n")
    };
}

/// An order's id, from a text.
macro_rules! order_id {
    ($text:literal) => {
        $text
    };
}

/// Locks the rows a unit of work has read to decide on. SQLite has one writer at a time.
macro_rules! locking {
    ($alias:literal) => {
        ""
    };
}

/// Locks the rows a unit of work hands out, passing over those another hands out just now.
macro_rules! locking_free {
    () => {
        ""
    };
}

/// One half of a list. SQLite merges the halves by the order of the whole.
macro_rules! half {
    ($select:expr) => {
        $select
    };
}

/// What the documentation of `commit_in` says about the transaction.
macro_rules! about_transactions {
    () => {
        "Begin the transaction with `BEGIN IMMEDIATE` ([`Pool::begin_with`](sqlx::Pool::begin_with)): \
         one that reads first and writes later fails as [`Unavailable`](StoreError::Unavailable) \
         when another has written in between."
    };
}

/// An order's id as it is stored: as text.
pub(super) type Id = String;

/// An order's id, for a parameter.
pub(super) fn bind_id(id: OrderId) -> Id {
    id.to_string()
}

/// What comes before every order's id.
pub(super) const fn least_id() -> Id {
    String::new()
}

/// An order's id in a row.
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

/// Whether the database may answer later.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(answer) => answer
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| {
                matches!(
                    code & PRIMARY,
                    BUSY | LOCKED | IO_ERROR | FULL | CANNOT_OPEN | PROTOCOL
                )
            }),
        _ => false,
    }
}

/// Whether two units of work were in each other's way, and one may begin again.
pub(super) fn is_conflict(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Whether the connection was lost. A file has none to lose.
pub(super) const fn is_lost(_: &sqlx::Error) -> bool {
    false
}

/// Whether somebody else has locked what was asked for. The whole file is locked, or nothing.
pub(super) const fn is_locked(_: &sqlx::Error) -> bool {
    false
}

/// The error as the ports know it.
pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    let away = is_away(&error);
    let source: Box<dyn Error + Send + Sync> = Box::new(error);
    if away {
        StoreError::Unavailable(source)
    } else {
        StoreError::Failed(source)
    }
}
