//! Settings of a service: time budgets, leases, retries.

use std::time::Duration;

/// Settings of an [`OrderService`](super::OrderService) that hold for every storefront.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceConfig {
    /// How long a request carries out effects itself before it leaves the rest to a runner.
    /// Default: 2 s.
    pub request_time_budget: Duration,
    /// The time-out of a call that a runner makes to an external service. Default: 10 s.
    pub call_timeout: Duration,
    /// How long an effect is leased. Default: 30 s. Raised to twice the sum of request time budget and
    /// call time-out if it is less.
    pub lease: Duration,
    /// Back-off of failed effects, and when they are parked.
    pub retry: RetryPolicy,
    /// How much a runner does at a time.
    pub runner: RunnerConfig,
    /// How long an idempotency key is kept after its request. Default: 30 days.
    pub idempotency_ttl: Duration,
    /// Whether committed events are written to the outbox. Default: off. Turn it on if a relay runs.
    pub publish: bool,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            request_time_budget: Duration::from_secs(2),
            call_timeout: Duration::from_secs(10),
            lease: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            runner: RunnerConfig::default(),
            idempotency_ttl: Duration::from_secs(30 * 24 * 60 * 60),
            publish: false,
        }
    }
}

/// How failed effects are retried: exponential back-off with full jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Upper bound of the back-off after the first failure; it doubles with every further one.
    /// Default: 1 s.
    pub initial_backoff: Duration,
    /// Upper bound of every back-off. Default: 5 min.
    pub max_backoff: Duration,
    /// Attempts after which an effect is parked as a dead letter. Default: 20.
    ///
    /// Only messages and warehouse requests without an answer are parked for their attempts. Nothing
    /// is while its service is unreachable, and never an effect on stock or money, or a compensation.
    pub max_attempts: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            initial_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(5 * 60),
            max_attempts: 20,
        }
    }
}

/// How much a [`Runner`](super::Runner) does at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunnerConfig {
    /// How many effects are carried out concurrently at each external service, per runner; those of one
    /// order are always carried out together. Default: 64.
    pub calls_per_service: u32,
    /// How many commits may have their notices handed over, in memory, to the runner of this process
    /// at a time. Further notices are claimed from the store. 0: all are. Default: 1024.
    pub handover: usize,
    /// How long outcomes are gathered to be settled together. Default: 10 ms.
    pub gather: Duration,
}

impl Default for RunnerConfig {
    fn default() -> Self {
        Self {
            calls_per_service: 64,
            handover: 1_024,
            gather: Duration::from_millis(10),
        }
    }
}
