//! Successors by the work on an effect: a model of `service::perform`.

use super::state::{PendingEffect, State};
use super::world::{Parcel, Stock};
use order_core::effect::{EffectId, EffectKind};
use order_core::fact::{CaptureRef, Fact};
use order_core::order::{
    CaptureMethod, CaptureStatus, PaymentAttemptStatus, ReservationOperation, ShipmentStatus,
};
use order_core::time::after;
use order_testing::builders::{code, noon};
use std::time::Duration;

impl State {
    /// Adds the outcomes of every pending effect. The worker may crash before it records one.
    pub(super) fn add_work(&self, successors: &mut Vec<(String, Self)>) {
        for (id, effect) in &self.pending {
            for (what, facts, next) in self.carry_out(effect) {
                if self.budget.crashes > 0 {
                    let mut crashed = next.clone();
                    crashed.budget.crashes -= 1;
                    if let Some(again) = crashed.pending.get_mut(id) {
                        again.attempted = true;
                    }
                    successors.push((format!("{what}, then a crash"), crashed));
                }
                if let Some(ahead) = next.with_stock_committed_ahead(facts.as_deref(), *id) {
                    successors.push((format!("{what}, not recorded, stock committed"), ahead));
                }
                let mut done = next;
                match facts {
                    Some(facts) => {
                        done.pending.remove(id);
                        done.record(&facts, noon());
                    }
                    // No answer: the outcome is in doubt, and the effect stays to be retried.
                    None => {
                        if let Some(again) = done.pending.get_mut(id) {
                            again.attempted = true;
                        }
                        let doubt = in_doubt(&effect.task);
                        done.record(&doubt, noon());
                    }
                }
                successors.push((what, done));
            }
        }
    }

    /// Returns the state in which these facts are reported and not recorded yet, but the stock commit
    /// that follows from them is done already: the service asks for it before it records them.
    fn with_stock_committed_ahead(&self, facts: Option<&[Fact]>, id: EffectId) -> Option<Self> {
        let mut recorded = self.clone();
        recorded.pending.remove(&id);
        recorded.record(facts?, noon());
        let asks = |one: &&PendingEffect| matches!(one.task, EffectKind::CommitStock { .. });
        let before = self.pending.values().filter(asks).count();
        let mut after = recorded.pending.values().filter(asks);
        if after.clone().count() <= before {
            return None;
        }
        let EffectKind::CommitStock { reservation } = after.next()?.task else {
            return None;
        };
        let mut ahead = self.clone();
        let held = ahead.world.stock.get(&reservation).cloned();
        let Some(Stock::Held(lines) | Stock::Committed(lines)) = held else {
            return None;
        };
        let committed = Stock::Committed(lines);
        ahead.world.stock.insert(reservation, committed);
        ahead.pending.get_mut(&id)?.attempted = true;
        Some(ahead)
    }

