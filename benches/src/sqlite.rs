//! Commits to an SQLite file by many callers, which are batched, against those of one caller, each of
//! which is a transaction with an fsync of its own.

use crate::creates::commits;
use crate::report::{Goal, Report};
use crate::{Outcome, Pace};
use order_sqlx::{SqliteOptions, SqliteStore};
use std::sync::Arc;

pub(crate) async fn measure(pace: Pace, report: &mut Report) -> Outcome {
    println!("committing to SQLite, synchronous=FULL");
    let folder = tempfile::tempdir_in(".")?;
    let file = folder.path().join("order.db");
    let file = file.to_str().ok_or("the folder's name is no text")?;
    let store = SqliteStore::connect(file, SqliteOptions::new()).await?;
    store.migrate().await?;
    let store = Arc::new(store);
    let (mut ratios, mut figures) = (Vec::new(), String::new());
    for _ in 0..pace.rounds {
        let alone = commits(&store, 1, pace.span).await?;
        let grouped = commits(&store, 64, pace.span).await?;
        ratios.push(grouped.rate / alone.rate);
        figures = format!("{:.0}/s against {:.0}/s", grouped.rate, alone.rate);
    }
    report.add(
        "SQLite commits in groups, c=64, against one transaction each",
        "x",
        Goal::AtLeast(3.0),
        ratios,
        figures,
    );
    store.close().await;
    Ok(())
}
