//! Changes as one statement: what is there is read, each change is decided on, and those that apply
//! are written, in one round trip and without a transaction around it.
//!
//! It is a function of the database, `commit_changes`, which does what a group takes and no more. A
//! writer who comes in between shows as a row that is there already, or as one that is not updated;
//! then nothing of the statement is kept, and it is sent again.

use super::dialect::{Connection, Id, bind_id};
use super::failure::Failure;
use super::keys;
use super::prepared::Prepared;
use super::rows::{Reading, micros, number};
use order_core::ports::{CommitOutcome, KeyChange, Lane, NewEffect};
use order_core::value::Version;

/// What the statement made of a change.
pub(super) enum Verdict {
    /// This.
    Outcome(CommitOutcome),
    /// Nothing: it takes more than this statement does.
    NotHere,
}

/// Whether a change can be tried by [`run`]: it does what changes do every day.
pub(super) fn fits(change: &Prepared) -> bool {
    let key_fits = !matches!(change.change.key, Some(KeyChange::Forget { .. }));
    let erases = change.events.iter().any(|event| event.erases);
    key_fits && !erases && !change.change.hurry
}

/// What the statement does about a key.
const CLAIM: i64 = 1;
const ADVANCE: i64 = 2;
const ANSWER: i64 = 3;

/// What the statement says of a change that does not apply.
const KEY_TAKEN: i64 = 1;
const RECEIVED: i64 = 2;
const STALE: i64 = 3;

const STATEMENT: &str = "SELECT item, verdict, found_version, order_id, fingerprint, before_version,\
     version, in_flight_until, expires_at FROM orders.commit_changes(\
     $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,\
     $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38,\
     $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51)";

/// Stores the changes that apply, of some that have neither order, key nor receipt in common.
/// Answers for each in turn.
pub(super) async fn run(
    connection: &mut Connection,
    changes: &[&Prepared],
) -> Result<Vec<Verdict>, Failure> {
    let asked = Asked::new(changes)?;
    let mut verdicts: Vec<_> = changes
        .iter()
        .map(|_| Verdict::Outcome(CommitOutcome::Applied))
        .collect();
    for row in asked.query().fetch_all(connection).await? {
        let reading = Reading::new(&row, "orders", "?");
        let item: usize = reading.small("item")?;
        let verdict = match reading.integer("verdict")? {
            KEY_TAKEN => Verdict::Outcome(CommitOutcome::KeyTaken(keys::record(&row)?)),
            RECEIVED => Verdict::Outcome(CommitOutcome::AlreadyReceived),
            STALE => Verdict::Outcome(CommitOutcome::Stale {
                found: reading.version("found_version")?,
            }),
            _ => Verdict::NotHere,
        };
        let place = item
            .checked_sub(1)
            .and_then(|place| verdicts.get_mut(place));
        *place.ok_or(Failure::Broken("an answer to what was not asked"))? = verdict;
    }
    Ok(verdicts)
}

/// The parameters: an array for each column of what is asked for.
#[derive(Default)]
struct Asked<'a> {
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
    source: Vec<Option<&'a str>>,
    receipt: Vec<Option<&'a str>>,
    lane: Vec<Option<i64>>,
    keys: Keys<'a>,
    listed: Listed<'a>,
    events: Events<'a>,
    effects: Effects<'a>,
    finished: (Vec<i64>, Vec<Id>, Vec<i64>, Vec<i64>),
}

#[derive(Default)]
struct Keys<'a> {
    change: Vec<i64>,
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
struct Listed<'a> {
    item: Vec<i64>,
    sku: Vec<&'a str>,
}

#[derive(Default)]
struct Events<'a> {
    item: Vec<i64>,
    version: Vec<i64>,
    kind: Vec<&'static str>,
    at: Vec<i64>,
    document: Vec<&'a str>,
    personal: Vec<Option<&'a str>>,
}

#[derive(Default)]
struct Effects<'a> {
    item: Vec<i64>,
    order_id: Vec<Id>,
    version: Vec<i64>,
    place: Vec<i64>,
    storefront: Vec<&'a str>,
    task: Vec<&'a str>,
    due_at: Vec<i64>,
    worker: Vec<Option<&'a str>>,
    until: Vec<Option<i64>>,
}

