//! Attempts to take payment, and what was captured through each.

use crate::money::Amount;
use crate::time::Timestamp;
use crate::value::{AttemptNo, CaptureNo, Code, ProviderId};
use serde::{Deserialize, Serialize};

coded! {
    /// Where a payment attempt stands.
    pub enum AttemptState as "payment state" {
        /// Decided, not sent.
        Created = "created",
        /// Sent, or about to be: its outcome must be learnt.
        Dispatched = "dispatched",
        /// The customer has to act, with the provider.
        RequiresAction = "requires_action",
        /// The provider holds the amount for us.
        Authorized = "authorized",
        /// The amount was taken.
        Captured = "captured",
        /// The provider refused it.
        Declined = "declined",
        /// It was sent and no answer came. Left only by asking the provider.
        Unknown = "unknown",
        /// The authorization was given back, or nothing was ever sent.
        Voided = "voided",
        /// The authorization lapsed.
        Expired = "expired",
    }
}

coded! {
    /// Where a capture stands.
    pub enum CaptureState as "capture state" {
        /// Decided; its outcome must be learnt.
        Requested = "requested",
        /// The provider took the amount.
        Succeeded = "succeeded",
        /// The provider refused it.
        Failed = "failed",
        /// It was sent and no answer came.
        Unknown = "unknown",
    }
}

/// An amount taken, or to be taken, from an authorization.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Capture {
    /// Its number within the attempt.
    pub no: CaptureNo,
    /// How much, in minor units.
    pub amount: Amount,
    /// Where it stands.
    pub state: CaptureState,
    /// The provider's id of a capture that we did not ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ProviderId>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Code>,
}

impl Capture {
    pub(crate) const fn is_in_flight(&self) -> bool {
        match self.state {
            CaptureState::Requested | CaptureState::Unknown => true,
            CaptureState::Succeeded | CaptureState::Failed => false,
        }
    }
}

/// One attempt to take payment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaymentAttempt {
    /// Its number within the order; with the order's id, its reference at the provider.
    pub no: AttemptNo,
    /// How much was asked for, in minor units.
    pub amount: Amount,
    /// Whether it is to be captured at once.
    pub capture: bool,
    /// Where it stands.
    pub state: AttemptState,
    /// The provider's id of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<ProviderId>,
    /// How much the provider authorized, in minor units.
    #[serde(default)]
    pub authorized: Amount,
    /// What was captured of it, or is to be.
    #[serde(default)]
    pub captures: Vec<Capture>,
    /// Why the provider declined it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<Code>,
    /// Whether the provider was asked to void what is left.
    #[serde(default)]
    pub voiding: bool,
    /// When it was started.
    pub started_at: Timestamp,
}

impl PaymentAttempt {
    /// Whether its outcome is still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        match self.state {
            AttemptState::Created
            | AttemptState::Dispatched
            | AttemptState::RequiresAction
            | AttemptState::Unknown => true,
            AttemptState::Authorized
            | AttemptState::Captured
            | AttemptState::Declined
            | AttemptState::Voided
            | AttemptState::Expired => false,
        }
    }

    /// What was captured, in minor units.
    #[must_use]
    pub fn captured(&self) -> Amount {
        Amount::saturating_from(self.captured_sum())
    }

    /// What may still be captured, in minor units: authorized, and neither captured nor asked for.
    #[must_use]
    pub fn capturable(&self) -> Amount {
        if self.state == AttemptState::Authorized && !self.voiding {
            Amount::saturating_from(self.uncaptured_sum() - self.capturing_sum()).at_least_zero()
        } else {
            Amount::ZERO
        }
    }

    /// The capture with this number.
    #[must_use]
    pub fn capture_with(&self, no: CaptureNo) -> Option<&Capture> {
        self.captures.iter().find(|capture| capture.no == no)
    }

    /// Whether a capture is asked for and not answered.
    #[must_use]
    pub fn is_capturing(&self) -> bool {
        self.captures.iter().any(Capture::is_in_flight)
    }

    pub(crate) fn capture_failed(&self) -> bool {
        self.captures
            .iter()
            .any(|capture| capture.state == CaptureState::Failed)
    }

    pub(crate) fn captured_sum(&self) -> i128 {
        self.sum(|capture| capture.state == CaptureState::Succeeded)
    }

    pub(crate) fn capturing_sum(&self) -> i128 {
        self.sum(Capture::is_in_flight)
    }

    /// What the provider still holds for us, whether or not a capture of it is under way.
    pub(crate) fn uncaptured_sum(&self) -> i128 {
        if self.state == AttemptState::Authorized {
            (i128::from(self.authorized.minor()) - self.captured_sum()).max(0)
        } else {
            0
        }
    }

    fn sum(&self, which: impl Fn(&Capture) -> bool) -> i128 {
        self.captures
            .iter()
            .filter(|capture| which(capture))
            .map(|capture| i128::from(capture.amount.minor()))
            .sum()
    }

    /// The first number that no capture has. A report may have brought a number we never gave.
    pub(crate) fn next_capture(&self) -> CaptureNo {
        let mut free = CaptureNo::FIRST;
        while self.capture_with(free).is_some() {
            free = free.next();
        }
        free
    }
}
