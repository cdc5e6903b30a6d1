//! Orders that a runner carries on side by side, within a limit for each external service.

use crate::dependency::Dependency;
use crate::order::Order;
use crate::ports::LeasedEffect;
use crate::time::Timestamp;
use crate::value::{OrderId, StorefrontId};
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{FuturesUnordered, StreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// The maximum number of orders woken by their timers concurrently.
const MAX_TIMERS: usize = 16;

/// The maximum number of jobs that a pool takes on beside each other.
#[cfg(feature = "tokio")]
const CAPACITY: usize = 256;

/// What is to be done on an order.
pub(super) enum Work {
    /// Effects that are leased to the runner until an instant.
    Effects {
        effects: Vec<LeasedEffect>,
        until: Timestamp,
    },
    /// Its timer is due.
    Timer,
}

/// An order to carry on.
pub(super) struct Job {
    pub(super) storefront: StorefrontId,
    pub(super) id: OrderId,
    pub(super) work: Work,
    /// The order and when it was loaded; absent if it is still to be loaded.
    pub(super) order: Option<(Order, Timestamp)>,
}

impl Job {
    /// Returns the number of effects.
    pub(super) const fn effects(&self) -> usize {
        match &self.work {
            Work::Effects { effects, .. } => effects.len(),
            Work::Timer => 0,
        }
    }

    /// Returns what it takes up while it runs. Effects that follow from its own are not counted.
    fn load(&self) -> Load {
        let mut load = Load::new();
        match &self.work {
            Work::Timer => {
                load.insert(Resource::Timers, 1);
            }
            Work::Effects { effects, .. } => {
                for effect in effects {
                    let service = Resource::Calls(effect.effect.kind.dependency());
                    *load.entry(service).or_default() += 1;
                }
            }
        }
        load
    }
}

/// How much of what a job takes up.
type Load = BTreeMap<Resource, usize>;

/// What is limited.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Resource {
    Calls(Dependency),
    Timers,
}

/// A job that has ended.
struct Ended {
    order: OrderId,
    load: Load,
    changed: bool,
}

/// The jobs of a runner. Those of one order run one after the other.
pub(super) struct JobPool<'r> {
    /// Carries a job out, and returns whether a timer changed its order.
    run: Box<dyn Fn(Job) -> BoxFuture<'r, bool> + Send + 'r>,
    calls_per_service: usize,
    waiting: Vec<(Job, Load)>,
    running: FuturesUnordered<BoxFuture<'r, Ended>>,
    /// The orders of the running jobs.
    orders: BTreeSet<OrderId>,
    in_use: Load,
}

impl<'r> JobPool<'r> {
    pub(super) fn new(
        calls_per_service: u32,
        run: impl Fn(Job) -> BoxFuture<'r, bool> + Send + 'r,
    ) -> Self {
        Self {
            run: Box::new(run),
            calls_per_service: usize::try_from(calls_per_service).unwrap_or(usize::MAX),
            waiting: Vec::new(),
            running: FuturesUnordered::new(),
            orders: BTreeSet::new(),
            in_use: Load::new(),
        }
    }

    /// Adds jobs. A timer of an order that is in the pool is skipped: a later round finds it again if it
    /// is still due.
    pub(super) fn add(&mut self, jobs: Vec<Job>) {
        for job in jobs {
            if matches!(job.work, Work::Timer) && self.contains(&job) {
                continue;
            }
            let load = job.load();
            self.waiting.push((job, load));
        }
    }

    fn contains(&self, job: &Job) -> bool {
        self.orders.contains(&job.id) || self.waiting.iter().any(|(other, _)| other.id == job.id)
    }

    /// Starts the jobs that may run now. Returns whether any is running.
    pub(super) fn start(&mut self) -> bool {
        for (mut job, load) in std::mem::take(&mut self.waiting) {
            let order = job.id;
            if self.orders.contains(&order) {
                // The running job changes the order.
                job.order = None;
                self.waiting.push((job, load));
                continue;
            }
            if !self.has_room_for(&load) {
                self.waiting.push((job, load));
                continue;
            }
            for (resource, count) in &load {
                *self.in_use.entry(*resource).or_default() += count;
            }
            self.orders.insert(order);
            let ended = (self.run)(job).map(move |changed| Ended {
                order,
                load,
                changed,
            });
            self.running.push(ended.boxed());
        }
        !self.running.is_empty()
    }

    fn has_room_for(&self, load: &Load) -> bool {
        load.iter().all(|(resource, count)| {
            let in_use = self.in_use.get(resource).copied().unwrap_or_default();
            in_use == 0 || in_use + count <= self.limit(*resource)
        })
    }

    fn limit(&self, resource: Resource) -> usize {
        match resource {
            Resource::Calls(_) => self.calls_per_service,
            Resource::Timers => MAX_TIMERS,
        }
    }

    /// Waits until a job has ended, and takes all that have. Returns how many orders their timers have
    /// changed. Without a running job it returns at once.
    pub(super) async fn finished(&mut self) -> usize {
        let mut changed = 0;
        let mut next = self.running.next().await;
        while let Some(ended) = next {
            self.orders.remove(&ended.order);
            for (resource, count) in ended.load {
                if let Some(in_use) = self.in_use.get_mut(&resource) {
                    *in_use = in_use.saturating_sub(count);
                }
            }
            changed += usize::from(ended.changed);
            next = self.running.next().now_or_never().flatten();
        }
        changed
    }

    /// Returns how many more jobs to take on.
    #[cfg(feature = "tokio")]
    pub(super) fn room(&self) -> usize {
        CAPACITY.saturating_sub(self.waiting.len() + self.running.len())
    }

    #[cfg(feature = "tokio")]
    pub(super) fn is_running(&self) -> bool {
        !self.running.is_empty()
    }
}
