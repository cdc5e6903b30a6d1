//! Switches that make a service fail, for tests of what happens then.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::{future, stream};

use super::locked;
use super::wire::Problem;

/// One way for a call to go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing is done, and the answer is 503, with `Retry-After` when given.
    Unavailable {
        /// Seconds for `Retry-After`.
        retry_after: Option<u32>,
    },
    /// Nothing is done, and the answer is 429, with `Retry-After` when given.
    TooManyRequests {
        /// Seconds for `Retry-After`.
        retry_after: Option<u32>,
    },
    /// Nothing is done, and the answer is 500.
    Broken,
    /// The call waits before anything is done.
    DelayRequest(Duration),
    /// The call is done, and its answer waits.
    DelayAnswer(Duration),
    /// Nothing is done, and the connection closes without an answer.
    DropRequest,
    /// The call is done, and the connection closes without an answer.
    DropAnswer,
}

#[derive(Debug)]
struct Rule {
    /// What `"METHOD /path"` must contain.
    call: Option<String>,
    /// Calls still to fail; none: until cleared.
    left: Option<usize>,
    fault: Fault,
}

/// What goes wrong with the next calls of one service. Clones share the same switches.
///
/// The routers apply them. A program that calls a service's methods in its own process asks
/// [`take`](Self::take) itself, where it would make the call.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    rules: Arc<Mutex<Vec<Rule>>>,
    calls: Arc<AtomicU64>,
}

impl Faults {
    /// The next `count` calls fail so. Adds to what was set before: faults happen in the order given.
    pub fn next(&self, count: usize, fault: Fault) {
        self.add(Rule {
            call: None,
            left: Some(count),
            fault,
        });
    }

    /// The next `count` calls whose `"METHOD /path"` contains `call` fail so; others are left alone.
    ///
    /// ```
    /// use order_examples::outside::{Fault, Faults};
    ///
    /// let faults = Faults::default();
    /// faults.next_matching(1, "POST /refunds", Fault::DropAnswer);
    /// assert_eq!(faults.take("GET /refunds"), None);
    /// assert_eq!(faults.take("POST /refunds"), Some(Fault::DropAnswer));
    /// assert_eq!(faults.take("POST /refunds"), None);
    /// ```
    pub fn next_matching(&self, count: usize, call: impl Into<String>, fault: Fault) {
        self.add(Rule {
            call: Some(call.into()),
            left: Some(count),
            fault,
        });
    }

    /// Every call fails so, until [`clear`](Self::clear), after the counted ones before it.
    pub fn always(&self, fault: Fault) {
        self.add(Rule {
            call: None,
            left: None,
            fault,
        });
    }

    /// Nothing goes wrong any more.
    pub fn clear(&self) {
        locked(&self.rules).clear();
    }

    /// Calls the service has had, those that failed among them.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Counts a call, as `"METHOD /path"`, and takes the fault that is due for it.
    pub fn take(&self, call: &str) -> Option<Fault> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut rules = locked(&self.rules);
        rules.retain(|rule| rule.left != Some(0));
        let rule = rules
            .iter_mut()
            .find(|r| r.call.as_ref().is_none_or(|part| call.contains(part)))?;
        if let Some(left) = &mut rule.left {
            *left -= 1;
        }
        Some(rule.fault.clone())
    }

    fn add(&self, rule: Rule) {
        locked(&self.rules).push(rule);
    }
}

/// Middleware: lets the fault that is due happen to this call.
pub(super) async fn inject(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let call = format!("{} {}", request.method(), request.uri().path());
    let Some(fault) = faults.take(&call) else {
        return next.run(request).await;
    };
    tracing::info!(call, ?fault, "a fault was set for this call");
    match fault {
        Fault::Unavailable { retry_after } => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "set to be unavailable",
        )
        .retry_after(retry_after)
        .into_response(),
        Fault::TooManyRequests { retry_after } => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "set to be busy",
        )
        .retry_after(retry_after)
        .into_response(),
        Fault::Broken => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "broken",
            "set to be broken",
        )
        .into_response(),
        Fault::DelayRequest(wait) => {
            tokio::time::sleep(wait).await;
            next.run(request).await
        }
        Fault::DelayAnswer(wait) => {
            let response = next.run(request).await;
            tokio::time::sleep(wait).await;
            response
        }
        Fault::DropRequest => no_answer(),
        Fault::DropAnswer => {
            next.run(request).await;
            no_answer()
        }
    }
}

/// A response that closes an HTTP/1.1 connection before a byte of it is sent: its body fails before
/// hyper flushes the head.
pub(super) fn no_answer() -> Response {
    let lost = io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "this answer is meant to be lost",
    );
    let body = Body::from_stream(stream::once(future::ready(Err::<Bytes, _>(lost))));
    (StatusCode::BAD_GATEWAY, body).into_response()
}
