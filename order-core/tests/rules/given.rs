//! The fixture of these tests: *given* an order with a past, *execute* a command or *report* a fact, and
//! *expect* the outcome.

use order_core::Context;
use order_core::command::{Command, PlaceOrder};
use order_core::decide::{decide_new, decide_on};
use order_core::event::{Actor, EventPayload};
use order_core::fact::{CaptureRef, Fact};
use order_core::money::Amount;
use order_core::order::{
    CaptureMethod, CaptureStatus, Order, OrderStatus, PaymentAttempt, Refund, RefundKind,
    ReservationOperation, SkuQuantity, Tracking, UnitSelection,
};
use order_core::policy::{PaymentPolicy, StorefrontPolicy};
use order_core::record::{on_timer, record_all};
use order_core::refusal::RefusalCode;
use order_core::time::{Timestamp, after};
use order_core::value::{FulfillmentNo, PaymentAttemptNo, RefundNo};
use order_testing::builders::{at, noon, place_order, priced};
use std::time::Duration;

pub(crate) const DAY: u64 = 24 * 60 * 60;
pub(crate) const FIRST: FulfillmentNo = FulfillmentNo::FIRST;

/// An order with its past, and the present instant.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) policy: StorefrontPolicy,
    pub(crate) now: Timestamp,
    pub(crate) order: Order,
    /// The events of the last command or fact.
    pub(crate) last_events: Vec<EventPayload>,
}

/// Returns a command to place an order of two units of `abc` at 10.00 and three of `tea` at 5.00.
pub(crate) fn two_lines() -> PlaceOrder {
    place_order(vec![priced("abc", 2, 1_000), priced("tea", 3, 500)])
}

/// Returns a command to place an order of two units of `abc` at 10.00.
pub(crate) fn two() -> PlaceOrder {
    place_order(vec![priced("abc", 2, 1_000)])
}

pub(crate) fn capture_at_once() -> StorefrontPolicy {
    let mut policy = StorefrontPolicy::default();
    policy.payment = PaymentPolicy::CaptureOnConfirm;
    policy
}

impl Given {
    pub(crate) fn placed(request: PlaceOrder) -> Self {
        Self::placed_under(StorefrontPolicy::default(), request)
    }

    pub(crate) fn placed_under(policy: StorefrontPolicy, request: PlaceOrder) -> Self {
        let command = Command::PlaceOrder(Box::new(request));
        let transition =
            decide_new(&command, &Context::new(&policy, noon(), &Actor::system())).unwrap();
        Self {
            policy,
            now: noon(),
            order: transition.order,
            last_events: transition
                .events
                .into_iter()
                .map(|one| one.payload)
                .collect(),
        }
    }

    /// Reports that the customer is verified, and the stock reserved for ten days.
    pub(crate) fn confirmed(self) -> Self {
        self.report(Fact::CustomerVerified)
            .stock_reserved(at(10 * DAY))
    }

    /// Reports that all units are reserved until then.
    pub(crate) fn stock_reserved(self, expires_at: Timestamp) -> Self {
        let reservation = self.order.reservation().unwrap().no;
        let lines = self.order.stock_target();
        self.report(Fact::StockReserved {
            reservation,
            lines,
            expires_at,
        })
    }

    /// Reports all that leads to a released order: its payment is authorized or, if the policy requires
    /// it, captured, and its stock committed.
    pub(crate) fn processing(self) -> Self {
        let total = self.order.totals().total;
        let given = self.confirmed();
        let given = if given.order.payments()[0].capture_method == CaptureMethod::Automatic {
            given.payment_captured(PaymentAttemptNo::FIRST, total.minor())
        } else {
            given.payment_authorized(PaymentAttemptNo::FIRST, total.minor())
        };
        given.stock_committed()
    }

    /// Reports that the stock is committed.
    pub(crate) fn stock_committed(self) -> Self {
        let reservation = self.order.reservation().unwrap();
        assert_eq!(
            reservation.pending_operation,
            Some(ReservationOperation::Commit)
        );
        let reservation = reservation.no;
        self.report(Fact::StockCommitted { reservation })
    }

    /// Reports that a payment is authorized.
    pub(crate) fn payment_authorized(self, attempt: PaymentAttemptNo, amount: i64) -> Self {
        self.report(Fact::PaymentAuthorized {
            attempt,
            provider_id: None,
            amount: Amount::new(amount),
        })
    }

    /// Reports that this amount of a payment is captured, without naming a capture.
    pub(crate) fn payment_captured(self, attempt: PaymentAttemptNo, amount: i64) -> Self {
        self.report(Fact::PaymentCaptured {
            attempt,
            capture: CaptureRef::Immediate,
            provider_id: None,
            amount: Amount::new(amount),
        })
    }

