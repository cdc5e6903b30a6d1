//! From the types of the core to what statements take: numbers, texts and JSON documents.
//!
//! A change is checked and encoded before it is queued ([`EncodedChange`]), so that whoever writes
//! it spends no time on JSON. Nothing here talks to the database.

use super::error::DbError;
use super::inventory::reservation_rows::ReservationKey;
use super::inventory::reserve::ReservationRequest;
use super::queue::ConflictKey;
use order_core::event::{Event, EventPayload};
use order_core::order::{Order, merge_by_sku};
use order_core::ports::{Change, IdempotencyScope, IdempotencyUpdate, StockReservation};
use order_core::stored_json;
use order_core::time::Timestamp;
use order_core::value::{StorefrontId, Version};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

/// Encodes rows as the JSON array that `rows!` takes apart.
pub(crate) fn json_rows<T: Serialize>(rows: &[T]) -> Result<String, DbError> {
    serde_json::to_string(rows).map_err(encoding_error)
}

pub(crate) fn encoding_error(error: impl Error + Send + Sync + 'static) -> DbError {
    DbError::Encoding(Box::new(error))
}

/// Encodes a timestamp as microseconds since 1970, rounded down.
pub(crate) fn micros(instant: Timestamp) -> i64 {
    instant.timestamp_micros()
}

/// Encodes a timestamp as microseconds since 1970, rounded up: the first stored value that is not
/// before it.
pub(crate) fn micros_rounded_up(instant: Timestamp) -> i64 {
    let whole = instant.timestamp_micros();
    if instant.timestamp_subsec_nanos().is_multiple_of(1_000) {
        whole
    } else {
        whole.saturating_add(1)
    }
}

pub(crate) fn version_number(version: Version) -> i64 {
    i64::try_from(version.get()).unwrap_or(i64::MAX)
}

/// Replaces NUL characters, which Postgres does not store.
pub(crate) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The columns that identify an idempotency key: storefront, operation, key.
pub(crate) type KeyColumns<'a> = (&'a str, &'a str, &'a str);

pub(crate) fn key_columns(key: &IdempotencyScope) -> KeyColumns<'_> {
    (key.storefront.as_str(), &key.operation, key.key.as_str())
}

/// A change that keeps the rules of the port, with its JSON documents.
pub(crate) struct EncodedChange {
    pub(crate) change: Change,
    /// The order's id, as text.
    pub(crate) id: String,
    /// The distinct SKUs on the order's lines, sorted.
    pub(crate) skus: BTreeSet<String>,
    /// `skus` as a JSON array.
    pub(crate) skus_document: String,
    /// The order, without personal data.
    pub(crate) document: String,
    /// The order's personal data; `None` if it has none, or none any more.
    pub(crate) personal: Option<String>,
    pub(crate) events: EncodedEvents,
    /// The kinds of the new effects, in their order in the change.
    pub(crate) effect_kinds: Vec<String>,
    /// The stock to reserve, if any.
    pub(crate) reserve: Option<ReservationRequest>,
}

/// The events of a change, as they are stored: in one row.
pub(crate) struct EncodedEvents {
    /// The documents of the events as a JSON array, oldest first, without personal data.
    pub(crate) documents: String,
    /// The personal data of the events that have any, as a JSON object by version.
    pub(crate) personal: Option<String>,
    /// Whether they erase the personal data of all earlier events.
    pub(crate) erases: bool,
}

impl EncodedEvents {
    fn new(events: &[Event]) -> Result<Self, DbError> {
        let mut documents = Vec::with_capacity(events.len());
        let mut personal = BTreeMap::new();
        let mut erases = false;
        for event in events {
            documents.push(stored_json::event_to_json(event).map_err(encoding_error)?);
            if event.payload == EventPayload::PersonalDataErased {
                personal.clear();
                erases = true;
            }
            let own = event.payload.personal().map(stored_json::personal_to_json);
            if let Some(own) = own.transpose().map_err(encoding_error)?.flatten() {
                let own = RawValue::from_string(own).map_err(encoding_error)?;
                personal.insert(event.version.get(), own);
            }
        }
        let personal = (!personal.is_empty()).then(|| serde_json::to_string(&personal));
        Ok(Self {
            documents: format!("[{}]", documents.join(",")),
            personal: personal.transpose().map_err(encoding_error)?,
            erases,
        })
    }
}

impl EncodedChange {
    /// Checks a change against the rules of the port, and encodes it.
    pub(crate) fn new(change: Change) -> Result<Self, DbError> {
        check_contract(&change)?;
        let order = &change.order;
        let lines = order.lines().iter();
        let skus: BTreeSet<String> = lines.map(|line| line.sku.as_str().to_owned()).collect();
        let effects = change.effects.iter();
        Ok(Self {
            id: order.id().to_string(),
            skus_document: serde_json::to_string(&skus).map_err(encoding_error)?,
            skus,
            document: stored_json::order_to_json(order).map_err(encoding_error)?,
            personal: stored_json::personal_to_json(order.personal()).map_err(encoding_error)?,
            events: EncodedEvents::new(&change.events)?,
            effect_kinds: effects
                .map(|new| serde_json::to_string(&new.effect.kind).map_err(encoding_error))
                .collect::<Result<_, _>>()?,
            reserve: reservation_request(&change)?,
            change,
        })
    }

