//! Every statement uses an index, however large the tables are; a page reads the rows it returns and
//! no others, and sorts none.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use order_core::ports::{Cursor, ListQuery};
use order_testing::builders::{at, order_id};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};
use std::collections::BTreeSet;
use std::time::Duration;
use support::postgres as database;
use support::postgres::{Connection, Database};
use support::{applied, full, history};

#[path = "shared/every_statement.rs"]
mod every_statement;

/// The plan mode of the store's own connections.
const PLANNED: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
     SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
     SET enable_material = off; SET enable_sort = off; SET enable_incremental_sort = off; \
     SET random_page_cost = 1.1; SET jit = off";

/// Fills each of the other tables with some rows.
const FILL_OTHERS: &str = "INSERT INTO orders.events SELECT storefront, order_id, 99, 99, '[]', NULL \
     FROM orders.orders; \
     INSERT INTO orders.effects SELECT order_id, 99, 0, storefront, '{}', placed_at, NULL, NULL, 0, NULL, NULL \
     FROM orders.orders LIMIT 2000; \
     INSERT INTO orders.outbox SELECT 0, order_id, storefront, 99, 99, NULL FROM orders.orders LIMIT 2000; \
     INSERT INTO orders.idempotency_keys SELECT storefront, 'filled', order_id::text, order_id, '', 0, 1, NULL, 0, placed_at \
     FROM orders.orders; \
     INSERT INTO orders.inbox SELECT storefront, 'filled', order_id::text, order_id FROM orders.orders; \
     INSERT INTO orders.products SELECT 'default', 'sku' || n, NULL, 1, 'USD', n FROM generate_series(1, 2000) AS n; \
     INSERT INTO orders.reservations SELECT storefront, 'filled' || order_id, 'committed', NULL, '[]' FROM orders.orders; \
     INSERT INTO orders.reservation_lines SELECT storefront, 'filled' || order_id, 'abc', 1 FROM orders.orders; ANALYZE";

/// Inserts twenty thousand orders, most of them in final statuses, one in twenty deleted.
const FILL: &str = "INSERT INTO orders.orders SELECT 'default', \
     ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, \
     CASE WHEN n % 50 = 0 THEN 'processing' WHEN n % 9 = 0 THEN 'cancelled' ELSE 'completed' END, \
     CASE WHEN n % 50 = 0 THEN 'authorized' ELSE 'paid' END, \
     CASE WHEN n % 50 = 0 THEN 'allocated' ELSE 'delivered' END, \
     'cus_' || n % 200, CASE WHEN n % 20 = 7 THEN 1 ELSE 0 END, 0, NULL, \
     (extract(epoch FROM timestamptz '2026-01-05T12:00Z')::bigint + n) * 1000000, 0, '[\"abc\"]', '{}', NULL \
     FROM generate_series(1, 20000) AS n; \
     INSERT INTO orders.order_skus SELECT storefront, deleted, CASE WHEN row_number() OVER () % 40 = 0 \
     THEN 'abc' ELSE 'def' END, placed_at, order_id FROM orders.orders; ANALYZE";

/// How many rows a page selects: one more than it shows.
const LIMIT: u64 = 51;

/// Returns all steps of a plan.
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

/// Returns the query plan of a statement for these arguments, given as SQL.
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

/// Counts the parameters of a statement.
fn parameters(statement: &str) -> usize {
    (1..100)
        .take_while(|n| statement.contains(&format!("${n}")))
        .count()
}

/// Returns whether a step scans a small table: the sixteen partitions, or the parked orders.
fn is_small(step: &Value) -> bool {
    ["outbox_partitions", "outbox_parked_orders"].contains(&text(step, "Relation Name"))
}

