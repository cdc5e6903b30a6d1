//! When a circuit opens, and for how long.

use std::time::Duration;

/// When a circuit opens, and for how long.
///
/// It opens at whichever comes first: [`consecutive`](Self::consecutive) failures without a success
/// between them, or a share of [`failure_percent`](Self::failure_percent) among the calls of the last
/// [`window`](Self::window).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerPolicy {
    /// Failures in a row that open the circuit; 0 counts as 1.
    pub consecutive: u32,
    /// The share of failures, of 100 calls, that opens the circuit; 0 counts as 1, and over 100
    /// never opens it.
    pub failure_percent: u32,
    /// How far back calls count towards the share. It is kept in tenths, so that the oldest tenth
    /// leaves as a whole.
    pub window: Duration,
    /// Below so many calls in the window the share does not count.
    pub min_calls: u32,
    /// How long the circuit stays open the first time. Each probe that fails doubles it.
    pub open_for: Duration,
    /// The longest it stays open at a time.
    pub open_cap: Duration,
    /// After so long a probe that was never heard of again is forgotten, and another may be made.
    pub probe_lapse: Duration,
}

impl Default for BreakerPolicy {
    /// 5 failures in a row, or half of at least 20 calls in 30 s; open for 5 s, at most for a
    /// minute; a probe lapses after 30 s.
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
    /// Opens after so many failures in a row.
    #[must_use]
    pub const fn with_consecutive(mut self, failures: u32) -> Self {
        self.consecutive = failures;
        self
    }

    /// Opens at this share of failures, of 100, among at least `min_calls` calls in `window`.
    #[must_use]
    pub const fn with_rate(mut self, percent: u32, min_calls: u32, window: Duration) -> Self {
        self.failure_percent = percent;
        self.min_calls = min_calls;
        self.window = window;
        self
    }

    /// Stays open for `first`, then doubles up to `cap`.
    #[must_use]
    pub const fn with_open(mut self, first: Duration, cap: Duration) -> Self {
        self.open_for = first;
        self.open_cap = cap;
        self
    }

    /// Forgets a probe that was not heard of for so long.
    #[must_use]
    pub const fn with_probe_lapse(mut self, lapse: Duration) -> Self {
        self.probe_lapse = lapse;
        self
    }

    /// How long the circuit stays open after a probe failed that came after `span`.
    pub(super) fn longer_than(&self, span: Duration) -> Duration {
        span.saturating_mul(2).min(self.open_cap).max(self.open_for)
    }
}
