//! The database alone: pgbench with one prepared statement per order, the upper bound for one statement
//! per order.
//!
//! The statement writes what a durable order needs: two lines, its event, a row of the outbox and its
//! idempotency key, and the indexes of the lists.

use crate::Outcome;
use crate::database::Database;
use sqlx::Executor as _;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

const TABLES: &str = r"
CREATE SCHEMA raw;
CREATE SEQUENCE raw.numbers;
CREATE TABLE raw.orders (
    storefront text NOT NULL, id uuid NOT NULL, version bigint NOT NULL, status text NOT NULL,
    customer text NOT NULL, total bigint NOT NULL, currency text NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now(), document jsonb NOT NULL,
    PRIMARY KEY (storefront, id));
CREATE INDEX ON raw.orders (storefront, placed_at DESC, id DESC);
CREATE INDEX ON raw.orders (storefront, status, placed_at DESC, id DESC);
CREATE INDEX ON raw.orders (storefront, customer, placed_at DESC, id DESC);
CREATE TABLE raw.lines (
    order_id uuid NOT NULL, line integer NOT NULL, sku text NOT NULL, quantity integer NOT NULL,
    unit_price bigint NOT NULL, PRIMARY KEY (order_id, line));
CREATE TABLE raw.events (
    order_id uuid NOT NULL, version bigint NOT NULL, kind text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(), document jsonb NOT NULL,
    PRIMARY KEY (order_id, version));
CREATE TABLE raw.outbox (
    id bigserial PRIMARY KEY, order_id uuid NOT NULL, version bigint NOT NULL);
CREATE TABLE raw.keys (
    storefront text NOT NULL, key text NOT NULL, order_id uuid NOT NULL, fingerprint text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (storefront, key));
";

const INSERT: &str = r#"
\set customer random(1, 100000)
\set first random(1, 10000)
\set second random(1, 10000)
WITH o AS (
  INSERT INTO raw.orders (storefront, id, version, status, customer, total, currency, document)
  VALUES ('default', ('01900000-0000-7000-8000-' || lpad(to_hex(nextval('raw.numbers')), 12, '0'))::uuid,
    1, 'pending', 'cus_' || :customer, 3750, 'USD',
    '{"address": {"name": "Ada Lovelace", "line1": "12 Analytical Row", "city": "London", "postal_code": "N1 7AA", "country": "GB"}, "contact": {"email": "ada@example.com", "phone": "+44 20 7946 0000"}, "metadata": {"channel": "web", "campaign": "spring"}, "labels": ["gift"], "deadline": "2030-01-01T00:00:00Z", "adjustments": [{"kind": "shipping", "amount": 500}, {"kind": "tax", "amount": 250}]}')
  RETURNING id),
l AS (
  INSERT INTO raw.lines SELECT o.id, t.line, t.sku, t.quantity, t.unit_price FROM o,
    unnest(ARRAY[1, 2], ARRAY['sku-' || :first, 'sku-' || :second], ARRAY[1, 2], ARRAY[1000::bigint, 1000]) AS t(line, sku, quantity, unit_price)),
e AS (
  INSERT INTO raw.events (order_id, version, kind, document) SELECT id, 1, 'order_placed',
    '{"customer": "cus_1", "currency": "USD", "lines": [{"sku": "sku-1", "quantity": 1, "unit_price": 1000}, {"sku": "sku-2", "quantity": 2, "unit_price": 1000}], "total": 3750, "actor": {"kind": "customer", "id": "cus_1"}}' FROM o),
x AS (INSERT INTO raw.outbox (order_id, version) SELECT id, 1 FROM o),
k AS (INSERT INTO raw.keys (storefront, key, order_id, fingerprint) SELECT 'default', 'key-' || id, id, md5(id::text) || md5(id::text) FROM o)
SELECT id FROM o;
"#;

/// The numbers of callers that the database alone is measured with.
const CALLERS: [usize; 3] = [1, 16, 64];

/// pgbench on tables of its own.
pub(crate) struct Raw<'d> {
    database: &'d Database,
    scripts: tempfile::TempDir,
}

/// Orders per second.
pub(crate) struct Inserted {
    /// With one caller.
    pub(crate) alone: f64,
    /// With the best number of callers.
    pub(crate) best: f64,
    /// The best number of callers.
    pub(crate) callers: usize,
}

impl<'d> Raw<'d> {
    pub(crate) async fn new(database: &'d Database) -> Outcome<Self> {
        database.connection().await?.execute(TABLES).await?;
        let scripts = tempfile::tempdir()?;
        std::fs::write(scripts.path().join("insert.sql"), INSERT)?;
        Ok(Self { database, scripts })
    }

    /// Inserts orders, one statement each. Returns the rates.
    pub(crate) async fn insert(&self, span: Duration) -> Outcome<Inserted> {
        let mut inserted = Inserted {
            alone: 0.0,
            best: 0.0,
            callers: 0,
        };
        for callers in CALLERS {
            let rate = self.run("insert.sql", callers, span).await?;
            if callers == 1 {
                inserted.alone = rate;
            }
            if rate > inserted.best {
                inserted.best = rate;
                inserted.callers = callers;
            }
        }
        Ok(inserted)
    }

    /// Reads rows of the store by id, one statement each. Returns the rate.
    ///
    /// The ids are the `prefix` and a number of six digits from `numbers`: pgbench draws numbers, not ids.
    pub(crate) async fn select(
        &self,
        prefix: &str,
        numbers: &Range<u64>,
        callers: usize,
        span: Duration,
    ) -> Outcome<f64> {
        let script = format!(
            "\\set number random({}, {})\nSELECT storefront, order_id, version, document, personal FROM orders.orders WHERE storefront = 'default' AND order_id = ('{prefix}' || :number)::uuid;\n",
            numbers.start,
            numbers.end - 1,
        );
        std::fs::write(self.scripts.path().join("select.sql"), script)?;
        self.run("select.sql", callers, span).await
    }

    async fn run(&self, script: &str, callers: usize, span: Duration) -> Outcome<f64> {
        let script: &Path = &self.scripts.path().join(script);
        let output = Command::new("pgbench")
            .args(["--no-vacuum", "--protocol=prepared"])
            .arg(format!("--client={callers}"))
            .arg(format!("--jobs={}", callers.min(2)))
            .arg(format!("--time={}", span.as_secs().max(1)))
            .arg("--file")
            .arg(script)
            .arg(&self.database.url)
            .output()
            .await
            .map_err(|error| format!("pgbench cannot be run: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines()
            .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
            .ok_or_else(|| {
                let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
                format!("pgbench tells no rate: {complaint}").into()
            })
    }
}
