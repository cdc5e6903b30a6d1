//! Acknowledged commits survive `kill -9`.
#![cfg(all(feature = "sqlite", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop at what it did not expect, and its child reports by its output"
)]

mod support;

use order_core::ports::{ListQuery, OrderStore as _};
use order_core::value::StorefrontId;
use order_testing::builders::order_id;
use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use support::sqlite::{Database, open};
use support::{applied, full, history};

const FILE: &str = "ORDER_SQLX_DURABILITY_FILE";
const ENOUGH: usize = 300;

/// The child process: commits until it is killed, and prints each acknowledged commit. Without the
/// environment variable it is not the child, and does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn child_that_commits_until_it_is_killed() {
    let Ok(path) = env::var(FILE) else {
        return;
    };
    let store = open(Path::new(&path)).await;
    store.migrate().await.unwrap();
    let committers: Vec<_> = (0..8_u64)
        .map(|committer| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0.. {
                    let number = 1 + committer + 8 * n;
                    let mut given = history(number);
                    applied(&store, full(&mut given)).await;
                    println!("acknowledged {number}");
                }
            })
        })
        .collect();
    for committer in committers {
        committer.await.unwrap();
    }
}

#[tokio::test]
async fn an_acknowledged_commit_survives_kill_9() {
    let database = Database::new().await;
    let mut child = Command::new(env::current_exe().unwrap())
        .args([
            "child_that_commits_until_it_is_killed",
            "--exact",
            "--nocapture",
        ])
        .env(FILE, database.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    let mut killed = false;
    for line in lines.map_while(Result::ok) {
        // The first line of the test's output has the name of the test before it.
        if let Some((_, number)) = line.split_once("acknowledged ") {
            acknowledged.push(number.parse::<u64>().unwrap());
        }
        if acknowledged.len() == ENOUGH && !killed {
            // SIGKILL, on Unix.
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= ENOUGH);

    let store = open(&database.path()).await;
    store.migrate().await.unwrap();
    let storefront = StorefrontId::default();
    for number in &acknowledged {
        let id = order_id(*number);
        let found = store.find(&storefront, id).await.unwrap();
        assert!(
            found.is_some(),
            "order {number} was acknowledged and is lost"
        );
        assert_eq!(store.events(&storefront, id).await.unwrap().len(), 1);
    }
    let listed = store
        .list(&ListQuery::new(storefront, 1_000))
        .await
        .unwrap();
    assert!(listed.orders.len() >= acknowledged.len().min(1_000));
}