    /// Returns the outcomes of an effect: a label, the facts that are reported, or none if the answer is
    /// lost, and the state of the world afterwards.
    fn carry_out(&self, effect: &PendingEffect) -> Vec<(String, Option<Vec<Fact>>, Self)> {
        let closed = self.order.status().is_closed();
        let mut outcomes = Vec::new();
        let mut outcome = |what: &str, facts: Option<Vec<Fact>>, next: Self| {
            outcomes.push((format!("{}: {what}", effect.task.name()), facts, next));
        };
        let wanted = |work| {
            self.order
                .reservation()
                .is_some_and(|one| one.pending_operation == Some(work))
        };
        match &effect.task {
            EffectKind::VerifyCustomer => {
                outcome("yes", Some(vec![Fact::CustomerVerified]), self.clone());
                if self.budget.declines > 0 {
                    let mut next = self.clone();
                    next.budget.declines -= 1;
                    let code = code("unknown_customer");
                    outcome("no", Some(vec![Fact::CustomerRejected { code }]), next);
                }
            }
            EffectKind::ReserveStock { reservation, lines } => {
                let no = *reservation;
                let mut next = self.clone();
                if !wanted(ReservationOperation::Reserve) {
                    outcome("obsolete", Some(Vec::new()), next);
                } else if closed {
                    next.world.release(no);
                    outcome(
                        "released",
                        Some(vec![Fact::StockReleased { reservation: no }]),
                        next,
                    );
                } else if next.world.stock.get(&no) == Some(&Stock::Gone) {
                    outcome(
                        "gone",
                        Some(vec![Fact::ReservationExpired { reservation: no }]),
                        next,
                    );
                } else {
                    if self.budget.declines > 0 && !next.world.stock.contains_key(&no) {
                        let mut short = self.clone();
                        short.budget.declines -= 1;
                        let rejected = Fact::StockRejected {
                            reservation: no,
                            lines: lines.clone(),
                            shortages: Vec::new(),
                            unknown: Vec::new(),
                        };
                        outcome("out of stock", Some(vec![rejected]), short);
                    }
                    next.world
                        .stock
                        .entry(no)
                        .or_insert_with(|| Stock::Held(lines.clone()));
                    let reserved = Fact::StockReserved {
                        reservation: no,
                        lines: lines.clone(),
                        // An expired reservation is reported, so that no time has to pass.
                        expires_at: after(noon(), Duration::from_secs(86_400 * 365)),
                    };
                    outcome("reserved", Some(vec![reserved]), next);
                }
            }
            EffectKind::ReviseStock { reservation, lines } => {
                let no = *reservation;
                let mut next = self.clone();
                let fact = if !wanted(ReservationOperation::Revise) {
                    None
                } else {
                    match next.world.stock.get_mut(&no) {
                        Some(Stock::Held(held) | Stock::Committed(held)) => {
                            held.clone_from(lines);
                            Some(Fact::StockRevised {
                                reservation: no,
                                lines: lines.clone(),
                            })
                        }
                        Some(Stock::Gone) | None => {
                            Some(Fact::ReservationExpired { reservation: no })
                        }
                    }
                };
                outcome("revised", Some(fact.into_iter().collect()), next);
            }
            EffectKind::CommitStock { reservation } => {
                let no = *reservation;
                let mut next = self.clone();
                let fact = if !wanted(ReservationOperation::Commit) {
                    None
                } else {
                    match next.world.stock.get(&no).cloned() {
                        Some(Stock::Held(lines) | Stock::Committed(lines)) => {
                            next.world.stock.insert(no, Stock::Committed(lines));
                            Some(Fact::StockCommitted { reservation: no })
                        }
                        Some(Stock::Gone) | None => {
                            Some(Fact::ReservationExpired { reservation: no })
                        }
                    }
                };
                outcome("committed", Some(fact.into_iter().collect()), next);
            }
            EffectKind::ReleaseStock { reservation } => {
                let mut next = self.clone();
                next.world.release(*reservation);
                let fact = Fact::StockReleased {
                    reservation: *reservation,
                };
                outcome("released", Some(vec![fact]), next);
            }
            EffectKind::AuthorizePayment { attempt } => {
                let no = *attempt;
                let Some(one) = self.order.payment(no) else {
                    return outcomes;
                };
                if !matches!(
                    one.status,
                    PaymentAttemptStatus::Dispatched | PaymentAttemptStatus::Unknown
                ) {
                    outcome("obsolete", Some(Vec::new()), self.clone());
                } else if effect.attempted && self.world.payments.contains_key(&no) {
                    outcome("found", Some(self.provider_says(no)), self.clone());
                } else if closed {
                    let fact = Fact::PaymentNotFound { attempt: no };
                    outcome("nothing sent", Some(vec![fact]), self.clone());
                } else {
                    for (what, approved) in [("approved", true), ("declined", false)] {
                        if !approved && self.budget.declines == 0 {
                            continue;
                        }
                        let mut next = self.clone();
                        next.budget.declines -= u8::from(!approved);
                        let at_once = one.capture_method == CaptureMethod::Automatic;
                        next.world.pay(no, one.amount, at_once, approved);
                        if self.budget.lost_answers > 0 {
                            let mut lost = next.clone();
                            lost.budget.lost_answers -= 1;
                            outcome(&format!("{what}, the answer lost"), None, lost);
                        }
                        let reported = next.provider_says(no);
                        outcome(what, Some(reported), next);
                    }
                }
            }
            EffectKind::CapturePayment { attempt, capture } => {
                let (no, capture) = (*attempt, *capture);
                let waits = self
                    .order
                    .payment(no)
                    .and_then(|one| one.capture_with(capture))
                    .filter(|one| {
                        matches!(
                            one.status,
                            CaptureStatus::Requested | CaptureStatus::Unknown
                        )
                    });
                let Some(wanted) = waits else {
                    outcome("obsolete", Some(Vec::new()), self.clone());
                    return outcomes;
                };
                let failed = |why| Fact::CaptureFailed {
                    attempt: no,
                    capture,
                    code: code(why),
                };
                if closed && !effect.attempted {
                    outcome("too late", Some(vec![failed("order_closed")]), self.clone());
                    return outcomes;
                }
                let mut next = self.clone();
                if !next.world.capture(no, capture, wanted.amount) {
                    outcome("refused", Some(vec![failed("refused")]), next);
                    return outcomes;
                }
                if self.budget.lost_answers > 0 {
                    let mut lost = next.clone();
                    lost.budget.lost_answers -= 1;
                    outcome("captured, the answer lost", None, lost);
                }
                let captured = Fact::PaymentCaptured {
                    attempt: no,
                    capture: CaptureRef::Requested(capture),
                    provider_id: None,
                    amount: wanted.amount,
                };
                outcome("captured", Some(vec![captured]), next);
            }
            EffectKind::VoidPayment { attempt } => {
                let voiding = self.order.payment(*attempt).is_some_and(|one| one.voiding);
                let mut next = self.clone();
                if voiding {
                    next.world.void(*attempt);
                }
                let fact = voiding.then_some(Fact::PaymentVoided { attempt: *attempt });
                outcome("voided", Some(fact.into_iter().collect()), next);
            }
            EffectKind::RefundPayment { refund } => {
                let Some(one) = self.order.refund(*refund).filter(|one| one.is_open()) else {
                    outcome("obsolete", Some(Vec::new()), self.clone());
                    return outcomes;
                };
                let mut next = self.clone();
                next.world
                    .refunds
                    .entry(*refund)
                    .or_insert_with(|| one.amount.minor());
                if self.budget.lost_answers > 0 {
                    let mut lost = next.clone();
                    lost.budget.lost_answers -= 1;
                    outcome("refunded, the answer lost", None, lost);
                }
                let fact = Fact::RefundSucceeded {
                    refund: *refund,
                    provider_id: None,
                };
                outcome("refunded", Some(vec![fact]), next);
            }
            EffectKind::RequestFulfillment { fulfillment } => {
                let no = *fulfillment;
                let wanted = self
                    .order
                    .fulfillment(no)
                    .is_some_and(|one| one.status == ShipmentStatus::Released && !one.recalling);
                let mut next = self.clone();
                if wanted {
                    next.world.parcels.entry(no).or_insert(Parcel::Requested);
                }
                outcome("asked", Some(Vec::new()), next);
            }
            EffectKind::RecallFulfillment { fulfillment } => {
                let no = *fulfillment;
                let mut next = self.clone();
                let fact = if next.world.parcels.get(&no) == Some(&Parcel::Shipped) {
                    Fact::RecallRefused { fulfillment: no }
                } else {
                    next.world.parcels.insert(no, Parcel::Recalled);
                    Fact::FulfillmentRecalled { fulfillment: no }
                };
                outcome("recalled", Some(vec![fact]), next);
            }
            other => panic!("no effect of this model is {}", other.name()),
        }
        outcomes
    }
}

/// Returns what is recorded when a call got no answer.
fn in_doubt(task: &EffectKind) -> Vec<Fact> {
    match task {
        EffectKind::AuthorizePayment { attempt } => {
            vec![Fact::PaymentUnknown { attempt: *attempt }]
        }
        EffectKind::CapturePayment { attempt, capture } => vec![Fact::CaptureUnknown {
            attempt: *attempt,
            capture: *capture,
        }],
        EffectKind::RefundPayment { refund } => vec![Fact::RefundUnknown { refund: *refund }],
        _ => Vec::new(),
    }
}
