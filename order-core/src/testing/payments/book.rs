//! The book of a payment provider: what may move, and what has moved.
//!
//! Held to: `captured + voided <= amount`, and `refunded + refunding <= captured`.

use crate::money::Amount;
use crate::ports::{
    OutsideError, PaymentRequest, PaymentView, PaymentViewStatus, RefundRequest, RefundView,
    RefundViewStatus,
};
use crate::reference::Reference;
use crate::testing::builders::code;
use crate::value::{OrderId, ProviderId};
use std::collections::HashMap;

/// What becomes of a refund.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefundMode {
    /// It succeeds at once.
    #[default]
    Succeed,
    /// It stays pending until it is settled.
    Pend,
    /// It fails.
    Fail,
}

/// The money of payments, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Balance {
    /// Held for us: authorized, neither captured nor given back.
    pub authorized: Amount,
    /// Taken, whatever was refunded of it.
    pub captured: Amount,
    /// Paid back.
    pub refunded: Amount,
    /// On its way back.
    pub refunding: Amount,
}

impl Balance {
    /// Taken, and neither paid back nor on its way back.
    #[must_use]
    pub fn kept(&self) -> Amount {
        let gone = wide(self.refunded) + wide(self.refunding);
        Amount::saturating_from(wide(self.captured) - gone)
    }

    /// Whether nothing is held or kept.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.authorized.is_zero() && self.kept().is_zero()
    }

    fn plus(self, other: Self) -> Self {
        Self {
            authorized: sum(self.authorized, other.authorized),
            captured: sum(self.captured, other.captured),
            refunded: sum(self.refunded, other.refunded),
            refunding: sum(self.refunding, other.refunding),
        }
    }
}

fn wide(amount: Amount) -> i128 {
    i128::from(amount.minor())
}

fn sum(one: Amount, other: Amount) -> Amount {
    Amount::saturating_from(wide(one) + wide(other))
}

fn difference(one: Amount, other: Amount) -> Amount {
    Amount::saturating_from(wide(one) - wide(other))
}

#[derive(Debug)]
struct Payment {
    id: ProviderId,
    request: PaymentRequest,
    status: PaymentViewStatus,
    balance: Balance,
}

impl Payment {
    fn approve(&mut self) {
        if self.request.capture {
            self.status = PaymentViewStatus::Captured;
            self.balance.captured = self.request.money.amount();
        } else {
            self.status = PaymentViewStatus::Authorized;
            self.balance.authorized = self.request.money.amount();
        }
    }

    fn decline(&mut self, reason: &str) {
        self.status = PaymentViewStatus::Declined { code: code(reason) };
    }

    /// Gives back what is held.
    fn free(&mut self) {
        self.balance.authorized = Amount::ZERO;
        if self.balance.captured.is_zero() {
            self.status = PaymentViewStatus::Voided;
        }
    }

    fn view(&self) -> PaymentView {
        let amount = self.request.money.amount();
        PaymentView::new(self.id.clone(), self.status.clone(), amount)
    }
}

#[derive(Debug)]
struct Refund {
    request: RefundRequest,
    view: RefundView,
}

#[derive(Debug, Default)]
pub(super) struct Book {
    payments: HashMap<Reference, Payment>,
    captures: HashMap<Reference, (ProviderId, Amount)>,
    refunds: HashMap<Reference, Refund>,
    refund_mode: RefundMode,
}

impl Book {
    pub(super) fn pay(&mut self, request: &PaymentRequest) -> Result<PaymentView, OutsideError> {
        if !request.money.amount().is_positive() {
            return Err(refused("invalid_amount"));
        }
        if let Some(payment) = self.payments.get(&request.reference) {
            return if &payment.request == request {
                Ok(payment.view())
            } else {
                Err(refused("reference_reused"))
            };
        }
        let mut payment = Payment {
            id: provider_id("pay", &request.reference)?,
            request: request.clone(),
            status: PaymentViewStatus::RequiresAction,
            balance: Balance::default(),
        };
        let token = request.token.expose();
        match token {
            "tok_visa" | "tok_timeout" => payment.approve(),
            "tok_action" => {}
            "tok_declined" => payment.decline("card_declined"),
            _ => payment.decline("unknown_token"),
        }
        let answer = if token == "tok_timeout" {
            Err(OutsideError::unknown("no answer"))
        } else {
            Ok(payment.view())
        };
        self.payments.insert(request.reference, payment);
        answer
    }

    pub(super) fn find(&self, reference: &Reference) -> Option<PaymentView> {
        self.payments.get(reference).map(Payment::view)
    }

