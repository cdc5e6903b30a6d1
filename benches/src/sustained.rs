//! The sustained rate: orders placed while a runner and a relay work off what they leave, until nothing is
//! left.

use crate::database::{Cluster, Database};
use crate::placing::over_http;
use crate::raw::Raw;
use crate::report::{Goal, Report, Series};
use crate::services::CountingPublisher;
use crate::{Outcome, Pace, shop};
use order_core::ports::Worker;
use order_core::relay::Relay;
use order_core::service::OrderService;
use order_core::system::SystemClock;
use order_sqlx::postgres::PostgresStore;
use sqlx::postgres::PgConnection;
use sqlx::{Executor as _, Row as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const CALLERS: usize = 64;
const WARMING: Duration = Duration::from_secs(2);
/// The pause of runner and relay after a round without work.
const PAUSE: Duration = Duration::from_millis(200);
/// The pause between two looks at whether anything is left.
const LOOK: Duration = Duration::from_millis(20);
/// How long all that is left may take.
const PATIENCE: Duration = Duration::from_secs(300);

const LEFT: &str =
    "SELECT (SELECT count(*) FROM orders.effects) + (SELECT count(*) FROM orders.outbox)";
const IS_ANY_LEFT: &str =
    "SELECT EXISTS (SELECT FROM orders.effects) OR EXISTS (SELECT FROM orders.outbox)";
const PARKED: &str = "SELECT (SELECT count(*) FROM orders.effects WHERE parked_at IS NOT NULL) \
                      + (SELECT count(*) FROM orders.outbox_parked_orders)";

pub(crate) async fn measure(cluster: &Cluster, pace: Pace, report: &mut Report) -> Outcome {
    println!("placing orders while a runner and a relay work");
    let plain = cluster.database("order_bench_plain").await?;
    let raw = Raw::new(&plain).await?;
    let store = Arc::new(plain.store().await?);
    let plainly = shop::serve(shop::service(store.clone())?).await?;
    let database = cluster.database("order_bench_sustained").await?;
    let worked_off = Arc::new(database.store().await?);
    let service = shop::service(worked_off.clone())?;
    let workers = Workers::start(&service, &worked_off)?;
    let address = shop::serve(service).await?;

    raw.insert(WARMING).await?;
    over_http(plainly, CALLERS, WARMING, shop::request).await?;
    sustained(address, &database, WARMING).await?;
    let mut of_post = Series::of_ratios(
        "sustained, with runner and relay until nothing is left, c=64, against POST alone",
        Goal::AtLeast(0.8),
    );
    let mut of_raw = Series::of_ratios("sustained, c=64, against pgbench at its best", Goal::None);
    for _ in 0..pace.rounds {
        let best = raw.insert(pace.span).await?.best;
        let post = over_http(plainly, CALLERS, pace.span, shop::request).await?;
        let done = sustained(address, &database, pace.span).await?;
        of_post.push(
            done.rate / post.rate,
            format!("{:.0}/s against {:.0}/s; {done}", done.rate, post.rate),
        );
        of_raw.push(
            done.rate / best,
            format!("{:.0}/s against {best:.0}/s", done.rate),
        );
    }
    println!("  {} events were published", workers.published());
    workers.stop().await?;
    report.add_all([of_post, of_raw]);
    for (store, name) in [
        (store, "order_bench_plain"),
        (worked_off, "order_bench_sustained"),
    ] {
        store.close().await;
        cluster.remove(name).await?;
    }
    Ok(())
}

/// Orders placed and worked off.
struct Sustained {
    /// Orders per second, from the first request until nothing is left.
    rate: f64,
    /// Orders per second while requests came.
    placed: f64,
    /// Effects and rows of the outbox at the end of the load.
    backlog: i64,
    /// How long these took.
    drained_in: Duration,
}

impl std::fmt::Display for Sustained {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:.0}/s while placing, then {} rows left, drained in {:.1} s",
            self.placed,
            self.backlog,
            self.drained_in.as_secs_f64()
        )
    }
}

async fn sustained(address: SocketAddr, database: &Database, span: Duration) -> Outcome<Sustained> {
    let mut connection = database.connection().await?;
    let began = Instant::now();
    let placed = over_http(address, CALLERS, span, shop::request).await?;
    let loaded = Instant::now();
    let backlog = connection.fetch_one(LEFT).await?.try_get(0)?;
    drain(&mut connection).await?;
    Ok(Sustained {
        rate: placed.answers() / began.elapsed().as_secs_f64(),
        placed: placed.rate,
        backlog,
        drained_in: loaded.elapsed(),
    })
}

/// Waits until no effect and no row of the outbox is left.
pub(crate) async fn drain(connection: &mut PgConnection) -> Outcome {
    let began = Instant::now();
    while connection
        .fetch_one(IS_ANY_LEFT)
        .await?
        .try_get::<bool, _>(0)?
    {
        if began.elapsed() > PATIENCE {
            let parked: i64 = connection.fetch_one(PARKED).await?.try_get(0)?;
            return Err(format!("it is not worked off; {parked} are parked").into());
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// A runner and a relay at work in this process.
pub(crate) struct Workers {
    publisher: Arc<CountingPublisher>,
    stop: CancellationToken,
    tasks: [JoinHandle<()>; 2],
}

impl Workers {
    /// Starts the runner of a service, and a relay on its store.
    pub(crate) fn start(service: &OrderService, store: &Arc<PostgresStore>) -> Outcome<Self> {
        let publisher = Arc::new(CountingPublisher::default());
        let relay = Relay::new(
            store.clone(),
            publisher.clone(),
            Arc::new(SystemClock),
            Worker::parse("relay")?,
        );
        let runner = service.runner();
        let stop = CancellationToken::new();
        let (for_runner, for_relay) = (stop.clone(), stop.clone());
        let tasks = [
            tokio::spawn(async move { runner.run(PAUSE, for_runner).await }),
            tokio::spawn(async move { relay.run(PAUSE, for_relay).await }),
        ];
        Ok(Self {
            publisher,
            stop,
            tasks,
        })
    }

    /// Returns how many events were published.
    pub(crate) fn published(&self) -> u64 {
        self.publisher.published()
    }

    /// Stops both.
    pub(crate) async fn stop(self) -> Outcome {
        self.stop.cancel();
        for task in self.tasks {
            task.await?;
        }
        Ok(())
    }
}
