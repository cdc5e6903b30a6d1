//! A closed-loop load: concurrent callers, each of which sends its next request once it is answered.

use crate::Outcome;
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

/// The throughput of all callers together.
#[derive(Debug, Default)]
pub(crate) struct Throughput {
    /// Answers per second.
    pub(crate) rate: f64,
    /// CPU time of this process per answer, client and server together, in microseconds.
    processor: f64,
    /// CPU time of the Postgres processes on this machine per answer, in microseconds.
    database: f64,
    /// The latency of each answer, in microseconds, ascending.
    waits: Vec<u32>,
}

impl Throughput {
    /// Returns a percentile of the latencies, in milliseconds.
    pub(crate) fn percentile(&self, hundredths: usize) -> f64 {
        let at = (self.waits.len() * hundredths / 100).min(self.waits.len().saturating_sub(1));
        self.waits
            .get(at)
            .map_or(f64::NAN, |micros| f64::from(*micros) / 1_000.0)
    }
}

impl fmt::Display for Throughput {
    /// Writes the CPU time per answer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.0} us of CPU each and {:.0} us in Postgres",
            self.processor, self.database
        )
    }
}

/// Runs callers for `span`. `caller` returns the request loop body of the caller with the given number.
pub(crate) async fn closed<C, F, A>(
    callers: usize,
    span: Duration,
    caller: C,
) -> Outcome<Throughput>
where
    C: Fn(usize) -> F,
    F: FnMut(u64) -> A + Send + 'static,
    A: Future<Output = Outcome> + Send,
{
    let spent = (processor_time(), database_time());
    let began = Instant::now();
    let ends = began + span;
    let mut running = tokio::task::JoinSet::new();
    for number in 0..callers {
        let mut ask = caller(number);
        running.spawn(async move {
            let mut waits = Vec::new();
            let mut turn = 0_u64;
            while Instant::now() < ends {
                let asked = Instant::now();
                ask(turn).await?;
                waits.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
                turn += 1;
            }
            Outcome::Ok(waits)
        });
    }
    let mut waits = Vec::new();
    while let Some(one) = running.join_next().await {
        waits.extend(one??);
    }
    waits.sort_unstable();
    let rate = waits.len() as f64 / began.elapsed().as_secs_f64();
    let each = 1.0 / waits.len() as f64;
    Ok(Throughput {
        rate,
        processor: (processor_time() - spent.0) * each,
        database: (database_time() - spent.1) * each,
        waits,
    })
}

/// Returns the CPU time of this process so far, in microseconds; NaN without `/proc`.
fn processor_time() -> f64 {
    spent_by("/proc/self/stat", ITSELF).map_or(f64::NAN, |(_, spent)| spent)
}

/// Returns the CPU time of all Postgres processes on this machine so far, ended ones included, in
/// microseconds; NaN without `/proc`.
fn database_time() -> f64 {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return f64::NAN;
    };
    processes
        .filter_map(|process| spent_by(process.ok()?.path().join("stat"), WITH_CHILDREN))
        .filter(|(name, _)| name == "postgres")
        .map(|(_, spent)| spent)
        .sum()
}

/// How many fields of `/proc/[pid]/stat` are a process's own user and system time.
const ITSELF: usize = 2;
/// The same, with the times of its ended children.
const WITH_CHILDREN: usize = 4;

/// Returns the name of a process and its CPU time in microseconds. Linux counts in hundredths of a
/// second.
fn spent_by(stat: impl AsRef<Path>, fields: usize) -> Option<(String, f64)> {
    let text = std::fs::read_to_string(stat).ok()?;
    // The name is in brackets and may have any characters.
    let (_, text) = text.split_once('(')?;
    let (name, text) = text.rsplit_once(')')?;
    // User and system time are fields 14 and 15; those of children 16 and 17.
    let ticks: f64 = text
        .split_whitespace()
        .skip(11)
        .take(fields)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    Some((name.to_owned(), ticks * 10_000.0))
}
