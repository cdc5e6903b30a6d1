//! How many retries a client may cause: a service in trouble must not get thrice its load.

use order_core::time::{Timestamp, between};
use std::sync::{Mutex, PoisonError};

use super::ClientSettings;

/// One retry, in the unit the purse is kept in.
const RETRY: u64 = 100;

/// A purse of retries: every call puts a share of one in, time puts some in, a retry takes one out.
#[derive(Debug)]
pub(super) struct RetryBudget {
    percent: u64,
    per_second: u64,
    full: u64,
    purse: Mutex<Purse>,
}

#[derive(Debug)]
struct Purse {
    content: u64,
    filled_at: Option<Timestamp>,
}

impl RetryBudget {
    /// A full purse.
    pub(super) fn new(settings: &ClientSettings) -> Self {
        let full = u64::from(settings.retry_reserve) * RETRY;
        Self {
            percent: settings.retry_percent.into(),
            per_second: settings.retries_per_second.into(),
            full,
            purse: Mutex::new(Purse {
                content: full,
                filled_at: None,
            }),
        }
    }

    /// A call is made.
    pub(super) fn called(&self) {
        self.with_purse(|purse| purse.content += self.percent);
    }

    /// Takes a retry, if there is one.
    pub(super) fn take(&self, now: Timestamp) -> bool {
        self.with_purse(|purse| {
            let since = purse.filled_at.map_or(now, |at| at.min(now));
            let millis = u64::try_from(between(since, now).as_millis()).unwrap_or(u64::MAX);
            let gained = millis.saturating_mul(self.per_second * RETRY) / 1_000;
            if gained > 0 || purse.filled_at != Some(since) {
                purse.filled_at = Some(now);
            }
            purse.content = purse.content.saturating_add(gained).min(self.full);
            let enough = purse.content >= RETRY;
            if enough {
                purse.content -= RETRY;
            }
            enough
        })
    }

    fn with_purse<T>(&self, act: impl FnOnce(&mut Purse) -> T) -> T {
        let mut purse = self.purse.lock().unwrap_or_else(PoisonError::into_inner);
        let done = act(&mut purse);
        purse.content = purse.content.min(self.full);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn at(millis: i64) -> Timestamp {
        DateTime::from_timestamp_millis(1_800_000_000_000 + millis).unwrap()
    }

    fn budget(percent: u32, per_second: u32, reserve: u32) -> RetryBudget {
        RetryBudget::new(&ClientSettings::default().with_retry_budget(percent, per_second, reserve))
    }

    fn taken(budget: &RetryBudget, now: i64) -> usize {
        (0..100).take_while(|_| budget.take(at(now))).count()
    }

    #[test]
    fn a_share_of_the_calls_can_be_repeated() {
        let budget = budget(10, 0, 5);
        assert_eq!(taken(&budget, 0), 5, "what is saved up at first");
        (0..29).for_each(|_| budget.called());
        assert_eq!(taken(&budget, 0), 2);
        (0..1_000).for_each(|_| budget.called());
        assert_eq!(taken(&budget, 0), 5, "no more than the reserve is saved up");
    }

    #[test]
    fn a_quiet_client_gets_some_with_time() {
        let budget = budget(0, 2, 3);
        assert_eq!(taken(&budget, 0), 3);
        assert_eq!(taken(&budget, 499), 0);
        assert_eq!(taken(&budget, 1_000), 1);
        assert_eq!(taken(&budget, 60_000), 3);
        assert_eq!(taken(&budget, -60_000), 0, "a clock set back gives nothing");
        assert_eq!(taken(&budget, -59_000), 2, "and takes nothing for long");
    }

    #[test]
    fn no_reserve_is_no_retry() {
        let budget = budget(100, 10, 0);
        (0..100).for_each(|_| budget.called());
        assert_eq!(taken(&budget, 10_000), 0);
    }
}
