//! The ledger of the payment service: payments, captures, refunds and idempotency keys, as tables.
//!
//! Invariants: `captured + voided <= amount`, and refunds that are paid out or pending never exceed
//! what was captured.
//!
//! Each operation checks everything before its first write, since a refusal rolls nothing back.

use uuid::Uuid;

use super::error::PaymentError;
use super::keyed_request::{Capture, KeyedRequest};
use super::ledger_entry::{LedgerEntry, fingerprint};
use super::payment::{AuthorizeOutcome, MockPayment, MockPaymentRequest, MockPaymentStatus};
use super::refund::{MockRefund, MockRefundRequest, MockRefundStatus};
use crate::store::{Failure, ReadTables, Table, Transaction};
use crate::validate;

/// By the service's id.
const PAYMENTS: Table<&str, LedgerEntry> = Table::named("payments");
/// The service's id, by the caller's reference.
const IDS: Table<&str, String> = Table::named("payment_ids");
/// By the caller's reference.
const CAPTURES: Table<&str, Capture> = Table::named("captures");
/// By the caller's reference.
const REFUNDS: Table<&str, MockRefund> = Table::named("refunds");
/// By operation and idempotency key.
const KEYS: Table<&str, KeyedRequest> = Table::named("payment_keys");

/// A key that was not used before, and the request to store under it.
type NewKey = Option<(String, KeyedRequest)>;

/// The ledger, in a snapshot or inside a transaction.
pub(super) struct Balance<'t, V> {
    tables: &'t V,
}

impl<'t, V: ReadTables> Balance<'t, V> {
    pub(super) const fn new(tables: &'t V) -> Self {
        Self { tables }
    }

    pub(super) fn payment_by_reference(
        &self,
        reference: &str,
    ) -> Result<Option<MockPayment>, Failure> {
        Ok(self
            .entry_by_reference(reference)?
            .map(|entry| entry.payment))
    }

    pub(super) fn refund_by_reference(
        &self,
        reference: &str,
    ) -> Result<Option<MockRefund>, Failure> {
        self.tables.get(&REFUNDS, reference)
    }

    pub(super) fn payments(&self) -> Result<Vec<MockPayment>, Failure> {
        let entries = self.tables.all(&PAYMENTS)?;
        Ok(entries.into_iter().map(|entry| entry.payment).collect())
    }

    fn entry_by_reference(&self, reference: &str) -> Result<Option<LedgerEntry>, Failure> {
        match self.tables.get(&IDS, reference)? {
            Some(id) => self.tables.get(&PAYMENTS, id.as_str()),
            None => Ok(None),
        }
    }

    fn entry(&self, payment_id: &str) -> Result<LedgerEntry, PaymentError> {
        let known = self.tables.get(&PAYMENTS, payment_id)?;
        known.ok_or_else(|| not_found(payment_id))
    }

    /// Refuses a key that was used with a different request.
    fn check_key(&self, key: Option<&str>, request: KeyedRequest) -> Result<NewKey, PaymentError> {
        let Some(key) = key else {
            return Ok(None);
        };
        let key = request.table_key(key);
        match self.tables.get(&KEYS, key.as_str())? {
            Some(earlier) if earlier == request => Ok(None),
            Some(_) => Err(PaymentError::IdempotencyKeyReused),
            None => Ok(Some((key, request))),
        }
    }
}