impl<'a> Asked<'a> {
    fn new(changes: &[&'a Prepared]) -> Result<Self, Failure> {
        let mut asked = Self::default();
        for (item, change) in (1_i64..).zip(changes) {
            asked.add_order(change);
            asked.keys.add(change)?;
            asked.add_rows(item, change);
        }
        Ok(asked)
    }

    fn add_order(&mut self, prepared: &'a Prepared) {
        let (order, change) = (prepared.order(), &prepared.change);
        self.storefront.push(prepared.storefront());
        self.order_id.push(bind_id(order.id()));
        self.expected.push(number(change.expected));
        self.version.push(number(order.version()));
        self.status.push(order.status().as_str());
        self.payment_status.push(order.payment_status().as_str());
        self.fulfillment_status
            .push(order.fulfillment_status().as_str());
        self.customer_id.push(order.customer_id().as_str());
        self.deleted.push(prepared.deleted());
        self.deferred.push(i64::from(order.is_deferred()));
        self.wake_at.push(change.wake_at.map(micros));
        self.placed_at.push(micros(order.placed_at()));
        self.updated_at.push(micros(order.updated_at()));
        self.skus.push(&prepared.skus_document);
        self.document.push(&prepared.document);
        self.personal.push(prepared.personal.as_deref());
        let receipt = change.receipt.as_ref();
        self.source.push(receipt.map(|receipt| &*receipt.source));
        self.receipt
            .push(receipt.map(|receipt| receipt.id.as_str()));
        let lane = i64::from(Lane::of(order.id()).number());
        self.lane.push(change.publish.then_some(lane));
    }

    fn add_rows(&mut self, item: i64, prepared: &'a Prepared) {
        let (order, change) = (prepared.order(), &prepared.change);
        // A known order is listed already.
        let skus = prepared
            .skus
            .iter()
            .filter(|_| change.expected == Version::NONE);
        for sku in skus {
            self.listed.item.push(item);
            self.listed.sku.push(sku);
        }
        for event in &prepared.events {
            self.events.item.push(item);
            self.events.version.push(event.version);
            self.events.kind.push(event.kind);
            self.events.at.push(event.at);
            self.events.document.push(&event.document);
            self.events.personal.push(event.personal.as_deref());
        }
        for (NewEffect { effect, lease, .. }, task) in change.effects.iter().zip(&prepared.tasks) {
            let lease = lease.as_ref();
            let effects = &mut self.effects;
            effects.item.push(item);
            effects.order_id.push(bind_id(effect.id.order));
            effects.version.push(number(effect.id.version));
            effects.place.push(i64::from(effect.id.index));
            effects.storefront.push(effect.storefront.as_str());
            effects.task.push(task);
            effects.due_at.push(micros(order.updated_at()));
            effects
                .worker
                .push(lease.map(|lease| lease.worker.as_str()));
            effects.until.push(lease.map(|lease| micros(lease.until)));
        }
        for id in &change.finished {
            self.finished.0.push(item);
            self.finished.1.push(bind_id(id.order));
            self.finished.2.push(number(id.version));
            self.finished.3.push(i64::from(id.index));
        }
    }

    /// The statement with its parameters.
    fn query(
        &self,
    ) -> sqlx::query::Query<'_, super::dialect::Db, <super::dialect::Db as sqlx::Database>::Arguments>
    {
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
            .bind(&self.lane)
            .bind(&self.keys.change)
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
            .bind(&self.receipt)
            .bind(&self.listed.item)
            .bind(&self.listed.sku)
            .bind(&self.events.item)
            .bind(&self.events.version)
            .bind(&self.events.kind)
            .bind(&self.events.at)
            .bind(&self.events.document)
            .bind(&self.events.personal)
            .bind(&self.effects.item)
            .bind(&self.effects.order_id)
            .bind(&self.effects.version)
            .bind(&self.effects.place)
            .bind(&self.effects.storefront)
            .bind(&self.effects.task)
            .bind(&self.effects.due_at)
            .bind(&self.effects.worker)
            .bind(&self.effects.until)
            .bind(&self.finished.0)
            .bind(&self.finished.1)
            .bind(&self.finished.2)
            .bind(&self.finished.3)
    }
}

impl<'a> Keys<'a> {
    fn add(&mut self, prepared: &'a Prepared) -> Result<(), Failure> {
        let (change, scoped, claim) = match &prepared.change.key {
            None => (0, None, None),
            Some(KeyChange::Claim { key, record, now }) => (CLAIM, Some(key), Some((record, now))),
            Some(KeyChange::Advance { key, answered }) => {
                (if *answered { ANSWER } else { ADVANCE }, Some(key), None)
            }
            Some(_) => return Err(Failure::Broken("a change of a key that is not for here")),
        };
        let key = scoped.map(keys::key);
        self.change.push(change);
        self.storefront
            .push(key.map(|(storefront, _, _)| storefront));
        self.operation.push(key.map(|(_, operation, _)| operation));
        self.key.push(key.map(|(_, _, key)| key));
        let record = claim.map(|(record, _)| record);
        self.order_id
            .push(record.map(|record| bind_id(record.order)));
        self.fingerprint
            .push(record.map(|record| keys::hexadecimal(&record.fingerprint)));
        self.before.push(record.map(|record| number(record.before)));
        self.version
            .push(record.map(|record| number(record.version)));
        self.in_flight_until
            .push(record.and_then(|record| record.in_flight_until.map(micros)));
        self.claimed_at.push(claim.map(|(_, now)| micros(*now)));
        self.expires_at
            .push(record.map(|record| micros(record.expires_at)));
        Ok(())
    }
}
