//! The core of every client: sends a request, tries again where that is safe, and sorts what comes
//! back.

use super::answer::{Answer, Asked};
use super::backoff::FullJitter;
use super::budget::RetryBudget;
use super::failure::{Cause, Failure, Nature, is_no_answer};
use super::request::Request;
use super::{CallContext, ClientError, ClientSettings};
use backon::Retryable;
use chrono::DateTime;
use order_core::ports::{Call, Clock, OutsideError};
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

/// A longer wait than this is not believed.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// An outside service, at its address.
pub(super) struct ServiceClient {
    name: &'static str,
    base: Url,
    http: reqwest::Client,
    settings: ClientSettings,
    budget: RetryBudget,
    clock: Arc<dyn Clock>,
}

/// Connections that several clients can share.
pub(super) fn connections(settings: &ClientSettings) -> Result<reqwest::Client, ClientError> {
    reqwest::Client::builder()
        .user_agent(concat!("order-http/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(settings.connect_timeout)
        .pool_idle_timeout(settings.idle_timeout)
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
        settings: &ClientSettings,
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
            budget: RetryBudget::new(settings),
            settings: settings.clone(),
            clock,
        })
    }

    /// What an answer to this request belongs to.
    pub(super) const fn asked(&self, request: &Request) -> Asked {
        Asked {
            service: self.name,
            operation: request.operation,
            nature: request.nature,
        }
    }

    /// Sends the request until there is a definite answer or no further try can be made.
    pub(super) async fn send(&self, call: &Call, request: Request) -> Result<Answer, OutsideError> {
        let asked = self.asked(&request);
        // What cannot be written was not sent, and is nobody's outage.
        let ready = self
            .prepare(call, request)
            .ok_or_else(|| asked.refused_here("not_sendable"))?;
        self.budget.called();
        let mut may_have_acted = false;
        let mut tries = 0_u32;
        let answer = (|| self.try_once(call, asked, &ready))
            .retry(FullJitter::new(&self.settings))
            .when(|failure| {
                tries += 1;
                may_have_acted |= failure.may_have_acted(asked.nature);
                failure.can_be_tried_again(asked.nature)
            })
            .adjust(|failure, wait| self.wait_before_next(call, failure, wait?))
            .notify(|failure, wait| {
                let (service, operation) = (asked.service, asked.operation);
                tracing::debug!(service, operation, %failure, ?wait, "trying again");
            })
            .await;
        answer.map_err(|failure| {
            let (service, operation) = (asked.service, asked.operation);
            tracing::debug!(service, operation, %failure, tries, may_have_acted, "no answer");
            asked.failed(failure, may_have_acted)
        })
    }

    /// How long to wait before the next try; none if there is no time for it, or no budget.
    fn wait_before_next(
        &self,
        call: &Call,
        failure: &Failure,
        backoff: Duration,
    ) -> Option<Duration> {
        let now = self.clock.now();
        let wait = backoff.max(failure.retry_after.unwrap_or_default());
        (wait < between(now, call.deadline) && self.budget.take(now)).then_some(wait)
    }

    /// The request with all its headers; none if one of them, or the address, cannot be written.
    fn prepare(&self, call: &Call, request: Request) -> Option<reqwest::Request> {
        let url = request.url(&self.base)?;
        let mut ready = reqwest::Request::new(request.method, url);
        if let Some(body) = request.body {
            *ready.body_mut() = Some(body.ok()?.into());
        }
        let has_body = ready.body().is_some();
        let context = CallContext::current();
        let headers = ready.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(value) = &self.settings.authorization {
            headers.insert(AUTHORIZATION, value.clone());
        }
        if request.nature != Nature::Read {
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
        Some(ready)
    }

    async fn try_once(
        &self,
        call: &Call,
        asked: Asked,
        ready: &reqwest::Request,
    ) -> Result<Answer, Failure> {
        let left = between(self.clock.now(), call.deadline);
        if left.is_zero() {
            return Err(Cause::TooLate.into());
        }
        let mut request = ready.try_clone().ok_or(Cause::NotSendable)?;
        *request.timeout_mut() = Some(left.min(self.settings.try_timeout));
        let response = self.http.execute(request).await.map_err(|e| cause_of(&e))?;

        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers(), self.clock.as_ref());
        if is_no_answer(status, retry_after.is_some()) {
            return Err(Failure {
                cause: Cause::Status(status),
                retry_after,
            });
        }
        let is_page = is_page(response.headers());
        let body = match read(response, self.settings.max_body).await {
            Ok(body) => body,
            // The status alone refuses.
            Err(_) if status >= 400 => Vec::new(),
            Err(cause) => return Err(cause.into()),
        };
        Ok(Answer {
            asked,
            status,
            is_page,
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

fn cause_of(error: &reqwest::Error) -> Cause {
    if error.is_builder() {
        Cause::NotSendable
    } else if error.is_connect() {
        Cause::NoConnection
    } else if error.is_timeout() {
        Cause::TimedOut
    } else {
        Cause::Lost
    }
}

/// The body, up to a size.
async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, Cause> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| cause_of(&error))? {
        if body.len() + chunk.len() > most {
            return Err(Cause::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// RFC 9110, section 10.2.3: seconds, or a date.
fn retry_after(headers: &HeaderMap, clock: &dyn Clock) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if text.bytes().all(|b| b.is_ascii_digit()) {
        Duration::from_secs(text.parse().ok()?)
    } else {
        let date = DateTime::parse_from_rfc2822(text).ok()?;
        between(clock.now(), date.to_utc())
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

fn is_page(headers: &HeaderMap) -> bool {
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
