//! Calls a mock service as a client would over HTTP: with faults, delays, deadlines and lost
//! answers.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use order_core::ports::{CallContext, Clock, ServiceError};
use order_core::time::between;
use order_core::value::Code;

use crate::faults::{FaultInjector, InjectedFault};

/// A mock service in this process, called like a remote one.
pub(super) struct InProcess<S> {
    pub(super) service: Arc<S>,
    clock: Arc<dyn Clock>,
}

impl<S> InProcess<S> {
    /// Creates the adapter. `clock` decides when the deadline of a call has passed.
    pub(super) fn new(service: Arc<S>, clock: &Arc<dyn Clock>) -> Self {
        Self {
            service,
            clock: Arc::clone(clock),
        }
    }
}

impl<S: Send + Sync + 'static> InProcess<S> {
    /// Makes the call `"METHOD /path"`, with the fault that is set for it, on a thread that may
    /// block.
    pub(super) async fn call<T, E>(
        &self,
        call: &CallContext,
        operation: &'static str,
        faults: &FaultInjector,
        work: impl FnOnce(&S) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, ServiceError>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let lost = || answer_lost(operation);
        let busy = |retry_after: Option<u32>| {
            let retry_after = retry_after.map(|seconds| Duration::from_secs(seconds.into()));
            ServiceError::unavailable(format!("set to be unavailable ({operation})"), retry_after)
        };
        let mut drop_answer = false;
        let mut answer_delay = Duration::ZERO;
        match faults.take(operation) {
            None => {}
            Some(
                InjectedFault::Unavailable { retry_after }
                | InjectedFault::TooManyRequests { retry_after },
            ) => {
                return Err(busy(retry_after));
            }
            Some(InjectedFault::Broken | InjectedFault::DropRequest) => return Err(lost()),
            Some(InjectedFault::DelayRequest(wait)) => {
                self.wait(call, wait).await.map_err(|()| lost())?;
            }
            Some(InjectedFault::DelayAnswer(wait)) => answer_delay = wait,
            Some(InjectedFault::DropAnswer) => drop_answer = true,
        }
        let service = Arc::clone(&self.service);
        let answer = blocking(move || work(&service)).await.ok_or_else(lost)?;
        self.wait(call, answer_delay).await.map_err(|()| lost())?;
        if drop_answer {
            return Err(lost());
        }
        Ok(answer)
    }

    /// Waits, at most until the deadline of the call; fails if `span` ends after it.
    async fn wait(&self, call: &CallContext, span: Duration) -> Result<(), ()> {
        let left = between(self.clock.now(), call.deadline);
        if !span.is_zero() {
            self.clock.sleep(span.min(left)).await;
        }
        if span <= left { Ok(()) } else { Err(()) }
    }
}

/// Returns the error for a lost answer: a read may be repeated, a write may have been executed.
fn answer_lost(operation: &str) -> ServiceError {
    let message = format!("no answer ({operation})");
    if operation.starts_with("GET ") {
        ServiceError::unavailable(message, None)
    } else {
        ServiceError::unknown(message)
    }
}

/// Returns the refusal with the code that an HTTP client would get.
pub(super) fn refused(code: &str) -> ServiceError {
    match Code::parse(code) {
        Ok(code) => {
            let message = format!("refused ({code})");
            ServiceError::refused(code, message)
        }
        Err(_) => ServiceError::unknown("refused without a code"),
    }
}

/// Returns the error for an unreadable file. The log has its path and the reason; nothing was
/// executed.
pub(super) fn unreadable() -> ServiceError {
    ServiceError::unavailable("a file cannot be read", None)
}

/// Runs `work` on a thread that may block; `None` if it panics.
fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = Option<T>> {
    let span = tracing::Span::current();
    let task = tokio::task::spawn_blocking(move || span.in_scope(work));
    async { task.await.ok() }
}