    /// Reports that every requested capture has succeeded.
    pub(crate) fn captures_succeeded(mut self) -> Self {
        for attempt in self.order.clone().payments() {
            for capture in &attempt.captures {
                if capture.status == CaptureStatus::Requested {
                    self = self.report(Fact::PaymentCaptured {
                        attempt: attempt.no,
                        capture: CaptureRef::Requested(capture.no),
                        provider_id: None,
                        amount: capture.amount,
                    });
                }
            }
        }
        self
    }

    /// Ships, captures and delivers everything.
    pub(crate) fn completed(self) -> Self {
        let given = self
            .processing()
            .execute(ship_all())
            .captures_succeeded()
            .execute(deliver(FIRST));
        assert_eq!(given.order.status(), OrderStatus::Completed);
        given
    }

    pub(crate) fn report(mut self, fact: Fact) -> Self {
        let ctx = Context::new(&self.policy, self.now, &SYSTEM);
        let transition = record_all(self.order, &[fact], &ctx);
        self.order = transition.order;
        self.last_events = transition
            .events
            .into_iter()
            .map(|one| one.payload)
            .collect();
        self
    }

    /// Executes a command that is accepted.
    pub(crate) fn execute(mut self, command: Command) -> Self {
        let ctx = Context::new(&self.policy, self.now, &SYSTEM);
        let transition = decide_on(self.order, &command, &ctx).unwrap();
        self.order = transition.order;
        self.last_events = transition
            .events
            .into_iter()
            .map(|one| one.payload)
            .collect();
        self
    }

    /// Returns the code that a command is refused with.
    pub(crate) fn expect_refusal(&self, command: Command) -> RefusalCode {
        let ctx = Context::new(&self.policy, self.now, &SYSTEM);
        match decide_on(self.order.clone(), &command, &ctx) {
            Err(refusal) => refusal.code,
            Ok(transition) => panic!("accepted: {:?}", transition.events),
        }
    }

    /// Lets `seconds` pass, without any event.
    pub(crate) fn later(mut self, seconds: u64) -> Self {
        self.now = after(self.now, Duration::from_secs(seconds));
        self
    }

    /// Lets the timer of the order fire now.
    pub(crate) fn timer_fires(mut self) -> Self {
        let ctx = Context::new(&self.policy, self.now, &SYSTEM);
        let transition = on_timer(self.order, &ctx);
        self.order = transition.order;
        self.last_events = transition
            .events
            .into_iter()
            .map(|one| one.payload)
            .collect();
        self
    }

    pub(crate) fn attempt(&self, no: u32) -> &PaymentAttempt {
        self.order.payment(PaymentAttemptNo::new(no)).unwrap()
    }

    pub(crate) fn refund(&self, no: u32) -> &Refund {
        self.order.refund(RefundNo::new(no)).unwrap()
    }

    /// Returns the amounts of the captures of an attempt.
    pub(crate) fn captures(&self, no: u32) -> Vec<i64> {
        let captures = &self.attempt(no).captures;
        captures.iter().map(|one| one.amount.minor()).collect()
    }
}

static SYSTEM: std::sync::LazyLock<Actor> = std::sync::LazyLock::new(Actor::system);

pub(crate) fn ship_all() -> Command {
    Command::ConfirmShipment {
        fulfillment: None,
        lines: None,
        tracking: Tracking::default(),
    }
}

pub(crate) fn ship(lines: Vec<SkuQuantity>) -> Command {
    Command::ConfirmShipment {
        fulfillment: None,
        lines: Some(selections(lines)),
        tracking: Tracking::default(),
    }
}

/// Names units by their SKUs.
pub(crate) fn selections(lines: Vec<SkuQuantity>) -> Vec<UnitSelection> {
    lines.into_iter().map(Into::into).collect()
}

/// Returns a command to refund an amount.
pub(crate) fn refund_of(amount: Option<i64>, kind: RefundKind) -> Command {
    Command::RequestRefund {
        amount: amount.map(Amount::new),
        lines: None,
        kind,
        reason: None,
    }
}

pub(crate) fn deliver(fulfillment: FulfillmentNo) -> Command {
    Command::ConfirmDelivery { fulfillment }
}

pub(crate) fn plan(lines: Vec<SkuQuantity>) -> Command {
    Command::PlanFulfillment {
        lines: Some(selections(lines)),
    }
}

pub(crate) fn cancel() -> Command {
    Command::RequestCancel { reason: None }
}

/// Returns the fact that units have left, as the warehouse reports it.
pub(crate) fn shipment_confirmed(
    fulfillment: Option<FulfillmentNo>,
    lines: Option<Vec<SkuQuantity>>,
) -> Fact {
    Fact::ShipmentConfirmed {
        fulfillment,
        lines,
        tracking: Tracking::default(),
    }
}
