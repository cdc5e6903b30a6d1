//! The cost of row-level security: storefronts isolated by the database itself.

use crate::database::Cluster;
use crate::load::closed;
use crate::placing::{commits, number};
use crate::report::{Goal, Report};
use crate::{Outcome, Pace, shop};
use order_core::ports::{OrderStore as _, Orders as _};
use order_core::value::StorefrontId;
use order_sqlx::postgres::{PostgresOptions, PostgresStore};
use std::sync::Arc;

const NAME: &str = "order_bench_isolated";

pub(crate) async fn measure(cluster: &Cluster, pace: Pace, report: &mut Report) -> Outcome {
    println!("isolating storefronts with row-level security");
    let open = cluster.database("order_bench_open").await?;
    let free = Arc::new(open.store().await?);
    let database = cluster.database_of_a_role(NAME).await?;
    let apart = PostgresStore::connect(&database.url, PostgresOptions::new())
        .await?
        .with_row_level_security();
    apart.migrate().await?;
    let apart = Arc::new(apart);
    let (mut commit, mut find) = ((Vec::new(), String::new()), (Vec::new(), String::new()));
    for store in [&free, &apart] {
        commits(store, 64, pace.span).await?;
    }
    for _ in 0..pace.rounds {
        let (without, with) = (
            commits(&free, 64, pace.span).await?,
            commits(&apart, 64, pace.span).await?,
        );
        commit.0.push(with.rate / without.rate);
        commit.1 = format!("{:.0}/s against {:.0}/s", with.rate, without.rate);
        let (without, with) = (finds(&free, pace).await?, finds(&apart, pace).await?);
        find.0.push(with / without);
        find.1 = format!("{with:.0}/s against {without:.0}/s");
    }
    report.add(
        "commits, c=64, storefronts kept apart by the database, against not",
        "x",
        Goal::None,
        commit.0,
        commit.1,
    );
    report.add(
        "single orders read, c=16, storefronts kept apart, against not",
        "x",
        Goal::None,
        find.0,
        find.1,
    );
    free.close().await;
    apart.close().await;
    cluster.remove("order_bench_open").await?;
    cluster.remove_with_role(NAME).await
}

/// Returns the lookups of a single order per second.
async fn finds(store: &Arc<PostgresStore>, pace: Pace) -> Outcome<f64> {
    let service = shop::service(store.clone())?;
    let id = service.place(shop::order(number())?).await?.order.id();
    let done = closed(16, pace.span, |_| {
        let store = store.clone();
        move |_| {
            let store = store.clone();
            async move {
                let found = store.find(&StorefrontId::default(), id).await?;
                found.map(drop).ok_or_else(|| "it is gone".into())
            }
        }
    });
    Ok(done.await?.rate)
}