/// Returns the steps that scan a whole table, or more of an index than they need.
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
            // An index of lists, used for a lookup of one order.
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
async fn every_statement_uses_an_index() {
    let database = Database::new().await;
    let statements = every_statement::statements(&database).await;
    assert!(statements.len() > 50, "{}", statements.len());
    let mut connection = database.connection().await;
    connection.execute(PLANNED).await.unwrap();
    // Without statistics, and with large tables.
    let mut wrong = misplanned(&mut connection, &statements).await;
    connection.execute(FILL).await.unwrap();
    connection.execute(FILL_OTHERS).await.unwrap();
    wrong.extend(misplanned(&mut connection, &statements).await);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    connection.close().await.unwrap();
}

/// Returns the number of sequential scans of each table and of all index scans, once the statistics of
/// the server include `written` writes of orders.
async fn scans(connection: &mut Connection, written: i64) -> (Vec<(String, i64)>, i64) {
    let counts = "SELECT relname::text, seq_scan, idx_scan, n_tup_ins + n_tup_upd FROM pg_stat_user_tables \
         WHERE schemaname = 'orders' AND relname NOT IN ('outbox_partitions', 'outbox_parked_orders', 'migrations')";
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

/// Checks the scans that were counted, because the plans of a function cannot be explained.
#[tokio::test]
async fn the_commit_function_scans_no_table() {
    let database = Database::new().await;
    // Building an index scans its table. A connection reports its counts when it ends.
    database.store().await.close().await;
    let mut filling = database.connection().await;
    filling.execute(FILL).await.unwrap();
    filling.execute(FILL_OTHERS).await.unwrap();
    filling
        .execute(
            "DELETE FROM orders.order_skus; UPDATE orders.orders SET storefront = 'elsewhere'; ANALYZE",
        )
        .await
        .unwrap();
    filling.close().await.unwrap();
    let mut connection = database.connection().await;
    let store = database.unmigrated().await;
    let (before, by_index_before) = scans(&mut connection, 40_000).await;
    every_statement::use_orders(&store).await;
    store.close().await;
    let (after, by_index) = scans(&mut connection, 40_003).await;
    assert!(by_index > by_index_before, "nothing was counted");
    assert_eq!(after, before);
}

/// Returns how often the table of orders was analyzed, once the statistics of the server include
/// `written` writes of it.
async fn analyze_count(connection: &mut Connection, written: i64) -> i64 {
    scans(connection, written).await;
    let counted =
        "SELECT analyze_count FROM pg_stat_user_tables WHERE relid = 'orders.orders'::regclass";
    connection.fetch_one(counted).await.unwrap().get(0)
}

#[tokio::test]
async fn small_tables_are_analyzed_and_large_ones_are_not() {
    let database = Database::new().await;
    let mut connection = database.connection().await;
    let store = database.store().await;
    for number in 100_000..100_200 {
        applied(&store, full(&mut history(number))).await;
    }
    store.close().await;
    assert_eq!(analyze_count(&mut connection, 200).await, 1);
    connection
        .execute("DELETE FROM orders.order_skus")
        .await
        .unwrap();
    connection.execute(FILL).await.unwrap();
    let before = analyze_count(&mut connection, 20_200).await;
    let store = database.unmigrated().await;
    for number in 100_200..100_400 {
        applied(&store, full(&mut history(number))).await;
    }
    store.close().await;
    assert_eq!(analyze_count(&mut connection, 20_400).await, before);
    connection.close().await.unwrap();
}

/// Returns the arguments that a query binds to its statement, as SQL.
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

/// Counts the filters of a query that have an index.
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
async fn a_page_reads_the_rows_it_returns_and_sorts_nothing() {
    let database = Database::new().await;
    let statements = every_statement::statements(&database).await;
    let lists: Vec<_> = statements
        .iter()
        .filter(|statement| statement.contains("LIMIT $10"))
        .collect();
    // Six filters can lead, with deleted orders and without.
    assert_eq!(lists.len(), 12);
    let mut connection = database.connection().await;
    connection.execute(FILL).await.unwrap();
    connection.execute(PLANNED).await.unwrap();
    let mut queries = every_statement::queries();
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

/// Returns a text that only the statement for this query contains.
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
