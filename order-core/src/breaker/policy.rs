//! The settings of a circuit: thresholds and times.

use std::time::Duration;

/// When a circuit opens, and for how long.
///
/// It opens at [`consecutive`](Self::consecutive) failures in a row, or at a failure rate of
/// [`failure_percent`](Self::failure_percent) in the sliding [`window`](Self::window), whichever comes
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerPolicy {
    /// The number of failures in a row that opens the circuit; 0 counts as 1.
    pub consecutive: u32,
    /// The failure rate in percent that opens the circuit; 0 counts as 1, and more than 100 disables
    /// the rate.
    pub failure_percent: u32,
    /// The length of the sliding window of the failure rate. It consists of ten buckets, each of which
    /// leaves as a whole.
    pub window: Duration,
    /// The number of calls in the window from which the failure rate counts.
    pub min_calls: u32,
    /// The initial open time. Each failed probe doubles it.
    pub open_for: Duration,
    /// The maximum open time.
    pub open_cap: Duration,
    /// The time-out of a probe without an outcome, after which another probe is permitted.
    pub probe_lapse: Duration,
}

impl Default for BreakerPolicy {
    /// Opens at 5 failures in a row, or 50 % of at least 20 calls in 30 s; stays open for 5 s, at most
    /// 60 s; a probe times out after 30 s.
    fn default() -> Self {
        Self {
            consecutive: 5,
            failure_percent: 50,
            window: Duration::from_secs(30),
            min_calls: 20,
            open_for: Duration::from_secs(5),
            open_cap: Duration::from_secs(60),
            probe_lapse: Duration::from_secs(30),
        }
    }
}

impl BreakerPolicy {
    /// Sets the number of failures in a row that opens the circuit.
    #[must_use]
    pub const fn with_consecutive(mut self, failures: u32) -> Self {
        self.consecutive = failures;
        self
    }

    /// Sets the failure rate in percent, the minimum number of calls and the window.
    #[must_use]
    pub const fn with_rate(mut self, percent: u32, min_calls: u32, window: Duration) -> Self {
        self.failure_percent = percent;
        self.min_calls = min_calls;
        self.window = window;
        self
    }

    /// Sets the initial and the maximum open time.
    #[must_use]
    pub const fn with_open(mut self, first: Duration, cap: Duration) -> Self {
        self.open_for = first;
        self.open_cap = cap;
        self
    }

    /// Sets the time-out of a probe.
    #[must_use]
    pub const fn with_probe_lapse(mut self, lapse: Duration) -> Self {
        self.probe_lapse = lapse;
        self
    }

    /// Returns the open time after a failed probe, which followed an open time of `span`.
    pub(super) fn next_open_time(&self, span: Duration) -> Duration {
        span.saturating_mul(2).min(self.open_cap).max(self.open_for)
    }
}
