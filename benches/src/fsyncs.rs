//! Counts the fsyncs of a process with `perf`, where there is one that may.

use crate::Outcome;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

const CALLS: &str = "syscalls:sys_enter_fsync,syscalls:sys_enter_fdatasync";
/// How long `perf` takes until it counts.
const ATTACHING: Duration = Duration::from_millis(300);

/// A count under way.
pub(crate) struct Fsyncs {
    /// Absent where there is no `perf`.
    perf: Option<Child>,
}

impl Fsyncs {
    /// Begins to count the calls of a process.
    pub(crate) async fn of(process: u32) -> Self {
        let perf = Command::new("perf")
            .args(["stat", "--field-separator=,", "--event", CALLS, "--pid"])
            .arg(process.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .ok();
        if perf.is_some() {
            tokio::time::sleep(ATTACHING).await;
        }
        Self { perf }
    }

    /// Stops, and tells how many there were for each of so many answers.
    pub(crate) async fn each_of(self, answers: f64) -> Outcome<String> {
        Ok(match self.stop().await? {
            Some(calls) => format!("{:.2} fsyncs each", calls / answers),
            None => "fsyncs not measured, for want of perf".to_owned(),
        })
    }

    /// Stops, and returns the calls; `None` if `perf` could not count them.
    async fn stop(self) -> Outcome<Option<f64>> {
        let Some(perf) = self.perf else {
            return Ok(None);
        };
        if let Some(id) = perf.id() {
            Command::new("kill")
                .args(["-INT", &id.to_string()])
                .status()
                .await?;
        }
        let output = perf.wait_with_output().await?;
        let text = String::from_utf8_lossy(&output.stderr);
        let counts: Vec<f64> = text
            .lines()
            .filter(|line| line.contains("sys_enter_"))
            .filter_map(|line| line.split(',').next()?.parse().ok())
            .collect();
        Ok((counts.len() == 2).then(|| counts.iter().sum()))
    }
}
