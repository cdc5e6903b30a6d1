//! Idempotency keys: claimed, advanced and forgotten within a commit, answered and purged outside.

use super::Store;
use super::dialect::Connection;
use super::failure::Failure;
use super::prepared::Prepared;
use super::record::{Accepted, run, run_on_each};
use super::rows::{self, Reading, json, micros, number};
use order_core::ports::{KeyChange, KeyRecord, ScopedKey, StoreError};
use order_core::time::Timestamp;
use std::collections::HashMap;

/// Storefront, operation, key.
pub(super) type Key<'a> = (&'a str, &'a str, &'a str);

/// A key as it is stored.
pub(super) fn key(key: &ScopedKey) -> Key<'_> {
    (key.storefront.as_str(), &key.operation, key.key.as_str())
}

/// The records that stand in the way of the changes' claims.
pub(super) async fn taken(
    connection: &mut Connection,
    changes: &[&Prepared],
) -> Result<HashMap<i64, KeyRecord>, Failure> {
    let asked: Vec<_> = (0_i64..)
        .zip(changes)
        .filter_map(|(item, change)| match &change.change.key {
            Some(KeyChange::Claim {
                key: scoped, now, ..
            }) => Some((item, key(scoped), micros(*now))),
            _ => None,
        })
        .collect();
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    sqlx::query(concat!(
        "SELECT CAST(n.value ->> 0 AS BIGINT) AS item, k.order_id, k.fingerprint,",
        " k.before_version, k.version, k.in_flight_until, k.expires_at FROM ",
        rows!("$1"),
        " CROSS JOIN ",
        table!("keys"),
        " AS k WHERE k.storefront = n.value -> 1 ->> 0 AND k.operation = n.value -> 1 ->> 1",
        " AND k.idempotency_key = n.value -> 1 ->> 2",
        " AND k.expires_at > CAST(n.value ->> 2 AS BIGINT)",
        locking!("k"),
    ))
    .bind(json(&asked)?)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok((
            Reading::new(row, "keys", "?").integer("item")?,
            record(row)?,
        ))
    })
    .collect()
}

/// What a row stores under a key.
pub(super) fn record(row: &super::dialect::Row) -> Result<KeyRecord, Failure> {
    let order = rows::order_id(row, "keys")?;
    let reading = Reading::new(row, "keys", format!("a key of {order}"));
    Ok(KeyRecord::new(
        order,
        fingerprint(reading.text("fingerprint")?)
            .ok_or_else(|| reading.corrupt("fingerprint", "not 32 bytes in hexadecimal"))?,
        reading.version("before_version")?,
        reading.version("version")?,
        reading.instant_or_none("in_flight_until")?,
        reading.instant("expires_at")?,
    ))
}

/// A fingerprint as it is stored.
pub(super) fn hexadecimal(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

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

/// Writes what the changes do to keys.
pub(super) async fn write(
    connection: &mut Connection,
    accepted: &[Accepted<'_>],
) -> Result<(), Failure> {
    let (mut claims, mut advances, mut forgets) = (Vec::new(), Vec::new(), Vec::new());
    for change in accepted.iter().map(|one| &one.change.change) {
        match &change.key {
            Some(KeyChange::Claim {
                key: scoped,
                record,
                now,
            }) => claims.push((
                key(scoped),
                record.order.to_string(),
                hexadecimal(&record.fingerprint),
                number(record.before),
                number(record.version),
                record.in_flight_until.map(micros),
                micros(*now),
                micros(record.expires_at),
            )),
            Some(KeyChange::Advance {
                key: scoped,
                answered,
            }) => advances.push((
                key(scoped),
                number(change.order.version()),
                i64::from(*answered),
            )),
            Some(KeyChange::Forget { key: scoped }) => forgets.push(key(scoped)),
            Some(_) => return Err(Failure::Broken("a change of a key that is not known here")),
            None => {}
        }
    }
    run_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("keys"),
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
            " expires_at = excluded.expires_at WHERE k.expires_at <= excluded.claimed_at",
        ),
        &claims,
    )
    .await?;
    run(
        connection,
        concat!(
            "UPDATE ",
            table!("keys"),
            " AS k SET version = CAST(n.value ->> 1 AS BIGINT), in_flight_until =",
            " CASE WHEN CAST(n.value ->> 2 AS BIGINT) = 1 THEN NULL ELSE k.in_flight_until END FROM ",
            rows!("$1"),
            " WHERE k.storefront = n.value -> 0 ->> 0 AND k.operation = n.value -> 0 ->> 1",
            " AND k.idempotency_key = n.value -> 0 ->> 2",
        ),
        &advances,
    )
    .await?;
    run(
        connection,
        concat!(
            "DELETE FROM ",
            table!("keys"),
            " WHERE (storefront, operation, idempotency_key) IN",
            " (SELECT n.value ->> 0, n.value ->> 1, n.value ->> 2 FROM ",
            rows!("$1"),
            ")",
        ),
        &forgets,
    )
    .await?;
    Ok(())
}

impl Store {
    /// What is stored under a key and has not expired.
    pub(super) async fn key_record(
        &self,
        scoped: &ScopedKey,
        now: Timestamp,
    ) -> Result<Option<KeyRecord>, Failure> {
        let (storefront, operation, text) = key(scoped);
        sqlx::query(concat!(
            "SELECT order_id, fingerprint, before_version, version, in_flight_until, expires_at FROM ",
            table!("keys"),
            " WHERE storefront = $1 AND operation = $2 AND idempotency_key = $3 AND expires_at > $4",
        ))
        .bind(storefront)
        .bind(operation)
        .bind(text)
        .bind(micros(now))
        .fetch_optional(&mut *self.reader(Some(&scoped.storefront)).await?)
        .await?
        .as_ref()
        .map(record)
        .transpose()
    }

    /// Marks a key as answered.
    pub(super) async fn mark_answered(&self, scoped: &ScopedKey) -> Result<(), StoreError> {
        let scoped = scoped.clone();
        self.writes()
            .write(move |connection| {
                let scoped = scoped.clone();
                Box::pin(async move {
                    let (storefront, operation, text) = key(&scoped);
                    sqlx::query(concat!(
                        "UPDATE ",
                        table!("keys"),
                        " SET in_flight_until = NULL",
                        " WHERE storefront = $1 AND operation = $2 AND idempotency_key = $3",
                    ))
                    .bind(storefront)
                    .bind(operation)
                    .bind(text)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_it_was_written() {
        let mut bytes = [0_u8; 32];
        for (byte, value) in bytes.iter_mut().zip(200_u8..) {
            *byte = value.wrapping_mul(7);
        }
        assert_eq!(fingerprint(&hexadecimal(&bytes)), Some(bytes));
    }

    #[test]
    fn what_is_no_fingerprint_is_none() {
        for text in ["", "00", &"0".repeat(63), &"g".repeat(64), &"0".repeat(66)] {
            assert_eq!(fingerprint(text), None, "{text}");
        }
    }
}
