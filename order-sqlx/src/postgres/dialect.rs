//! What is specific to Postgres: its types, the SQL that differs, and how its errors are
//! classified. The modules in `shared` are written against these names alone.

use order_core::ports::StoreError;
use order_core::value::OrderId;
use sqlx::Row as _;
use sqlx::types::Uuid;
use std::error::Error;

pub(super) type Db = sqlx::Postgres;
pub(super) type Pool = sqlx::PgPool;
pub(super) type Connection = sqlx::PgConnection;
pub(super) type Row = sqlx::postgres::PgRow;

/// Begins a transaction. Rows it decides on are locked when they are read, so each statement may see
/// what others have committed by then.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Whether a write locks others out even if it changes no row: Postgres locks the rows it finds.
pub(super) const IDLE_WRITES_LOCK: bool = false;

/// Names a table of the store, in its schema.
macro_rules! table {
    ($name:literal) => {
        concat!("orders.", $name)
    };
}

/// Unnests a JSON array into rows, each as `n.value`.
macro_rules! rows {
    ($parameter:literal) => {
        concat!(
            "jsonb_array_elements(CAST(",
            $parameter,
            " AS jsonb)) AS n(value)"
        )
    };
}

/// Converts a text to an order's id.
macro_rules! order_id {
    ($text:literal) => {
        concat!("CAST(", $text, " AS uuid)")
    };
}

/// Locks the rows that a transaction decides on.
macro_rules! for_update {
    ($alias:literal) => {
        concat!(" FOR UPDATE OF ", $alias)
    };
}

/// Locks the rows a transaction leases or deletes, and skips those that another has locked.
macro_rules! skip_locked {
    () => {
        " FOR UPDATE SKIP LOCKED"
    };
}

/// One half of a list over two index scans. Postgres merges the halves if each is sorted like the
/// whole.
macro_rules! union_half {
    ($select:expr) => {
        concat!(
            "(",
            $select,
            " ORDER BY placed_at DESC, order_id DESC LIMIT $10)"
        )
    };
}

/// Limits how long the statement waits for locked rows: a batch must not hold up its queue.
macro_rules! short_lock_timeout {
    () => {
        "(SELECT set_config('lock_timeout', '250ms', true)) AS short_lock_timeout"
    };
}

/// The docs of `commit_in` about the host's transaction.
macro_rules! host_transaction_docs {
    () => {
        "The order's row stays locked until the transaction ends. At isolation levels above read \
         committed, a conflict with another transaction fails as \
         [`Unavailable`](StoreError::Unavailable): roll back and begin again."
    };
}

/// An order's id as it is stored.
pub(super) type Id = Uuid;

/// Encodes an order's id as a parameter.
pub(super) const fn bind_id(id: OrderId) -> Id {
    *id.as_uuid()
}

/// Returns the lower bound of all order ids.
pub(super) const fn least_id() -> Id {
    Uuid::nil()
}

/// Reads an order's id from a column.
pub(super) fn read_id(
    row: &Row,
    column: &'static str,
) -> Result<OrderId, Box<dyn Error + Send + Sync>> {
    Ok(OrderId::from_uuid(row.try_get(column)?))
}

// SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html). The driver has no
// names for them.
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK_DETECTED: &str = "40P01";
/// Cancelled by a timeout, or by an operator.
const QUERY_CANCELED: &str = "57014";
const LOCK_NOT_AVAILABLE: &str = "55P03";
const READ_ONLY: &str = "25006";
const IDLE_IN_TRANSACTION: &str = "25P03";
/// Classes of transient errors: connection exception, insufficient resources, operator intervention,
/// system error.
const UNAVAILABLE: [&str; 4] = ["08", "53", "57P", "58"];

/// Classes of errors that end the connection.
const CONNECTION_LOST: [&str; 2] = ["08", "57P"];

fn sqlstate(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// Returns whether the database may be available again later.
pub(super) fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        _ => sqlstate(error).is_some_and(|code| {
            UNAVAILABLE.iter().any(|class| code.starts_with(class))
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

/// Returns whether the transaction conflicted with another and may be retried.
pub(super) fn is_conflict(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
        || sqlstate(error)
            .is_some_and(|code| [SERIALIZATION_FAILURE, DEADLOCK_DETECTED].contains(&code.as_str()))
}

/// Returns whether the connection was lost. Its last statement may have been executed.
pub(super) fn is_connection_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => true,
        _ => sqlstate(error).is_some_and(|code| {
            CONNECTION_LOST.iter().any(|class| code.starts_with(class))
                || code == IDLE_IN_TRANSACTION
        }),
    }
}

/// Returns whether a row stayed locked until the lock timeout.
pub(super) fn is_lock_timeout(error: &sqlx::Error) -> bool {
    sqlstate(error).is_some_and(|code| code == LOCK_NOT_AVAILABLE)
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
