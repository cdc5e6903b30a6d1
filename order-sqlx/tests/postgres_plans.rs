//! Every statement finds its rows by an index, however full the tables are; a page reads the rows it
//! returns and no others, and sorts none.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use order_core::ports::{Cursor, ListQuery};
use order_core::testing::builders::{at, order_id};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};
use std::collections::BTreeSet;
use std::time::Duration;
use support::postgres as database;
use support::postgres::{Connection, Database};
use support::{applied, full, story};

#[path = "shared/usage.rs"]
mod usage;

/// As the store's own connections plan.
const PLANNED: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
     SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
     SET enable_material = off; SET enable_sort = off; SET enable_incremental_sort = off; \
     SET random_page_cost = 1.1; SET jit = off";

/// A little in each of the other tables.
const FILL_OTHERS: &str = "INSERT INTO orders.events SELECT storefront, order_id, 99, 'order_placed', 0, '{}', NULL \
     FROM orders.orders; \
     INSERT INTO orders.effects SELECT order_id, 99, 0, storefront, '{}', placed_at, NULL, NULL, 0, NULL, NULL \
     FROM orders.orders LIMIT 2000; \
     INSERT INTO orders.outbox SELECT 0, order_id, storefront, 99, 99 FROM orders.orders LIMIT 2000; \
     INSERT INTO orders.keys SELECT storefront, 'filled', order_id::text, order_id, '', 0, 1, NULL, 0, placed_at \
     FROM orders.orders; \
     INSERT INTO orders.receipts SELECT storefront, 'filled', order_id::text, order_id FROM orders.orders; \
     INSERT INTO orders.products SELECT 'default', 'sku' || n, NULL, 1, 'USD', n FROM generate_series(1, 2000) AS n; \
     INSERT INTO orders.reservations SELECT storefront, 'filled' || order_id, 'committed', NULL, '[]' FROM orders.orders; \
     INSERT INTO orders.reservation_lines SELECT storefront, 'filled' || order_id, 'abc', 1 FROM orders.orders; ANALYZE";

/// Twenty thousand orders, most of them where orders rest, one in twenty deleted.
const FILL: &str = "INSERT INTO orders.orders SELECT 'default', \
     ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, \
     CASE WHEN n % 50 = 0 THEN 'processing' WHEN n % 9 = 0 THEN 'cancelled' ELSE 'completed' END, \
     CASE WHEN n % 50 = 0 THEN 'authorized' ELSE 'paid' END, \
     CASE WHEN n % 50 = 0 THEN 'allocated' ELSE 'delivered' END, \
     'cus_' || n % 200, CASE WHEN n % 20 = 7 THEN 1 ELSE 0 END, 0, NULL, \
     (extract(epoch FROM timestamptz '2026-01-05T12:00Z')::bigint + n) * 1000000, 0, '[\"abc\"]', '{}', NULL \
     FROM generate_series(1, 20000) AS n; \
     INSERT INTO orders.skus SELECT storefront, deleted, CASE WHEN row_number() OVER () % 40 = 0 \
     THEN 'abc' ELSE 'def' END, placed_at, order_id FROM orders.orders; ANALYZE";

/// How many rows a page asks for: one more than it shows.
const LIMIT: u64 = 51;

/// All steps of a plan.
fn steps(plan: &Value) -> Vec<&Value> {
    let mut all = vec![plan];
    for step in plan["Plans"].as_array().into_iter().flatten() {
        all.extend(steps(step));
    }
    all
}

fn text<'a>(step: &'a Value, field: &str) -> &'a str {
    step[field].as_str().unwrap_or_default()
}

/// The plan of a statement for these arguments, in SQL.
async fn plan(
    connection: &mut Connection,
    how: &str,
    statement: &str,
    arguments: &[String],
) -> Value {
    let arguments = match arguments {
        [] => String::new(),
        some => format!("({})", some.join(", ")),
    };
    connection
        .execute(AssertSqlSafe(format!("PREPARE one AS {statement}")))
        .await
        .unwrap();
    let explain = format!("EXPLAIN (FORMAT JSON{how}) EXECUTE one{arguments}");
    let row = connection.fetch_one(AssertSqlSafe(explain)).await.unwrap();
    connection.execute("DEALLOCATE one").await.unwrap();
    let plans: Value = row.get(0);
    plans[0]["Plan"].clone()
}

/// How many parameters a statement has.
fn parameters(statement: &str) -> usize {
    (1..100)
        .take_while(|n| statement.contains(&format!("${n}")))
        .count()
}

