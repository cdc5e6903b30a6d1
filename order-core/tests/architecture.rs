//! The dependency tree: the core is pure, and the adapters do not depend on each other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test does not expect ends the test"
)]

use std::collections::BTreeSet;
use std::process::Command;

/// Crates for I/O, and the runtimes that wait for it.
const IO: [&str; 17] = [
    "async-std",
    "axum",
    "curl",
    "diesel",
    "hyper",
    "lapin",
    "libsqlite3-sys",
    "mio",
    "native-tls",
    "redis",
    "reqwest",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "sqlx",
    "tokio",
];

/// Returns the crates that a package depends on with these features, without itself.
fn reached_by(package: &str, features: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            package,
            "--edges",
            "normal",
            "--prefix",
            "none",
        ])
        .args([
            "--no-default-features",
            "--target",
            "all",
            "--format",
            "{lib}|{p}",
        ])
        .args(["--features", &features.join(",")])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split('|').nth(1)?.split_whitespace().next())
        .map(str::to_owned)
        .filter(|name| name != package)
        .collect()
}

#[test]
fn the_core_reaches_no_io_and_no_runtime() {
    for (package, features) in [("order-core", &["default"][..]), ("order-testing", &[][..])] {
        let reached = reached_by(package, features);
        assert!(reached.contains("serde"), "the tree was read");
        let io: Vec<_> = IO.iter().filter(|name| reached.contains(**name)).collect();
        assert!(io.is_empty(), "{package} reaches {io:?}");
    }
}

#[test]
fn the_core_does_not_know_its_test_kit() {
    assert!(!reached_by("order-core", &["tokio"]).contains("order-testing"));
}

#[test]
fn the_core_takes_a_runtime_only_where_it_is_asked_for() {
    let reached = reached_by("order-core", &["tokio"]);
    assert!(reached.contains("tokio"));
    assert!(!reached.contains("mio"), "time needs no sockets");
}

#[test]
fn the_adapters_know_the_core_and_not_each_other() {
    let sqlx = reached_by("order-sqlx", &["sqlite"]);
    assert!(sqlx.contains("order-core") && sqlx.contains("sqlx"));
    for stranger in ["order-http", "axum", "reqwest"] {
        assert!(!sqlx.contains(stranger), "order-sqlx reaches {stranger}");
    }
    let http = reached_by("order-http", &["server", "client"]);
    assert!(http.contains("order-core") && http.contains("axum"));
    for stranger in ["order-sqlx", "sqlx"] {
        assert!(!http.contains(stranger), "order-http reaches {stranger}");
    }
}

#[test]
fn a_server_needs_no_client_and_a_client_no_server() {
    assert!(!reached_by("order-http", &["server"]).contains("reqwest"));
    assert!(!reached_by("order-http", &["client"]).contains("axum"));
}
