//! The payment service: it moves money once for each reference, however often it is asked.
//!
//! The token decides what happens: `tok_visa` is approved, `tok_declined` declined, `tok_action`
//! waits for the customer, `tok_timeout` is approved while its first answer is lost; any other token
//! is declined as unknown. Nothing here logs a token.

mod book;
mod routes;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::book::{Book, Decided};
use super::state::{Change, Failure, NotSaved, State};
use super::{BadFile, Faults, Invalid, locked};

pub(super) use book::make_tables;
pub use routes::router;
pub(super) use routes::routes;

/// A request to pay.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentRequest {
    /// The caller's name for this payment: the same one is never charged twice.
    pub reference: String,
    /// The order it is for.
    pub order_id: String,
    /// How much, in minor units.
    pub amount: i64,
    /// Of what, ISO 4217.
    pub currency: String,
    /// The means of payment.
    pub token: String,
    /// Whether to take the money at once, instead of only setting it aside.
    #[serde(default)]
    pub capture: bool,
}

impl fmt::Debug for PaymentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentRequest")
            .field("reference", &self.reference)
            .field("order_id", &self.order_id)
            .field("amount", &self.amount)
            .field("currency", &self.currency)
            .field("capture", &self.capture)
            .finish_non_exhaustive()
    }
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The money is set aside.
    Authorized,
    /// Some or all of it was taken.
    Captured,
    /// The bank said no.
    Declined,
    /// The customer must do something first.
    RequiresAction,
    /// All that was set aside is free again.
    Voided,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The service's own id.
    pub id: String,
    /// The caller's.
    pub reference: String,
    /// The order it is for.
    pub order_id: String,
    /// Where it stands.
    pub status: PaymentStatus,
    /// What was asked for, in minor units.
    pub amount: i64,
    /// Of what, ISO 4217.
    pub currency: String,
    /// What was taken of it.
    pub captured: i64,
    /// What was set aside and is free again.
    pub voided: i64,
    /// What was given back of what was taken.
    pub refunded: i64,
    /// Why it was declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
}

/// What comes of asking for a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Answer {
    /// The payment.
    Given(Payment),
    /// Nothing: whether anything was charged, only [`Payments::find`] can say.
    Lost,
}

/// A request to give money back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundRequest {
    /// The payment it goes back from: the service's id.
    pub payment_id: String,
    /// How much, in minor units.
    pub amount: i64,
    /// The caller's name for this refund: the same one is never paid out twice.
    pub reference: String,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// Paid out.
    Succeeded,
    /// On its way.
    Pending,
    /// It will not be paid out.
    Failed,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The service's own id.
    pub id: String,
    /// The caller's.
    pub reference: String,
    /// The payment it goes back from.
    pub payment_id: String,
    /// Where it stands.
    pub status: RefundStatus,
    /// How much, in minor units.
    pub amount: i64,
    /// Of what, ISO 4217.
    pub currency: String,
}

/// Why the payment service says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PaymentError {
    /// The request makes no sense.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// No such payment, or refund.
    #[error("nothing is known of {id}")]
    NotFound {
        /// The id or reference asked for.
        id: String,
    },
    /// The reference was used before, for something else.
    #[error("the reference {reference} was used for something else")]
    ReferenceReused {
        /// The reference.
        reference: String,
    },
    /// The idempotency key was used before, with another request.
    #[error("the idempotency key was used with another request")]
    KeyReused,
    /// More than there is to capture or to give back.
    #[error("at most {available} can be moved")]
    TooMuch {
        /// What could be moved, in minor units.
        available: i64,
    },
    /// The payment's state does not allow it.
    #[error("the payment's state does not allow this")]
    WrongStatus {
        /// Where it stands.
        status: PaymentStatus,
    },
    /// The state file cannot be written: see [`NotSaved`].
    #[error(transparent)]
    NotSaved(#[from] NotSaved),
}

impl From<Failure> for PaymentError {
    fn from(failure: Failure) -> Self {
        Self::NotSaved(failure.into())
    }
}

