//! What a store guarantees beyond the contracts of its ports, on each database.
use order_core::event::EventPayload;
use order_core::ports::{
    CommitOutcome, EffectQueue as _, IdempotencyRecord, IdempotencyScope, IdempotencyUpdate,
    OrderStore as _, Outbox as _, Partition, StoreError,
};
use order_core::stored_json;
use order_core::value::{StorefrontId, Version};
use order_testing::builders::{at, idempotency, worker};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Waker};

use super::database::{ALLOW_EVENT_UPDATES, BEGIN, Connection, Database, table, view, with};
use super::support::{applied, full, history};

#[tokio::test]
async fn committed_changes_survive_closing_and_reopening() {
    let database = Database::new().await;
    let mut given = history(1);
    let store = database.store().await;
    applied(&store, full(&mut given)).await;
    let mut given = given.confirmed(at(5));
    applied(&store, given.change()).await;
    store.close().await;
    assert!(matches!(
        store.ping().await,
        Err(StoreError::Unavailable(_))
    ));

    let store = database.store().await;
    let found = store.find(given.storefront(), given.id()).await.unwrap();
    assert_eq!(found.as_ref(), Some(given.order()));
    let events = store.events(given.storefront(), given.id()).await.unwrap();
    assert_eq!(events, given.events());
    let claimed = store.claim(&worker("w"), at(60), at(90), 10).await.unwrap();
    assert_eq!(claimed.len(), 1);
    let messages = store.fetch(Partition::of(given.id()), 10).await.unwrap();
    assert_eq!(messages.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_to_the_same_version_exactly_one_is_applied() {
    let database = Database::new().await;
    let (store, second) = (database.store().await, database.store().await);
    for number in 1..=10 {
        let mut given = history(number);
        applied(&store, given.change()).await;
        let changes: Vec<_> = (0..20)
            .map(|n| {
                let change = given
                    .clone()
                    .then(at(60 + n), EventPayload::CustomerVerified)
                    .change();
                // Through two stores, as two processes would.
                let store = if n % 2 == 0 { &store } else { &second }.clone();
                tokio::spawn(async move { store.commit(change).await.unwrap() })
            })
            .collect();
        let mut applied = 0;
        for change in changes {
            match change.await.unwrap() {
                CommitOutcome::Applied => applied += 1,
                CommitOutcome::VersionConflict { found } => assert_eq!(found, Version::new(2)),
                other => unreachable!("{other:?}"),
            }
        }
        assert_eq!(applied, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_claims_of_one_key_exactly_one_is_applied() {
    let database = Database::new().await;
    let (store, second) = (database.store().await, database.store().await);
    let key = IdempotencyScope::new(StorefrontId::default(), &idempotency("place", "k"));
    let claims: Vec<_> = (1..=20)
        .map(|number| {
            let mut given = history(number);
            let mut change = given.change();
            let record = IdempotencyRecord::new(
                given.id(),
                [7; 32],
                Version::NONE,
                Version::INITIAL,
                None,
                at(3_600),
            );
            change.idempotency = Some(IdempotencyUpdate::Claim {
                key: key.clone(),
                record,
                now: at(0),
            });
            let store = if number % 2 == 0 { &store } else { &second }.clone();
            tokio::spawn(async move { (given.id(), store.commit(change).await.unwrap()) })
        })
        .collect();
    let (mut winner, mut holders) = (None, Vec::new());
    for claim in claims {
        match claim.await.unwrap() {
            (id, CommitOutcome::Applied) => assert_eq!(winner.replace(id), None),
            (_, CommitOutcome::IdempotencyKeyTaken(record)) => holders.push(record.order),
            (_, other) => unreachable!("{other:?}"),
        }
    }
    assert_eq!(holders, vec![winner.unwrap(); 19]);
}

#[tokio::test]
async fn a_dropped_commit_leaves_no_transaction_open() {
    let database = Database::new().await;
    let store = database.store().await;
    for number in 1..=100_u64 {
        let mut given = history(number);
        let change = given.change();
        {
            let mut commit = pin!(store.commit(change));
            // From not yet polled to well in progress.
            for _ in 0..number % 4 {
                let waiting = commit
                    .as_mut()
                    .poll(&mut Context::from_waker(Waker::noop()));
                if waiting.is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let mut next = history(1_000 + number);
        applied(&store, next.change()).await;
    }
    // Another process can write: no lock is held.
    let mut other = database.connection().await;
    other.execute(BEGIN).await.unwrap();
    other
        .execute(AssertSqlSafe(format!(
            "UPDATE {} SET version = version",
            table("orders")
        )))
        .await
        .unwrap();
    other.execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn a_change_that_breaks_the_rules_fails_alone() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut changes = Vec::new();
    for number in 1..=9_u64 {
        let mut given = history(number);
        let mut change = given.change();
        if number == 5 {
            change.events.clear();
        }
        changes.push(change);
    }
    let commits: Vec<_> = changes
        .into_iter()
        .map(|change| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(change).await })
        })
        .collect();
    for (commit, number) in commits.into_iter().zip(1..) {
        match commit.await.unwrap() {
            Ok(outcome) => assert_eq!((outcome, number == 5), (CommitOutcome::Applied, false)),
            Err(error) => assert!(matches!(error, StoreError::Failed(_)) && number == 5),
        }
    }
}

#[tokio::test]
async fn personal_data_is_never_in_documents_and_gone_once_erased() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut given = history(1);
    applied(&store, full(&mut given)).await;
    let mut connection = database.connection().await;
    let holds = async |connection: &mut Connection, statement: &str| {
        let statement = AssertSqlSafe(statement.to_owned());
        let rows = connection.fetch_all(statement).await.unwrap();
        rows.iter()
            .flat_map(|row| (0..row.len()).map(|column| row.get::<Option<String>, _>(column)))
            .flatten()
            .any(|text| text.contains("Ada") || text.contains("tok_visa"))
    };
    let (orders, events, effects) = (table("orders"), table("events"), table("effects"));
    let documents = &format!(
        "SELECT documents FROM {events} UNION ALL SELECT document FROM {orders} \
         UNION ALL SELECT kind FROM {effects}"
    );
    let personal =
        &format!("SELECT personal FROM {events} UNION ALL SELECT personal FROM {orders}");
    assert!(!holds(&mut connection, documents).await);
    assert!(holds(&mut connection, personal).await);

    let mut given = given
        .cancelled(at(5))
        .then(at(6), EventPayload::PersonalDataErased);
    applied(&store, given.change()).await;
    assert!(!holds(&mut connection, documents).await);
    assert!(!holds(&mut connection, personal).await);
    let found = store.find(given.storefront(), given.id()).await.unwrap();
    assert!(found.unwrap().personal().is_empty());
}

#[tokio::test]
async fn an_event_is_never_changed() {
    let database = Database::new().await;
    let store = database.store().await;
    applied(&store, history(1).change()).await;
    let mut connection = database.connection().await;
    let events = table("events");
    for change in ["documents = '[]'", "first_version = 2", "last_version = 2"] {
        let statement = AssertSqlSafe(format!("UPDATE {events} SET {change}"));
        let refused = connection.execute(statement).await.unwrap_err();
        assert!(refused.to_string().contains("never changed"), "{refused}");
    }
}

#[tokio::test]
async fn a_corrupt_row_is_reported_with_table_column_and_id() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut connection = database.connection().await;
    let another = format!("document = {}", with("storefront", "\"other\""));
    for (number, damage, column) in [
        (2, "version = 7", "version"),
        (3, "personal = '{'", "personal"),
        (4, &*another, "document"),
        (1, "document = '{'", "document"),
    ] {
        let mut given = history(number);
        applied(&store, given.change()).await;
        let statement = format!("UPDATE {} SET {damage}", table("orders"));
        connection.execute(AssertSqlSafe(statement)).await.unwrap();
        let found = store.find(given.storefront(), given.id()).await;
        assert_eq!(
            unreadable(&found.unwrap_err()),
            ("orders", column, given.id().to_string())
        );
    }
}

/// Returns the table, the column and the row that an error says cannot be read.
fn unreadable(error: &StoreError) -> (&'static str, &'static str, String) {
    match error {
        StoreError::Corrupt {
            table, column, id, ..
        } => (*table, *column, id.clone()),
        other => unreachable!("{other}"),
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_reported_with_table_column_order_and_version() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut connection = database.connection().await;
    connection.execute(ALLOW_EVENT_UPDATES).await.unwrap();
    let (before, after) = ("documents = replace(documents, ", ")");
    for (number, damage, column, version) in [
        (1, "documents = '['".to_owned(), "documents", 2),
        (2, "documents = '[]'".to_owned(), "documents", 2),
        (
            3,
            format!("{before}'customer_verified', 'unheard_of'{after}"),
            "documents",
            2,
        ),
        (
            4,
            format!("{before}'\"version\":3', '\"version\":4'{after}"),
            "documents",
            3,
        ),
        (
            5,
            format!("{before}'\"schema\":1', '\"schema\":999'{after}"),
            "documents",
            2,
        ),
        (6, "last_version = 9".to_owned(), "documents", 2),
        (7, "personal = '{'".to_owned(), "personal", 2),
        (
            8,
            "personal = '{\"3\":{\"contact\":7}}'".to_owned(),
            "personal",
            3,
        ),
        (9, "personal = '{\"7\":{}}'".to_owned(), "personal", 7),
    ] {
        let mut given = history(number);
        applied(&store, given.change()).await;
        let mut given = given.confirmed(at(5));
        let mut change = given.change();
        change.publish = true;
        applied(&store, change).await;
        let statement = format!(
            "UPDATE {} SET {damage} WHERE first_version = 2 AND order_id = '{}'",
            table("events"),
            given.id()
        );
        connection.execute(AssertSqlSafe(statement)).await.unwrap();
        let read = store.events(given.storefront(), given.id()).await;
        let fetched = store.fetch(Partition::of(given.id()), 10).await;
        let mut errors = vec![read.unwrap_err()];
        match column {
            // Nothing personal is published.
            "personal" => assert_eq!(fetched.unwrap().len(), 3),
            _ => errors.push(fetched.unwrap_err()),
        }
        for error in errors {
            assert_eq!(
                unreadable(&error),
                ("events", column, format!("{} at {version}", given.id())),
                "{damage}"
            );
        }
        store.park_order(given.id(), "unreadable").await.unwrap();
    }
}

#[tokio::test]
async fn a_newer_document_is_not_misread() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut given = history(1);
    applied(&store, given.change()).await;
    let mut connection = database.connection().await;
    let newer = with("schema", "999");
    let statement = format!("UPDATE {} SET document = {newer}", table("orders"));
    connection.execute(AssertSqlSafe(statement)).await.unwrap();
    let error = store
        .find(given.storefront(), given.id())
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

#[tokio::test]
async fn expired_idempotency_keys_are_purged_in_batches() {
    let database = Database::new().await;
    let store = database.store().await;
    for number in 1..=5_u64 {
        let mut given = history(number);
        let mut change = given.change();
        let key = idempotency("place", &format!("k{number}"));
        let expires_at = at(100 * number);
        change.idempotency = Some(IdempotencyUpdate::Claim {
            key: IdempotencyScope::new(StorefrontId::default(), &key),
            record: IdempotencyRecord::new(
                given.id(),
                [0; 32],
                Version::NONE,
                Version::INITIAL,
                None,
                expires_at,
            ),
            now: at(0),
        });
        applied(&store, change).await;
    }
    assert_eq!(store.purge_idempotency_keys(at(300), 2).await.unwrap(), 2);
    assert_eq!(store.purge_idempotency_keys(at(300), 2).await.unwrap(), 1);
    assert_eq!(store.purge_idempotency_keys(at(300), 2).await.unwrap(), 0);
    let kept = IdempotencyScope::new(StorefrontId::default(), &idempotency("place", "k4"));
    assert!(
        store
            .find_idempotency_record(&kept, at(300))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn a_view_shows_each_event_of_the_history() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut given = history(1);
    applied(&store, given.change()).await;
    let mut given = given.confirmed(at(5));
    applied(&store, given.change()).await;
    let mut connection = database.connection().await;
    let statement = format!(
        "SELECT version, kind, CAST(at AS text) AS at, CAST(document AS text) AS document \
         FROM {} ORDER BY version",
        view("history")
    );
    let shown = connection.fetch_all(AssertSqlSafe(statement)).await;
    let shown: Vec<(i64, String, String)> = shown
        .unwrap()
        .iter()
        .map(|row| (row.get("version"), row.get("kind"), row.get("document")))
        .collect();
    let documents = given.events().iter().map(|event| {
        let version = i64::try_from(event.version.get()).unwrap();
        let document = stored_json::event_to_json(event).unwrap();
        (version, event.payload.name().to_owned(), document)
    });
    assert_eq!(shown, documents.collect::<Vec<_>>());
}

#[tokio::test]
async fn views_show_lines_payments_refunds_and_fulfillments() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut given = history(1).confirmed(at(2)).authorized(at(3));
    applied(&store, given.change()).await;
    let mut connection = database.connection().await;
    let row = connection
        .fetch_one(AssertSqlSafe(format!(
            "SELECT sku, quantity, unit_price, currency, shipped FROM {}",
            view("lines")
        )))
        .await
        .unwrap();
    assert_eq!(
        (
            row.get::<String, _>("sku"),
            row.get::<i64, _>("quantity"),
            row.get::<i64, _>("unit_price"),
            row.get::<String, _>("currency"),
            row.get::<i64, _>("shipped"),
        ),
        ("abc".to_owned(), 2, 1_999, "USD".to_owned(), 0)
    );
    let row = connection
        .fetch_one(AssertSqlSafe(format!(
            "SELECT state, authorized, captured, currency FROM {}",
            view("payments")
        )))
        .await
        .unwrap();
    assert_eq!(
        (
            row.get::<String, _>("state"),
            row.get::<i64, _>("authorized"),
            row.get::<i64, _>("captured"),
        ),
        ("authorized".to_owned(), 3_998, 0)
    );
    for name in ["refunds", "fulfillments"] {
        let all = AssertSqlSafe(format!("SELECT * FROM {}", view(name)));
        assert!(connection.fetch_all(all).await.unwrap().is_empty());
    }
}
