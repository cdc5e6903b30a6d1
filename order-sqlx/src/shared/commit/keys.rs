//! Idempotency keys within a commit: read to see which are taken, then claimed, advanced or
//! released with the changes.

use super::super::dialect::{Connection, Row};
use super::super::encode::{EncodedChange, json_rows, key_columns, micros, version_number};
use super::super::error::DbError;
use super::super::rows::{self, RowReader, execute, execute_on_each};
use order_core::ports::{IdempotencyRecord, IdempotencyScope, IdempotencyUpdate};
use order_core::time::Timestamp;
use serde::Serialize;
use std::collections::HashMap;

/// Returns the records of taken keys that changes want to claim, by the position of the change in the
/// batch.
pub(super) async fn claimed_keys(
    connection: &mut Connection,
    changes: &[&EncodedChange],
) -> Result<HashMap<i64, IdempotencyRecord>, DbError> {
    let wanted: Vec<_> = (0_i64..)
        .zip(changes)
        .filter_map(|(item, change)| match &change.change.idempotency {
            Some(IdempotencyUpdate::Claim { key, now, .. }) => {
                Some((item, key_columns(key), micros(*now), 1))
            }
            // A record that is released counts as well: its version is 0.
            Some(IdempotencyUpdate::ClaimUnused { key, now, .. }) => {
                Some((item, key_columns(key), micros(*now), 0))
            }
            _ => None,
        })
        .collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    sqlx::query(concat!(
        "SELECT CAST(n.value ->> 0 AS BIGINT) AS item, k.order_id, k.fingerprint,",
        " k.before_version, k.version, k.in_flight_until, k.expires_at FROM ",
        rows!("$1"),
        " CROSS JOIN ",
        table!("idempotency_keys"),
        " AS k WHERE k.storefront = n.value -> 1 ->> 0 AND k.operation = n.value -> 1 ->> 1",
        " AND k.idempotency_key = n.value -> 1 ->> 2",
        " AND k.expires_at > CAST(n.value ->> 2 AS BIGINT)",
        " AND k.version >= CAST(n.value ->> 3 AS BIGINT)",
        for_update!("k"),
    ))
    .bind(json_rows(&wanted)?)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok((
            RowReader::new(row, "idempotency_keys", "?").integer("item")?,
            decode(row)?,
        ))
    })
    .collect()
}

/// Decodes the record of an idempotency key.
pub(crate) fn decode(row: &Row) -> Result<IdempotencyRecord, DbError> {
    let order = rows::order_id(row, "idempotency_keys")?;
    let reader = RowReader::new(row, "idempotency_keys", format!("a key of {order}"));
    Ok(IdempotencyRecord::new(
        order,
        fingerprint(reader.text("fingerprint")?)
            .ok_or_else(|| reader.corrupt("fingerprint", "not 32 bytes in hexadecimal"))?,
        reader.version("before_version")?,
        reader.version("version")?,
        reader.optional_instant("in_flight_until")?,
        reader.instant("expires_at")?,
    ))
}

/// Encodes a fingerprint in hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Decodes a fingerprint; `None` unless it is 32 bytes in hexadecimal.
fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        })
        .collect::<Option<_>>()?;
    bytes.try_into().ok()
}

