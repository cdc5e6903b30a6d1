//! The ledger behind the payment service: what may move, and what has moved.
//!
//! Held to: `captured + voided <= amount`, and refunds that are paid out or pending never exceed
//! what was captured.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    Answer, Payment, PaymentError, PaymentRequest, PaymentStatus, Refund, RefundRequest,
    RefundStatus,
};
use crate::outside::check;

/// A request as it came, to know it again.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Request {
    Authorize(PaymentRequest),
    Capture { capture: Capture, reference: String },
    Void { payment_id: String },
    Refund(RefundRequest),
}

impl Request {
    /// Keys of different operations do not meet.
    fn operation(&self) -> &'static str {
        match self {
            Self::Authorize(_) => "authorize",
            Self::Capture { .. } => "capture",
            Self::Void { .. } => "void",
            Self::Refund(_) => "refund",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Capture {
    payment_id: String,
    amount: i64,
}

#[derive(Debug)]
struct Entry {
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

#[derive(Debug)]
pub(super) struct Book {
    /// By our id.
    entries: HashMap<String, Entry>,
    /// Our id, by the caller's reference.
    ids: HashMap<String, String>,
    captures: HashMap<String, Capture>,
    refunds: HashMap<String, Refund>,
    keys: HashMap<(&'static str, String), Request>,
    refund_outcome: RefundStatus,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            ids: HashMap::new(),
            captures: HashMap::new(),
            refunds: HashMap::new(),
            keys: HashMap::new(),
            refund_outcome: RefundStatus::Succeeded,
        }
    }
}

impl Book {
    pub(super) fn authorize(
        &mut self,
        request: &PaymentRequest,
        key: Option<&str>,
    ) -> Result<Answer, PaymentError> {
        check::id("reference", &request.reference)?;
        check::id("order_id", &request.order_id)?;
        check::id("token", &request.token)?;
        check::amount(request.amount)?;
        check::currency(&request.currency)?;
        self.check_key(key, Request::Authorize(request.clone()))?;

        if let Some(earlier) = self
            .ids
            .get(&request.reference)
            .and_then(|id| self.entries.get(id))
        {
            return if earlier.request == *request {
                Ok(Answer::Given(earlier.payment.clone()))
            } else {
                Err(PaymentError::ReferenceReused {
                    reference: request.reference.clone(),
                })
            };
        }

        let mut entry = Entry {
            request: request.clone(),
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
            refunding: 0,
        };
        let mut lost = false;
        match request.token.as_str() {
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
        self.ids
            .insert(payment.reference.clone(), payment.id.clone());
        self.entries.insert(payment.id.clone(), entry);
        Ok(if lost {
            Answer::Lost
        } else {
            Answer::Given(payment)
        })
    }

    pub(super) fn capture(
        &mut self,
        payment_id: &str,
        amount: i64,
        reference: &str,
        key: Option<&str>,
    ) -> Result<Payment, PaymentError> {
        check::id("reference", reference)?;
        check::amount(amount)?;
        let capture = Capture {
            payment_id: payment_id.to_owned(),
            amount,
        };
        let request = Request::Capture {
            capture: capture.clone(),
            reference: reference.to_owned(),
        };
        self.check_key(key, request)?;

        let entry = entry(&mut self.entries, payment_id)?;
        match self.captures.get(reference) {
            Some(earlier) if *earlier == capture => return Ok(entry.payment.clone()),
            Some(_) => {
                return Err(PaymentError::ReferenceReused {
                    reference: reference.to_owned(),
                });
            }
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
        self.captures.insert(reference.to_owned(), capture);
        Ok(entry.payment.clone())
    }

    pub(super) fn void(
        &mut self,
        payment_id: &str,
        key: Option<&str>,
    ) -> Result<Payment, PaymentError> {
        self.check_key(
            key,
            Request::Void {
                payment_id: payment_id.to_owned(),
            },
        )?;
        let entry = entry(&mut self.entries, payment_id)?;
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
        Ok(entry.payment.clone())
    }

    pub(super) fn refund(
        &mut self,
        request: &RefundRequest,
        key: Option<&str>,
    ) -> Result<Refund, PaymentError> {
        check::id("reference", &request.reference)?;
        check::amount(request.amount)?;
        self.check_key(key, Request::Refund(request.clone()))?;

        if let Some(earlier) = self.refunds.get(&request.reference) {
            return if (&earlier.payment_id, earlier.amount) == (&request.payment_id, request.amount)
            {
                Ok(earlier.clone())
            } else {
                Err(PaymentError::ReferenceReused {
                    reference: request.reference.clone(),
                })
            };
        }
        let entry = entry(&mut self.entries, &request.payment_id)?;
        let available = entry.refundable();
        if request.amount > available {
            return Err(PaymentError::TooMuch { available });
        }
        match self.refund_outcome {
            RefundStatus::Succeeded => entry.payment.refunded += request.amount,
            RefundStatus::Pending => entry.refunding += request.amount,
            RefundStatus::Failed => {}
        }
        let refund = Refund {
            id: new_id("ref"),
            reference: request.reference.clone(),
            payment_id: request.payment_id.clone(),
            status: self.refund_outcome,
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
        self.refunds
            .insert(refund.reference.clone(), refund.clone());
        Ok(refund)
    }

    pub(super) fn finish_action(
        &mut self,
        reference: &str,
        approved: bool,
    ) -> Result<Payment, PaymentError> {
        let unknown = || PaymentError::NotFound {
            id: reference.to_owned(),
        };
        let id = self.ids.get(reference).ok_or_else(unknown)?;
        let entry = entry(&mut self.entries, id)?;
        if entry.payment.status == PaymentStatus::RequiresAction {
            if approved {
                entry.approve();
            } else {
                entry.decline("authentication_failed");
            }
        }
        Ok(entry.payment.clone())
    }

    pub(super) fn settle_refund(
        &mut self,
        reference: &str,
        paid_out: bool,
    ) -> Result<Refund, PaymentError> {
        let unknown = || PaymentError::NotFound {
            id: reference.to_owned(),
        };
        let refund = self.refunds.get_mut(reference).ok_or_else(unknown)?;
        if refund.status == RefundStatus::Pending {
            let entry = entry(&mut self.entries, &refund.payment_id)?;
            entry.refunding -= refund.amount;
            if paid_out {
                entry.payment.refunded += refund.amount;
                refund.status = RefundStatus::Succeeded;
            } else {
                refund.status = RefundStatus::Failed;
            }
        }
        Ok(refund.clone())
    }

    pub(super) fn set_refund_outcome(&mut self, outcome: RefundStatus) {
        self.refund_outcome = outcome;
    }

    pub(super) fn payment_by_reference(&self, reference: &str) -> Option<&Payment> {
        let id = self.ids.get(reference)?;
        self.entries.get(id).map(|entry| &entry.payment)
    }

    pub(super) fn refund_by_reference(&self, reference: &str) -> Option<&Refund> {
        self.refunds.get(reference)
    }

    pub(super) fn payments(&self) -> impl Iterator<Item = &Payment> {
        self.entries.values().map(|entry| &entry.payment)
    }

    /// Remembers what the key was first used with, and refuses it with anything else.
    fn check_key(&mut self, key: Option<&str>, request: Request) -> Result<(), PaymentError> {
        let Some(key) = key else { return Ok(()) };
        let slot = (request.operation(), key.to_owned());
        match self.keys.get(&slot) {
            Some(earlier) if *earlier == request => Ok(()),
            Some(_) => Err(PaymentError::KeyReused),
            None => {
                self.keys.insert(slot, request);
                Ok(())
            }
        }
    }
}

fn entry<'a>(
    entries: &'a mut HashMap<String, Entry>,
    payment_id: &str,
) -> Result<&'a mut Entry, PaymentError> {
    entries
        .get_mut(payment_id)
        .ok_or_else(|| PaymentError::NotFound {
            id: payment_id.to_owned(),
        })
}

/// Ids never repeat, also after a restart: an order of yesterday must not find another's payment.
#[allow(
    clippy::disallowed_methods,
    reason = "an outside service names its own things"
)]
fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::new_v4().simple())
}
