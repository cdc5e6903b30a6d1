//! Changes as one statement: what is there is read, each change is decided on, and those that apply
//! are written, in one round trip and without a transaction around it.
//!
//! All parts of the statement see the tables as they were when it began. A writer who came in
//! between since then shows as a row that is there already, or as one that is not updated; then
//! nothing of the statement is kept, and it is sent again.

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

/// What the statement says of a change.
const APPLIED: i64 = 0;
const KEY_TAKEN: i64 = 1;
const RECEIVED: i64 = 2;
const STALE: i64 = 3;

/// Rows that somebody else has locked are not waited for long: all of the line would wait.
///
/// A change of a known order whose lines are listed by other SKUs than before, and a key that has
/// expired, are left to the long way (4).
const STATEMENT: &str = concat!(
    "WITH asked AS MATERIALIZED (SELECT a.* FROM ",
    brief!(),
    " CROSS JOIN unnest($1::text[], $2::uuid[], $3::bigint[],",
    " $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],",
    " $11::bigint[], $12::bigint[], $13::bigint[], $14::text[], $15::text[], $16::text[],",
    " $17::bigint[], $18::text[], $19::text[], $20::text[], $21::uuid[], $22::text[], $23::bigint[],",
    " $24::bigint[], $25::bigint[], $26::bigint[], $27::bigint[], $28::text[], $29::text[])",
    " WITH ORDINALITY AS a(storefront, order_id, expected, version, status,",
    " payment_status, fulfillment_status, customer_id, deleted, deferred, wake_at, placed_at,",
    " updated_at, skus, document, personal, key_change, key_storefront, operation, idempotency_key,",
    " key_order, fingerprint, key_before, key_version, in_flight_until, claimed_at, expires_at,",
    " source, receipt, item)),",
    // What is there, and what it means for each change.
    " decided AS MATERIALIZED (SELECT a.*, o.version AS found_version, k.order_id AS taken_order,",
    " k.fingerprint AS taken_fingerprint, k.before_version AS taken_before,",
    " k.version AS taken_version, k.in_flight_until AS taken_until, k.expires_at AS taken_expires,",
    " CASE WHEN k.expires_at > a.claimed_at THEN 1 WHEN r.receipt IS NOT NULL THEN 2",
    " WHEN coalesce(o.version, 0) <> a.expected THEN 3",
    " WHEN k.expires_at IS NOT NULL OR (o.version IS NOT NULL AND (o.skus <> a.skus",
    " OR o.deleted <> a.deleted OR o.placed_at <> a.placed_at)) THEN 4 ELSE 0 END AS verdict",
    " FROM asked AS a LEFT JOIN ",
    table!("orders"),
    " AS o ON o.storefront = a.storefront AND o.order_id = a.order_id LEFT JOIN ",
    table!("keys"),
    " AS k ON a.key_change = 1 AND k.storefront = a.key_storefront AND k.operation = a.operation",
    " AND k.idempotency_key = a.idempotency_key LEFT JOIN ",
    table!("receipts"),
    " AS r ON a.receipt IS NOT NULL AND r.storefront = a.storefront AND r.source = a.source",
    " AND r.receipt = a.receipt),",
    " claimed AS (INSERT INTO ",
    table!("keys"),
    " (storefront, operation, idempotency_key, order_id, fingerprint, before_version, version,",
    " in_flight_until, claimed_at, expires_at) SELECT key_storefront, operation, idempotency_key,",
    " key_order, fingerprint, key_before, key_version, in_flight_until, claimed_at, expires_at",
    " FROM decided WHERE verdict = 0 AND key_change = 1),",
    " advanced AS (UPDATE ",
    table!("keys"),
    " AS k SET version = d.version, in_flight_until = CASE WHEN d.key_change = 3 THEN NULL",
    " ELSE k.in_flight_until END FROM decided AS d WHERE d.verdict = 0 AND d.key_change >= 2",
    " AND k.storefront = d.key_storefront AND k.operation = d.operation",
    " AND k.idempotency_key = d.idempotency_key),",
    " received AS (INSERT INTO ",
    table!("receipts"),
    " (storefront, source, receipt, order_id) SELECT storefront, source, receipt, order_id",
    " FROM decided WHERE verdict = 0 AND receipt IS NOT NULL),",
    " created AS (INSERT INTO ",
    table!("orders"),
    " (storefront, order_id, version, status, payment_status, fulfillment_status, customer_id,",
    " deleted, deferred, wake_at, placed_at, updated_at, skus, document, personal)",
    " SELECT storefront, order_id, version, status, payment_status, fulfillment_status, customer_id,",
    " deleted, deferred, wake_at, placed_at, updated_at, skus, document, personal",
    " FROM decided WHERE verdict = 0 AND expected = 0),",
    " changed AS (UPDATE ",
    table!("orders"),
    " AS o SET version = d.version, status = d.status, payment_status = d.payment_status,",
    " fulfillment_status = d.fulfillment_status, customer_id = d.customer_id,",
    " deferred = d.deferred, wake_at = d.wake_at, updated_at = d.updated_at,",
    " document = d.document, personal = d.personal FROM decided AS d WHERE d.verdict = 0",
    " AND d.expected > 0 AND o.storefront = d.storefront AND o.order_id = d.order_id",
    " AND o.version = d.expected RETURNING 1),",
    // The rows of a change go where the change does.
    " verdicts AS MATERIALIZED (SELECT array_agg(verdict ORDER BY item) AS of FROM decided),",
    " listed AS (INSERT INTO ",
    table!("skus"),
    " (storefront, deleted, sku, placed_at, order_id)",
    " SELECT s.storefront, s.deleted, s.sku, s.placed_at, s.order_id",
    " FROM unnest($30::bigint[], $31::text[], $32::uuid[], $33::bigint[], $34::text[], $35::bigint[])",
    " AS s(item, storefront, order_id, deleted, sku, placed_at)",
    " WHERE (SELECT of FROM verdicts)[s.item] = 0),",
    " happened AS (INSERT INTO ",
    table!("events"),
    " (storefront, order_id, version, kind, at, document, personal)",
    " SELECT e.storefront, e.order_id, e.version, e.kind, e.at, e.document, e.personal",
    " FROM unnest($36::bigint[], $37::text[], $38::uuid[], $39::bigint[], $40::text[], $41::bigint[],",
    " $42::text[], $43::text[])",
    " AS e(item, storefront, order_id, version, kind, at, document, personal)",
    " WHERE (SELECT of FROM verdicts)[e.item] = 0),",
    " published AS (INSERT INTO ",
    table!("outbox"),
    " (lane, order_id, storefront, version) SELECT e.lane, e.order_id, e.storefront, e.version",
    " FROM unnest($36::bigint[], $37::text[], $38::uuid[], $39::bigint[], $44::bigint[])",
    " AS e(item, storefront, order_id, version, lane)",
    " WHERE e.lane IS NOT NULL AND (SELECT of FROM verdicts)[e.item] = 0),",
    " born AS (INSERT INTO ",
    table!("effects"),
    " (order_id, version, place, storefront, task, due_at, lease_worker, lease_until, tries)",
    " SELECT e.order_id, e.version, e.place, e.storefront, e.task, e.due_at, e.worker, e.until,",
    " CASE WHEN e.worker IS NULL THEN 0 ELSE 1 END",
    " FROM unnest($45::bigint[], $46::uuid[], $47::bigint[], $48::bigint[], $49::text[], $50::text[],",
    " $51::bigint[], $52::text[], $53::bigint[])",
    " AS e(item, order_id, version, place, storefront, task, due_at, worker, until)",
    " WHERE (SELECT of FROM verdicts)[e.item] = 0),",
    " finished AS (DELETE FROM ",
    table!("effects"),
    " AS e USING unnest($54::bigint[], $55::uuid[], $56::bigint[], $57::bigint[])",
    " AS f(item, order_id, version, place) WHERE (SELECT of FROM verdicts)[f.item] = 0",
    " AND e.order_id = f.order_id AND e.version = f.version AND e.place = f.place)",
    " SELECT d.item, CAST(d.verdict AS bigint) AS verdict, coalesce(d.found_version, 0) AS found_version,",
    " d.taken_order AS order_id, d.taken_fingerprint AS fingerprint,",
    " d.taken_before AS before_version, d.taken_version AS version,",
    " d.taken_until AS in_flight_until, d.taken_expires AS expires_at FROM decided AS d",
    " WHERE (SELECT count(*) FROM changed)",
    " = (SELECT count(*) FROM decided WHERE verdict = 0 AND expected > 0) OR ",
    table!("raced"),
    "() ORDER BY d.item",
);

