//! Calls the SQL function `commit_changes` (migrations/postgres/0002_commit_changes.sql), which checks and
//! writes a batch of changes in one round trip, without an explicit transaction.
//!
//! As one query with a part per table, every part would be set up for every batch; the function
//! executes only the steps that a batch needs. Its parameters are one array per column, which it reads
//! by subscript. It runs with the rights of its caller, so row-level security holds within it.
//!
//! What it does to tables, [`write`](super::super::shared::commit::write) does for a change in a
//! transaction: keep the two alike.

use super::super::dialect::{Connection, Db, Id, bind_id};
use super::super::shared::commit::keys;
use super::super::shared::encode::{EncodedChange, key_columns, micros, version_number};
use super::super::shared::error::DbError;
use super::super::shared::rows::RowReader;
use order_core::ports::{CommitOutcome, IdempotencyUpdate, NewEffect, Partition};
use order_core::value::Version;

/// What the function made of a change.
pub(super) enum BatchedOutcome {
    Decided(CommitOutcome),
    /// Nothing: the change does something that the function leaves to a transaction.
    NeedsTransaction,
}

/// Returns whether a change may be part of a batch: it erases nothing and expedites nothing.
pub(super) fn is_batchable(change: &EncodedChange) -> bool {
    !change.events.erases && !change.change.expedite_effects
}

// Values of `o_key_action`.
const CLAIM: i64 = 1;
const CLAIM_UNUSED: i64 = 2;
const ADVANCE: i64 = 3;
const ADVANCE_AND_ANSWER: i64 = 4;
const RELEASE: i64 = 5;

// Outcomes of a change that does not apply.
const KEY_CLAIMED: i64 = 1;
const ALREADY_RECEIVED: i64 = 2;
const VERSION_DIFFERS: i64 = 3;

const STATEMENT: &str = "SELECT item, outcome, found_version, order_id, fingerprint, before_version,\
     version, in_flight_until, expires_at FROM orders.commit_changes(\
     $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,\
     $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38,\
     $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53)";

/// Commits changes that share no order, idempotency key, inbox entry or reservation. Returns the outcome of each.
pub(super) async fn call(
    connection: &mut Connection,
    changes: &[&EncodedChange],
) -> Result<Vec<BatchedOutcome>, DbError> {
    let parameters = Parameters::new(changes)?;
    let mut outcomes: Vec<_> = changes
        .iter()
        .map(|_| BatchedOutcome::Decided(CommitOutcome::Applied))
        .collect();
    for row in parameters.query().fetch_all(connection).await? {
        let reader = RowReader::new(&row, "orders", "?");
        let item: usize = reader.number("item")?;
        let outcome = match reader.integer("outcome")? {
            KEY_CLAIMED => {
                BatchedOutcome::Decided(CommitOutcome::IdempotencyKeyTaken(keys::decode(&row)?))
            }
            ALREADY_RECEIVED => BatchedOutcome::Decided(CommitOutcome::DuplicateExternalEvent),
            VERSION_DIFFERS => BatchedOutcome::Decided(CommitOutcome::VersionConflict {
                found: reader.version("found_version")?,
            }),
            _ => BatchedOutcome::NeedsTransaction,
        };
        let slot = item
            .checked_sub(1)
            .and_then(|index| outcomes.get_mut(index));
        *slot.ok_or(DbError::ContractViolation(
            "an answer to what was not asked",
        ))? = outcome;
    }
    Ok(outcomes)
}

/// The parameters of the function: one array per column. `item` counts changes from 1.
#[derive(Default)]
struct Parameters<'a> {
    storefront: Vec<&'a str>,
    order_id: Vec<Id>,
    expected: Vec<i64>,
    version: Vec<i64>,
    status: Vec<&'static str>,
    payment_status: Vec<&'static str>,
    fulfillment_status: Vec<&'static str>,
    customer_id: Vec<&'a str>,
    deleted: Vec<i64>,
    deferred: Vec<i64>,
    wake_at: Vec<Option<i64>>,
    placed_at: Vec<i64>,
    updated_at: Vec<i64>,
    skus: Vec<&'a str>,
    document: Vec<&'a str>,
    personal: Vec<Option<&'a str>>,
    events: Vec<&'a str>,
    event_personal: Vec<Option<&'a str>>,
    source: Vec<Option<&'a str>>,
    event_id: Vec<Option<&'a str>>,
    partition: Vec<Option<i64>>,
    reservation: Vec<Option<&'a str>>,
    reserved_until: Vec<Option<i64>>,
    requested_lines: Vec<Option<&'a str>>,
    keys: Keys<'a>,
    sku_rows: Skus<'a>,
    effects: Effects<'a>,
    done: CompletedEffects,
    stock: Stock<'a>,
}

