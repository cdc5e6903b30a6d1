//! What may be sent again: the rules of retries, one table for every client.
//!
//! A failed attempt is judged by what the request does ([`RetrySafety`]) and by what happened to it
//! ([`AttemptFailure`]): whether the service may have acted on it, and whether to send it again. How
//! long to wait is `backoff`, how many retries a client may cause is `budget`.

mod backoff;
mod budget;

pub(super) use backoff::FullJitter;
pub(super) use budget::RetryBudget;

use std::fmt;
use std::time::Duration;

/// What a request does, and so whether it may be sent again when its response is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetrySafety {
    /// It changes nothing.
    Read,
    /// It changes something, once for each idempotency key.
    IdempotentWrite,
    /// It moves money: once it may have arrived, it is never sent again from here.
    MovesMoney,
}

/// What happened to an attempt. None of it comes from the service's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FailureCause {
    #[error("no connection")]
    NoConnection,
    #[error("no answer in time")]
    TimedOut,
    #[error("the connection was lost")]
    ConnectionLost,
    #[error("status {0}")]
    Status(u16),
    #[error("the answer is too large")]
    BodyTooLarge,
    #[error("the answer cannot be read")]
    Unreadable,
    #[error("the deadline has passed")]
    DeadlinePassed,
    #[error("the request cannot be sent")]
    NotSendable,
}

/// An attempt that got no conclusive response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AttemptFailure {
    pub(super) cause: FailureCause,
    /// The `Retry-After` of the response; absent where it had none.
    pub(super) retry_after: Option<Duration>,
}

impl From<FailureCause> for AttemptFailure {
    fn from(cause: FailureCause) -> Self {
        Self {
            cause,
            retry_after: None,
        }
    }
}

impl AttemptFailure {
    /// Returns whether the service may have acted on the request.
    pub(super) const fn may_have_acted(&self, safety: RetrySafety) -> bool {
        if matches!(safety, RetrySafety::Read) {
            return false;
        }
        match self.cause {
            FailureCause::NoConnection
            | FailureCause::DeadlinePassed
            | FailureCause::NotSendable
            | FailureCause::Status(401 | 403 | 407 | 425 | 429) => false,
            FailureCause::Status(503) => self.retry_after.is_none(),
            FailureCause::Status(_)
            | FailureCause::TimedOut
            | FailureCause::ConnectionLost
            | FailureCause::BodyTooLarge
            | FailureCause::Unreadable => true,
        }
    }

    /// Returns whether the request may be sent again.
    pub(super) const fn may_retry(&self, safety: RetrySafety) -> bool {
        let has_retry_after = self.retry_after.is_some();
        match (safety, self.cause) {
            (_, FailureCause::NoConnection) => true,
            (RetrySafety::MovesMoney, FailureCause::Status(429 | 503)) => has_retry_after,
            (
                RetrySafety::Read | RetrySafety::IdempotentWrite,
                FailureCause::TimedOut
                | FailureCause::ConnectionLost
                | FailureCause::Status(408 | 409 | 425 | 429 | 502..=504),
            ) => true,
            _ => false,
        }
    }
}

impl fmt::Display for AttemptFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

/// Returns whether a status leaves open what becomes of the request.
///
/// A service that rejects our credentials (401, 403, 407) has not looked at the request: expired
/// credentials are no reason to decline a payment or to reject an order.
pub(super) const fn is_inconclusive(status: u16, has_retry_after: bool) -> bool {
    match status {
        401 | 403 | 407 | 408 | 425 | 429 => true,
        409 => has_retry_after,
        200..=299 | 400..=499 => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Option<Duration> = Some(Duration::from_secs(1));

    fn failure(cause: FailureCause, retry_after: Option<Duration>) -> AttemptFailure {
        AttemptFailure { cause, retry_after }
    }

    #[test]
    fn a_money_movement_is_sent_again_only_where_it_certainly_did_not_arrive() {
        let causes = (100..600).map(FailureCause::Status).chain([
            FailureCause::NoConnection,
            FailureCause::TimedOut,
            FailureCause::ConnectionLost,
            FailureCause::BodyTooLarge,
            FailureCause::Unreadable,
            FailureCause::DeadlinePassed,
            FailureCause::NotSendable,
        ]);
        let mut retried = Vec::new();
        for cause in causes {
            for retry_after in [None, SOON] {
                let failure = failure(cause, retry_after);
                if failure.may_retry(RetrySafety::MovesMoney) {
                    assert!(
                        !failure.may_have_acted(RetrySafety::MovesMoney),
                        "{failure:?}"
                    );
                    retried.push((cause, retry_after.is_some()));
                }
            }
        }
        let expected = [
            (FailureCause::Status(429), true),
            (FailureCause::Status(503), true),
            (FailureCause::NoConnection, false),
            (FailureCause::NoConnection, true),
        ];
        assert_eq!(retried, expected);
    }

    #[test]
    fn a_read_never_acts_and_a_lost_write_may_have() {
        let lost = failure(FailureCause::ConnectionLost, None);
        assert!(!lost.may_have_acted(RetrySafety::Read));
        assert!(
            lost.may_have_acted(RetrySafety::IdempotentWrite)
                && lost.may_have_acted(RetrySafety::MovesMoney)
        );
        assert!(lost.may_retry(RetrySafety::IdempotentWrite));
        assert!(!failure(FailureCause::Status(500), None).may_retry(RetrySafety::Read));
    }

    #[test]
    fn rejected_credentials_have_changed_nothing_and_are_not_retried() {
        for status in [401, 403, 407] {
            let failure = failure(FailureCause::Status(status), None);
            for safety in [
                RetrySafety::Read,
                RetrySafety::IdempotentWrite,
                RetrySafety::MovesMoney,
            ] {
                assert!(!failure.may_have_acted(safety), "{status}");
                assert!(!failure.may_retry(safety), "{status}");
            }
        }
    }

    #[test]
    fn a_refusal_is_conclusive_and_a_redirect_is_not() {
        for status in [200, 202, 299, 400, 402, 404, 409, 422, 499] {
            assert!(!is_inconclusive(status, false), "{status}");
        }
        for status in [100, 301, 307, 401, 403, 407, 408, 425, 429, 500, 503, 599] {
            assert!(is_inconclusive(status, false), "{status}");
        }
        assert!(is_inconclusive(409, true));
    }
}