impl Balance<'_, Transaction> {
    pub(super) fn authorize(
        &self,
        given: &MockPaymentRequest,
        key: Option<&str>,
    ) -> Result<AuthorizeOutcome, PaymentError> {
        validate::id("reference", &given.reference)?;
        validate::id("order_id", &given.order_id)?;
        validate::id("token", &given.token)?;
        validate::amount(given.amount)?;
        validate::currency(&given.currency)?;
        let request = MockPaymentRequest {
            token: fingerprint(&given.token),
            ..given.clone()
        };
        let new_key = self.check_key(key, KeyedRequest::Authorize(request.clone()))?;

        if let Some(earlier) = self.entry_by_reference(&request.reference)? {
            if earlier.request != request {
                return Err(PaymentError::ReferenceReused {
                    reference: request.reference,
                });
            }
            self.put_key(new_key)?;
            return Ok(AuthorizeOutcome::Answered(earlier.payment));
        }

        let mut entry = LedgerEntry {
            payment: MockPayment {
                id: new_id("pay"),
                reference: request.reference.clone(),
                order_id: request.order_id.clone(),
                status: MockPaymentStatus::RequiresAction,
                amount: request.amount,
                currency: request.currency.clone(),
                captured: 0,
                voided: 0,
                refunded: 0,
                decline_code: None,
            },
            request,
            refunding: 0,
        };
        let mut answer_lost = false;
        match given.token.as_str() {
            "tok_visa" => entry.approve(),
            "tok_timeout" => {
                entry.approve();
                answer_lost = true;
            }
            "tok_action" => {}
            "tok_declined" => entry.decline("card_declined"),
            _ => entry.decline("unknown_token"),
        }
        tracing::info!(
            payment = entry.payment.id,
            reference = entry.payment.reference,
            status = ?entry.payment.status,
            amount = entry.payment.amount,
            currency = entry.payment.currency,
            answer_lost,
            "payment"
        );
        self.put_key(new_key)?;
        let payment = self.put_entry(entry)?;
        Ok(if answer_lost {
            AuthorizeOutcome::AnswerLost
        } else {
            AuthorizeOutcome::Answered(payment)
        })
    }

    pub(super) fn capture(
        &self,
        payment_id: &str,
        amount: i64,
        reference: &str,
        key: Option<&str>,
    ) -> Result<MockPayment, PaymentError> {
        validate::id("reference", reference)?;
        validate::amount(amount)?;
        let capture = Capture {
            payment_id: payment_id.to_owned(),
            amount,
        };
        let request = KeyedRequest::Capture {
            capture: capture.clone(),
            reference: reference.to_owned(),
        };
        let new_key = self.check_key(key, request)?;

        let mut entry = self.entry(payment_id)?;
        match self.tables.get(&CAPTURES, reference)? {
            Some(earlier) if earlier == capture => {
                self.put_key(new_key)?;
                return Ok(entry.payment);
            }
            Some(_) => {
                return Err(PaymentError::ReferenceReused {
                    reference: reference.to_owned(),
                });
            }
            None => {}
        }
        match entry.payment.status {
            MockPaymentStatus::Authorized | MockPaymentStatus::Captured => {}
            status @ (MockPaymentStatus::Declined
            | MockPaymentStatus::RequiresAction
            | MockPaymentStatus::Voided) => return Err(PaymentError::WrongStatus { status }),
        }
        let available = entry.capturable();
        if amount > available {
            return Err(PaymentError::TooMuch { available });
        }
        entry.payment.captured += amount;
        entry.payment.status = MockPaymentStatus::Captured;
        tracing::info!(payment = payment_id, reference, amount, "captured");
        self.put_key(new_key)?;
        self.tables.put(&CAPTURES, reference, &capture)?;
        self.put_entry(entry)
    }

    pub(super) fn void(
        &self,
        payment_id: &str,
        key: Option<&str>,
    ) -> Result<MockPayment, PaymentError> {
        let request = KeyedRequest::Void {
            payment_id: payment_id.to_owned(),
        };
        let new_key = self.check_key(key, request)?;
        let mut entry = self.entry(payment_id)?;
        match entry.payment.status {
            MockPaymentStatus::Authorized | MockPaymentStatus::Captured => {
                let remaining = entry.capturable();
                if remaining == 0 && entry.payment.voided == 0 {
                    return Err(PaymentError::WrongStatus {
                        status: entry.payment.status,
                    });
                }
                entry.payment.voided += remaining;
                if entry.payment.captured == 0 {
                    entry.payment.status = MockPaymentStatus::Voided;
                }
                tracing::info!(payment = payment_id, amount = remaining, "voided");
            }
            MockPaymentStatus::RequiresAction => entry.payment.status = MockPaymentStatus::Voided,
            MockPaymentStatus::Voided => {}
            MockPaymentStatus::Declined => {
                return Err(PaymentError::WrongStatus {
                    status: MockPaymentStatus::Declined,
                });
            }
        }
        self.put_key(new_key)?;
        self.put_entry(entry)
    }

    /// Stores a refund with the status `outcome`.
    pub(super) fn refund(
        &self,
        request: &MockRefundRequest,
        key: Option<&str>,
        outcome: MockRefundStatus,
    ) -> Result<MockRefund, PaymentError> {
        validate::id("reference", &request.reference)?;
        validate::amount(request.amount)?;
        let new_key = self.check_key(key, KeyedRequest::Refund(request.clone()))?;

        if let Some(earlier) = self.refund_by_reference(&request.reference)? {
            if (&earlier.payment_id, earlier.amount) != (&request.payment_id, request.amount) {
                return Err(PaymentError::ReferenceReused {
                    reference: request.reference.clone(),
                });
            }
            self.put_key(new_key)?;
            return Ok(earlier);
        }
        let mut entry = self.entry(&request.payment_id)?;
        let available = entry.refundable();
        if request.amount > available {
            return Err(PaymentError::TooMuch { available });
        }
        match outcome {
            MockRefundStatus::Succeeded => entry.payment.refunded += request.amount,
            MockRefundStatus::Pending => entry.refunding += request.amount,
            MockRefundStatus::Failed => {}
        }
        let refund = MockRefund {
            id: new_id("ref"),
            reference: request.reference.clone(),
            payment_id: request.payment_id.clone(),
            status: outcome,
            amount: request.amount,
            currency: entry.payment.currency.clone(),
        };
        tracing::info!(
            refund = refund.id,
            reference = refund.reference,
            status = ?refund.status,
            amount = refund.amount,
            "refund"
        );
        self.put_key(new_key)?;
        self.put_entry(entry)?;
        self.put_refund(refund)
    }

    pub(super) fn finish_action(
        &self,
        reference: &str,
        approved: bool,
    ) -> Result<MockPayment, PaymentError> {
        let known = self.entry_by_reference(reference)?;
        let mut entry = known.ok_or_else(|| not_found(reference))?;
        if entry.payment.status == MockPaymentStatus::RequiresAction {
            if approved {
                entry.approve();
            } else {
                entry.decline("authentication_failed");
            }
        }
        self.put_entry(entry)
    }

    pub(super) fn settle_refund(
        &self,
        reference: &str,
        paid_out: bool,
    ) -> Result<MockRefund, PaymentError> {
        let refund = self.refund_by_reference(reference)?;
        let mut refund = refund.ok_or_else(|| not_found(reference))?;
        if refund.status != MockRefundStatus::Pending {
            return Ok(refund);
        }
        let mut entry = self.entry(&refund.payment_id)?;
        entry.refunding -= refund.amount;
        if paid_out {
            entry.payment.refunded += refund.amount;
            refund.status = MockRefundStatus::Succeeded;
        } else {
            refund.status = MockRefundStatus::Failed;
        }
        self.put_entry(entry)?;
        self.put_refund(refund)
    }

    fn put_entry(&self, entry: LedgerEntry) -> Result<MockPayment, PaymentError> {
        let (reference, id) = (&entry.payment.reference, &entry.payment.id);
        self.tables.put(&IDS, reference.as_str(), id)?;
        self.tables.put(&PAYMENTS, id.as_str(), &entry)?;
        Ok(entry.payment)
    }

    fn put_refund(&self, refund: MockRefund) -> Result<MockRefund, PaymentError> {
        self.tables
            .put(&REFUNDS, refund.reference.as_str(), &refund)?;
        Ok(refund)
    }

    fn put_key(&self, new_key: NewKey) -> Result<(), PaymentError> {
        if let Some((key, request)) = new_key {
            self.tables.put(&KEYS, key.as_str(), &request)?;
        }
        Ok(())
    }
}

fn not_found(id: &str) -> PaymentError {
    PaymentError::NotFound { id: id.to_owned() }
}

/// Returns an id that is unique also across restarts, so that an order never finds the payment of
/// another one.
#[allow(
    clippy::disallowed_methods,
    reason = "an external service chooses its own ids"
)]
fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::new_v4().simple())
}