    pub(super) fn capture(
        &mut self,
        id: &ProviderId,
        amount: Amount,
        reference: &Reference,
    ) -> Result<(), OutsideError> {
        if let Some(earlier) = self.captures.get(reference) {
            return if earlier == &(id.clone(), amount) {
                Ok(())
            } else {
                Err(refused("reference_reused"))
            };
        }
        let payment = self.payment(id)?;
        if !amount.is_positive() || amount > payment.balance.authorized {
            return Err(refused("exceeds_authorized"));
        }
        payment.balance.authorized = difference(payment.balance.authorized, amount);
        payment.balance.captured = sum(payment.balance.captured, amount);
        payment.status = PaymentViewStatus::Captured;
        self.captures.insert(*reference, (id.clone(), amount));
        Ok(())
    }

    pub(super) fn void(&mut self, id: &ProviderId) -> Result<(), OutsideError> {
        let payment = self.payment(id)?;
        match payment.status {
            PaymentViewStatus::Authorized
            | PaymentViewStatus::RequiresAction
            | PaymentViewStatus::Voided => {}
            PaymentViewStatus::Captured => {
                let all = payment.request.money.amount();
                if payment.balance.captured >= all {
                    return Err(refused("already_captured"));
                }
            }
            PaymentViewStatus::Declined { .. } => return Err(refused("declined")),
        }
        payment.free();
        Ok(())
    }

    pub(super) fn refund(&mut self, request: &RefundRequest) -> Result<RefundView, OutsideError> {
        if let Some(earlier) = self.refunds.get(&request.reference) {
            return if &earlier.request == request {
                Ok(earlier.view.clone())
            } else {
                Err(refused("reference_reused"))
            };
        }
        let mode = self.refund_mode;
        let id = provider_id("ref", &request.reference)?;
        let payment = self.payment(&request.payment)?;
        if !request.amount.is_positive() || request.amount > payment.balance.kept() {
            return Err(refused("exceeds_captured"));
        }
        let balance = &mut payment.balance;
        let status = match mode {
            RefundMode::Succeed => {
                balance.refunded = sum(balance.refunded, request.amount);
                RefundViewStatus::Succeeded
            }
            RefundMode::Pend => {
                balance.refunding = sum(balance.refunding, request.amount);
                RefundViewStatus::Pending
            }
            RefundMode::Fail => RefundViewStatus::Failed,
        };
        let view = RefundView::new(id, status);
        self.refunds.insert(
            request.reference,
            Refund {
                request: request.clone(),
                view: view.clone(),
            },
        );
        Ok(view)
    }

    pub(super) fn find_refund(&self, reference: &Reference) -> Option<RefundView> {
        Some(self.refunds.get(reference)?.view.clone())
    }

    pub(super) fn finish_action(&mut self, reference: &Reference, approved: bool) -> bool {
        match self.payments.get_mut(reference) {
            Some(payment) if payment.status == PaymentViewStatus::RequiresAction => {
                if approved {
                    payment.approve();
                } else {
                    payment.decline("authentication_failed");
                }
                true
            }
            Some(_) | None => false,
        }
    }

    pub(super) fn lapse(&mut self, reference: &Reference) -> bool {
        match self.payments.get_mut(reference) {
            Some(payment) if payment.balance.authorized.is_positive() => {
                payment.free();
                true
            }
            Some(_) | None => false,
        }
    }

    pub(super) const fn set_refund_mode(&mut self, mode: RefundMode) {
        self.refund_mode = mode;
    }

    pub(super) fn settle_refund(&mut self, reference: &Reference, succeeds: bool) -> bool {
        let Some(refund) = self.refunds.get_mut(reference) else {
            return false;
        };
        if refund.view.status != RefundViewStatus::Pending {
            return false;
        }
        let (id, amount) = (refund.request.payment.clone(), refund.request.amount);
        refund.view.status = if succeeds {
            RefundViewStatus::Succeeded
        } else {
            RefundViewStatus::Failed
        };
        if let Ok(payment) = self.payment(&id) {
            let balance = &mut payment.balance;
            balance.refunding = difference(balance.refunding, amount);
            if succeeds {
                balance.refunded = sum(balance.refunded, amount);
            }
        }
        true
    }

    pub(super) fn balance(&self, reference: &Reference) -> Option<Balance> {
        Some(self.payments.get(reference)?.balance)
    }

    pub(super) fn sum(&self, of: impl Fn(OrderId) -> bool) -> Balance {
        self.payments
            .values()
            .filter(|payment| of(payment.request.order))
            .fold(Balance::default(), |sum, payment| sum.plus(payment.balance))
    }

    fn payment(&mut self, id: &ProviderId) -> Result<&mut Payment, OutsideError> {
        self.payments
            .values_mut()
            .find(|payment| &payment.id == id)
            .ok_or_else(|| refused("unknown_payment"))
    }
}

fn provider_id(kind: &str, reference: &Reference) -> Result<ProviderId, OutsideError> {
    ProviderId::parse(format!("{kind}_{reference}"))
        .map_err(|error| OutsideError::unknown("the provider broke down").because(error))
}

fn refused(reason: &str) -> OutsideError {
    OutsideError::refused(code(reason), reason)
}