/// Inserts claimed keys. A record that is in the way is replaced if it fulfils the condition.
macro_rules! claim {
    ($replaces:literal) => {
        concat!(
            "INSERT INTO ",
            table!("idempotency_keys"),
            " AS k (storefront, operation, idempotency_key, order_id, fingerprint, before_version,",
            " version, in_flight_until, claimed_at, expires_at) SELECT n.value -> 0 ->> 0,",
            " n.value -> 0 ->> 1, n.value -> 0 ->> 2, ",
            order_id!("n.value ->> 1"),
            ", n.value ->> 2,",
            " CAST(n.value ->> 3 AS BIGINT), CAST(n.value ->> 4 AS BIGINT),",
            " CAST(n.value ->> 5 AS BIGINT), CAST(n.value ->> 6 AS BIGINT),",
            " CAST(n.value ->> 7 AS BIGINT) FROM ",
            rows!("$1"),
            " WHERE true ON CONFLICT (storefront, operation, idempotency_key) DO UPDATE SET",
            " order_id = excluded.order_id, fingerprint = excluded.fingerprint,",
            " before_version = excluded.before_version, version = excluded.version,",
            " in_flight_until = excluded.in_flight_until, claimed_at = excluded.claimed_at,",
            " expires_at = excluded.expires_at WHERE ",
            $replaces
        )
    };
}

/// Claims, advances and releases the keys of changes that apply.
pub(super) async fn write(
    connection: &mut Connection,
    changes: &[&EncodedChange],
) -> Result<(), DbError> {
    let (mut claimed, mut claimed_unused) = (Vec::new(), Vec::new());
    let mut advanced = Vec::new();
    for change in changes.iter().map(|encoded| &encoded.change) {
        match &change.idempotency {
            Some(IdempotencyUpdate::Claim { key, record, now }) => {
                claimed.push(record_columns(key, record, *now));
            }
            Some(IdempotencyUpdate::ClaimUnused { key, record, now }) => {
                claimed_unused.push(record_columns(key, record, *now));
            }
            Some(IdempotencyUpdate::Advance { key, answered }) => advanced.push((
                key_columns(key),
                version_number(change.order.version()),
                i64::from(*answered),
            )),
            // A released key has version 0, and nobody is in flight.
            Some(IdempotencyUpdate::Release { key }) => advanced.push((key_columns(key), 0, 1)),
            Some(_) => {
                return Err(DbError::ContractViolation(
                    "a change of a key that is not known here",
                ));
            }
            None => {}
        }
    }
    execute_on_each(
        connection,
        claim!("k.expires_at <= excluded.claimed_at OR k.version = 0"),
        &claimed,
    )
    .await?;
    execute_on_each(
        connection,
        claim!("k.expires_at <= excluded.claimed_at"),
        &claimed_unused,
    )
    .await?;
    execute(
        connection,
        concat!(
            "UPDATE ",
            table!("idempotency_keys"),
            " AS k SET version = CAST(n.value ->> 1 AS BIGINT), in_flight_until =",
            " CASE WHEN CAST(n.value ->> 2 AS BIGINT) = 1 THEN NULL ELSE k.in_flight_until END FROM ",
            rows!("$1"),
            " WHERE k.storefront = n.value -> 0 ->> 0 AND k.operation = n.value -> 0 ->> 1",
            " AND k.idempotency_key = n.value -> 0 ->> 2",
        ),
        &advanced,
    )
    .await?;
    Ok(())
}

/// Returns the columns of a record to insert.
fn record_columns<'a>(
    key: &'a IdempotencyScope,
    record: &IdempotencyRecord,
    now: Timestamp,
) -> impl Serialize + use<'a> {
    (
        key_columns(key),
        record.order.to_string(),
        hexadecimal(&record.fingerprint),
        version_number(record.before),
        version_number(record.version),
        record.in_flight_until.map(micros),
        micros(now),
        micros(record.expires_at),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_survives_a_round_trip() {
        let mut bytes = [0_u8; 32];
        for (byte, value) in bytes.iter_mut().zip(200_u8..) {
            *byte = value.wrapping_mul(7);
        }
        assert_eq!(fingerprint(&hexadecimal(&bytes)), Some(bytes));
    }

    #[test]
    fn a_text_that_is_not_32_bytes_in_hexadecimal_is_no_fingerprint() {
        for text in ["", "00", &"0".repeat(63), &"g".repeat(64), &"0".repeat(66)] {
            assert_eq!(fingerprint(text), None, "{text}");
        }
    }
}
