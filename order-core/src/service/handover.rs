//! Hands notices over from the commits of this process to its running runner, which then needs neither
//! claim nor load for them.
//!
//! A notice is stored leased to that runner. If the runner crashes, its lease expires and any worker
//! claims the notice. The queue is bounded, and needs no runtime.

use crate::order::Order;
use crate::ports::{LeasedEffect, Worker};
use crate::time::Timestamp;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// Notices of one order, leased to the runner that they are handed over to.
#[cfg_attr(
    not(feature = "tokio"),
    expect(dead_code, reason = "only the loop of a runner takes them")
)]
pub(super) struct HandedOver {
    /// The order after the commit that stored them.
    pub(super) order: Order,
    pub(super) effects: Vec<LeasedEffect>,
    /// When their leases expire.
    pub(super) until: Timestamp,
}

/// The queue between the commits of a process and its runner.
pub(super) struct Handover {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The worker of the runner that takes from the queue; `None` while none does.
    worker: Option<Worker>,
    /// The number of commits that are under way and have an entry reserved.
    reserved: usize,
    entries: VecDeque<HandedOver>,
    /// Whether a commit has left due effects to whoever claims them.
    woken: bool,
    waker: Option<Waker>,
}

impl Handover {
    /// Creates a queue that holds the notices of at most `capacity` commits.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            state: Mutex::default(),
        }
    }

    /// Reserves an entry. Returns `None` if the queue is full or no runner takes from it.
    pub(super) fn reserve(self: &Arc<Self>) -> Option<Reservation> {
        let mut state = self.state();
        if state.reserved + state.entries.len() >= self.capacity {
            return None;
        }
        let worker = state.worker.clone()?;
        state.reserved += 1;
        Some(Reservation {
            handover: Arc::clone(self),
            worker,
        })
    }

    /// Tells the runner that effects are due which any worker may claim.
    pub(super) fn wake(&self) {
        let mut state = self.state();
        if state.worker.is_some() {
            state.woken = true;
            state.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// An entry reserved for the notices of a commit.
pub(super) struct Reservation {
    handover: Arc<Handover>,
    /// The runner that the notices are leased to.
    pub(super) worker: Worker,
}

impl Reservation {
    /// Hands notices over. Returns whether the runner is still there to take them.
    pub(super) fn send(self, notices: HandedOver) -> bool {
        let mut state = self.handover.state();
        let is_taken = state.worker.as_ref() == Some(&self.worker);
        if is_taken {
            state.entries.push_back(notices);
            state.wake();
        }
        drop(state);
        is_taken
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.handover.state().reserved -= 1;
    }
}

#[cfg(feature = "tokio")]
mod inbox {
    use super::{HandedOver, Handover, Worker};
    use std::sync::Arc;
    use std::task::Poll;

    /// The receiving end of a [`Handover`]. Dropping it drops what is left in the queue.
    pub(in super::super) struct Inbox {
        handover: Arc<Handover>,
    }

    impl Handover {
        /// Starts to take from the queue, under the name of a worker. Returns `None` if another runner
        /// takes from it.
        pub(in super::super) fn open(self: &Arc<Self>, worker: &Worker) -> Option<Inbox> {
            let mut state = self.state();
            if state.worker.is_some() {
                return None;
            }
            state.worker = Some(worker.clone());
            Some(Inbox {
                handover: Arc::clone(self),
            })
        }
    }

    impl Inbox {
        /// Takes the notices of up to `limit` commits.
        pub(in super::super) fn take(&self, limit: usize) -> Vec<HandedOver> {
            let mut state = self.handover.state();
            let count = state.entries.len().min(limit);
            state.entries.drain(..count).collect()
        }

        /// Returns whether effects are due which any worker may claim, once.
        pub(in super::super) fn take_wake(&self) -> bool {
            std::mem::take(&mut self.handover.state().woken)
        }

        /// Waits until there is something to take.
        pub(in super::super) async fn changed(&self) {
            std::future::poll_fn(|context| {
                let mut state = self.handover.state();
                if state.woken || !state.entries.is_empty() {
                    return Poll::Ready(());
                }
                state.waker = Some(context.waker().clone());
                Poll::Pending
            })
            .await;
        }
    }

    impl Drop for Inbox {
        fn drop(&mut self) {
            let mut state = self.handover.state();
            state.worker = None;
            state.woken = false;
            state.waker = None;
            state.entries.clear();
        }
    }
}
#[cfg(feature = "tokio")]
pub(super) use inbox::Inbox;
