//! A payment as the ledger stores it, and the amounts that can still move.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::payment::{MockPayment, MockPaymentRequest, MockPaymentStatus};

/// A payment, as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LedgerEntry {
    /// The request, with a fingerprint instead of the token.
    pub(super) request: MockPaymentRequest,
    pub(super) payment: MockPayment,
    /// Sum of pending refunds.
    pub(super) refunding: i64,
}

impl LedgerEntry {
    /// Amount that is authorized and neither captured nor voided.
    pub(super) fn capturable(&self) -> i64 {
        match self.payment.status {
            MockPaymentStatus::Authorized | MockPaymentStatus::Captured => {
                self.payment.amount - self.payment.captured - self.payment.voided
            }
            MockPaymentStatus::Declined
            | MockPaymentStatus::RequiresAction
            | MockPaymentStatus::Voided => 0,
        }
    }

    /// Amount that is captured and neither refunded nor pending.
    pub(super) fn refundable(&self) -> i64 {
        self.payment.captured - self.payment.refunded - self.refunding
    }

    /// Authorizes it, or captures it at once if the request says so.
    pub(super) fn approve(&mut self) {
        if self.request.capture {
            self.payment.status = MockPaymentStatus::Captured;
            self.payment.captured = self.payment.amount;
        } else {
            self.payment.status = MockPaymentStatus::Authorized;
        }
    }

    pub(super) fn decline(&mut self, code: &str) {
        self.payment.status = MockPaymentStatus::Declined;
        self.payment.decline_code = Some(code.to_owned());
    }
}

/// Returns what is stored instead of a token: enough to recognise the same token again.
pub(super) fn fingerprint(token: &str) -> String {
    Sha256::digest(token)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