impl PaymentError {
    /// What a client is told, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::NotFound { .. } => "unknown_payment",
            Self::ReferenceReused { .. } => "reference_reused",
            Self::KeyReused => "idempotency_key_reused",
            Self::TooMuch { .. } => "amount_too_large",
            Self::WrongStatus { status } => match status {
                PaymentStatus::Captured => "already_captured",
                PaymentStatus::Voided => "already_voided",
                PaymentStatus::Declined => "payment_declined",
                PaymentStatus::Authorized | PaymentStatus::RequiresAction => "not_authorized",
            },
            Self::NotSaved(_) => "not_saved",
        }
    }
}

/// How the router loses the first answer for `tok_timeout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostAnswer {
    /// The connection closes at once.
    Drop,
    /// The connection stays open and silent for so long, and then closes.
    Hang(Duration),
}

impl Default for LostAnswer {
    fn default() -> Self {
        Self::Hang(Duration::from_secs(30))
    }
}

/// Payments and refunds.
///
/// Every call that moves money takes the idempotency key it came with, if any: the same key with
/// another request is refused. Without a key, the reference alone tells a retry from a new request.
///
/// ```
/// use order_examples::outside::payments::{Answer, PaymentRequest, Payments};
///
/// let payments = Payments::new();
/// let request = PaymentRequest {
///     reference: "attempt-1".into(),
///     order_id: "order-1".into(),
///     amount: 4498,
///     currency: "USD".into(),
///     token: "tok_timeout".into(),
///     capture: false,
/// };
/// assert_eq!(payments.authorize(&request, None)?, Answer::Lost);
/// // The money is set aside all the same, and asking again does not do it twice.
/// let found = payments.find("attempt-1")?;
/// assert_eq!(found.as_ref().map(|p| p.amount), Some(4498));
/// assert_eq!(payments.authorize(&request, None)?, Answer::Given(found.unwrap()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Payments {
    refund_outcome: Mutex<RefundStatus>,
    lost_answer: Mutex<LostAnswer>,
    faults: Faults,
    state: Arc<State>,
}

impl Default for Payments {
    fn default() -> Self {
        Self::over(Arc::default())
    }
}

impl Payments {
    /// No payments yet; every refund will succeed at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// The payments of before.
    pub(super) fn over(state: Arc<State>) -> Self {
        Self {
            refund_outcome: Mutex::new(RefundStatus::Succeeded),
            lost_answer: Mutex::default(),
            faults: Faults::default(),
            state,
        }
    }

