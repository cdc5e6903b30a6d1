//! Planned failures of the calls to an external service, and a log of the calls.

use crate::lock::locked;
use futures::channel::oneshot;
use order_core::ports::{CallContext, ServiceError};
use order_core::value::{Code, StorefrontId};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The service cannot be reached: nothing is processed, and the caller knows.
    Unavailable,
    /// The service is busy and says when to retry: nothing is processed.
    Busy(Duration),
    /// The request is lost: nothing is processed, and the caller cannot know.
    LostRequest,
    /// The answer is lost: the call is processed, and the caller cannot know.
    LostAnswer,
    /// The service refuses the call for good: nothing is processed.
    Refused(Code),
}

/// Where a call pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PauseAt {
    /// Before the service processes it.
    Request,
    /// After the service has processed it, before it answers.
    Answer,
}

/// A call that an adapter has received.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedCall {
    /// The name of the method, as listed in the docs of the adapter.
    pub method: &'static str,
    /// The storefront that the call is for.
    pub storefront: StorefrontId,
    /// The idempotency key of the call.
    pub key: String,
}

/// Planned failures of the calls to one adapter, and a log of all calls. Clones share both.
///
/// Plans are consumed in the order they were made. A call that no plan matches succeeds.
///
/// ```
/// use order_testing::{Fault, MemoryPayments};
///
/// let payments = MemoryPayments::new();
/// payments.faults().next(2, Fault::Unavailable);
/// payments.faults().on("authorize").next(1, Fault::LostAnswer);
/// payments.faults().on("refund").always(Fault::LostRequest);
/// payments.faults().clear();
/// assert_eq!(payments.faults().count("authorize"), 0);
/// ```
#[derive(Clone, Default)]
pub struct Faults {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    plans: VecDeque<Plan>,
    calls: Vec<LoggedCall>,
}

struct Plan {
    method: Option<&'static str>,
    what: What,
}

enum What {
    Once(u32, Fault),
    Always(Fault),
    Pause(Pause),
}

struct Pause {
    at: PauseAt,
    reached: oneshot::Sender<()>,
    resumed: oneshot::Receiver<()>,
}

enum Now {
    Fault(Fault),
    Pause(Pause),
}

impl Faults {
    /// Makes the next `times` calls fail, whatever their method.
    pub fn next(&self, times: u32, fault: Fault) {
        self.plan(None, What::Once(times, fault));
    }

    /// Makes all calls fail, until [`clear`](Self::clear).
    pub fn always(&self, fault: Fault) {
        self.plan(None, What::Always(fault));
    }

    /// Plans failures of one method of the port.
    #[must_use]
    pub const fn on(&self, method: &'static str) -> MethodFaults<'_> {
        MethodFaults {
            faults: self,
            method,
        }
    }

    /// Drops all plans. A call that has paused already still waits for its handle.
    pub fn clear(&self) {
        locked(&self.state).plans.clear();
    }

    /// Returns all calls so far, failed ones included.
    #[must_use]
    pub fn calls(&self) -> Vec<LoggedCall> {
        locked(&self.state).calls.clone()
    }

    /// Returns how often a method was called so far.
    #[must_use]
    pub fn count(&self, method: &str) -> usize {
        locked(&self.state)
            .calls
            .iter()
            .filter(|call| call.method == method)
            .count()
    }

    /// Empties the log.
    pub fn clear_calls(&self) {
        locked(&self.state).calls.clear();
    }

    fn plan(&self, method: Option<&'static str>, what: What) {
        locked(&self.state).plans.push_back(Plan { method, what });
    }

    /// Logs a call, and consumes the plan that matches it.
    fn begin(&self, method: &'static str, call: &CallContext) -> Option<Now> {
        let mut state = locked(&self.state);
        state.calls.push(LoggedCall {
            method,
            storefront: call.storefront.clone(),
            key: call.key.clone(),
        });
        state
            .plans
            .retain(|plan| !matches!(plan.what, What::Once(0, _)));
        let index = state
            .plans
            .iter()
            .position(|plan| plan.method.is_none_or(|only| only == method))?;
        let fault = match &mut state.plans.get_mut(index)?.what {
            What::Always(fault) => Some(fault.clone()),
            What::Once(left, fault) => {
                *left -= 1;
                Some(fault.clone())
            }
            What::Pause(_) => None,
        };
        if let Some(fault) = fault {
            return Some(Now::Fault(fault));
        }
        match state.plans.remove(index)?.what {
            What::Pause(pause) => Some(Now::Pause(pause)),
            What::Once(..) | What::Always(_) => None,
        }
    }

    /// Processes a call as planned: `work` runs if the call reaches the service.
    pub(crate) async fn around<T: Send>(
        &self,
        method: &'static str,
        call: &CallContext,
        work: impl FnOnce() -> Result<T, ServiceError> + Send,
    ) -> Result<T, ServiceError> {
        match self.begin(method, call) {
            None => work(),
            Some(Now::Fault(fault)) => match fault {
                Fault::Unavailable => Err(ServiceError::unavailable("connection refused", None)),
                Fault::Busy(wait) => Err(ServiceError::unavailable("too many calls", Some(wait))),
                Fault::LostRequest => Err(ServiceError::unknown("no answer")),
                Fault::LostAnswer => {
                    // A refusal is lost like any answer.
                    let _ = work();
                    Err(ServiceError::unknown("no answer"))
                }
                Fault::Refused(code) => Err(ServiceError::refused(code, "refused")),
            },
            Some(Now::Pause(pause)) if pause.at == PauseAt::Request => {
                pause.wait().await;
                work()
            }
            Some(Now::Pause(pause)) => {
                let answer = work();
                pause.wait().await;
                answer
            }
        }
    }
}

impl Pause {
    async fn wait(self) {
        // A dropped handle resumes the call.
        let _ = self.reached.send(());
        let _ = self.resumed.await;
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = locked(&self.state);
        f.debug_struct("Faults")
            .field("plans", &state.plans.len())
            .field("calls", &state.calls)
            .finish()
    }
}

/// Plans failures of one method of a port.
#[derive(Debug, Clone, Copy)]
pub struct MethodFaults<'a> {
    faults: &'a Faults,
    method: &'static str,
}