/// What goes through all of something small: the sixteen lanes, and a page of parked orders.
fn is_small(step: &Value) -> bool {
    ["lanes", "parked"].contains(&text(step, "Relation Name"))
}

/// The steps that go through all of a table, or through more of an index than they must.
async fn misplanned(connection: &mut Connection, statements: &BTreeSet<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for statement in statements {
        let nulls = vec!["NULL".to_owned(); parameters(statement)];
        let plan = plan(connection, "", statement, &nulls).await;
        for step in steps(&plan) {
            let (kind, index) = (text(step, "Node Type"), text(step, "Index Name"));
            let goes_through_all = match kind {
                "Seq Scan" | "Bitmap Heap Scan" => true,
                "Index Scan" | "Index Only Scan" => step["Index Cond"].is_null(),
                _ => false,
            };
            // By an index of lists, whoever knows the order.
            let strays = index.starts_with("orders_by") && !statement.contains("LIMIT $10");
            if (goes_through_all || strays) && !is_small(step) {
                let table = text(step, "Relation Name");
                wrong.push(format!("{kind} {table} {index}\n    in {statement:.200}"));
            }
        }
    }
    wrong
}

#[tokio::test]
async fn every_statement_goes_by_an_index() {
    let database = Database::new().await;
    let statements = usage::statements(&database).await;
    assert!(statements.len() > 50, "{}", statements.len());
    let mut connection = database.connection().await;
    connection.execute(PLANNED).await.unwrap();
    // While nothing is known of the tables, and when they are full.
    let mut wrong = misplanned(&mut connection, &statements).await;
    connection.execute(FILL).await.unwrap();
    connection.execute(FILL_OTHERS).await.unwrap();
    wrong.extend(misplanned(&mut connection, &statements).await);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    connection.close().await.unwrap();
}

