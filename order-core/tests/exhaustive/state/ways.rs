//! All the ways on from a state.

use super::{Open, PRICE, State, policies};
use crate::outside::{Outside, Parcel, Stock};
use order_core::Context;
use order_core::command::Command;
use order_core::decide::proceed;
use order_core::effect::Task;
use order_core::event::Actor;
use order_core::fact::{CaptureRef, Fact};
use order_core::order::{AttemptState, CaptureState, FulfillmentState, StockWork, Tracking};
use order_core::testing::builders::{code, noon, token, units};
use order_core::time::after;
use order_core::value::FulfillmentNo;
use std::time::Duration;

impl State {
    /// Everything that may happen next, with the state it leads to.
    pub(crate) fn ways_on(&self) -> Vec<(String, Self)> {
        let mut ways = Vec::new();
        let here = Self {
            moves: Vec::new(),
            ..self.clone()
        };
        here.commands(&mut ways);
        here.work(&mut ways);
        here.reports(&mut ways);
        ways
    }

    fn commands(&self, ways: &mut Vec<(String, Self)>) {
        if self.left.commands == 0 {
            return;
        }
        let one = || vec![units("abc", 1)];
        let ship = |lines| Command::ConfirmShipment {
            fulfillment: None,
            lines,
            tracking: Tracking::default(),
        };
        let first = FulfillmentNo::FIRST;
        let commands = [
            Command::RequestCancel { reason: None },
            Command::CancelLines {
                lines: one(),
                reason: None,
            },
            ship(Some(one())),
            ship(None),
            Command::PlanFulfillment { lines: None },
            Command::ReleaseFulfillment { fulfillment: first },
            Command::ConfirmDelivery { fulfillment: first },
            Command::ChangePaymentMethod {
                token: token("tok_other"),
            },
            Command::RequestRefund {
                amount: Some(order_core::money::Amount::new(PRICE / 2)),
                reason: None,
            },
            Command::CapturePayment { amount: None },
            Command::PlaceHold { reason: None },
            Command::ReleaseHold { hold: None },
            Command::DeleteOrder,
        ];
        let (policies, actor) = (policies(self.payment), Actor::system());
        let ctx = Context::new(&policies, noon(), &actor);
        for command in commands {
            let Ok(step) = proceed(self.order.clone(), &command, &ctx) else {
                continue;
            };
            if step.events.is_empty() {
                continue;
            }
            let mut next = self.clone();
            next.left.commands -= 1;
            next.commit(self.order.clone(), step, &ctx);
            ways.push((format!("{command:?}"), next));
        }
    }

    /// Somebody carries out an effect, and may crash before the call or before recording it.
    fn work(&self, ways: &mut Vec<(String, Self)>) {
        for (id, open) in &self.open {
            for (what, facts, next) in self.carry_out(open) {
                if self.left.crashes > 0 {
                    let mut crashed = next.clone();
                    crashed.left.crashes -= 1;
                    if let Some(again) = crashed.open.get_mut(id) {
                        again.tried = true;
                    }
                    ways.push((format!("{what}, then a crash"), crashed));
                }
                let mut done = next;
                match facts {
                    Some(facts) => {
                        done.open.remove(id);
                        done.record(&facts, noon());
                    }
                    // No answer: it is in doubt, and stays to be tried again.
                    None => {
                        if let Some(again) = done.open.get_mut(id) {
                            again.tried = true;
                        }
                        let doubt = in_doubt(&open.task);
                        done.record(&doubt, noon());
                    }
                }
                ways.push((what, done));
            }
        }
    }