#[derive(Default)]
struct Keys<'a> {
    action: Vec<i64>,
    storefront: Vec<Option<&'a str>>,
    operation: Vec<Option<&'a str>>,
    key: Vec<Option<&'a str>>,
    order_id: Vec<Option<Id>>,
    fingerprint: Vec<Option<String>>,
    before: Vec<Option<i64>>,
    version: Vec<Option<i64>>,
    in_flight_until: Vec<Option<i64>>,
    claimed_at: Vec<Option<i64>>,
    expires_at: Vec<Option<i64>>,
}

#[derive(Default)]
struct Skus<'a> {
    item: Vec<i64>,
    sku: Vec<&'a str>,
}

#[derive(Default)]
struct Effects<'a> {
    item: Vec<i64>,
    order_id: Vec<Id>,
    version: Vec<i64>,
    position: Vec<i64>,
    storefront: Vec<&'a str>,
    kind: Vec<&'a str>,
    due_at: Vec<i64>,
    worker: Vec<Option<&'a str>>,
    until: Vec<Option<i64>>,
}

#[derive(Default)]
struct CompletedEffects {
    item: Vec<i64>,
    order_id: Vec<Id>,
    version: Vec<i64>,
    position: Vec<i64>,
}

#[derive(Default)]
struct Stock<'a> {
    item: Vec<i64>,
    sku: Vec<&'a str>,
    units: Vec<i64>,
}

impl<'a> Parameters<'a> {
    fn new(changes: &[&'a EncodedChange]) -> Result<Self, DbError> {
        let mut parameters = Self::default();
        for (item, change) in (1_i64..).zip(changes) {
            parameters.add_order(change);
            parameters.keys.add(change)?;
            parameters.add_rows(item, change);
        }
        Ok(parameters)
    }

    fn add_order(&mut self, encoded: &'a EncodedChange) {
        let (order, change) = (encoded.order(), &encoded.change);
        self.storefront.push(encoded.storefront());
        self.order_id.push(bind_id(order.id()));
        self.expected.push(version_number(change.expected_version));
        self.version.push(version_number(order.version()));
        self.status.push(order.status().as_str());
        self.payment_status.push(order.payment_status().as_str());
        self.fulfillment_status
            .push(order.fulfillment_status().as_str());
        self.customer_id.push(order.customer_id().as_str());
        self.deleted.push(encoded.deleted());
        self.deferred.push(i64::from(order.is_deferred()));
        self.wake_at.push(change.wake_at.map(micros));
        self.placed_at.push(micros(order.placed_at()));
        self.updated_at.push(micros(order.updated_at()));
        self.skus.push(&encoded.skus_document);
        self.document.push(&encoded.document);
        self.personal.push(encoded.personal.as_deref());
        self.events.push(&encoded.events.documents);
        self.event_personal.push(encoded.events.personal.as_deref());
        let external = change.external_event.as_ref();
        self.source.push(external.map(|event| &*event.source));
        self.event_id.push(external.map(|event| event.id.as_str()));
        let partition = i64::from(Partition::of(order.id()).number());
        self.partition.push(change.publish.then_some(partition));
        let reserve = encoded.reserve.as_ref();
        self.reservation
            .push(reserve.map(|reserve| &*reserve.key.id));
        self.reserved_until
            .push(reserve.map(|reserve| micros(reserve.expires_at)));
        self.requested_lines
            .push(reserve.map(|reserve| &*reserve.requested_lines));
    }

    fn add_rows(&mut self, item: i64, encoded: &'a EncodedChange) {
        let (order, change) = (encoded.order(), &encoded.change);
        // The rows of a stored order are in order_skus already.
        let skus = encoded
            .skus
            .iter()
            .filter(|_| change.expected_version == Version::NONE);
        for sku in skus {
            self.sku_rows.item.push(item);
            self.sku_rows.sku.push(sku);
        }
        for (NewEffect { effect, lease, .. }, kind) in
            change.effects.iter().zip(&encoded.effect_kinds)
        {
            let lease = lease.as_ref();
            let effects = &mut self.effects;
            effects.item.push(item);
            effects.order_id.push(bind_id(effect.id.order));
            effects.version.push(version_number(effect.id.version));
            effects.position.push(i64::from(effect.id.index));
            effects.storefront.push(effect.storefront.as_str());
            effects.kind.push(kind);
            effects.due_at.push(micros(order.updated_at()));
            effects
                .worker
                .push(lease.map(|lease| lease.worker.as_str()));
            effects.until.push(lease.map(|lease| micros(lease.until)));
        }
        for id in &change.completed_effects {
            self.done.item.push(item);
            self.done.order_id.push(bind_id(id.order));
            self.done.version.push(version_number(id.version));
            self.done.position.push(i64::from(id.index));
        }
        let reserve = encoded.reserve.iter();
        for line in reserve.flat_map(|reserve| &reserve.lines) {
            self.stock.item.push(item);
            self.stock.sku.push(line.sku.as_str());
            self.stock.units.push(i64::from(line.quantity));
        }
    }

    /// Returns the statement with its parameters, in the order of the function.
    fn query(&self) -> sqlx::query::Query<'_, Db, <Db as sqlx::Database>::Arguments> {
        sqlx::query(STATEMENT)
            .bind(&self.storefront)
            .bind(&self.order_id)
            .bind(&self.expected)
            .bind(&self.version)
            .bind(&self.status)
            .bind(&self.payment_status)
            .bind(&self.fulfillment_status)
            .bind(&self.customer_id)
            .bind(&self.deleted)
            .bind(&self.deferred)
            .bind(&self.wake_at)
            .bind(&self.placed_at)
            .bind(&self.updated_at)
            .bind(&self.skus)
            .bind(&self.document)
            .bind(&self.personal)
            .bind(&self.events)
            .bind(&self.event_personal)
            .bind(&self.partition)
            .bind(&self.keys.action)
            .bind(&self.keys.storefront)
            .bind(&self.keys.operation)
            .bind(&self.keys.key)
            .bind(&self.keys.order_id)
            .bind(&self.keys.fingerprint)
            .bind(&self.keys.before)
            .bind(&self.keys.version)
            .bind(&self.keys.in_flight_until)
            .bind(&self.keys.claimed_at)
            .bind(&self.keys.expires_at)
            .bind(&self.source)
            .bind(&self.event_id)
            .bind(&self.reservation)
            .bind(&self.reserved_until)
            .bind(&self.requested_lines)
            .bind(&self.sku_rows.item)
            .bind(&self.sku_rows.sku)
            .bind(&self.effects.item)
            .bind(&self.effects.order_id)
            .bind(&self.effects.version)
            .bind(&self.effects.position)
            .bind(&self.effects.storefront)
            .bind(&self.effects.kind)
            .bind(&self.effects.due_at)
            .bind(&self.effects.worker)
            .bind(&self.effects.until)
            .bind(&self.done.item)
            .bind(&self.done.order_id)
            .bind(&self.done.version)
            .bind(&self.done.position)
            .bind(&self.stock.item)
            .bind(&self.stock.sku)
            .bind(&self.stock.units)
    }
}

