//! The state machine of one circuit.

use super::BreakerPolicy;
use super::window::Window;
use crate::time::{Timestamp, after, between};
use std::time::Duration;

/// How a permitted call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The service answered, be it with a refusal.
    Success,
    /// It did not, or said that it cannot work.
    Failure,
}

/// The right to make one call. Give it back with [`CircuitBreaker::record`] or
/// [`CircuitBreaker::release`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit that is never given back holds up the others at half-open until it lapses"]
pub struct Permit {
    epoch: u64,
}

/// The circuit is open: no call may be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the circuit is open")]
#[non_exhaustive]
pub struct Open {
    /// When to come back; never zero. While a probe is under way it is a guess: no later than the
    /// probe lapses, and no later than the first open time.
    pub retry_after: Duration,
}

/// Where a circuit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// No call goes through.
    Open {
        /// For so long.
        retry_after: Duration,
    },
    /// One call at a time goes through, to see whether the service is back.
    HalfOpen,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        streak: u32,
        window: Window,
    },
    /// For `span` from `since`; after that it is as good as half-open.
    Open {
        since: Timestamp,
        span: Duration,
    },
    /// It was open for `span`. A probe is under way since then, if any.
    HalfOpen {
        span: Duration,
        probing: Option<Timestamp>,
    },
}

/// What a caller is told to wait at the least while a probe is under way.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

const CLOSED: State = State::Closed {
    streak: 0,
    window: Window::EMPTY,
};

/// One circuit. It holds no clock and no lock: every instant is an argument.
///
/// A clock that is set back never keeps it open for longer than one open time. A report that comes
/// after the circuit has changed its state says nothing about the present and is ignored.
#[derive(Debug, Clone)]
pub struct CircuitBreaker {
    policy: BreakerPolicy,
    state: State,
    /// Changes with the state and with each probe, so that a permit is known to be of the present.
    epoch: u64,
}

impl CircuitBreaker {
    /// A closed circuit.
    #[must_use]
    pub const fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: CLOSED,
            epoch: 0,
        }
    }

    /// Asks to make a call now.
    ///
    /// # Errors
    /// [`Open`], while the circuit is open, or half-open with a probe under way.
    pub fn permit(&mut self, now: Timestamp) -> Result<Permit, Open> {
        let span = match &mut self.state {
            State::Closed { .. } => return Ok(Permit { epoch: self.epoch }),
            State::Open { since, span } => {
                wait(since, *span, now)?;
                *span
            }
            State::HalfOpen { span, probing } => {
                if let Some(since) = probing {
                    let soon = self.policy.open_for.max(SHORTEST_WAIT);
                    wait(since, self.policy.probe_lapse, now).map_err(|open| Open {
                        retry_after: open.retry_after.min(soon),
                    })?;
                }
                *span
            }
        };
        self.turn(State::HalfOpen {
            span,
            probing: Some(now),
        });
        Ok(Permit { epoch: self.epoch })
    }

    /// Says how the call of this permit went.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a permit is good for one call"
    )]
    pub fn record(&mut self, permit: Permit, outcome: Outcome, now: Timestamp) {
        if !self.is_of_now(&permit) {
            return;
        }
        match (&mut self.state, outcome) {
            (State::Closed { streak, window }, Outcome::Success) => {
                *streak = 0;
                window.count(&self.policy, now, false);
            }
            (State::Closed { streak, window }, Outcome::Failure) => {
                *streak = streak.saturating_add(1);
                window.count(&self.policy, now, true);
                let tally = window.tally(&self.policy, now);
                let share = u64::from(self.policy.failure_percent.max(1));
                let too_many = tally.calls >= u64::from(self.policy.min_calls)
                    && tally.failures * 100 >= tally.calls * share;
                if *streak >= self.policy.consecutive || too_many {
                    let span = self.policy.open_for;
                    self.turn(State::Open { since: now, span });
                }
            }
            (State::HalfOpen { .. }, Outcome::Success) => self.turn(CLOSED),
            (State::HalfOpen { span, .. }, Outcome::Failure) => {
                let span = self.policy.longer_than(*span);
                self.turn(State::Open { since: now, span });
            }
            (State::Open { .. }, _) => {}
        }
    }

    /// Gives a permit back without a verdict: the call was not made, or nobody waited for its end.
    /// At half-open the next caller may probe at once.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a permit is good for one call"
    )]
    pub fn release(&mut self, permit: Permit) {
        if let State::HalfOpen { span, .. } = self.state
            && self.is_of_now(&permit)
        {
            self.turn(State::HalfOpen {
                span,
                probing: None,
            });
        }
    }

    /// Where it stands now.
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

    /// Whether it can be forgotten: a new one would behave the same, but for successes that a new
    /// one has not counted.
    pub(super) fn is_at_rest(&self, now: Timestamp) -> bool {
        match &self.state {
            State::Closed { streak, window } => {
                *streak == 0 && window.tally(&self.policy, now).failures == 0
            }
            State::Open { .. } | State::HalfOpen { .. } => false,
        }
    }

    pub(super) fn is_of_now(&self, permit: &Permit) -> bool {
        permit.epoch == self.epoch
    }

    fn turn(&mut self, state: State) {
        self.state = state;
        self.epoch = self.epoch.wrapping_add(1);
    }
}

/// Refuses until `span` has passed since `since`, which is no later than now: a clock that was set
/// back starts the wait anew.
fn wait(since: &mut Timestamp, span: Duration, now: Timestamp) -> Result<(), Open> {
    *since = (*since).min(now);
    let retry_after = between(now, after(*since, span));
    if retry_after.is_zero() {
        Ok(())
    } else {
        Err(Open { retry_after })
    }
}
