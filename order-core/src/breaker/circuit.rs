//! The state machine of one circuit: closed, open, half-open.

use super::BreakerPolicy;
use super::window::Window;
use crate::time::{Timestamp, after, between};
use std::time::Duration;

/// The outcome of a permitted call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The service answered; a refusal counts as an answer.
    Success,
    /// The service did not answer, or reported an outage.
    Failure,
}

/// The permission to make one call. Return it with [`CircuitBreaker::record`] or
/// [`CircuitBreaker::release`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a probe that is never returned blocks the others at half-open until it times out"]
pub struct Permit {
    epoch: u64,
}

/// The circuit is open: no call may be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the circuit is open")]
#[non_exhaustive]
pub struct CircuitOpen {
    /// How long to wait before the next attempt; never zero. While a probe is in flight it is an
    /// estimate: at most the rest of the probe's time-out, and at most the initial open time.
    pub retry_after: Duration,
}

/// The state of a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls are permitted.
    Closed,
    /// No call is permitted.
    Open {
        /// How long it stays open.
        retry_after: Duration,
    },
    /// One call at a time is permitted, to probe whether the service has recovered.
    HalfOpen,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        consecutive_failures: u32,
        window: Window,
    },
    /// Open for `span` from `since` on, then half-open at the next call.
    Open { since: Timestamp, span: Duration },
    /// Was open for `span`; `probing` is when the probe in flight started, if there is one.
    HalfOpen {
        span: Duration,
        probing: Option<Timestamp>,
    },
}

/// The shortest `retry_after` while a probe is in flight.
const MIN_RETRY_AFTER: Duration = Duration::from_millis(1);

const CLOSED: State = State::Closed {
    consecutive_failures: 0,
    window: Window::EMPTY,
};

/// One circuit. It has no clock and no lock: every instant is an argument.
///
/// A clock that is set back never keeps it open for longer than one open time. An outcome that arrives
/// after the circuit has changed its state is stale and ignored.
#[derive(Debug, Clone)]
pub struct CircuitBreaker {
    policy: BreakerPolicy,
    state: State,
    /// Changes with the state and with each probe, so that stale permits are recognised.
    epoch: u64,
}

impl CircuitBreaker {
    /// Creates a closed circuit.
    #[must_use]
    pub const fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: CLOSED,
            epoch: 0,
        }
    }

    /// Acquires the permission to make a call now.
    ///
    /// # Errors
    /// [`CircuitOpen`] while the circuit is open, or half-open with a probe in flight.
    pub fn try_acquire(&mut self, now: Timestamp) -> Result<Permit, CircuitOpen> {
        let span = match &mut self.state {
            State::Closed { .. } => return Ok(Permit { epoch: self.epoch }),
            State::Open { since, span } => {
                check_elapsed(since, *span, now)?;
                *span
            }
            State::HalfOpen { span, probing } => {
                if let Some(since) = probing {
                    let max_wait = self.policy.open_for.max(MIN_RETRY_AFTER);
                    check_elapsed(since, self.policy.probe_lapse, now).map_err(|open| {
                        CircuitOpen {
                            retry_after: open.retry_after.min(max_wait),
                        }
                    })?;
                }
                *span
            }
        };
        self.change_to(State::HalfOpen {
            span,
            probing: Some(now),
        });
        Ok(Permit { epoch: self.epoch })
    }

    /// Records the outcome of the call of this permit.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a permit is good for one call"
    )]
    pub fn record(&mut self, permit: Permit, outcome: Outcome, now: Timestamp) {
        if !self.is_current(&permit) {
            return;
        }
        match (&mut self.state, outcome) {
            (
                State::Closed {
                    consecutive_failures,
                    window,
                },
                Outcome::Success,
            ) => {
                *consecutive_failures = 0;
                window.count(&self.policy, now, false);
            }
            (
                State::Closed {
                    consecutive_failures,
                    window,
                },
                Outcome::Failure,
            ) => {
                *consecutive_failures = consecutive_failures.saturating_add(1);
                window.count(&self.policy, now, true);
                let tally = window.tally(&self.policy, now);
                let threshold = u64::from(self.policy.failure_percent.max(1));
                let rate_exceeded = tally.calls >= u64::from(self.policy.min_calls)
                    && tally.failures * 100 >= tally.calls * threshold;
                if *consecutive_failures >= self.policy.consecutive || rate_exceeded {
                    let span = self.policy.open_for;
                    self.change_to(State::Open { since: now, span });
                }
            }
            (State::HalfOpen { .. }, Outcome::Success) => self.change_to(CLOSED),
            (State::HalfOpen { span, .. }, Outcome::Failure) => {
                let span = self.policy.next_open_time(*span);
                self.change_to(State::Open { since: now, span });
            }
            (State::Open { .. }, _) => {}
        }
    }

    /// Returns a permit without an outcome: the call was not made, or was cancelled. At half-open the
    /// next caller may probe at once.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a permit is good for one call"
    )]
    pub fn release(&mut self, permit: Permit) {
        if let State::HalfOpen { span, .. } = self.state
            && self.is_current(&permit)
        {
            self.change_to(State::HalfOpen {
                span,
                probing: None,
            });
        }
    }

    /// Returns the current state.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> BreakerState {
        match self.state {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { since, span } => {
                let retry_after = between(now, after(since.min(now), span));
                if retry_after.is_zero() {
                    BreakerState::HalfOpen
                } else {
                    BreakerState::Open { retry_after }
                }
            }
            State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Returns whether it can be evicted: a new circuit would behave the same, apart from the successes
    /// in the window.
    pub(super) fn is_idle(&self, now: Timestamp) -> bool {
        match &self.state {
            State::Closed {
                consecutive_failures,
                window,
            } => *consecutive_failures == 0 && window.tally(&self.policy, now).failures == 0,
            State::Open { .. } | State::HalfOpen { .. } => false,
        }
    }

    pub(super) fn is_current(&self, permit: &Permit) -> bool {
        permit.epoch == self.epoch
    }

    fn change_to(&mut self, state: State) {
        self.state = state;
        self.epoch = self.epoch.wrapping_add(1);
    }
}

/// Refuses until `span` has passed since `since`. A clock that was set back restarts the wait: `since`
/// is moved to `now` then.
fn check_elapsed(since: &mut Timestamp, span: Duration, now: Timestamp) -> Result<(), CircuitOpen> {
    *since = (*since).min(now);
    let retry_after = between(now, after(*since, span));
    if retry_after.is_zero() {
        Ok(())
    } else {
        Err(CircuitOpen { retry_after })
    }
}
