//! What goes wrong with the calls of an outside service, as a test has planned it, and a log of
//! them.

use super::locked;
use crate::ports::{Call, OutsideError};
use crate::value::{Code, StorefrontId};
use futures::channel::oneshot;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A way for a call to go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The service cannot be reached. Nothing is processed, and the caller knows it.
    Unavailable,
    /// The service says that it is busy and when to come back. Nothing is processed.
    Busy(Duration),
    /// The call is lost on its way. Nothing is processed, but the caller cannot know.
    LostRequest,
    /// The call is processed and its answer lost: the caller cannot know either.
    LostAnswer,
    /// The service refuses the call for good. Nothing is processed.
    Refused(Code),
}

/// When a held call stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HoldAt {
    /// Before it is processed.
    Request,
    /// After it is processed, before it is answered.
    Answer,
}

/// A call as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallRecord {
    /// The port's method.
    pub method: &'static str,
    /// For which storefront.
    pub storefront: StorefrontId,
    /// The idempotency key.
    pub key: String,
}

/// What goes wrong with the next calls of one adapter, and a log of all of them. Clones share both.
///
/// Plans are used up in the order they were made; a call that matches none goes well.
///
/// ```
/// use order_core::testing::{Fault, MemoryPayments};
///
/// let payments = MemoryPayments::new();
/// payments.faults().next(2, Fault::Unavailable);
/// payments.faults().on("pay").next(1, Fault::LostAnswer);
/// payments.faults().on("refund").always(Fault::LostRequest);
/// payments.faults().clear();
/// assert_eq!(payments.faults().count("pay"), 0);
/// ```
#[derive(Clone, Default)]
pub struct Faults {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    plans: VecDeque<Plan>,
    calls: Vec<CallRecord>,
}

struct Plan {
    method: Option<&'static str>,
    what: What,
}

enum What {
    Once(u32, Fault),
    Always(Fault),
    Hold(Stop),
}

struct Stop {
    at: HoldAt,
    reached: oneshot::Sender<()>,
    go_on: oneshot::Receiver<()>,
}

enum Now {
    Fault(Fault),
    Stop(Stop),
}

impl Faults {
    /// The next so many calls of any method go wrong.
    pub fn next(&self, times: u32, fault: Fault) {
        self.plan(None, What::Once(times, fault));
    }

    /// All calls go wrong until [`clear`](Self::clear).
    pub fn always(&self, fault: Fault) {
        self.plan(None, What::Always(fault));
    }

    /// Plans for one method of the port alone.
    #[must_use]
    pub const fn on(&self, method: &'static str) -> FaultsOn<'_> {
        FaultsOn {
            faults: self,
            method,
        }
    }

    /// All plans are dropped: calls go well again. A call that is held already waits for its handle.
    pub fn clear(&self) {
        locked(&self.state).plans.clear();
    }

    /// Every call so far, whether or not it went well.
    #[must_use]
    pub fn calls(&self) -> Vec<CallRecord> {
        locked(&self.state).calls.clone()
    }

    /// How often a method was called so far.
    #[must_use]
    pub fn count(&self, method: &str) -> usize {
        locked(&self.state)
            .calls
            .iter()
            .filter(|call| call.method == method)
            .count()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        locked(&self.state).calls.clear();
    }

    fn plan(&self, method: Option<&'static str>, what: What) {
        locked(&self.state).plans.push_back(Plan { method, what });
    }

    /// Logs a call and says what goes wrong with it.
    fn begin(&self, method: &'static str, call: &Call) -> Option<Now> {
        let mut state = locked(&self.state);
        state.calls.push(CallRecord {
            method,
            storefront: call.storefront.clone(),
            key: call.key.clone(),
        });
        state
            .plans
            .retain(|plan| !matches!(plan.what, What::Once(0, _)));
        let place = state
            .plans
            .iter()
            .position(|plan| plan.method.is_none_or(|only| only == method))?;
        let fault = match &mut state.plans.get_mut(place)?.what {
            What::Always(fault) => Some(fault.clone()),
            What::Once(left, fault) => {
                *left -= 1;
                Some(fault.clone())
            }
            What::Hold(_) => None,
        };
        if let Some(fault) = fault {
            return Some(Now::Fault(fault));
        }
        match state.plans.remove(place)?.what {
            What::Hold(stop) => Some(Now::Stop(stop)),
            What::Once(..) | What::Always(_) => None,
        }
    }

    /// Does the work of a call, or not, as planned.
    pub(super) async fn around<T: Send>(
        &self,
        method: &'static str,
        call: &Call,
        work: impl FnOnce() -> Result<T, OutsideError> + Send,
    ) -> Result<T, OutsideError> {
        match self.begin(method, call) {
            None => work(),
            Some(Now::Fault(fault)) => match fault {
                Fault::Unavailable => Err(OutsideError::unavailable("connection refused", None)),
                Fault::Busy(wait) => Err(OutsideError::unavailable("too many calls", Some(wait))),
                Fault::LostRequest => Err(OutsideError::unknown("no answer")),
                Fault::LostAnswer => {
                    // A refusal is lost as well.
                    let _ = work();
                    Err(OutsideError::unknown("no answer"))
                }
                Fault::Refused(code) => Err(OutsideError::refused(code, "refused")),
            },
            Some(Now::Stop(stop)) if stop.at == HoldAt::Request => {
                stop.wait().await;
                work()
            }
            Some(Now::Stop(stop)) => {
                let answer = work();
                stop.wait().await;
                answer
            }
        }
    }
}

impl Stop {
    async fn wait(self) {
        // That nobody listens any more, or that the handle was dropped, means: go on.
        let _ = self.reached.send(());
        let _ = self.go_on.await;
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

/// Plans for one method of a port.
#[derive(Debug, Clone, Copy)]
pub struct FaultsOn<'a> {
    faults: &'a Faults,
    method: &'static str,
}

impl FaultsOn<'_> {
    /// The next so many calls go wrong.
    pub fn next(self, times: u32, fault: Fault) {
        self.faults
            .plan(Some(self.method), What::Once(times, fault));
    }