    /// Decides, and makes it so, as one step.
    fn change<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&Book<'_, Change<'_>>) -> Decided<T> + Send + 'static,
    ) -> Result<T, PaymentError> {
        self.state.change(move |change| {
            let (answer, records) = decide(&Book::new(change))?;
            book::apply(change, records)?;
            Ok(answer)
        })
    }

    /// Sets `amount` aside, or takes it at once, as the token has it. The same request again gets
    /// the same payment, as it stands by then.
    ///
    /// # Errors
    ///
    /// [`PaymentError::ReferenceReused`], [`KeyReused`](PaymentError::KeyReused). A declined payment
    /// is no error.
    pub fn authorize(
        &self,
        request: &PaymentRequest,
        key: Option<&str>,
    ) -> Result<Answer, PaymentError> {
        let (request, key) = (request.clone(), key.map(str::to_owned));
        self.change(move |book| book.authorize(&request, key.as_deref()))
    }

    /// Takes `amount` of what was set aside; more than once, up to the whole. The same reference
    /// again takes nothing more.
    ///
    /// # Errors
    ///
    /// [`PaymentError::TooMuch`], [`WrongStatus`](PaymentError::WrongStatus) when nothing is set
    /// aside, [`NotFound`](PaymentError::NotFound), and as [`authorize`](Self::authorize).
    pub fn capture(
        &self,
        payment_id: &str,
        amount: i64,
        reference: &str,
        key: Option<&str>,
    ) -> Result<Payment, PaymentError> {
        let (id, reference) = (payment_id.to_owned(), reference.to_owned());
        let key = key.map(str::to_owned);
        self.change(move |book| book.capture(&id, amount, &reference, key.as_deref()))
    }

    /// Frees what is set aside and not taken: all of it, or the rest after a partial capture. Again
    /// is the same.
    ///
    /// # Errors
    ///
    /// [`PaymentError::WrongStatus`] when it was declined or all of it was taken,
    /// [`NotFound`](PaymentError::NotFound), [`KeyReused`](PaymentError::KeyReused).
    pub fn void(&self, payment_id: &str, key: Option<&str>) -> Result<Payment, PaymentError> {
        let (id, key) = (payment_id.to_owned(), key.map(str::to_owned));
        self.change(move |book| book.void(&id, key.as_deref()))
    }

    /// Gives money back. The same reference again gives back nothing more.
    ///
    /// # Errors
    ///
    /// [`PaymentError::TooMuch`] beyond what was captured and is neither refunded nor on its way
    /// back, [`NotFound`](PaymentError::NotFound), and as [`authorize`](Self::authorize).
    pub fn refund(
        &self,
        request: &RefundRequest,
        key: Option<&str>,
    ) -> Result<Refund, PaymentError> {
        let (request, key) = (request.clone(), key.map(str::to_owned));
        let outcome = *locked(&self.refund_outcome);
        self.change(move |book| book.refund(&request, key.as_deref(), outcome))
    }

    /// The payment with this reference of the caller's. Reads the state file, so it may block for a
    /// moment.
    ///
    /// # Errors
    ///
    /// [`BadFile`] when the state file cannot be read.
    pub fn find(&self, reference: &str) -> Result<Option<Payment>, BadFile> {
        self.state
            .read(|view| Book::new(view).payment_by_reference(reference))
    }

    /// The refund with this reference of the caller's. Reads the state file, so it may block for a
    /// moment.
    ///
    /// # Errors
    ///
    /// [`BadFile`] when the state file cannot be read.
    pub fn find_refund(&self, reference: &str) -> Result<Option<Refund>, BadFile> {
        self.state
            .read(|view| Book::new(view).refund_by_reference(reference))
    }

    /// Every payment, in no order: what a test holds its own books against.
    ///
    /// # Errors
    ///
    /// [`BadFile`] when the state file cannot be read.
    pub fn all(&self) -> Result<Vec<Payment>, BadFile> {
        self.state.read(|view| Book::new(view).payments())
    }

    /// The customer has done, or refused to do, what a payment that `requires_action` waits for.
    /// Any other payment stays as it is.
    ///
    /// # Errors
    ///
    /// [`PaymentError::NotFound`].
    pub fn finish_action(&self, reference: &str, approved: bool) -> Result<Payment, PaymentError> {
        let reference = reference.to_owned();
        self.change(move |book| book.finish_action(&reference, approved))
    }

    /// What new refunds come to: at first they succeed at once.
    pub fn set_refund_outcome(&self, outcome: RefundStatus) {
        *locked(&self.refund_outcome) = outcome;
    }

    /// A pending refund has been paid out, or has failed. Any other refund stays as it is.
    ///
    /// # Errors
    ///
    /// [`PaymentError::NotFound`].
    pub fn settle_refund(&self, reference: &str, paid_out: bool) -> Result<Refund, PaymentError> {
        let reference = reference.to_owned();
        self.change(move |book| book.settle_refund(&reference, paid_out))
    }

    /// How the router loses an answer from now on.
    pub fn set_lost_answer(&self, how: LostAnswer) {
        *locked(&self.lost_answer) = how;
    }

    /// What goes wrong with the next calls.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    fn lost_answer(&self) -> LostAnswer {
        *locked(&self.lost_answer)
    }
}

#[cfg(test)]
pub(super) mod tests;
