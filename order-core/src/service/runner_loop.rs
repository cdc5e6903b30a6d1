//! The loop of a [`Runner`] on tokio.
//!
//! Claims, loads and settlements go on beside the calls to external services, so that a slow call holds
//! up no other order.

use super::gathered::ForgetUnsettled;
use super::handover::{HandedOver, Inbox};
use super::job_pool::{Job, JobPool, Work};
use super::runner::{BATCH, Runner};
use crate::ports::StoreError;
use crate::time::{Timestamp, after, between};
use futures::future::{BoxFuture, FutureExt, OptionFuture, join};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How many more jobs a runner has to have room for before it claims again.
const LEAST_ROOM: usize = 64;

/// What was found due.
struct Found {
    claimed: Result<Vec<Job>, StoreError>,
    /// Whether as many effects were claimed as were asked for.
    is_full: bool,
    timers: Result<Vec<Job>, StoreError>,
}

impl Runner {
    /// Carries out effects and timers until `stop` is cancelled, then releases its leases.
    ///
    /// While it runs, the commits of this service hand their notices over to it (one runner of a service
    /// takes them; others only claim). It looks for other due work after each `pause`, at once when a
    /// commit of this process has left some, and again and again while it finds some.
    pub async fn run(&self, pause: Duration, stop: CancellationToken) {
        let mut rounds = Rounds::new(self, pause);
        while !stop.is_cancelled() {
            rounds.advance(&stop).await;
        }
        rounds.end().await;
        match self.release().await {
            Ok(given_back) => tracing::info!(given_back, "the runner has stopped"),
            Err(error) => tracing::error!(error = %error, "leases could not be given back"),
        }
    }

    async fn find_work(&self, limit: u32) -> Found {
        let (claimed, timers) = join(self.claim(limit), self.wake_due(limit)).await;
        let effects = claimed.iter().flatten().map(Job::effects).sum::<usize>();
        Found {
            is_full: u32::try_from(effects).is_ok_and(|effects| effects >= limit),
            claimed,
            timers,
        }
    }
}

/// What a runner is at, and when it does what next.
struct Rounds<'r> {
    runner: &'r Runner,
    pause: Duration,
    inbox: Option<Inbox>,
    pool: JobPool<'r>,
    _unsettled: ForgetUnsettled<'r>,
    finding: Option<BoxFuture<'r, Found>>,
    settling: Option<BoxFuture<'r, Result<(), StoreError>>>,
    /// When it last looked for work, and when it does again.
    found_at: Timestamp,
    find_at: Timestamp,
    /// When the gathered outcomes are settled; `None` while there are none.
    settle_at: Option<Timestamp>,
    /// Whether the last settlement failed.
    settle_failed: bool,
}

impl<'r> Rounds<'r> {
    fn new(runner: &'r Runner, pause: Duration) -> Self {
        let engine = &runner.engine;
        let now = engine.clock.now();
        Self {
            runner,
            pause,
            inbox: engine.handover.open(&engine.worker),
            pool: runner.job_pool(),
            _unsettled: ForgetUnsettled(&runner.gathered),
            finding: None,
            settling: None,
            found_at: now,
            find_at: now,
            settle_at: None,
            settle_failed: false,
        }
    }

    fn gather(&self) -> Duration {
        self.runner.engine.config.runner.gather
    }

    /// Starts what can be started, and waits until something has ended or is due.
    async fn advance(&mut self, stop: &CancellationToken) {
        let clock = &self.runner.engine.clock;
        let now = clock.now();
        self.take_over(now);
        self.pool.start();
        self.find(now);
        self.settle(now);
        let timer = self.next_due().map(|next| clock.sleep(between(now, next)));
        let (has_room, is_running) = (self.pool.room() > 0, self.pool.is_running());
        tokio::select! {
            () = stop.cancelled() => {}
            changed = self.pool.finished(), if is_running => {
                if changed > 0 {
                    self.find_in(self.gather());
                }
            }
            Some(found) = OptionFuture::from(self.finding.as_mut()) => {
                self.finding = None;
                self.add(found);
            }
            Some(settled) = OptionFuture::from(self.settling.as_mut()) => {
                self.settling = None;
                self.settle_failed = settled.is_err();
                if let Err(error) = settled {
                    tracing::error!(error = %error, "outcomes could not be settled");
                }
            }
            Some(()) = OptionFuture::from(self.inbox.as_ref().map(Inbox::changed)), if has_room => {}
            Some(()) = OptionFuture::from(timer) => {}
        }
        if self.settle_at.is_none() && !self.runner.gathered.is_empty() {
            let wait = if self.settle_failed {
                self.pause
            } else {
                self.gather()
            };
            self.settle_at = Some(after(clock.now(), wait));
        }
    }

