//! A try that brought no answer: what happened, whether the service may have acted, and whether to
//! try again.

use std::fmt;
use std::time::Duration;

/// What a request does, and so what may be done when its answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// It changes nothing.
    Read,
    /// It changes something, and sent again under the same key nothing more.
    Repeatable,
    /// It moves money: once it may have arrived it is never sent again from here.
    Money,
}

/// What happened to a try. None of it comes from the service's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Cause {
    #[error("no connection")]
    NoConnection,
    #[error("no answer in time")]
    TimedOut,
    #[error("the connection was lost")]
    Lost,
    #[error("status {0}")]
    Status(u16),
    #[error("the answer is too large")]
    TooLarge,
    #[error("the answer cannot be read")]
    Unreadable,
    #[error("the deadline has passed")]
    TooLate,
    #[error("the request cannot be sent")]
    NotSendable,
}

/// A try that brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) cause: Cause,
    /// When the service asked to come back.
    pub(super) retry_after: Option<Duration>,
}

impl From<Cause> for Failure {
    fn from(cause: Cause) -> Self {
        Self {
            cause,
            retry_after: None,
        }
    }
}

impl Failure {
    /// Whether the service may have acted on it.
    pub(super) const fn may_have_acted(&self, nature: Nature) -> bool {
        if matches!(nature, Nature::Read) {
            return false;
        }
        match self.cause {
            Cause::NoConnection
            | Cause::TooLate
            | Cause::NotSendable
            | Cause::Status(401 | 403 | 407 | 425 | 429) => false,
            Cause::Status(503) => self.retry_after.is_none(),
            Cause::Status(_)
            | Cause::TimedOut
            | Cause::Lost
            | Cause::TooLarge
            | Cause::Unreadable => true,
        }
    }

    /// Whether another try may be made.
    pub(super) const fn can_be_tried_again(&self, nature: Nature) -> bool {
        let asked_to_come_back = self.retry_after.is_some();
        match (nature, self.cause) {
            (_, Cause::NoConnection) => true,
            (Nature::Money, Cause::Status(429 | 503)) => asked_to_come_back,
            (
                Nature::Read | Nature::Repeatable,
                Cause::TimedOut | Cause::Lost | Cause::Status(408 | 409 | 425 | 429 | 502..=504),
            ) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

/// Whether a status says that there will be an answer later, and not what it is.
///
/// A service that does not let us in (401, 403, 407) has not looked at what it was asked: that our
/// credentials have lapsed is no reason to decline a payment or to reject an order.
pub(super) const fn is_no_answer(status: u16, asked_to_come_back: bool) -> bool {
    match status {
        401 | 403 | 407 | 408 | 425 | 429 => true,
        409 => asked_to_come_back,
        200..=299 | 400..=499 => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Option<Duration> = Some(Duration::from_secs(1));

    fn failure(cause: Cause, retry_after: Option<Duration>) -> Failure {
        Failure { cause, retry_after }
    }

    #[test]
    fn money_is_sent_again_only_where_it_surely_did_not_arrive() {
        let causes = (100..600).map(Cause::Status).chain([
            Cause::NoConnection,
            Cause::TimedOut,
            Cause::Lost,
            Cause::TooLarge,
            Cause::Unreadable,
            Cause::TooLate,
            Cause::NotSendable,
        ]);
        let mut again = Vec::new();
        for cause in causes {
            for retry_after in [None, SOON] {
                let failure = failure(cause, retry_after);
                if failure.can_be_tried_again(Nature::Money) {
                    assert!(!failure.may_have_acted(Nature::Money), "{failure:?}");
                    again.push((cause, retry_after.is_some()));
                }
            }
        }
        let expected = [
            (Cause::Status(429), true),
            (Cause::Status(503), true),
            (Cause::NoConnection, false),
            (Cause::NoConnection, true),
        ];
        assert_eq!(again, expected);
    }

    #[test]
    fn a_read_never_acts_and_a_lost_write_may_have() {
        let lost = failure(Cause::Lost, None);
        assert!(!lost.may_have_acted(Nature::Read));
        assert!(lost.may_have_acted(Nature::Repeatable) && lost.may_have_acted(Nature::Money));
        assert!(lost.can_be_tried_again(Nature::Repeatable));
        assert!(!failure(Cause::Status(500), None).can_be_tried_again(Nature::Read));
    }

    #[test]
    fn who_is_not_let_in_has_done_nothing_and_does_not_knock_again_at_once() {
        for status in [401, 403, 407] {
            let failure = failure(Cause::Status(status), None);
            for nature in [Nature::Read, Nature::Repeatable, Nature::Money] {
                assert!(!failure.may_have_acted(nature), "{status}");
                assert!(!failure.can_be_tried_again(nature), "{status}");
            }
        }
    }

    #[test]
    fn a_refusal_is_an_answer_and_a_redirect_is_none() {
        for status in [200, 202, 299, 400, 402, 404, 409, 422, 499] {
            assert!(!is_no_answer(status, false), "{status}");
        }
        for status in [100, 301, 307, 401, 403, 407, 408, 425, 429, 500, 503, 599] {
            assert!(is_no_answer(status, false), "{status}");
        }
        assert!(is_no_answer(409, true));
    }
}