impl MethodFaults<'_> {
    /// Makes the next `times` calls fail.
    pub fn next(self, times: u32, fault: Fault) {
        self.faults
            .plan(Some(self.method), What::Once(times, fault));
    }

    /// Makes all calls fail, until [`Faults::clear`].
    pub fn always(self, fault: Fault) {
        self.faults.plan(Some(self.method), What::Always(fault));
    }

    /// Pauses the next call until the handle [resumes](PausedCall::resume) it, so that a test can do
    /// something meanwhile. The pause has no deadline of its own: the caller has to time out.
    #[must_use]
    pub fn pause(self, at: PauseAt) -> PausedCall {
        let (reached, at_pause) = oneshot::channel();
        let (resume, resumed) = oneshot::channel();
        self.faults.plan(
            Some(self.method),
            What::Pause(Pause {
                at,
                reached,
                resumed,
            }),
        );
        PausedCall {
            reached: at_pause,
            resume,
        }
    }
}

/// The handle of a paused call. The call resumes when this is dropped.
#[derive(Debug)]
pub struct PausedCall {
    reached: oneshot::Receiver<()>,
    resume: oneshot::Sender<()>,
}

impl PausedCall {
    /// Waits until a call has reached the pause.
    pub async fn reached(&mut self) {
        let _ = (&mut self.reached).await;
    }

    /// Resumes the call.
    pub fn resume(self) {
        let _ = self.resume.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders::{call, code};
    use futures::FutureExt;
    use order_core::ports::ServiceErrorKind;
    use std::cell::Cell;

    fn try_once(faults: &Faults, method: &'static str) -> (Result<(), ServiceErrorKind>, bool) {
        let worked = Mutex::new(Cell::new(false));
        let answer = faults
            .around(method, &call("k"), || {
                locked(&worked).set(true);
                Ok(())
            })
            .now_or_never()
            .unwrap();
        (answer.map_err(|error| error.kind), locked(&worked).get())
    }

    #[test]
    fn each_fault_does_what_it_says() {
        let faults = Faults::default();
        let unavailable = |retry_after| Err(ServiceErrorKind::Unavailable { retry_after });
        let wait = Duration::from_secs(3);
        let refused = Err(ServiceErrorKind::Refused { code: code("no") });
        for (fault, answer, worked) in [
            (Fault::Unavailable, unavailable(None), false),
            (Fault::Busy(wait), unavailable(Some(wait)), false),
            (Fault::LostRequest, Err(ServiceErrorKind::Unknown), false),
            (Fault::LostAnswer, Err(ServiceErrorKind::Unknown), true),
            (Fault::Refused(code("no")), refused, false),
        ] {
            faults.next(1, fault);
            assert_eq!(try_once(&faults, "authorize"), (answer, worked));
            assert_eq!(try_once(&faults, "authorize"), (Ok(()), true));
        }
    }

    #[test]
    fn a_plan_for_one_method_leaves_the_others() {
        let faults = Faults::default();
        faults.on("authorize").always(Fault::Unavailable);
        assert!(try_once(&faults, "authorize").0.is_err());
        assert!(try_once(&faults, "find").0.is_ok());
        assert!(try_once(&faults, "authorize").0.is_err());
        faults.clear();
        assert!(try_once(&faults, "authorize").0.is_ok());
        assert_eq!((faults.count("authorize"), faults.count("find")), (3, 1));
    }

    #[test]
    fn a_held_call_waits_until_it_is_resume() {
        let faults = Faults::default();
        let mut paused = faults.on("authorize").pause(PauseAt::Answer);
        assert!(paused.reached().now_or_never().is_none());
        let worked = Mutex::new(false);
        let here = call("k");
        let mut pending = Box::pin(faults.around("authorize", &here, || {
            *locked(&worked) = true;
            Ok(())
        }));
        assert!((&mut pending).now_or_never().is_none());
        assert!(paused.reached().now_or_never().is_some() && *locked(&worked));
        paused.resume();
        assert!(pending.now_or_never().is_some());
    }
}
