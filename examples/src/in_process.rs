//! The mock services of [`outside`](crate::outside) behind the ports of `order-core`, in the same
//! process: what the server example uses where it is given no address.
//!
//! They behave as over the wire. `tok_timeout` charges and then gives an unknown outcome; the faults
//! set at a service happen to its calls; and whatever reads files or writes the state file runs where
//! it may block.
//!
//! ```
//! use order_core::ports::Clock;
//! use order_examples::in_process::Ports;
//! use order_examples::outside::{Now, Outside};
//! use std::sync::Arc;
//!
//! # fn example(clock: Arc<dyn Clock>) -> Result<(), Box<dyn std::error::Error>> {
//! let outside = Outside::open_persistent("examples/mocks", "order.mocks.redb", Now::system())?;
//! let ports = Ports::of(&outside, &clock);
//! # let _ = ports.payments;
//! # Ok(())
//! # }
//! ```

mod customers;
mod inventory;
mod notifications;
mod payments;
mod shipping;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use order_core::ports::{
    Call, Clock, Customers, Inventory, Notifications, OutsideError, Payments, Shipping,
};
use order_core::time::between;
use order_core::value::Code;

use crate::outside::{Fault, Faults, Outside};

/// All five services, each as its port.
#[derive(Clone)]
#[non_exhaustive]
pub struct Ports {
    /// Who may order.
    pub customers: Arc<dyn Customers>,
    /// What there is, and for whom it is kept.
    pub inventory: Arc<dyn Inventory>,
    /// Who has paid.
    pub payments: Arc<dyn Payments>,
    /// What a parcel costs, and where it is.
    pub shipping: Arc<dyn Shipping>,
    /// What customers were told.
    pub notifications: Arc<dyn Notifications>,
}

impl Ports {
    /// These services, behind their ports. The clock is what deadlines are told by.
    pub fn of(outside: &Outside, clock: &Arc<dyn Clock>) -> Self {
        Self {
            customers: Arc::new(InProcess::new(Arc::clone(&outside.customers), clock)),
            inventory: Arc::new(InProcess::new(Arc::clone(&outside.inventory), clock)),
            payments: Arc::new(InProcess::new(Arc::clone(&outside.payments), clock)),
            shipping: Arc::new(InProcess::new(Arc::clone(&outside.shipping), clock)),
            notifications: Arc::new(InProcess::new(Arc::clone(&outside.notifications), clock)),
        }
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

/// A mock service as its port.
pub struct InProcess<S> {
    service: Arc<S>,
    clock: Arc<dyn Clock>,
}

impl<S> InProcess<S> {
    /// This service, behind its port.
    pub fn new(service: Arc<S>, clock: &Arc<dyn Clock>) -> Self {
        Self {
            service,
            clock: Arc::clone(clock),
        }
    }
}

impl<S> fmt::Debug for InProcess<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess").finish_non_exhaustive()
    }
}

/// What a call does, and so what it means that its answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    Read,
    Write,
}

impl<S: Send + Sync + 'static> InProcess<S> {
    /// Makes the call `"METHOD /path"`, where it may block, with the fault that is due for it.
    async fn call<T, E>(
        &self,
        call: &Call,
        operation: &'static str,
        faults: &Faults,
        work: impl FnOnce(&S) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, OutsideError>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let nature = if operation.starts_with("GET ") {
            Nature::Read
        } else {
            Nature::Write
        };
        let lost = || lost(nature, operation);
        let busy = |retry_after: Option<u32>| {
            let retry_after = retry_after.map(|seconds| Duration::from_secs(seconds.into()));
            OutsideError::unavailable(format!("set to be unavailable ({operation})"), retry_after)
        };
        let mut drop_answer = false;
        let mut answer_after = Duration::ZERO;
        match faults.take(operation) {
            None => {}
            Some(Fault::Unavailable { retry_after } | Fault::TooManyRequests { retry_after }) => {
                return Err(busy(retry_after));
            }
            Some(Fault::Broken | Fault::DropRequest) => return Err(lost()),
            Some(Fault::DelayRequest(wait)) => self.wait(call, wait).await.map_err(|()| lost())?,
            Some(Fault::DelayAnswer(wait)) => answer_after = wait,
            Some(Fault::DropAnswer) => drop_answer = true,
        }
        let service = Arc::clone(&self.service);
        let answer = blocking(move || work(&service)).await.ok_or_else(lost)?;
        self.wait(call, answer_after).await.map_err(|()| lost())?;
        if drop_answer {
            return Err(lost());
        }
        Ok(answer)
    }

    /// Waits, but no longer than until the deadline of the call.
    async fn wait(&self, call: &Call, span: Duration) -> Result<(), ()> {
        let left = between(self.clock.now(), call.deadline);
        if !span.is_zero() {
            self.clock.sleep(span.min(left)).await;
        }
        if span <= left { Ok(()) } else { Err(()) }
    }
}

fn lost(nature: Nature, operation: &str) -> OutsideError {
    let message = format!("no answer ({operation})");
    match nature {
        Nature::Read => OutsideError::unavailable(message, None),
        Nature::Write => OutsideError::unknown(message),
    }
}

/// A refusal under the code that a client would have got.
fn refused(code: &str) -> OutsideError {
    match Code::parse(code) {
        Ok(code) => {
            let message = format!("refused ({code})");
            OutsideError::refused(code, message)
        }
        Err(_) => OutsideError::unknown("refused without a code"),
    }
}

/// A file cannot be read. Which, and why, is in the log; nothing was done.
fn unreadable() -> OutsideError {
    OutsideError::unavailable("a file cannot be read", None)
}

/// Runs what may block; nothing if it did not finish.
fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = Option<T>> {
    let span = tracing::Span::current();
    let task = tokio::task::spawn_blocking(move || span.in_scope(work));
    async { task.await.ok() }
}
