//! A closed-loop load: concurrent callers, each of which sends its next request once it is answered.

use crate::Outcome;
use std::fmt;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The throughput of all callers together.
#[derive(Debug, Default)]
pub(crate) struct Throughput {
    /// Answers per second.
    pub(crate) rate: f64,
    /// CPU time of this process per answer, client and server together, in microseconds.
    processor: f64,
    /// CPU time of the Postgres server under test per answer, in microseconds.
    database: f64,
    /// The latency of each answer, in microseconds, ascending.
    waits: Vec<u32>,
}

impl Throughput {
    /// Returns how many answers there were.
    pub(crate) fn answers(&self) -> f64 {
        self.waits.len() as f64
    }

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
    Process::read("/proc/self").map_or(f64::NAN, |process| process.own)
}

/// The process that all processes of the Postgres server under test descend from.
static POSTMASTER: OnceLock<u32> = OnceLock::new();

/// Tells which server process the given one works for: the one under test from now on. Ignored unless it
/// runs on this machine.
pub(crate) fn watch_server_of(backend: u32) {
    let process = Process::read(Path::new("/proc").join(backend.to_string()));
    if let Some(backend) = process.filter(|process| process.name == "postgres") {
        POSTMASTER.get_or_init(|| backend.parent);
    }
}

/// Returns the CPU time of the Postgres server under test so far, that of its ended processes included, in
/// microseconds; NaN if it runs elsewhere.
fn database_time() -> f64 {
    let (Some(postmaster), Ok(processes)) = (POSTMASTER.get(), std::fs::read_dir("/proc")) else {
        return f64::NAN;
    };
    let server = postmaster.to_string();
    processes
        .filter_map(|folder| {
            let folder = folder.ok()?;
            let process = Process::read(folder.path())?;
            if folder.file_name() == server.as_str() {
                Some(process.own + process.of_ended_children)
            } else {
                (process.parent == *postmaster).then_some(process.own)
            }
        })
        .sum()
}

/// What `/proc/[pid]/stat` tells about a process; times in microseconds of CPU.
struct Process {
    name: String,
    parent: u32,
    own: f64,
    of_ended_children: f64,
}

impl Process {
    /// Reads the entry of a process in `/proc`; `None` where there is none. Linux counts in hundredths of
    /// a second.
    fn read(folder: impl AsRef<Path>) -> Option<Self> {
        let text = std::fs::read_to_string(folder.as_ref().join("stat")).ok()?;
        // The name is in brackets and may have any characters. The state and the
        // parent follow; user and system time are the fields 11 and 12 after the name, those of ended
        // children 13 and 14.
        let (name, fields) = text.split_once('(')?.1.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let time = |at: usize| Some(fields.get(at)?.parse::<f64>().ok()? * 10_000.0);
        Some(Self {
            name: name.to_owned(),
            parent: fields.get(1)?.parse().ok()?,
            own: time(11)? + time(12)?,
            of_ended_children: time(13)? + time(14)?,
        })
    }
}
