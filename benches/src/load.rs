//! Callers side by side, each asking again as soon as it is answered.

use crate::Outcome;
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

/// What callers got done.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Answers in a second.
    pub(crate) rate: f64,
    /// The time of a processor that this process spent on each, client and server alike, in
    /// microseconds.
    processor: f64,
    /// The same, that servers of the database on this machine spent on each.
    database: f64,
    /// How long they waited, in microseconds, shortest first.
    waits: Vec<u32>,
}

impl Done {
    /// What so many in a hundred had waited at most, in milliseconds.
    pub(crate) fn percentile(&self, hundredths: usize) -> f64 {
        let at = (self.waits.len() * hundredths / 100).min(self.waits.len().saturating_sub(1));
        self.waits
            .get(at)
            .map_or(f64::NAN, |micros| f64::from(*micros) / 1_000.0)
    }
}

impl fmt::Display for Done {
    /// What each answer cost.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.0} us of CPU each and {:.0} us in Postgres",
            self.processor, self.database
        )
    }
}

/// Runs callers for so long. `caller` makes what a caller does, given its number.
pub(crate) async fn closed<C, F, A>(callers: usize, span: Duration, caller: C) -> Outcome<Done>
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
    Ok(Done {
        rate,
        processor: (processor_time() - spent.0) * each,
        database: (database_time() - spent.1) * each,
        waits,
    })
}

/// What this process has spent so far, in microseconds. Not a number where Linux does not tell.
fn processor_time() -> f64 {
    spent_by("/proc/self/stat", ITSELF).map_or(f64::NAN, |(_, spent)| spent)
}

/// What all processes of Postgres on this machine have spent so far, in microseconds; those that have
/// ended too.
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

/// How many of the fields of `spent_by` are a process's own time: in its own code, and in the system's.
const ITSELF: usize = 2;
/// And with those of its children that have ended.
const WITH_CHILDREN: usize = 4;

/// The name of a process and what it has spent, in microseconds, as Linux tells it: in hundredths of
/// a second.
fn spent_by(stat: impl AsRef<Path>, fields: usize) -> Option<(String, f64)> {
    let told = std::fs::read_to_string(stat).ok()?;
    // The name is in brackets and may have any characters.
    let (_, told) = told.split_once('(')?;
    let (name, told) = told.rsplit_once(')')?;
    // User and system time are fields 14 and 15; those of children 16 and 17.
    let ticks: f64 = told
        .split_whitespace()
        .skip(11)
        .take(fields)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    Some((name.to_owned(), ticks * 10_000.0))
}
