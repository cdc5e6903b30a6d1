//! Payment attempts and their captures.

use crate::money::Amount;
use crate::time::Timestamp;
use crate::value::{CaptureNo, Code, PaymentAttemptNo, ProviderId};
use serde::{Deserialize, Serialize};

string_enum! {
    /// The status of a payment attempt.
    pub enum PaymentAttemptStatus as "payment state" {
        /// Created, not sent to the provider.
        Created = "created",
        /// Sent to the provider, or about to be; its outcome is open.
        Dispatched = "dispatched",
        /// The customer has to act at the provider, such as confirm with the bank.
        RequiresAction = "requires_action",
        /// Authorized: the provider holds the amount.
        Authorized = "authorized",
        /// The amount was captured.
        Captured = "captured",
        /// The provider declined it.
        Declined = "declined",
        /// Sent without an answer. Only a query to the provider resolves it.
        Unknown = "unknown",
        /// The authorization was voided, or the attempt was abandoned before it was sent.
        Voided = "voided",
        /// The authorization expired.
        Expired = "expired",
    }
}

/// How an authorized payment is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaptureMethod {
    /// The provider captures as soon as it authorizes.
    Automatic,
    /// Captured later, on request.
    Manual,
}

/// Stores a [`CaptureMethod`] as `true` for automatic and `false` for manual.
pub(crate) mod capture_method {
    use super::CaptureMethod;
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(crate) fn serialize<S: Serializer>(
        method: &CaptureMethod,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*method == CaptureMethod::Automatic)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<CaptureMethod, D::Error> {
        Ok(if bool::deserialize(deserializer)? {
            CaptureMethod::Automatic
        } else {
            CaptureMethod::Manual
        })
    }
}

string_enum! {
    /// The status of a capture.
    pub enum CaptureStatus as "capture state" {
        /// Requested; its outcome is open.
        Requested = "requested",
        /// The provider captured the amount.
        Succeeded = "succeeded",
        /// The provider refused it.
        Failed = "failed",
        /// Sent without an answer.
        Unknown = "unknown",
    }
}

/// A capture of all or part of an authorization.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Capture {
    /// Identifies the capture within the attempt; with the order's id, its reference at the provider.
    pub no: CaptureNo,
    /// In minor units.
    pub amount: Amount,
    /// Its present status.
    #[serde(rename = "state")]
    pub status: CaptureStatus,
    /// The provider's id of a capture that this system did not request; else `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ProviderId>,
    /// The provider's code; `None` unless the capture failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Code>,
}

impl Capture {
    pub(crate) const fn is_in_flight(&self) -> bool {
        match self.status {
            CaptureStatus::Requested | CaptureStatus::Unknown => true,
            CaptureStatus::Succeeded | CaptureStatus::Failed => false,
        }
    }
}

/// A payment attempt: one payment at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaymentAttempt {
    /// With the order's id, its reference at the provider.
    pub no: PaymentAttemptNo,
    /// The amount requested, in minor units.
    pub amount: Amount,
    /// How the payment is captured.
    #[serde(rename = "capture", with = "capture_method")]
    pub capture_method: CaptureMethod,
    /// Its present status.
    #[serde(rename = "state")]
    pub status: PaymentAttemptStatus,
    /// The provider's id of the payment; `None` until the provider answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<ProviderId>,
    /// The amount authorized, in minor units; zero until then.
    #[serde(default)]
    pub authorized: Amount,
    /// The captures, oldest first, including failed ones.
    #[serde(default)]
    pub captures: Vec<Capture>,
    /// The provider's code; `None` unless declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<Code>,
    /// Whether a void of the uncaptured rest was requested from the provider.
    #[serde(default)]
    pub voiding: bool,
    /// The time it was created.
    pub started_at: Timestamp,
}

impl PaymentAttempt {
    /// Returns whether its outcome is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        match self.status {
            PaymentAttemptStatus::Created
            | PaymentAttemptStatus::Dispatched
            | PaymentAttemptStatus::RequiresAction
            | PaymentAttemptStatus::Unknown => true,
            PaymentAttemptStatus::Authorized
            | PaymentAttemptStatus::Captured
            | PaymentAttemptStatus::Declined
            | PaymentAttemptStatus::Voided
            | PaymentAttemptStatus::Expired => false,
        }
    }

    /// Returns the sum of the successful captures, in minor units.
    #[must_use]
    pub fn captured(&self) -> Amount {
        Amount::saturating_from(self.captured_sum())
    }

    /// Returns what can still be captured, in minor units: authorized, neither captured nor in
    /// flight; zero while it is being voided.
    #[must_use]
    pub fn capturable(&self) -> Amount {
        if self.status == PaymentAttemptStatus::Authorized && !self.voiding {
            Amount::saturating_from(self.uncaptured_sum() - self.capturing_sum()).at_least_zero()
        } else {
            Amount::ZERO
        }
    }

    /// Returns the capture with this number.
    #[must_use]
    pub fn capture_with(&self, no: CaptureNo) -> Option<&Capture> {
        self.captures.iter().find(|capture| capture.no == no)
    }

    /// Returns whether a capture is in flight.
    #[must_use]
    pub fn is_capturing(&self) -> bool {
        self.captures.iter().any(Capture::is_in_flight)
    }

    pub(crate) fn capture_failed(&self) -> bool {
        self.captures
            .iter()
            .any(|capture| capture.status == CaptureStatus::Failed)
    }

    pub(crate) fn captured_sum(&self) -> i128 {
        self.sum(|capture| capture.status == CaptureStatus::Succeeded)
    }

    pub(crate) fn capturing_sum(&self) -> i128 {
        self.sum(Capture::is_in_flight)
    }

    /// Returns what is authorized and not captured, including captures in flight.
    pub(crate) fn uncaptured_sum(&self) -> i128 {
        if self.status == PaymentAttemptStatus::Authorized {
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

    /// Returns the first unused capture number. A fact may have reported a number never issued here.
    pub(crate) fn next_capture(&self) -> CaptureNo {
        let mut free = CaptureNo::FIRST;
        while self.capture_with(free).is_some() {
            free = free.next();
        }
        free
    }
}