/// Stores the changes that apply, of some that have neither order, key nor receipt in common.
/// Answers for each in turn.
pub(super) async fn run(
    connection: &mut Connection,
    changes: &[&Prepared],
) -> Result<Vec<Verdict>, Failure> {
    let asked = Asked::new(changes)?;
    let found = asked.query().fetch_all(connection).await?;
    if found.len() != changes.len() {
        return Err(Failure::Raced);
    }
    found
        .iter()
        .map(|row| {
            let reading = Reading::new(row, "orders", "?");
            Ok(Verdict::Outcome(match reading.integer("verdict")? {
                APPLIED => CommitOutcome::Applied,
                KEY_TAKEN => CommitOutcome::KeyTaken(keys::record(row)?),
                RECEIVED => CommitOutcome::AlreadyReceived,
                STALE => CommitOutcome::Stale {
                    found: reading.version("found_version")?,
                },
                _ => return Ok(Verdict::NotHere),
            }))
        })
        .collect()
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
    storefront: Vec<&'a str>,
    order_id: Vec<Id>,
    deleted: Vec<i64>,
    sku: Vec<&'a str>,
    placed_at: Vec<i64>,
}

#[derive(Default)]
struct Events<'a> {
    item: Vec<i64>,
    storefront: Vec<&'a str>,
    order_id: Vec<Id>,
    version: Vec<i64>,
    kind: Vec<&'static str>,
    at: Vec<i64>,
    document: Vec<&'a str>,
    personal: Vec<Option<&'a str>>,
    lane: Vec<Option<i64>>,
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
    }

    fn add_rows(&mut self, item: i64, prepared: &'a Prepared) {
        let (order, change) = (prepared.order(), &prepared.change);
        let (storefront, id) = (prepared.storefront(), bind_id(order.id()));
        // A known order is listed already.
        let skus = prepared
            .skus
            .iter()
            .filter(|_| change.expected == Version::NONE);
        for sku in skus {
            self.listed.item.push(item);
            self.listed.storefront.push(storefront);
            self.listed.order_id.push(id);
            self.listed.deleted.push(prepared.deleted());
            self.listed.sku.push(sku);
            self.listed.placed_at.push(micros(order.placed_at()));
        }
        let lane = i64::from(Lane::of(order.id()).number());
        for event in &prepared.events {
            self.events.item.push(item);
            self.events.storefront.push(storefront);
            self.events.order_id.push(id);
            self.events.version.push(event.version);
            self.events.kind.push(event.kind);
            self.events.at.push(event.at);
            self.events.document.push(&event.document);
            self.events.personal.push(event.personal.as_deref());
            self.events.lane.push(change.publish.then_some(lane));
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
            .bind(&self.listed.storefront)
            .bind(&self.listed.order_id)
            .bind(&self.listed.deleted)
            .bind(&self.listed.sku)
            .bind(&self.listed.placed_at)
            .bind(&self.events.item)
            .bind(&self.events.storefront)
            .bind(&self.events.order_id)
            .bind(&self.events.version)
            .bind(&self.events.kind)
            .bind(&self.events.at)
            .bind(&self.events.document)
            .bind(&self.events.personal)
            .bind(&self.events.lane)
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
