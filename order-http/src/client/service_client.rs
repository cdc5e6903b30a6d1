//! Sends the requests of every client: headers, attempts, time-outs, and the first look at what comes
//! back. What may be sent again is decided in `retry`, what a response means in the client of its port.

use super::request::ServiceRequest;
use super::response::{Operation, ServiceResponse};
use super::retry::{
    AttemptFailure, FailureCause, FullJitter, RetryBudget, RetrySafety, is_inconclusive,
};
use super::{ClientConfig, ClientError, RequestContext};
use backon::Retryable;
use chrono::DateTime;
use order_core::ports::{CallContext, Clock, ServiceError};
use order_core::time::between;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::{Response, Url, redirect};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const STOREFRONT: HeaderName = HeaderName::from_static("x-storefront");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// A longer `Retry-After` than this is cut short.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// An external service at its base URL.
pub(super) struct ServiceClient {
    name: &'static str,
    base: Url,
    http: reqwest::Client,
    config: ClientConfig,
    retry_budget: RetryBudget,
    clock: Arc<dyn Clock>,
}

/// Makes a connection pool that several clients can share.
pub(super) fn connection_pool(config: &ClientConfig) -> Result<reqwest::Client, ClientError> {
    reqwest::Client::builder()
        .user_agent(concat!("order-http/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(config.idle_timeout)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .build()
        .map_err(|error| ClientError::Setup(Box::new(error.without_url())))
}

impl ServiceClient {
    pub(super) fn new(
        name: &'static str,
        address: &str,
        http: reqwest::Client,
        config: &ClientConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        let bad = |reason| ClientError::BadAddress {
            service: name,
            reason,
        };
        let base = Url::parse(address).map_err(|_| bad("is not a URL"))?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(bad("is not an http or https URL"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(bad("has a query or a fragment"));
        }
        Ok(Self {
            name,
            base,
            http,
            retry_budget: RetryBudget::new(config),
            config: config.clone(),
            clock,
        })
    }

    /// Names the operation of a request.
    pub(super) const fn operation(&self, request: &ServiceRequest) -> Operation {
        Operation {
            service: self.name,
            name: request.operation,
            safety: request.safety,
        }
    }

    /// Sends the request until there is a conclusive response or it may not be sent again.
    pub(super) async fn send(
        &self,
        call: &CallContext,
        request: ServiceRequest,
    ) -> Result<ServiceResponse, ServiceError> {
        let operation = self.operation(&request);
        // A request that cannot be written was not sent, and is no outage of the service.
        let prepared = self
            .prepare(call, request)
            .ok_or_else(|| operation.refused_locally("not_sendable"))?;
        self.retry_budget.record_call();
        let mut may_have_acted = false;
        let mut attempts = 0_u32;
        let response = (|| self.attempt(call, operation, &prepared))
            .retry(FullJitter::new(&self.config))
            .when(|failure| {
                attempts += 1;
                may_have_acted |= failure.may_have_acted(operation.safety);
                failure.may_retry(operation.safety)
            })
            .adjust(|failure, backoff| self.wait_before_retry(call, failure, backoff?))
            .notify(|failure, wait| {
                let Operation { service, name, .. } = operation;
                tracing::debug!(service, operation = name, %failure, ?wait, "trying again");
            })
            .await;
        response.map_err(|failure| {
            let Operation { service, name, .. } = operation;
            tracing::debug!(
                service,
                operation = name,
                %failure,
                attempts,
                may_have_acted,
                "no answer"
            );
            operation.failed(failure, may_have_acted)
        })
    }

    /// Returns how long to wait before the retry; `None` if the deadline or the retry budget forbids it.
    fn wait_before_retry(
        &self,
        call: &CallContext,
        failure: &AttemptFailure,
        backoff: Duration,
    ) -> Option<Duration> {
        let now = self.clock.now();
        let wait = backoff.max(failure.retry_after.unwrap_or_default());
        (wait < between(now, call.deadline) && self.retry_budget.try_take(now)).then_some(wait)
    }

    /// Builds the request with all its headers; `None` if a header or the URL cannot be written.
    fn prepare(&self, call: &CallContext, request: ServiceRequest) -> Option<reqwest::Request> {
        let url = request.url(&self.base)?;
        let mut prepared = reqwest::Request::new(request.method, url);
        if let Some(body) = request.body {
            *prepared.body_mut() = Some(body.ok()?.into());
        }
        let has_body = prepared.body().is_some();
        let context = RequestContext::current();
        let headers = prepared.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(value) = &self.config.authorization {
            headers.insert(AUTHORIZATION, value.clone());
        }
        if request.safety != RetrySafety::Read {
            headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_str(&call.key).ok()?);
        }
        let storefront = HeaderValue::from_str(call.storefront.as_str()).ok()?;
        headers.insert(STOREFRONT, storefront);
        for (name, value) in [
            (REQUEST_ID, context.request_id),
            (TRACEPARENT, context.traceparent),
            (TRACESTATE, context.tracestate),
        ] {
            if let Some(value) = value.and_then(|it| HeaderValue::try_from(it).ok()) {
                headers.insert(name, value);
            }
        }
        Some(prepared)
    }

    async fn attempt(
        &self,
        call: &CallContext,
        operation: Operation,
        prepared: &reqwest::Request,
    ) -> Result<ServiceResponse, AttemptFailure> {
        let left = between(self.clock.now(), call.deadline);
        if left.is_zero() {
            return Err(FailureCause::DeadlinePassed.into());
        }
        let mut request = prepared.try_clone().ok_or(FailureCause::NotSendable)?;
        *request.timeout_mut() = Some(left.min(self.config.attempt_timeout));
        let response = self.http.execute(request).await.map_err(|e| cause_of(&e))?;

        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers(), self.clock.as_ref());
        if is_inconclusive(status, retry_after.is_some()) {
            return Err(AttemptFailure {
                cause: FailureCause::Status(status),
                retry_after,
            });
        }
        let is_html = is_html(response.headers());
        let body = match read_body(response, self.config.max_body_bytes).await {
            Ok(body) => body,
            // The status alone is a refusal.
            Err(_) if status >= 400 => Vec::new(),
            Err(cause) => return Err(cause.into()),
        };
        Ok(ServiceResponse {
            operation,
            status,
            is_html,
            body,
        })
    }
}

impl fmt::Debug for ServiceClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceClient")
            .field("service", &self.name)
            .finish_non_exhaustive()
    }
}

fn cause_of(error: &reqwest::Error) -> FailureCause {
    if error.is_builder() {
        FailureCause::NotSendable
    } else if error.is_connect() {
        FailureCause::NoConnection
    } else if error.is_timeout() {
        FailureCause::TimedOut
    } else {
        FailureCause::ConnectionLost
    }
}

/// Reads the body, up to `max` bytes.
async fn read_body(mut response: Response, max: usize) -> Result<Vec<u8>, FailureCause> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| cause_of(&error))? {
        if body.len() + chunk.len() > max {
            return Err(FailureCause::BodyTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Parses `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date.
fn retry_after(headers: &HeaderMap, clock: &dyn Clock) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if text.bytes().all(|b| b.is_ascii_digit()) {
        Duration::from_secs(text.parse().ok()?)
    } else {
        let date = DateTime::parse_from_rfc2822(text).ok()?;
        between(clock.now(), date.to_utc())
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

fn is_html(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .trim_start()
                .to_ascii_lowercase()
                .starts_with("text/html")
        })
}
