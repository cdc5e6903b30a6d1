//! A clock that stands still until a test moves it. It never asks the machine.

use super::locked;
use crate::ports::Clock;
use crate::time::{Timestamp, after, truncated};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A clock under the test's control. Clones are the same clock.
///
/// It stands still until it is [set](Self::set) or [advanced](Self::advance), and a
/// [`sleep`](Clock::sleep) ends when it is moved past its end. One that
/// [advances by itself](Self::auto) jumps to the end of the sleep that ends first, as soon as
/// whatever else is ready has had a turn: a program that waits for hours is through at once. That
/// is for memory adapters: beside real I/O, which takes time that this clock knows nothing of, every
/// deadline would seem to have passed.
///
/// ```
/// use order_core::ports::Clock;
/// use order_core::testing::ManualClock;
/// use std::time::Duration;
///
/// let clock = ManualClock::default();
/// let start = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!((clock.now() - start).num_seconds(), 60);
/// ```
#[derive(Clone)]
pub struct ManualClock {
    state: Arc<Mutex<State>>,
}

struct State {
    now: Timestamp,
    auto: bool,
    sleepers: BTreeMap<u64, Sleeper>,
    next_sleeper: u64,
}

struct Sleeper {
    until: Timestamp,
    waker: Waker,
}

impl ManualClock {
    /// A clock that stands at this instant, cut to microseconds.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self::with(now, false)
    }

    /// A clock that moves by itself to the end of every sleep.
    #[must_use]
    pub fn auto(now: Timestamp) -> Self {
        Self::with(now, true)
    }

    fn with(now: Timestamp, auto: bool) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                now: truncated(now),
                auto,
                sleepers: BTreeMap::new(),
                next_sleeper: 0,
            })),
        }
    }

    /// Moves it to this instant, cut to microseconds; backwards too.
    pub fn set(&self, now: Timestamp) {
        let mut state = locked(&self.state);
        state.now = truncated(now);
        state.wake();
    }

    /// Moves it forward.
    pub fn advance(&self, span: Duration) {
        let mut state = locked(&self.state);
        state.now = after(state.now, span);
        state.wake();
    }

    /// Moves it to the end of the sleep that ends first. Answers whether anybody sleeps.
    pub fn advance_to_next(&self) -> bool {
        let mut state = locked(&self.state);
        let Some(until) = state.first() else {
            return false;
        };
        state.now = state.now.max(until);
        state.wake();
        true
    }

    /// How many sleeps have begun and not ended.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        locked(&self.state).sleepers.len()
    }
}

impl Default for ManualClock {
    /// Stands at noon of 2 January 2026, UTC.
    fn default() -> Self {
        Self::new(super::builders::noon())
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = locked(&self.state);
        f.debug_struct("ManualClock")
            .field("now", &state.now)
            .field("auto", &state.auto)
            .field("sleepers", &state.sleepers.len())
            .finish_non_exhaustive()
    }
}

impl State {
    fn first(&self) -> Option<Timestamp> {
        self.sleepers.values().map(|sleeper| sleeper.until).min()
    }

    fn wake(&self) {
        for sleeper in self.sleepers.values() {
            sleeper.waker.wake_by_ref();
        }
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        locked(&self.state).now
    }

    async fn sleep(&self, span: Duration) {
        Sleep {
            until: after(self.now(), span),
            state: Arc::clone(&self.state),
            number: None,
        }
        .await;
    }
}

struct Sleep {
    state: Arc<Mutex<State>>,
    until: Timestamp,
    /// None before the first poll.
    number: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let shared = Arc::clone(&self.state);
        let mut state = locked(&shared);
        if state.now >= self.until {
            return Poll::Ready(());
        }
        let number = match self.number {
            Some(number) => {
                if state.auto && state.first() == Some(self.until) {
                    state.now = self.until;
                    return Poll::Ready(());
                }
                number
            }
            None => {
                let number = state.next_sleeper;
                state.next_sleeper += 1;
                self.number = Some(number);
                if state.auto {
                    // Whatever is ready goes first; then it is this sleeper's turn.
                    context.waker().wake_by_ref();
                }
                number
            }
        };
        state.sleepers.insert(
            number,
            Sleeper {
                until: self.until,
                waker: context.waker().clone(),
            },
        );
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let mut state = locked(&self.state);
        state.sleepers.remove(&number);
        if state.auto {
            // Another may be the first now.
            state.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn it_stands_still_until_it_is_moved() {
        let clock = ManualClock::default();
        let start = clock.now();
        assert_eq!(clock.now(), start);
        clock.advance(MINUTE);
        assert_eq!(clock.now(), after(start, MINUTE));
    }

    #[test]
    fn it_knows_nothing_finer_than_a_microsecond() {
        let clock = ManualClock::new(super::super::builders::noon());
        clock.set(clock.now() + chrono::TimeDelta::nanoseconds(1_999));
        assert_eq!(clock.now(), truncated(clock.now()));
    }

    #[test]
    fn a_sleep_ends_when_the_clock_is_moved_past_it() {
        let clock = ManualClock::default();
        let mut sleep = clock.sleep(MINUTE);
        assert!((&mut sleep).now_or_never().is_none());
        clock.advance(Duration::from_secs(59));
        assert!((&mut sleep).now_or_never().is_none());
        assert_eq!(clock.sleepers(), 1);
        clock.advance(Duration::from_secs(1));
        assert!((&mut sleep).now_or_never().is_some());
        drop(sleep);
        assert_eq!(clock.sleepers(), 0);
    }

    #[tokio::test]
    async fn by_itself_it_ends_sleeps_in_the_order_they_end() {
        let clock = ManualClock::auto(super::super::builders::noon());
        let start = clock.now();
        let ended = Mutex::new(Vec::new());
        let nap = async |minutes: u32| {
            clock.sleep(MINUTE * minutes).await;
            locked(&ended).push((minutes, clock.now()));
        };
        futures::join!(nap(5), nap(1), nap(3));
        let expected: Vec<_> = [1, 3, 5]
            .map(|minutes| (minutes, after(start, MINUTE * minutes)))
            .into();
        assert_eq!(*locked(&ended), expected);
    }

    #[tokio::test]
    async fn a_sleep_that_is_given_up_moves_nothing() {
        let clock = ManualClock::auto(super::super::builders::noon());
        let start = clock.now();
        let ready = Box::pin(async {});
        futures::future::select(clock.sleep(MINUTE), ready).await;
        assert_eq!(clock.now(), start);
    }
}
