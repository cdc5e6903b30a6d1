//! Every statement uses an index, and none sorts more than a few rows.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use sqlx::{AssertSqlSafe, Executor as _, Row as _, SqliteConnection};
use support::sqlite as database;
use support::sqlite::Database;

#[path = "shared/every_statement.rs"]
mod every_statement;

/// Returns the query plan of a statement, one text per step.
async fn plan(connection: &mut SqliteConnection, statement: &str) -> Vec<String> {
    connection
        .fetch_all(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
        .await
        .unwrap()
        .iter()
        .map(|row| row.get("detail"))
        .collect()
}

/// Returns whether a step scans only a few rows: parameters, a limited subquery, the sixteen partitions,
/// or a page in the order of the primary key.
fn is_harmless(step: &str, statement: &str) -> bool {
    let of_given_rows = step.starts_with("SCAN n VIRTUAL TABLE")
        || ["SCAN g", "SCAN d", "SCAN lapsed", "SCAN free"].contains(&step);
    let of_partitions =
        step == "SCAN l" || step == "SCAN order_outbox_partitions" || step.contains("SCAN l ");
    let sorts_few = step == "USE TEMP B-TREE FOR ORDER BY" && statement.contains("ORDER BY l.turn")
        || step == "USE TEMP B-TREE FOR GROUP BY";
    let in_order =
        step == "SCAN order_outbox_parked_orders" && statement.contains("ORDER BY order_id LIMIT");
    // Messages are counted, and their changes sorted, within what a limited subquery selects.
    let of_messages = statement.contains("LIMIT $2) AS w")
        && (["SCAN w", "SCAN c", "USE TEMP B-TREE FOR ORDER BY"].contains(&step)
            || step.starts_with("SCAN (subquery-"));
    of_given_rows || of_partitions || sorts_few || in_order || of_messages
}

#[tokio::test]
async fn every_statement_uses_an_index_and_none_sorts() {
    let database = Database::new().await;
    let statements = every_statement::statements(&database).await;
    assert!(statements.len() > 50, "{}", statements.len());

    let mut connection = database.connection().await;
    let (mut wrong, mut lists) = (Vec::new(), 0);
    for statement in statements {
        let is_list = statement.contains("LIMIT $10");
        lists += usize::from(is_list);
        for step in plan(&mut connection, &statement).await {
            // A list seeks to its cursor: all columns of its index are bound, the time at both ends.
            if is_list && step.starts_with("SEARCH") && step.contains("order_orders_by") {
                let bound = [
                    "(storefront=? AND deleted=?",
                    "placed_at>? AND (placed_at,order_id)<",
                ];
                assert!(bound.iter().all(|part| step.contains(part)), "{step}");
            }
            let costly = step.starts_with("SCAN") || step.contains("TEMP B-TREE");
            if costly && !is_harmless(&step, &statement) {
                wrong.push(format!("{step}\n    in {statement}"));
            }
        }
    }
    // Six filters can lead, with deleted orders and without.
    assert_eq!(lists, 12);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
