//! The ledger behind the payment service: what may move, and what has moved.
//!
//! Held to: `captured + voided <= amount`, and refunds that are paid out or pending never exceed
//! what was captured.
//!
//! A request is first decided, which changes nothing and says what to [`Record`], and then applied.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Answer, Payment, PaymentError, PaymentRequest, PaymentStatus, Refund, RefundRequest,
    RefundStatus,
};
use crate::outside::check;
use crate::outside::state::{Change, Failure, Table, View};

/// By our id.
const PAYMENTS: Table<&str, Entry> = Table::named("payments");
/// Our id, by the caller's reference.
const IDS: Table<&str, String> = Table::named("payment_ids");
/// By the caller's reference.
const CAPTURES: Table<&str, Capture> = Table::named("captures");
/// By the caller's reference.
const REFUNDS: Table<&str, Refund> = Table::named("refunds");
/// By operation and key.
const KEYS: Table<&str, Request> = Table::named("payment_keys");

/// Makes the tables that are looked into here.
pub(in crate::outside) fn make_tables(change: &Change<'_>) -> Result<(), Failure> {
    change.make(&PAYMENTS)?;
    change.make(&IDS)?;
    change.make(&CAPTURES)?;
    change.make(&REFUNDS)?;
    change.make(&KEYS)
}

/// Something that has changed, as it stands now.
#[derive(Debug)]
pub(super) enum Record {
    Payment(Entry),
    Capture { reference: String, capture: Capture },
    Refund(Refund),
    Key { key: String, request: Request },
}

/// The answer to a request, and what is to be recorded for it.
pub(super) type Decided<T> = Result<(T, Vec<Record>), PaymentError>;

/// A request as it came, but for the token, to know it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    Authorize(PaymentRequest),
    Capture { capture: Capture, reference: String },
    Void { payment_id: String },
    Refund(RefundRequest),
}

impl Request {
    /// What a key is kept under: keys of different operations do not meet.
    fn under(&self, key: &str) -> String {
        let operation = match self {
            Self::Authorize(_) => "authorize",
            Self::Capture { .. } => "capture",
            Self::Void { .. } => "void",
            Self::Refund(_) => "refund",
        };
        format!("{operation} {key}")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Capture {
    payment_id: String,
    amount: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    request: PaymentRequest,
    payment: Payment,
    /// Refunds on their way.
    refunding: i64,
}

impl Entry {
    /// What is set aside and neither taken nor freed.
    fn set_aside(&self) -> i64 {
        match self.payment.status {
            PaymentStatus::Authorized | PaymentStatus::Captured => {
                self.payment.amount - self.payment.captured - self.payment.voided
            }
            PaymentStatus::Declined | PaymentStatus::RequiresAction | PaymentStatus::Voided => 0,
        }
    }

    fn refundable(&self) -> i64 {
        self.payment.captured - self.payment.refunded - self.refunding
    }

    fn approve(&mut self) {
        if self.request.capture {
            self.payment.status = PaymentStatus::Captured;
            self.payment.captured = self.payment.amount;
        } else {
            self.payment.status = PaymentStatus::Authorized;
        }
    }

    fn decline(&mut self, code: &str) {
        self.payment.status = PaymentStatus::Declined;
        self.payment.decline_code = Some(code.to_owned());
    }
}

/// The ledger, as a view has it.
pub(super) struct Book<'v, V> {
    view: &'v V,
}

impl<'v, V: View> Book<'v, V> {
    pub(super) const fn new(view: &'v V) -> Self {
        Self { view }
    }