impl<'a> Keys<'a> {
    fn add(&mut self, encoded: &'a EncodedChange) -> Result<(), DbError> {
        let (action, scoped, claim) = match &encoded.change.idempotency {
            None => (0, None, None),
            Some(IdempotencyUpdate::Claim { key, record, now }) => {
                (CLAIM, Some(key), Some((record, now)))
            }
            Some(IdempotencyUpdate::ClaimUnused { key, record, now }) => {
                (CLAIM_UNUSED, Some(key), Some((record, now)))
            }
            Some(IdempotencyUpdate::Release { key }) => (RELEASE, Some(key), None),
            Some(IdempotencyUpdate::Advance { key, answered }) => (
                if *answered {
                    ADVANCE_AND_ANSWER
                } else {
                    ADVANCE
                },
                Some(key),
                None,
            ),
            Some(_) => {
                return Err(DbError::ContractViolation(
                    "a change of a key that is not for here",
                ));
            }
        };
        let key = scoped.map(key_columns);
        self.action.push(action);
        self.storefront
            .push(key.map(|(storefront, _, _)| storefront));
        self.operation.push(key.map(|(_, operation, _)| operation));
        self.key.push(key.map(|(_, _, key)| key));
        let record = claim.map(|(record, _)| record);
        self.order_id
            .push(record.map(|record| bind_id(record.order)));
        self.fingerprint
            .push(record.map(|record| keys::hexadecimal(&record.fingerprint)));
        self.before
            .push(record.map(|record| version_number(record.before)));
        self.version
            .push(record.map(|record| version_number(record.version)));
        self.in_flight_until
            .push(record.and_then(|record| record.in_flight_until.map(micros)));
        self.claimed_at.push(claim.map(|(_, now)| micros(*now)));
        self.expires_at
            .push(record.map(|record| micros(record.expires_at)));
        Ok(())
    }
}