/// How often each table was gone through, and rows were found by an index, as the server has counted
/// up to now; once it has counted so many of the rows that were written of orders.
async fn scans(connection: &mut Connection, written: i64) -> (Vec<(String, i64)>, i64) {
    let counts = "SELECT relname::text, seq_scan, idx_scan, n_tup_ins + n_tup_upd FROM pg_stat_user_tables \
         WHERE schemaname = 'orders' AND relname NOT IN ('lanes', 'parked', 'migrations')";
    loop {
        let rows = connection.fetch_all(counts).await.unwrap();
        let of_orders = |row: &&PgRow| row.get::<String, _>(0) == "orders";
        if rows.iter().find(of_orders).unwrap().get::<i64, _>(3) >= written {
            let through_all = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
            return (
                through_all,
                rows.iter().map(|row| row.get::<i64, _>(2)).sum(),
            );
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The function that stores changes plans its statements itself, so what it did is counted.
#[tokio::test]
async fn changes_are_stored_without_going_through_a_table() {
    let database = Database::new().await;
    // Making indexes goes through tables. What a connection has counted is told when it ends.
    database.store().await.close().await;
    let mut filling = database.connection().await;
    filling.execute(FILL).await.unwrap();
    filling.execute(FILL_OTHERS).await.unwrap();
    filling
        .execute(
            "DELETE FROM orders.skus; UPDATE orders.orders SET storefront = 'elsewhere'; ANALYZE",
        )
        .await
        .unwrap();
    filling.close().await.unwrap();
    let mut connection = database.connection().await;
    let store = database.unmigrated().await;
    let (before, by_index_before) = scans(&mut connection, 40_000).await;
    usage::use_orders(&store).await;
    store.close().await;
    let (after, by_index) = scans(&mut connection, 40_003).await;
    assert!(by_index > by_index_before, "nothing was counted");
    assert_eq!(after, before);
}

/// How often somebody has had the table of orders looked at, once the server has counted so many of
/// the rows that were written of it.
async fn looks(connection: &mut Connection, written: i64) -> i64 {
    scans(connection, written).await;
    let counted =
        "SELECT analyze_count FROM pg_stat_user_tables WHERE relid = 'orders.orders'::regclass";
    connection.fetch_one(counted).await.unwrap().get(0)
}

#[tokio::test]
async fn tables_are_looked_at_while_they_are_young_and_not_once_they_are_full() {
    let database = Database::new().await;
    let mut connection = database.connection().await;
    let store = database.store().await;
    for number in 100_000..100_200 {
        applied(&store, full(&mut story(number))).await;
    }
    store.close().await;
    assert_eq!(looks(&mut connection, 200).await, 1);
    connection.execute("DELETE FROM orders.skus").await.unwrap();
    connection.execute(FILL).await.unwrap();
    let before = looks(&mut connection, 20_200).await;
    let store = database.unmigrated().await;
    for number in 100_200..100_400 {
        applied(&store, full(&mut story(number))).await;
    }
    store.close().await;
    assert_eq!(looks(&mut connection, 20_400).await, before);
    connection.close().await.unwrap();
}

/// What a query binds to its statement, in SQL.
fn arguments(query: &ListQuery) -> Vec<String> {
    fn quoted<T: ToString>(value: Option<T>) -> String {
        value.map_or("NULL".to_owned(), |value| {
            format!("'{}'", value.to_string())
        })
    }
    let micros = |at: order_core::time::Timestamp| at.timestamp_micros();
    let (placed_at, id) = match (query.after, query.placed_before) {
        (Some(after), _) => (micros(after.placed_at), after.id.to_string()),
        (None, Some(before)) => (micros(before), uuid_nil()),
        (None, None) => (i64::MAX, uuid_nil()),
    };
    vec![
        quoted(Some(&query.storefront)),
        placed_at.to_string(),
        format!("'{id}'"),
        query.placed_after.map_or(i64::MIN, micros).to_string(),
        quoted(query.status.map(|status| status.as_str())),
        quoted(query.payment_status.map(|status| status.as_str())),
        quoted(query.fulfillment_status.map(|status| status.as_str())),
        quoted(query.customer_id.as_ref()),
        quoted(query.sku.as_ref()),
        LIMIT.to_string(),
    ]
}

fn uuid_nil() -> String {
    "00000000-0000-0000-0000-000000000000".to_owned()
}

/// How many filters, of those that an index is for.
fn filters(query: &ListQuery) -> usize {
    [
        query.status.is_some(),
        query.payment_status.is_some(),
        query.fulfillment_status.is_some(),
        query.customer_id.is_some(),
        query.sku.is_some(),
    ]
    .into_iter()
    .filter(|is_set| *is_set)
    .count()
}

#[tokio::test]
async fn a_page_reads_what_it_returns_and_sorts_nothing() {
    let database = Database::new().await;
    let statements = usage::statements(&database).await;
    let lists: Vec<_> = statements
        .iter()
        .filter(|statement| statement.contains("LIMIT $10"))
        .collect();
    // Six filters can lead, with deleted orders and without.
    assert_eq!(lists.len(), 12);
    let mut connection = database.connection().await;
    connection.execute(FILL).await.unwrap();
    connection.execute(PLANNED).await.unwrap();
    let mut queries = usage::queries();
    for mut query in queries.clone() {
        query.after = Some(Cursor::new(at(15_000), order_id(15_000)));
        queries.push(query);
    }
    for query in queries {
        let leading = leading(&query);
        let statement = lists
            .iter()
            .find(|list| {
                list.contains(leading) && list.contains("UNION ALL") == query.include_deleted
            })
            .unwrap();
        let plan = plan(&mut connection, ", ANALYZE", statement, &arguments(&query)).await;
        for step in steps(&plan) {
            let kind = text(step, "Node Type");
            assert!(!kind.contains("Sort"), "{kind} for {query:?}");
            assert!(
                kind != "Seq Scan" && kind != "Bitmap Heap Scan",
                "{kind} for {query:?}"
            );
            if filters(&query) <= 1 && kind.starts_with("Index") {
                let removed = step["Rows Removed by Filter"].as_u64().unwrap_or_default();
                let read = step["Actual Rows"].as_f64().unwrap();
                assert_eq!(removed, 0, "for {query:?}");
                assert!(read <= 51.0, "{read} rows for {query:?}");
            }
        }
    }
}

/// What the statement that answers a query has and no other.
fn leading(query: &ListQuery) -> &'static str {
    if query.customer_id.is_some() {
        " AND o.customer_id = $8 AND (o.placed_at"
    } else if query.sku.is_some() {
        " AND s.sku = $9 AND (s.placed_at"
    } else if query.status.is_some() {
        " AND o.status = $5 AND (o.placed_at"
    } else if query.fulfillment_status.is_some() {
        " AND o.fulfillment_status = $7 AND (o.placed_at"
    } else if query.payment_status.is_some() {
        " AND o.payment_status = $6 AND (o.placed_at"
    } else {
        "o.deleted = 0 AND (o.placed_at"
    }
}