    pub(super) fn authorize(&self, given: &PaymentRequest, key: Option<&str>) -> Decided<Answer> {
        check::id("reference", &given.reference)?;
        check::id("order_id", &given.order_id)?;
        check::id("token", &given.token)?;
        check::amount(given.amount)?;
        check::currency(&given.currency)?;
        let request = PaymentRequest {
            token: fingerprint(&given.token),
            ..given.clone()
        };
        let mut records = self.check_key(key, Request::Authorize(request.clone()))?;

        if let Some(earlier) = self.by_reference(&request.reference)? {
            return if earlier.request == request {
                Ok((Answer::Given(earlier.payment), records))
            } else {
                Err(PaymentError::ReferenceReused {
                    reference: request.reference,
                })
            };
        }

        let mut entry = Entry {
            payment: Payment {
                id: new_id("pay"),
                reference: request.reference.clone(),
                order_id: request.order_id.clone(),
                status: PaymentStatus::RequiresAction,
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
        let mut lost = false;
        match given.token.as_str() {
            "tok_visa" => entry.approve(),
            "tok_timeout" => {
                entry.approve();
                lost = true;
            }
            "tok_action" => {}
            "tok_declined" => entry.decline("card_declined"),
            _ => entry.decline("unknown_token"),
        }
        let payment = entry.payment.clone();
        tracing::info!(
            payment = payment.id,
            reference = payment.reference,
            status = ?payment.status,
            amount = payment.amount,
            currency = payment.currency,
            answer_lost = lost,
            "payment"
        );
        records.push(Record::Payment(entry));
        let answer = if lost {
            Answer::Lost
        } else {
            Answer::Given(payment)
        };
        Ok((answer, records))
    }

    pub(super) fn capture(
        &self,
        payment_id: &str,
        amount: i64,
        reference: &str,
        key: Option<&str>,
    ) -> Decided<Payment> {
        check::id("reference", reference)?;
        check::amount(amount)?;
        let capture = Capture {
            payment_id: payment_id.to_owned(),
            amount,
        };
        let reference = reference.to_owned();
        let request = Request::Capture {
            capture: capture.clone(),
            reference: reference.clone(),
        };
        let mut records = self.check_key(key, request)?;

        let mut entry = self.entry(payment_id)?;
        match self.view.get(&CAPTURES, reference.as_str())? {
            Some(earlier) if earlier == capture => return Ok((entry.payment, records)),
            Some(_) => return Err(PaymentError::ReferenceReused { reference }),
            None => {}
        }
        match entry.payment.status {
            PaymentStatus::Authorized | PaymentStatus::Captured => {}
            status @ (PaymentStatus::Declined
            | PaymentStatus::RequiresAction
            | PaymentStatus::Voided) => return Err(PaymentError::WrongStatus { status }),
        }
        let available = entry.set_aside();
        if amount > available {
            return Err(PaymentError::TooMuch { available });
        }
        entry.payment.captured += amount;
        entry.payment.status = PaymentStatus::Captured;
        tracing::info!(payment = payment_id, reference, amount, "captured");
        let payment = entry.payment.clone();
        records.push(Record::Capture { reference, capture });
        records.push(Record::Payment(entry));
        Ok((payment, records))
    }

    pub(super) fn void(&self, payment_id: &str, key: Option<&str>) -> Decided<Payment> {
        let request = Request::Void {
            payment_id: payment_id.to_owned(),
        };
        let mut records = self.check_key(key, request)?;
        let mut entry = self.entry(payment_id)?;
        match entry.payment.status {
            PaymentStatus::Authorized | PaymentStatus::Captured => {
                let rest = entry.set_aside();
                if rest == 0 && entry.payment.voided == 0 {
                    return Err(PaymentError::WrongStatus {
                        status: entry.payment.status,
                    });
                }
                entry.payment.voided += rest;
                if entry.payment.captured == 0 {
                    entry.payment.status = PaymentStatus::Voided;
                }
                tracing::info!(payment = payment_id, amount = rest, "voided");
            }
            PaymentStatus::RequiresAction => entry.payment.status = PaymentStatus::Voided,
            PaymentStatus::Voided => {}
            PaymentStatus::Declined => {
                return Err(PaymentError::WrongStatus {
                    status: PaymentStatus::Declined,
                });
            }
        }
        let payment = entry.payment.clone();
        records.push(Record::Payment(entry));
        Ok((payment, records))
    }

    /// It is paid out, on its way or a failure, as `outcome` has it.
    pub(super) fn refund(
        &self,
        request: &RefundRequest,
        key: Option<&str>,
        outcome: RefundStatus,
    ) -> Decided<Refund> {
        check::id("reference", &request.reference)?;
        check::amount(request.amount)?;
        let mut records = self.check_key(key, Request::Refund(request.clone()))?;

        if let Some(earlier) = self.refund_by_reference(&request.reference)? {
            return if (&earlier.payment_id, earlier.amount) == (&request.payment_id, request.amount)
            {
                Ok((earlier, records))
            } else {
                Err(PaymentError::ReferenceReused {
                    reference: request.reference.clone(),
                })
            };
        }
        let mut entry = self.entry(&request.payment_id)?;
        let available = entry.refundable();
        if request.amount > available {
            return Err(PaymentError::TooMuch { available });
        }
        match outcome {
            RefundStatus::Succeeded => entry.payment.refunded += request.amount,
            RefundStatus::Pending => entry.refunding += request.amount,
            RefundStatus::Failed => {}
        }
        let refund = Refund {
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
        records.push(Record::Payment(entry));
        records.push(Record::Refund(refund.clone()));
        Ok((refund, records))
    }

    pub(super) fn finish_action(&self, reference: &str, approved: bool) -> Decided<Payment> {
        let known = self.by_reference(reference)?;
        let mut entry = known.ok_or_else(|| not_found(reference))?;
        if entry.payment.status == PaymentStatus::RequiresAction {
            if approved {
                entry.approve();
            } else {
                entry.decline("authentication_failed");
            }
        }
        Ok((entry.payment.clone(), vec![Record::Payment(entry)]))
    }

    pub(super) fn settle_refund(&self, reference: &str, paid_out: bool) -> Decided<Refund> {
        let refund = self.refund_by_reference(reference)?;
        let mut refund = refund.ok_or_else(|| not_found(reference))?;
        if refund.status != RefundStatus::Pending {
            return Ok((refund, Vec::new()));
        }
        let mut entry = self.entry(&refund.payment_id)?;
        entry.refunding -= refund.amount;
        if paid_out {
            entry.payment.refunded += refund.amount;
            refund.status = RefundStatus::Succeeded;
        } else {
            refund.status = RefundStatus::Failed;
        }
        let records = vec![Record::Payment(entry), Record::Refund(refund.clone())];
        Ok((refund, records))
    }

    pub(super) fn payment_by_reference(&self, reference: &str) -> Result<Option<Payment>, Failure> {
        Ok(self.by_reference(reference)?.map(|entry| entry.payment))
    }

    pub(super) fn refund_by_reference(&self, reference: &str) -> Result<Option<Refund>, Failure> {
        self.view.get(&REFUNDS, reference)
    }

    pub(super) fn payments(&self) -> Result<Vec<Payment>, Failure> {
        let entries = self.view.all(&PAYMENTS)?;
        Ok(entries.into_iter().map(|entry| entry.payment).collect())
    }

    /// Remembers what the key was first used with, and refuses it with anything else.
    fn check_key(&self, key: Option<&str>, request: Request) -> Result<Vec<Record>, PaymentError> {
        let Some(key) = key else {
            return Ok(Vec::new());
        };
        let key = request.under(key);
        match self.view.get(&KEYS, key.as_str())? {
            Some(earlier) if earlier == request => Ok(Vec::new()),
            Some(_) => Err(PaymentError::KeyReused),
            None => Ok(vec![Record::Key { key, request }]),
        }
    }

    fn by_reference(&self, reference: &str) -> Result<Option<Entry>, Failure> {
        match self.view.get(&IDS, reference)? {
            Some(id) => self.view.get(&PAYMENTS, id.as_str()),
            None => Ok(None),
        }
    }

    fn entry(&self, payment_id: &str) -> Result<Entry, PaymentError> {
        let known = self.view.get(&PAYMENTS, payment_id)?;
        known.ok_or_else(|| not_found(payment_id))
    }
}

/// Makes it so.
pub(super) fn apply(change: &Change<'_>, records: Vec<Record>) -> Result<(), Failure> {
    for record in records {
        match record {
            Record::Payment(entry) => {
                let (reference, id) = (&entry.payment.reference, &entry.payment.id);
                change.put(&IDS, reference.as_str(), id)?;
                change.put(&PAYMENTS, id.as_str(), &entry)?;
            }
            Record::Capture { reference, capture } => {
                change.put(&CAPTURES, reference.as_str(), &capture)?;
            }
            Record::Refund(refund) => change.put(&REFUNDS, refund.reference.as_str(), &refund)?,
            Record::Key { key, request } => change.put(&KEYS, key.as_str(), &request)?,
        }
    }
    Ok(())
}

fn not_found(id: &str) -> PaymentError {
    PaymentError::NotFound { id: id.to_owned() }
}

/// What a token is known by once it was used: enough to tell whether it is the same one.
fn fingerprint(token: &str) -> String {
    Sha256::digest(token)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Ids never repeat, also after a restart: an order of yesterday must not find another's payment.
#[allow(
    clippy::disallowed_methods,
    reason = "an outside service names its own things"
)]
fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::new_v4().simple())
}
