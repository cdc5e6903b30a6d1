//! How a client behaves, and why one cannot be made.

use reqwest::header::HeaderValue;
use std::time::Duration;

/// How a client of an outside service behaves.
///
/// ```
/// use order_http::client::ClientSettings;
/// use std::time::Duration;
///
/// let settings = ClientSettings::default()
///     .with_timeouts(Duration::from_millis(500), Duration::from_secs(2))
///     .with_tries(2);
/// # let _ = settings;
/// ```
#[derive(Debug, Clone)]
pub struct ClientSettings {
    pub(super) connect_timeout: Duration,
    pub(super) try_timeout: Duration,
    pub(super) idle_timeout: Duration,
    pub(super) tries: u32,
    pub(super) backoff_first: Duration,
    pub(super) backoff_cap: Duration,
    pub(super) retry_percent: u32,
    pub(super) retry_reserve: u32,
    pub(super) retries_per_second: u32,
    pub(super) max_body: usize,
    pub(super) cache_ttl: Duration,
    pub(super) cache_entries: u64,
    pub(super) authorization: Option<HeaderValue>,
}

impl Default for ClientSettings {
    /// 1 s to connect and 5 s a try; 3 tries, waiting up to 100 ms, then up to 200 ms, at most 2 s;
    /// retries for a tenth of the calls and one a second, 10 of them saved up; answers of up to 1 MiB;
    /// 10 000 active customers kept for 30 s.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(1),
            try_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(15),
            tries: 3,
            backoff_first: Duration::from_millis(100),
            backoff_cap: Duration::from_secs(2),
            retry_percent: 10,
            retry_reserve: 10,
            retries_per_second: 1,
            max_body: 1024 * 1024,
            cache_ttl: Duration::from_secs(30),
            cache_entries: 10_000,
            authorization: None,
        }
    }
}

impl ClientSettings {
    /// How long connecting may take, and how long one try in all. Keep the first well below the
    /// second: a payment whose try ran out before it was known whether the service could be reached
    /// is of unknown outcome.
    #[must_use]
    pub const fn with_timeouts(mut self, connect: Duration, one_try: Duration) -> Self {
        self.connect_timeout = connect;
        self.try_timeout = one_try;
        self
    }

    /// How long an unused connection is kept. Keep it below the time after which the service closes
    /// one: a payment sent into a connection that is just being closed is of unknown outcome.
    #[must_use]
    pub const fn with_idle_timeout(mut self, idle: Duration) -> Self {
        self.idle_timeout = idle;
        self
    }

    /// The most tries of one call; 0 counts as 1.
    #[must_use]
    pub const fn with_tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    /// The longest wait before the second try, which doubles with each further one, and the longest
    /// wait of all. The wait is any time up to that, by chance.
    #[must_use]
    pub const fn with_backoff(mut self, first: Duration, cap: Duration) -> Self {
        self.backoff_first = first;
        self.backoff_cap = cap;
        self
    }

    /// How many retries all calls together may cause: so many for each 100 calls, so many for each
    /// second, and at most `reserve` saved up.
    #[must_use]
    pub const fn with_retry_budget(mut self, percent: u32, per_second: u32, reserve: u32) -> Self {
        self.retry_percent = percent;
        self.retries_per_second = per_second;
        self.retry_reserve = reserve;
        self
    }

    /// The largest answer that is read, in bytes.
    #[must_use]
    pub const fn with_max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// For how long, and how many, active customers are remembered; zero of either: not at all. A
    /// customer who is blocked can order until this has passed.
    #[must_use]
    pub const fn with_customer_cache(mut self, ttl: Duration, entries: u64) -> Self {
        self.cache_ttl = ttl;
        self.cache_entries = entries;
        self
    }

    /// What to send as `Authorization`, such as `Bearer ...`. It is never shown.
    ///
    /// # Errors
    /// [`ClientError::BadAuthorization`] if it cannot be a header.
    pub fn with_authorization(mut self, value: &str) -> Result<Self, ClientError> {
        let mut value = HeaderValue::from_str(value).map_err(|_| ClientError::BadAuthorization)?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }
}

/// Why a client cannot be made. It never repeats an address or a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The address is not the `http` or `https` URL of a service.
    #[error("the address of the {service} service {reason}")]
    BadAddress {
        /// Whose.
        service: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The `Authorization` cannot be sent.
    #[error("the authorization has characters that a header cannot have")]
    BadAuthorization,
    /// TLS cannot be set up; most often there are no CA certificates on this machine.
    #[error("the HTTP client cannot be set up: are CA certificates installed?")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}