    /// Returns when something is to be done even if nothing ends before.
    fn next_due(&self) -> Option<Timestamp> {
        let find_at = (self.finding.is_none() && self.has_room()).then_some(self.find_at);
        let settle_at = self.settle_at.filter(|_| self.settling.is_none());
        find_at.into_iter().chain(settle_at).min()
    }

    /// Looks for work no later than after this span.
    fn find_in(&mut self, span: Duration) {
        let at = after(self.runner.engine.clock.now(), span);
        self.find_at = self.find_at.min(at);
    }

    fn has_room(&self) -> bool {
        self.pool.room() >= LEAST_ROOM
    }

    /// Takes over what commits of this process have handed over.
    fn take_over(&mut self, now: Timestamp) {
        let Some(inbox) = &self.inbox else { return };
        if inbox.take_wake() {
            let soon = after(self.found_at, self.gather());
            self.find_at = self.find_at.min(soon);
        }
        let jobs = inbox.take(self.pool.room()).into_iter();
        self.pool
            .add(jobs.map(|one| handed_over(one, now)).collect());
    }

    /// Looks for work, if it is time.
    fn find(&mut self, now: Timestamp) {
        if self.finding.is_none() && now >= self.find_at && self.has_room() {
            let room = u32::try_from(self.pool.room()).unwrap_or(BATCH);
            self.finding = Some(self.runner.find_work(room.min(BATCH)).boxed());
            self.found_at = now;
            // Until it has found something.
            self.find_at = after(now, self.pause);
        }
    }

    fn add(&mut self, found: Found) {
        for jobs in [found.claimed, found.timers] {
            match jobs {
                Ok(jobs) => {
                    if jobs.iter().any(|job| job.effects() > 0) {
                        self.find_in(if found.is_full {
                            Duration::ZERO
                        } else {
                            self.gather()
                        });
                    }
                    self.pool.add(jobs);
                }
                Err(error) => tracing::error!(error = %error, "a round failed"),
            }
        }
    }

    /// Settles what is gathered, if it is time or enough.
    fn settle(&mut self, now: Timestamp) {
        let enough = usize::try_from(BATCH).unwrap_or(usize::MAX);
        let is_due = self.settle_at.is_some_and(|at| at <= now);
        let is_enough = !self.settle_failed && self.runner.gathered.len() >= enough;
        if self.settling.is_none() && (is_due || is_enough) {
            self.settle_at = None;
            self.settling = Some(self.runner.settle_gathered().boxed());
        }
    }

    /// Finishes the calls that are under way, and settles their outcomes.
    async fn end(mut self) {
        // What is handed over from now on is released by its commit.
        self.inbox = None;
        while self.pool.is_running() {
            self.pool.finished().await;
        }
        if let Some(settling) = self.settling.take()
            && let Err(error) = settling.await
        {
            tracing::error!(error = %error, "outcomes could not be settled");
        }
        if let Err(error) = self.runner.settle_gathered().await {
            tracing::error!(error = %error, "outcomes could not be settled");
        }
    }
}

fn handed_over(notices: HandedOver, now: Timestamp) -> Job {
    Job {
        storefront: notices.order.storefront().clone(),
        id: notices.order.id(),
        work: Work::Effects {
            effects: notices.effects,
            until: notices.until,
        },
        order: Some((notices.order, now)),
    }
}
