//! The payments, captures and refunds of a provider. It refuses whatever would break
//! `captured + voided <= amount` or `refunded + refunding <= captured`.

use crate::builders::code;
use order_core::money::Amount;
use order_core::order::CaptureMethod;
use order_core::ports::{
    PaymentRequest, ProviderPayment, ProviderPaymentStatus, ProviderRefund, ProviderRefundStatus,
    RefundRequest, ServiceError,
};
use order_core::reference::Reference;
use order_core::value::{OrderId, ProviderId};
use std::collections::HashMap;

/// The outcome of a refund.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefundMode {
    /// Succeeds at once.
    #[default]
    Succeed,
    /// Stays pending until [`settle_refund`](super::MemoryPayments::settle_refund).
    Pend,
    /// Fails at once.
    Fail,
}

/// The sums of one or more payments at the provider, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderBalance {
    /// Authorized, and neither captured nor voided.
    pub authorized: Amount,
    /// Captured, refunded amounts included.
    pub captured: Amount,
    /// Refunded.
    pub refunded: Amount,
    /// The sum of pending refunds.
    pub refunding: Amount,
}

impl ProviderBalance {
    /// Returns the captured amount, less completed and pending refunds.
    #[must_use]
    pub fn net_captured(&self) -> Amount {
        let returned = wide(self.refunded) + wide(self.refunding);
        Amount::saturating_from(wide(self.captured) - returned)
    }

    /// Returns whether nothing is authorized and nothing captured is left.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.authorized.is_zero() && self.net_captured().is_zero()
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
    status: ProviderPaymentStatus,
    balance: ProviderBalance,
}

impl Payment {
    fn approve(&mut self) {
        if self.request.capture_method == CaptureMethod::Automatic {
            self.status = ProviderPaymentStatus::Captured;
            self.balance.captured = self.request.money.amount();
        } else {
            self.status = ProviderPaymentStatus::Authorized;
            self.balance.authorized = self.request.money.amount();
        }
    }

    fn decline(&mut self, reason: &str) {
        self.status = ProviderPaymentStatus::Declined { code: code(reason) };
    }

    /// Voids the authorized amount that is not captured.
    fn void(&mut self) {
        self.balance.authorized = Amount::ZERO;
        if self.balance.captured.is_zero() {
            self.status = ProviderPaymentStatus::Voided;
        }
    }

    fn view(&self) -> ProviderPayment {
        let amount = self.request.money.amount();
        ProviderPayment::new(self.id.clone(), self.status.clone(), amount)
    }
}

#[derive(Debug)]
struct Refund {
    request: RefundRequest,
    view: ProviderRefund,
}

#[derive(Debug, Default)]
pub(super) struct Transactions {
    payments: HashMap<Reference, Payment>,
    captures: HashMap<Reference, (ProviderId, Amount)>,
    refunds: HashMap<Reference, Refund>,
    refund_mode: RefundMode,
}

impl Transactions {
    pub(super) fn pay(
        &mut self,
        request: &PaymentRequest,
    ) -> Result<ProviderPayment, ServiceError> {
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
            status: ProviderPaymentStatus::RequiresAction,
            balance: ProviderBalance::default(),
        };
        let token = request.token.expose();
        match token {
            "tok_visa" | "tok_timeout" => payment.approve(),
            "tok_action" => {}
            "tok_declined" => payment.decline("card_declined"),
            _ => payment.decline("unknown_token"),
        }
        let answer = if token == "tok_timeout" {
            Err(ServiceError::unknown("no answer"))
        } else {
            Ok(payment.view())
        };
        self.payments.insert(request.reference, payment);
        answer
    }

    pub(super) fn find(&self, reference: &Reference) -> Option<ProviderPayment> {
        self.payments.get(reference).map(Payment::view)
    }

    pub(super) fn capture(
        &mut self,
        id: &ProviderId,
        amount: Amount,
        reference: &Reference,
    ) -> Result<(), ServiceError> {
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
        payment.status = ProviderPaymentStatus::Captured;
        self.captures.insert(*reference, (id.clone(), amount));
        Ok(())
    }

    pub(super) fn void(&mut self, id: &ProviderId) -> Result<(), ServiceError> {
        let payment = self.payment(id)?;
        let all = payment.request.money.amount();
        if matches!(payment.status, ProviderPaymentStatus::Declined { .. }) {
            return Err(refused("declined"));
        }
        if payment.status == ProviderPaymentStatus::Captured && payment.balance.captured >= all {
            return Err(refused("already_captured"));
        }
        payment.void();
        Ok(())
    }

    pub(super) fn refund(
        &mut self,
        request: &RefundRequest,
    ) -> Result<ProviderRefund, ServiceError> {
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
        if !request.amount.is_positive() || request.amount > payment.balance.net_captured() {
            return Err(refused("exceeds_captured"));
        }
        let balance = &mut payment.balance;
        let status = match mode {
            RefundMode::Succeed => {
                balance.refunded = sum(balance.refunded, request.amount);
                ProviderRefundStatus::Succeeded
            }
            RefundMode::Pend => {
                balance.refunding = sum(balance.refunding, request.amount);
                ProviderRefundStatus::Pending
            }
            RefundMode::Fail => ProviderRefundStatus::Failed,
        };
        let view = ProviderRefund::new(id, status);
        self.refunds.insert(
            request.reference,
            Refund {
                request: request.clone(),
                view: view.clone(),
            },
        );
        Ok(view)
    }

    pub(super) fn find_refund(&self, reference: &Reference) -> Option<ProviderRefund> {
        Some(self.refunds.get(reference)?.view.clone())
    }

    pub(super) fn finish_action(&mut self, reference: &Reference, approved: bool) -> bool {
        match self.payments.get_mut(reference) {
            Some(payment) if payment.status == ProviderPaymentStatus::RequiresAction => {
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

    pub(super) fn expire_authorization(&mut self, reference: &Reference) -> bool {
        match self.payments.get_mut(reference) {
            Some(payment) if payment.balance.authorized.is_positive() => {
                payment.void();
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
        if refund.view.status != ProviderRefundStatus::Pending {
            return false;
        }
        let (id, amount) = (refund.request.payment.clone(), refund.request.amount);
        refund.view.status = if succeeds {
            ProviderRefundStatus::Succeeded
        } else {
            ProviderRefundStatus::Failed
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

    pub(super) fn balance(&self, reference: &Reference) -> Option<ProviderBalance> {
        Some(self.payments.get(reference)?.balance)
    }

    pub(super) fn sum(&self, of: impl Fn(OrderId) -> bool) -> ProviderBalance {
        self.payments
            .values()
            .filter(|payment| of(payment.request.order))
            .fold(ProviderBalance::default(), |sum, payment| {
                sum.plus(payment.balance)
            })
    }

    fn payment(&mut self, id: &ProviderId) -> Result<&mut Payment, ServiceError> {
        self.payments
            .values_mut()
            .find(|payment| &payment.id == id)
            .ok_or_else(|| refused("unknown_payment"))
    }
}

fn provider_id(kind: &str, reference: &Reference) -> Result<ProviderId, ServiceError> {
    ProviderId::parse(format!("{kind}_{reference}"))
        .map_err(|error| ServiceError::unknown("the provider broke down").because(error))
}

fn refused(reason: &str) -> ServiceError {
    ServiceError::refused(code(reason), reason)
}
