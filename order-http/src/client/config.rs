//! Configuration of a client, and why a client cannot be made. It never reads the environment.

use reqwest::header::HeaderValue;
use std::time::Duration;

/// Time-outs, retries, limits and credentials of a client.
///
/// ```
/// use order_http::client::ClientConfig;
/// use std::time::Duration;
///
/// let config = ClientConfig::default()
///     .with_timeouts(Duration::from_millis(500), Duration::from_secs(2))
///     .with_max_attempts(2);
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct ClientConfig {
    pub(super) connect_timeout: Duration,
    pub(super) attempt_timeout: Duration,
    pub(super) idle_timeout: Duration,
    pub(super) max_attempts: u32,
    pub(super) initial_backoff: Duration,
    pub(super) max_backoff: Duration,
    pub(super) retry_percent: u32,
    pub(super) retries_per_second: u32,
    pub(super) retry_reserve: u32,
    pub(super) max_body_bytes: usize,
    pub(super) cache_ttl: Duration,
    pub(super) cache_entries: u64,
    pub(super) authorization: Option<HeaderValue>,
}

impl Default for ClientConfig {
    /// 1 s to connect and 5 s for an attempt; 3 attempts, with a back-off of up to 100 ms, then up to
    /// 200 ms, at most 2 s; a retry budget of 10 % of the calls plus one a second, with a reserve of
    /// 10; response bodies of up to 1 MiB; up to 10 000 active customers cached for 30 s.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(1),
            attempt_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(15),
            max_attempts: 3,
            initial_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            retry_percent: 10,
            retries_per_second: 1,
            retry_reserve: 10,
            max_body_bytes: 1024 * 1024,
            cache_ttl: Duration::from_secs(30),
            cache_entries: 10_000,
            authorization: None,
        }
    }
}

impl ClientConfig {
    /// Sets the time-out of connecting, and of one attempt as a whole.
    ///
    /// Keep the first well below the second: a payment whose attempt timed out while it was still
    /// connecting has an unknown outcome.
    #[must_use]
    pub const fn with_timeouts(mut self, connect: Duration, attempt: Duration) -> Self {
        self.connect_timeout = connect;
        self.attempt_timeout = attempt;
        self
    }

    /// Sets how long an idle connection is kept in the pool.
    ///
    /// Keep it below the idle time-out of the service: a payment sent into a connection that is being
    /// closed has an unknown outcome.
    #[must_use]
    pub const fn with_idle_timeout(mut self, idle: Duration) -> Self {
        self.idle_timeout = idle;
        self
    }

    /// Sets the maximum number of attempts of one call, the first included; 0 counts as 1.
    #[must_use]
    pub const fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets the bounds of the back-off: `initial` before the first retry, doubled before each further
    /// one, at most `max`. With full jitter, each wait is random between zero and its bound.
    #[must_use]
    pub const fn with_backoff(mut self, initial: Duration, max: Duration) -> Self {
        self.initial_backoff = initial;
        self.max_backoff = max;
        self
    }

    /// Sets the retry budget that all calls of a client share: so many retries for each 100 calls, so
    /// many for each second, of which at most `reserve` are saved up.
    #[must_use]
    pub const fn with_retry_budget(mut self, percent: u32, per_second: u32, reserve: u32) -> Self {
        self.retry_percent = percent;
        self.retries_per_second = per_second;
        self.retry_reserve = reserve;
        self
    }

    /// Sets the size of the largest response body that is read, in bytes.
    #[must_use]
    pub const fn with_max_body(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// Sets for how long, and how many, active customers are cached; zero of either disables the
    /// cache. A customer who is blocked can still order until the entry expires.
    #[must_use]
    pub const fn with_customer_cache(mut self, ttl: Duration, entries: u64) -> Self {
        self.cache_ttl = ttl;
        self.cache_entries = entries;
        self
    }

    /// Sets the `Authorization` header of every request, such as `Bearer ...`. It is never logged.
    ///
    /// # Errors
    /// [`ClientError::BadAuthorization`] if it cannot be a header value.
    pub fn with_authorization(mut self, value: &str) -> Result<Self, ClientError> {
        let mut value = HeaderValue::from_str(value).map_err(|_| ClientError::BadAuthorization)?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }
}

/// Why a client cannot be made. It never repeats a URL or a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The address is not the `http` or `https` URL of a service.
    #[error("the address of the {service} service {reason}")]
    BadAddress {
        /// The service whose address it is, such as `payment`.
        service: &'static str,
        /// The rule that the address breaks.
        reason: &'static str,
    },
    /// The authorization cannot be sent as a header.
    #[error("the authorization has characters that a header cannot have")]
    BadAuthorization,
    /// TLS cannot be set up; most often the machine has no CA certificates.
    #[error("the HTTP client cannot be set up: are CA certificates installed?")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}
