//! A clock that a test moves. It never reads the machine's clock.

use crate::lock::locked;
use async_trait::async_trait;
use order_core::ports::Clock;
use order_core::time::{Timestamp, after, truncated};
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A clock that stands still until the test [sets](Self::set) or [advances](Self::advance) it; a
/// [`sleep`](Clock::sleep) ends when the clock moves past its end. Clones are the same clock.
///
/// A clock that [advances by itself](Self::auto) jumps to the end of the earliest sleep once all
/// other ready tasks have been polled, so that a program that waits for hours finishes at once. Use
/// it with memory adapters only: real I/O takes time that this clock does not measure, so that every
/// deadline would seem exceeded.
///
/// ```
/// use order_core::ports::Clock;
/// use order_testing::ManualClock;
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
    /// Returns a clock that stands at this instant, truncated to microseconds.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self::with(now, false)
    }

    /// Returns a clock that starts at this instant and advances by itself to the end of every sleep.
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

    /// Sets the clock to this instant, truncated to microseconds. It may go back.
    pub fn set(&self, now: Timestamp) {
        let mut state = locked(&self.state);
        state.now = truncated(now);
        state.wake();
    }

    /// Moves the clock forward.
    pub fn advance(&self, span: Duration) {
        let mut state = locked(&self.state);
        state.now = after(state.now, span);
        state.wake();
    }

    /// Moves the clock to the end of the earliest sleep. Returns whether there was one.
    pub fn advance_to_next(&self) -> bool {
        let mut state = locked(&self.state);
        let Some(until) = state.first() else {
            return false;
        };
        state.now = state.now.max(until);
        state.wake();
        true
    }

    /// Returns how many sleeps have begun and not ended.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        locked(&self.state).sleepers.len()
    }
}

impl Default for ManualClock {
    /// Returns a clock that stands at [`noon`](crate::builders::noon).
    fn default() -> Self {
        Self::new(crate::builders::noon())
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
    /// `None` before the first poll.
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
                    // Polled again after the tasks that are ready now.
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
            // Another sleep may be the earliest now.
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
        let clock = ManualClock::new(crate::builders::noon());
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
        let clock = ManualClock::auto(crate::builders::noon());
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
        let clock = ManualClock::auto(crate::builders::noon());
        let start = clock.now();
        let ready = Box::pin(async {});
        futures::future::select(clock.sleep(MINUTE), ready).await;
        assert_eq!(clock.now(), start);
    }
}