    /// All calls go wrong until [`Faults::clear`].
    pub fn always(self, fault: Fault) {
        self.faults.plan(Some(self.method), What::Always(fault));
    }

    /// The next call stops on its way until the handle lets it go, so that a test can do something
    /// meanwhile. It stops past its deadline too: to give up then is left to the caller.
    #[must_use]
    pub fn hold(self, at: HoldAt) -> HeldCall {
        let (reached, has_reached) = oneshot::channel();
        let (let_go, go_on) = oneshot::channel();
        self.faults
            .plan(Some(self.method), What::Hold(Stop { at, reached, go_on }));
        HeldCall {
            reached: has_reached,
            let_go,
        }
    }
}

/// A call that stops on its way. Dropping this lets it go.
#[derive(Debug)]
pub struct HeldCall {
    reached: oneshot::Receiver<()>,
    let_go: oneshot::Sender<()>,
}

impl HeldCall {
    /// Waits until a call has come so far.
    pub async fn reached(&mut self) {
        let _ = (&mut self.reached).await;
    }

    /// Lets the call go on.
    pub fn let_go(self) {
        let _ = self.let_go.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::OutsideErrorKind;
    use crate::testing::builders::{call, code};
    use futures::FutureExt;
    use std::cell::Cell;

    fn try_once(faults: &Faults, method: &'static str) -> (Result<(), OutsideErrorKind>, bool) {
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
        let unavailable = |retry_after| Err(OutsideErrorKind::Unavailable { retry_after });
        let wait = Duration::from_secs(3);
        let refused = Err(OutsideErrorKind::Refused { code: code("no") });
        for (fault, answer, worked) in [
            (Fault::Unavailable, unavailable(None), false),
            (Fault::Busy(wait), unavailable(Some(wait)), false),
            (Fault::LostRequest, Err(OutsideErrorKind::Unknown), false),
            (Fault::LostAnswer, Err(OutsideErrorKind::Unknown), true),
            (Fault::Refused(code("no")), refused, false),
        ] {
            faults.next(1, fault);
            assert_eq!(try_once(&faults, "pay"), (answer, worked));
            assert_eq!(try_once(&faults, "pay"), (Ok(()), true));
        }
    }

    #[test]
    fn a_plan_for_one_method_leaves_the_others() {
        let faults = Faults::default();
        faults.on("pay").always(Fault::Unavailable);
        assert!(try_once(&faults, "pay").0.is_err());
        assert!(try_once(&faults, "find").0.is_ok());
        assert!(try_once(&faults, "pay").0.is_err());
        faults.clear();
        assert!(try_once(&faults, "pay").0.is_ok());
        assert_eq!((faults.count("pay"), faults.count("find")), (3, 1));
    }

    #[test]
    fn a_held_call_waits_until_it_is_let_go() {
        let faults = Faults::default();
        let mut held = faults.on("pay").hold(HoldAt::Answer);
        assert!(held.reached().now_or_never().is_none());
        let worked = Mutex::new(false);
        let here = call("k");
        let mut pending = Box::pin(faults.around("pay", &here, || {
            *locked(&worked) = true;
            Ok(())
        }));
        assert!((&mut pending).now_or_never().is_none());
        assert!(held.reached().now_or_never().is_some() && *locked(&worked));
        held.let_go();
        assert!(pending.now_or_never().is_some());
    }
}
