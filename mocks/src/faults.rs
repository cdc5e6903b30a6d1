//! Fault injection: makes the next calls of a service fail, for tests of what happens then.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::lock::lock;

/// One way in which a call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InjectedFault {
    /// The call is not executed; the answer is 503, with `Retry-After` if given.
    Unavailable {
        /// Value of `Retry-After`, in seconds.
        retry_after: Option<u32>,
    },
    /// The call is not executed; the answer is 429, with `Retry-After` if given.
    TooManyRequests {
        /// Value of `Retry-After`, in seconds.
        retry_after: Option<u32>,
    },
    /// The call is not executed; the answer is 500.
    Broken,
    /// The call is executed after this delay.
    DelayRequest(Duration),
    /// The call is executed at once; its answer is sent after this delay.
    DelayAnswer(Duration),
    /// The call is not executed; the connection closes without an answer.
    DropRequest,
    /// The call is executed; the connection closes without an answer.
    DropAnswer,
}

#[derive(Debug)]
struct Rule {
    /// Substring of `"METHOD /path"`; absent: any call.
    call: Option<String>,
    /// Calls still to fail; absent: until cleared.
    remaining: Option<usize>,
    fault: InjectedFault,
}

/// The faults of one service's next calls. Clones share their state.
///
/// The HTTP router and the in-process ports apply them. A program that calls a service's methods
/// directly asks [`take`](Self::take) itself.
#[derive(Debug, Clone, Default)]
pub struct FaultInjector {
    rules: Arc<Mutex<Vec<Rule>>>,
    calls: Arc<AtomicU64>,
}

impl FaultInjector {
    /// Makes the next `count` calls fail, after those that were set before: faults happen in the
    /// order in which they are set.
    pub fn next(&self, count: usize, fault: InjectedFault) {
        self.add(Rule {
            call: None,
            remaining: Some(count),
            fault,
        });
    }

    /// Makes the next `count` calls whose `"METHOD /path"` contains `call` fail; other calls
    /// succeed.
    ///
    /// ```
    /// use order_mocks::{FaultInjector, InjectedFault};
    ///
    /// let faults = FaultInjector::default();
    /// faults.next_matching(1, "POST /refunds", InjectedFault::DropAnswer);
    /// assert_eq!(faults.take("GET /refunds"), None);
    /// assert_eq!(faults.take("POST /refunds"), Some(InjectedFault::DropAnswer));
    /// assert_eq!(faults.take("POST /refunds"), None);
    /// ```
    pub fn next_matching(&self, count: usize, call: impl Into<String>, fault: InjectedFault) {
        self.add(Rule {
            call: Some(call.into()),
            remaining: Some(count),
            fault,
        });
    }

    /// Makes every call fail until [`clear`](Self::clear), after those that were set before.
    pub fn always(&self, fault: InjectedFault) {
        self.add(Rule {
            call: None,
            remaining: None,
            fault,
        });
    }

    /// Removes all faults.
    pub fn clear(&self) {
        lock(&self.rules).clear();
    }

    /// Returns the number of calls so far, failed ones included.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Counts a call `"METHOD /path"`, and takes the fault that is set for it.
    pub fn take(&self, call: &str) -> Option<InjectedFault> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut rules = lock(&self.rules);
        rules.retain(|rule| rule.remaining != Some(0));
        let rule = rules
            .iter_mut()
            .find(|r| r.call.as_ref().is_none_or(|part| call.contains(part)))?;
        if let Some(remaining) = &mut rule.remaining {
            *remaining -= 1;
        }
        Some(rule.fault.clone())
    }

    fn add(&self, rule: Rule) {
        lock(&self.rules).push(rule);
    }
}
