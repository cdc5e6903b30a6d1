//! The operations of the payment service.

use std::sync::{Arc, Mutex};

use super::error::PaymentError;
use super::ledger::Balance;
use super::payment::{AuthorizeOutcome, LostAnswer, MockPayment, MockPaymentRequest};
use super::refund::{MockRefund, MockRefundRequest, MockRefundStatus};
use crate::faults::FaultInjector;
use crate::lock::lock;
use crate::store::{Store, Transaction};
use crate::unreadable_file::UnreadableFile;

/// Payments and refunds.
///
/// Every operation that moves money takes the idempotency key it came with, if any: the same key
/// with a different request is refused. Without a key, the reference alone tells a retry from a new
/// request.
///
/// ```
/// use order_mocks::payments::{AuthorizeOutcome, MockPaymentRequest, MockPayments};
///
/// let payments = MockPayments::new();
/// let request = MockPaymentRequest {
///     reference: "attempt-1".into(),
///     order_id: "order-1".into(),
///     amount: 4498,
///     currency: "USD".into(),
///     token: "tok_timeout".into(),
///     capture: false,
/// };
/// assert_eq!(payments.authorize(&request, None)?, AuthorizeOutcome::AnswerLost);
/// // The amount is authorized all the same, and a retry does not authorize it twice.
/// let found = payments.find("attempt-1")?.unwrap();
/// assert_eq!(found.amount, 4498);
/// assert_eq!(payments.authorize(&request, None)?, AuthorizeOutcome::Answered(found));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MockPayments {
    refund_outcome: Mutex<MockRefundStatus>,
    lost_answer: Mutex<LostAnswer>,
    faults: FaultInjector,
    store: Arc<Store>,
}

impl Default for MockPayments {
    fn default() -> Self {
        Self::with_store(Arc::default())
    }
}

impl MockPayments {
    /// Creates the service with no payments, in memory. Every refund succeeds at once, until
    /// [`set_refund_outcome`](Self::set_refund_outcome).
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with_store(store: Arc<Store>) -> Self {
        Self {
            refund_outcome: Mutex::new(MockRefundStatus::Succeeded),
            lost_answer: Mutex::default(),
            faults: FaultInjector::default(),
            store,
        }
    }

    /// Authorizes a payment, or captures it at once, if its token is approved. A repeated request
    /// gets the same payment, with its present status.
    ///
    /// # Errors
    ///
    /// [`PaymentError::ReferenceReused`], [`IdempotencyKeyReused`](PaymentError::IdempotencyKeyReused). A declined
    /// payment is no error.
    pub fn authorize(
        &self,
        request: &MockPaymentRequest,
        key: Option<&str>,
    ) -> Result<AuthorizeOutcome, PaymentError> {
        self.change(|ledger| ledger.authorize(request, key))
    }

    /// Captures `amount` of what is authorized; it may be called several times, up to the whole. A
    /// repeated reference captures nothing more.
    ///
    /// # Errors
    ///
    /// [`PaymentError::TooMuch`], [`WrongStatus`](PaymentError::WrongStatus) when nothing is
    /// authorized, [`NotFound`](PaymentError::NotFound), and as [`authorize`](Self::authorize).
    pub fn capture(
        &self,
        payment_id: &str,
        amount: i64,
        reference: &str,
        key: Option<&str>,
    ) -> Result<MockPayment, PaymentError> {
        self.change(|ledger| ledger.capture(payment_id, amount, reference, key))
    }

    /// Voids what is authorized and not captured: all of it, or the rest after a partial capture.
    /// Repeating it changes nothing.
    ///
    /// # Errors
    ///
    /// [`PaymentError::WrongStatus`] when it was declined or captured in full,
    /// [`NotFound`](PaymentError::NotFound), [`IdempotencyKeyReused`](PaymentError::IdempotencyKeyReused).
    pub fn void(&self, payment_id: &str, key: Option<&str>) -> Result<MockPayment, PaymentError> {
        self.change(|ledger| ledger.void(payment_id, key))
    }

    /// Refunds a captured amount. A repeated reference refunds nothing more.
    ///
    /// # Errors
    ///
    /// [`PaymentError::TooMuch`] beyond what is captured and neither refunded nor pending,
    /// [`NotFound`](PaymentError::NotFound), and as [`authorize`](Self::authorize).
    pub fn refund(
        &self,
        request: &MockRefundRequest,
        key: Option<&str>,
    ) -> Result<MockRefund, PaymentError> {
        let outcome = *lock(&self.refund_outcome);
        self.change(|ledger| ledger.refund(request, key, outcome))
    }

    /// Finds a payment by the caller's reference. It reads the state file, so it may block.
    ///
    /// # Errors
    ///
    /// [`UnreadableFile`] when the state file cannot be read.
    pub fn find(&self, reference: &str) -> Result<Option<MockPayment>, UnreadableFile> {
        self.store
            .read(|snapshot| Balance::new(snapshot).payment_by_reference(reference))
    }

    /// Finds a refund by the caller's reference. It reads the state file, so it may block.
    ///
    /// # Errors
    ///
    /// [`UnreadableFile`] when the state file cannot be read.
    pub fn find_refund(&self, reference: &str) -> Result<Option<MockRefund>, UnreadableFile> {
        self.store
            .read(|snapshot| Balance::new(snapshot).refund_by_reference(reference))
    }

    /// Returns every payment, in no particular order.
    ///
    /// # Errors
    ///
    /// [`UnreadableFile`] when the state file cannot be read.
    pub fn all(&self) -> Result<Vec<MockPayment>, UnreadableFile> {
        self.store
            .read(|snapshot| Balance::new(snapshot).payments())
    }

    /// Reports that the customer has completed, or refused, the action that a payment in
    /// `requires_action` waits for. Any other payment stays as it is.
    ///
    /// # Errors
    ///
    /// [`PaymentError::NotFound`].
    pub fn finish_action(
        &self,
        reference: &str,
        approved: bool,
    ) -> Result<MockPayment, PaymentError> {
        self.change(|ledger| ledger.finish_action(reference, approved))
    }

    /// Sets the status of new refunds; initially they succeed at once.
    pub fn set_refund_outcome(&self, outcome: MockRefundStatus) {
        *lock(&self.refund_outcome) = outcome;
    }

    /// Settles a pending refund: it is paid out, or fails. Any other refund stays as it is.
    ///
    /// # Errors
    ///
    /// [`PaymentError::NotFound`].
    pub fn settle_refund(
        &self,
        reference: &str,
        paid_out: bool,
    ) -> Result<MockRefund, PaymentError> {
        self.change(|ledger| ledger.settle_refund(reference, paid_out))
    }

    /// Sets how the HTTP router loses the first answer to `tok_timeout`.
    pub fn set_lost_answer(&self, how: LostAnswer) {
        *lock(&self.lost_answer) = how;
    }

    pub(crate) fn lost_answer(&self) -> LostAnswer {
        *lock(&self.lost_answer)
    }

    /// Returns the switches that make the next calls fail.
    pub fn faults(&self) -> &FaultInjector {
        &self.faults
    }

    fn change<T>(
        &self,
        make: impl FnOnce(&Balance<'_, Transaction>) -> Result<T, PaymentError>,
    ) -> Result<T, PaymentError> {
        self.store
            .change(|transaction| make(&Balance::new(transaction)))
    }
}