    pub(crate) const fn order(&self) -> &Order {
        &self.change.order
    }

    pub(crate) fn storefront(&self) -> &str {
        self.change.order.storefront().as_str()
    }

    /// Returns every storefront the change touches: that of the order, of the idempotency key and
    /// of each new effect, with repetitions.
    pub(crate) fn storefronts(&self) -> impl Iterator<Item = &StorefrontId> {
        let key = self.change.idempotency.as_ref().and_then(changed_key);
        let effects = self.change.effects.iter();
        std::iter::once(self.order().storefront())
            .chain(key.map(|key| &key.storefront))
            .chain(effects.map(|new| &new.effect.storefront))
    }

    /// Returns whether the order is deleted, as 0 or 1.
    pub(crate) fn deleted(&self) -> i64 {
        i64::from(self.order().deleted_at().is_some())
    }

    /// Returns the versions of the first and the last event.
    pub(crate) fn version_range(&self) -> (i64, i64) {
        let first = self.change.expected_version.next();
        (
            version_number(first),
            version_number(self.order().version()),
        )
    }

    /// Returns the resources that no concurrent change may share: the order, the idempotency key,
    /// the inbox entry and the reservation.
    pub(crate) fn conflict_keys(&self) -> Vec<ConflictKey> {
        let storefront = self.storefront();
        let key = self.change.idempotency.as_ref().and_then(changed_key);
        let external = self.change.external_event.as_ref();
        std::iter::once(ConflictKey::new(0, (storefront, &self.id)))
            .chain(key.map(|key| ConflictKey::new(1, key_columns(key))))
            .chain(
                external.map(|event| {
                    ConflictKey::new(2, (storefront, &event.source, event.id.as_str()))
                }),
            )
            .chain(
                self.reserve
                    .iter()
                    .map(|reserve| ConflictKey::new(3, (storefront, &reserve.key.id))),
            )
            .collect()
    }

    /// Returns the approximate size of the change, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let texts = [&self.document, &self.events.documents].into_iter();
        let personal = [&self.personal, &self.events.personal]
            .into_iter()
            .flatten();
        texts.chain(personal).map(String::len).sum()
    }
}

/// Returns the request for the stock that a change reserves, as of the order's last update.
fn reservation_request(change: &Change) -> Result<Option<ReservationRequest>, DbError> {
    let Some(StockReservation {
        id,
        lines,
        expires_at,
        ..
    }) = &change.reserve
    else {
        return Ok(None);
    };
    let key = ReservationKey::new(change.order.storefront(), id);
    let now = change.order.updated_at();
    ReservationRequest::new(key, lines.clone(), now, *expires_at).map(Some)
}

/// Returns the idempotency key that is changed; `None` for a kind of change that is unknown here.
fn changed_key(change: &IdempotencyUpdate) -> Option<&IdempotencyScope> {
    match change {
        IdempotencyUpdate::Claim { key, .. }
        | IdempotencyUpdate::ClaimUnused { key, .. }
        | IdempotencyUpdate::Advance { key, .. }
        | IdempotencyUpdate::Release { key, .. } => Some(key),
        _ => None,
    }
}

/// Checks that the events are numbered without a gap, up to the order's version, and that the
/// idempotency key can be stored.
fn check_contract(change: &Change) -> Result<(), DbError> {
    let mut version = change.expected_version;
    for event in &change.events {
        version = version.next();
        if event.version != version {
            return Err(DbError::ContractViolation(
                "the versions of the events leave a gap",
            ));
        }
    }
    if change.events.is_empty() {
        return Err(DbError::ContractViolation("there is no event"));
    }
    if change.order.version() != version {
        return Err(DbError::ContractViolation(
            "the order's version is not that of the last event",
        ));
    }
    if let Some(key) = &change.idempotency {
        let Some(key) = changed_key(key) else {
            return Err(DbError::ContractViolation(
                "a change of a key that is not known here",
            ));
        };
        if key.operation.contains('\0') {
            return Err(DbError::ContractViolation(
                "the operation of a key has a NUL in it",
            ));
        }
    }
    if let Some(reserve) = &change.reserve
        && merge_by_sku(reserve.lines.iter().cloned()) != reserve.lines
    {
        return Err(DbError::ContractViolation(
            "the stock to reserve is not summed by SKU",
        ));
    }
    if i64::try_from(version.get()).is_err() {
        return Err(DbError::ContractViolation(
            "the version is beyond what is stored",
        ));
    }
    Ok(())
}
