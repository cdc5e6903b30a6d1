//! What is Postgres' own: its types, the SQL that reads differently elsewhere, and how its errors
//! are told apart. The modules in `shared` are written against these names alone.

use order_core::ports::StoreError;
use order_core::value::OrderId;
use sqlx::Row as _;
use sqlx::types::Uuid;
use std::error::Error;

/// The driver.
pub(super) type Db = sqlx::Postgres;
/// Its pool.
pub(super) type Pool = sqlx::PgPool;
/// Its connection.
pub(super) type Connection = sqlx::PgConnection;
/// Its row.
pub(super) type Row = sqlx::postgres::PgRow;

/// Begins a unit of work. What it reads to decide on is locked as it is read, so each statement may
/// see what was committed until then.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// A table of ours, in our schema.
macro_rules! table {
    ($name:literal) => {
        concat!("orders.", $name)
    };
}

/// The rows of a JSON array, as `n.value`.
macro_rules! rows {
    ($parameter:literal) => {
        concat!(
            "jsonb_array_elements(CAST(",
            $parameter,
            " AS jsonb)) AS n(value)"
        )
    };
}

/// An order's id, from a text.
macro_rules! order_id {
    ($text:literal) => {
        concat!("CAST(", $text, " AS uuid)")
    };
}

/// Locks the rows a unit of work has read to decide on.
macro_rules! locking {
    ($alias:literal) => {
        concat!(" FOR UPDATE OF ", $alias)
    };
}

/// Locks the rows a unit of work hands out, passing over those another hands out just now.
macro_rules! locking_free {
    () => {
        " FOR UPDATE SKIP LOCKED"
    };
}

/// One half of a list. Postgres merges the halves where each has the order of the whole.
macro_rules! half {
    ($select:expr) => {
        concat!(
            "(",
            $select,
            " ORDER BY placed_at DESC, order_id DESC LIMIT $10)"
        )
    };
}

/// Has the statement it is part of wait for locked rows for a moment only.
macro_rules! brief {
    () => {
        "(SELECT set_config('lock_timeout', '250ms', true)) AS brief"
    };
}

/// What the documentation of `commit_in` says about the transaction.
macro_rules! about_transactions {
    () => {
        "The order's row stays locked until the transaction ends. Under the isolation levels above \
         read committed, a change that another has come in between of fails as \
         [`Unavailable`](StoreError::Unavailable): roll back and begin again."
    };
}

/// An order's id as it is stored: natively.
pub(super) type Id = Uuid;

/// An order's id, for a parameter.
pub(super) const fn bind_id(id: OrderId) -> Id {
    *id.as_uuid()
}

/// What comes before every order's id.
pub(super) const fn least_id() -> Id {
    Uuid::nil()
}

/// An order's id in a row.
pub(super) fn read_id(
    row: &Row,
    column: &'static str,
) -> Result<OrderId, Box<dyn Error + Send + Sync>> {
    Ok(OrderId::from_uuid(row.try_get(column)?))
}

// SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html). The driver has no
// question for them.
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK_DETECTED: &str = "40P01";
/// Cancelled by a time-out, or by an operator.
const QUERY_CANCELED: &str = "57014";
const LOCK_NOT_AVAILABLE: &str = "55P03";
const READ_ONLY: &str = "25006";
const IDLE_IN_TRANSACTION: &str = "25P03";
/// Connections, resources, operators and the machine: classes of errors that pass.
const AWAY: [&str; 4] = ["08", "53", "57P", "58"];

/// Of these the connection does not survive.
const LOST: [&str; 2] = ["08", "57P"];

fn sqlstate(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// Whether the database may answer later.
pub(super) fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        _ => sqlstate(error).is_some_and(|code| {
            AWAY.iter().any(|class| code.starts_with(class))
                || [
                    SERIALIZATION_FAILURE,
                    DEADLOCK_DETECTED,
                    QUERY_CANCELED,
                    LOCK_NOT_AVAILABLE,
                    READ_ONLY,
                    IDLE_IN_TRANSACTION,
                ]
                .contains(&code.as_str())
        }),
    }
}

/// Whether two units of work were in each other's way, and one may begin again.
pub(super) fn is_conflict(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
        || sqlstate(error)
            .is_some_and(|code| [SERIALIZATION_FAILURE, DEADLOCK_DETECTED].contains(&code.as_str()))
}

/// Whether the connection was lost. What it was asked for last may have been done.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => true,
        _ => sqlstate(error).is_some_and(|code| {
            LOST.iter().any(|class| code.starts_with(class)) || code == IDLE_IN_TRANSACTION
        }),
    }
}

/// Whether somebody else has locked what was asked for.
pub(super) fn is_locked(error: &sqlx::Error) -> bool {
    sqlstate(error).is_some_and(|code| code == LOCK_NOT_AVAILABLE)
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