    /// The ways a task can go: what is said of it, and the world afterwards. No facts: no answer.
    fn carry_out(&self, open: &Open) -> Vec<(String, Option<Vec<Fact>>, Self)> {
        let closed = self.order.status().is_closed();
        let mut ways = Vec::new();
        let mut way = |what: &str, facts: Option<Vec<Fact>>, next: Self| {
            ways.push((format!("{}: {what}", open.task.name()), facts, next));
        };
        let wanted = |work| {
            self.order
                .reservation()
                .is_some_and(|one| one.work == Some(work))
        };
        match &open.task {
            Task::VerifyCustomer => {
                way("yes", Some(vec![Fact::CustomerVerified]), self.clone());
                if self.left.declines > 0 {
                    let mut next = self.clone();
                    next.left.declines -= 1;
                    let code = code("unknown_customer");
                    way("no", Some(vec![Fact::CustomerRejected { code }]), next);
                }
            }
            Task::ReserveStock { reservation, lines } => {
                let no = *reservation;
                let mut next = self.clone();
                if !wanted(StockWork::Reserve) {
                    way("obsolete", Some(Vec::new()), next);
                } else if closed {
                    next.outside.release(no);
                    way(
                        "released",
                        Some(vec![Fact::StockReleased { reservation: no }]),
                        next,
                    );
                } else if next.outside.stock.get(&no) == Some(&Stock::Gone) {
                    way(
                        "gone",
                        Some(vec![Fact::ReservationExpired { reservation: no }]),
                        next,
                    );
                } else {
                    if self.left.declines > 0 && !next.outside.stock.contains_key(&no) {
                        let mut short = self.clone();
                        short.left.declines -= 1;
                        let rejected = Fact::StockRejected {
                            reservation: no,
                            lines: lines.clone(),
                            shortages: Vec::new(),
                            unknown: Vec::new(),
                        };
                        way("too little", Some(vec![rejected]), short);
                    }
                    next.outside
                        .stock
                        .entry(no)
                        .or_insert_with(|| Stock::Held(lines.clone()));
                    let reserved = Fact::StockReserved {
                        reservation: no,
                        lines: lines.clone(),
                        // Stock that lapses is reported, so that time need not pass.
                        expires_at: after(noon(), Duration::from_secs(86_400 * 365)),
                    };
                    way("reserved", Some(vec![reserved]), next);
                }
            }
            Task::ReviseStock { reservation, lines } => {
                let no = *reservation;
                let mut next = self.clone();
                let fact = if !wanted(StockWork::Revise) {
                    None
                } else {
                    match next.outside.stock.get_mut(&no) {
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
                way("revised", Some(fact.into_iter().collect()), next);
            }
            Task::CommitStock { reservation } => {
                let no = *reservation;
                let mut next = self.clone();
                let fact = if !wanted(StockWork::Commit) {
                    None
                } else {
                    match next.outside.stock.get(&no).cloned() {
                        Some(Stock::Held(lines) | Stock::Committed(lines)) => {
                            next.outside.stock.insert(no, Stock::Committed(lines));
                            Some(Fact::StockCommitted { reservation: no })
                        }
                        Some(Stock::Gone) | None => {
                            Some(Fact::ReservationExpired { reservation: no })
                        }
                    }
                };
                way("committed", Some(fact.into_iter().collect()), next);
            }
            Task::ReleaseStock { reservation } => {
                let mut next = self.clone();
                next.outside.release(*reservation);
                let fact = Fact::StockReleased {
                    reservation: *reservation,
                };
                way("released", Some(vec![fact]), next);
            }
            Task::AuthorizePayment { attempt } => {
                let no = *attempt;
                let Some(one) = self.order.payment(no) else {
                    return ways;
                };
                if !matches!(one.state, AttemptState::Dispatched | AttemptState::Unknown) {
                    way("obsolete", Some(Vec::new()), self.clone());
                } else if open.tried && self.outside.payments.contains_key(&no) {
                    way("found", Some(self.said_of(no)), self.clone());
                } else if closed {
                    let fact = Fact::PaymentNotFound { attempt: no };
                    way("nothing sent", Some(vec![fact]), self.clone());
                } else {
                    for (what, approved) in [("approved", true), ("declined", false)] {
                        if !approved && self.left.declines == 0 {
                            continue;
                        }
                        let mut next = self.clone();
                        next.left.declines -= u8::from(!approved);
                        next.outside.pay(no, one.amount, one.capture, approved);
                        if self.left.losses > 0 {
                            let mut lost = next.clone();
                            lost.left.losses -= 1;
                            way(&format!("{what}, the answer lost"), None, lost);
                        }
                        let said = next.said_of(no);
                        way(what, Some(said), next);
                    }
                }
            }
            Task::CapturePayment { attempt, capture } => {
                let (no, capture) = (*attempt, *capture);
                let waits = self
                    .order
                    .payment(no)
                    .and_then(|one| one.capture_with(capture))
                    .filter(|one| {
                        matches!(one.state, CaptureState::Requested | CaptureState::Unknown)
                    });
                let Some(wanted) = waits else {
                    way("obsolete", Some(Vec::new()), self.clone());
                    return ways;
                };
                let failed = |why| Fact::CaptureFailed {
                    attempt: no,
                    capture,
                    code: code(why),
                };
                if closed && !open.tried {
                    way("too late", Some(vec![failed("order_closed")]), self.clone());
                    return ways;
                }
                let mut next = self.clone();
                if !next.outside.capture(no, capture, wanted.amount) {
                    way("refused", Some(vec![failed("refused")]), next);
                    return ways;
                }
                if self.left.losses > 0 {
                    let mut lost = next.clone();
                    lost.left.losses -= 1;
                    way("captured, the answer lost", None, lost);
                }
                let captured = Fact::PaymentCaptured {
                    attempt: no,
                    capture: CaptureRef::Ours(capture),
                    provider_id: None,
                    amount: wanted.amount,
                };
                way("captured", Some(vec![captured]), next);
            }
            Task::VoidPayment { attempt } => {
                let voiding = self.order.payment(*attempt).is_some_and(|one| one.voiding);
                let mut next = self.clone();
                if voiding {
                    next.outside.void(*attempt);
                }
                let fact = voiding.then_some(Fact::PaymentVoided { attempt: *attempt });
                way("voided", Some(fact.into_iter().collect()), next);
            }
            Task::RefundPayment { refund } => {
                let Some(one) = self.order.refund(*refund).filter(|one| one.is_open()) else {
                    way("obsolete", Some(Vec::new()), self.clone());
                    return ways;
                };
                let mut next = self.clone();
                next.outside
                    .refunds
                    .entry(*refund)
                    .or_insert_with(|| one.amount.minor());
                if self.left.losses > 0 {
                    let mut lost = next.clone();
                    lost.left.losses -= 1;
                    way("paid back, the answer lost", None, lost);
                }
                let fact = Fact::RefundSucceeded {
                    refund: *refund,
                    provider_id: None,
                };
                way("paid back", Some(vec![fact]), next);
            }
            Task::RequestFulfillment { fulfillment } => {
                let no = *fulfillment;
                let wanted = self
                    .order
                    .fulfillment(no)
                    .is_some_and(|one| one.state == FulfillmentState::Released && !one.recalling);
                let mut next = self.clone();
                if wanted {
                    next.outside.parcels.entry(no).or_insert(Parcel::Asked);
                }
                way("asked", Some(Vec::new()), next);
            }
            Task::RecallFulfillment { fulfillment } => {
                let no = *fulfillment;
                let mut next = self.clone();
                let fact = if next.outside.parcels.get(&no) == Some(&Parcel::Shipped) {
                    Fact::RecallRefused { fulfillment: no }
                } else {
                    next.outside.parcels.insert(no, Parcel::Recalled);
                    Fact::FulfillmentRecalled { fulfillment: no }
                };
                way("recalled", Some(vec![fact]), next);
            }
            other => panic!("nothing here asks for {}", other.name()),
        }
        ways
    }

    /// What the provider says of a payment it has.
    fn said_of(&self, no: order_core::value::AttemptNo) -> Vec<Fact> {
        let Some(payment) = self.outside.payments.get(&no) else {
            return Vec::new();
        };
        let amount = order_core::money::Amount::new(payment.authorized.max(payment.captured()));
        vec![if payment.declined {
            Fact::PaymentDeclined {
                attempt: no,
                code: code("card_declined"),
            }
        } else if payment.at_once {
            Fact::PaymentCaptured {
                attempt: no,
                capture: CaptureRef::AtOnce,
                provider_id: None,
                amount,
            }
        } else {
            Fact::PaymentAuthorized {
                attempt: no,
                provider_id: None,
                amount,
            }
        }]
    }

    /// What may be reported unasked: the deadline, a reservation lost, a parcel gone, the same again.
    fn reports(&self, ways: &mut Vec<(String, Self)>) {
        let mut late = self.clone();
        late.record(
            &[Fact::DeadlinePassed],
            after(noon(), Duration::from_secs(864_000)),
        );
        if late.order.version() != self.order.version() {
            ways.push(("the deadline passes".into(), late));
        }
        if self.left.reports == 0 {
            return;
        }
        let mut report = |what: &str, fact: Fact, change: &dyn Fn(&mut Outside)| {
            let mut next = self.clone();
            next.left.reports -= 1;
            change(&mut next.outside);
            next.record(&[fact], noon());
            ways.push((what.into(), next));
        };
        for (no, stock) in &self.outside.stock {
            if matches!(stock, Stock::Held(_)) {
                let fact = Fact::ReservationExpired { reservation: *no };
                report("the reservation lapses", fact, &|outside| {
                    outside.release(*no);
                });
            }
        }
        for (no, parcel) in &self.outside.parcels {
            if *parcel == Parcel::Asked {
                let fact = Fact::ShipmentConfirmed {
                    fulfillment: Some(*no),
                    lines: None,
                    tracking: Tracking::default(),
                };
                report("the warehouse ships", fact, &|outside| {
                    outside.parcels.insert(*no, Parcel::Shipped);
                });
            }
        }
        for (no, payment) in &self.outside.payments {
            if payment.captured() > 0 || payment.authorized > 0 || payment.declined {
                for fact in self.said_of(*no) {
                    report("the provider says it again", fact, &|_| {});
                }
            }
        }
        for fulfillment in self.order.fulfillments() {
            if fulfillment.state == FulfillmentState::Shipped {
                let lost = Fact::ShipmentLost {
                    fulfillment: fulfillment.no,
                };
                report("the parcel is lost", lost, &|_| {});
            }
        }
        let nobody_asked = Fact::ShipmentConfirmed {
            fulfillment: None,
            lines: Some(vec![units("abc", 1)]),
            tracking: Tracking::default(),
        };
        report(
            "a unit has left that nobody asked for",
            nobody_asked,
            &|_| {},
        );
    }
}

/// What is noted when a call got no answer.
fn in_doubt(task: &Task) -> Vec<Fact> {
    match task {
        Task::AuthorizePayment { attempt } => vec![Fact::PaymentUnknown { attempt: *attempt }],
        Task::CapturePayment { attempt, capture } => vec![Fact::CaptureUnknown {
            attempt: *attempt,
            capture: *capture,
        }],
        Task::RefundPayment { refund } => vec![Fact::RefundUnknown { refund: *refund }],
        _ => Vec::new(),
    }
}
