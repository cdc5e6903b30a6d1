//! An order on its way, one command or report after the other.

use order_core::Context;
use order_core::command::{Command, NewLine, PlaceOrder};
use order_core::decide::{begin, proceed};
use order_core::event::{Actor, Happening};
use order_core::fact::{CaptureRef, Fact};
use order_core::money::Amount;
use order_core::order::{
    CaptureState, Metadata, Order, OrderStatus, PaymentAttempt, Refund, SkuUnits, StockWork,
    Tracking,
};
use order_core::policy::{PaymentPolicy, Policies};
use order_core::record::{follow, wake};
use order_core::refusal::RefusalCode;
use order_core::testing::builders::{at, noon, order_id, place, priced};
use order_core::time::{Timestamp, after};
use order_core::value::{AttemptNo, FulfillmentNo, RefundNo};
use std::time::Duration;

pub(crate) const DAY: u64 = 24 * 60 * 60;
pub(crate) const FIRST: FulfillmentNo = FulfillmentNo::FIRST;

/// An order, the present instant, and what happened last.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) policies: Policies,
    pub(crate) now: Timestamp,
    pub(crate) order: Order,
    pub(crate) last: Vec<Happening>,
}

/// A wish for these lines, with an address and a payment method.
pub(crate) fn wish(lines: Vec<NewLine>) -> PlaceOrder {
    let place = place().build();
    PlaceOrder {
        id: order_id(1),
        storefront: place.storefront,
        customer_id: place.customer_id,
        currency: None,
        lines,
        adjustments: Vec::new(),
        personal: place.personal,
        metadata: Metadata::default(),
    }
}

/// Two units of `abc` at 10.00 and three of `tea` at 5.00: 35.00 in all.
pub(crate) fn two_lines() -> PlaceOrder {
    wish(vec![priced("abc", 2, 1_000), priced("tea", 3, 500)])
}

/// Two units of `abc` at 10.00.
pub(crate) fn two() -> PlaceOrder {
    wish(vec![priced("abc", 2, 1_000)])
}

pub(crate) fn capture_at_once() -> Policies {
    let mut policies = Policies::default();
    policies.payment = PaymentPolicy::CaptureOnConfirm;
    policies
}

impl Case {
    pub(crate) fn placed(wish: PlaceOrder) -> Self {
        Self::placed_under(Policies::default(), wish)
    }

    pub(crate) fn placed_under(policies: Policies, wish: PlaceOrder) -> Self {
        let command = Command::PlaceOrder(Box::new(wish));
        let step = begin(&command, &Context::new(&policies, noon(), &Actor::system())).unwrap();
        Self {
            policies,
            now: noon(),
            order: step.order,
            last: step.events.into_iter().map(|one| one.happening).collect(),
        }
    }

    /// Customer and stock are settled, the stock for ten days.
    pub(crate) fn confirmed(self) -> Self {
        self.told(Fact::CustomerVerified).stocked(at(10 * DAY))
    }

    /// All units asked for are set aside until then.
    pub(crate) fn stocked(self, expires_at: Timestamp) -> Self {
        let reservation = self.order.reservation().unwrap().no;
        let lines = self.order.stock_target();
        self.told(Fact::StockReserved {
            reservation,
            lines,
            expires_at,
        })
    }

    /// Confirmed, its payment authorized, or taken where the policy says so, its stock taken.
    pub(crate) fn processing(self) -> Self {
        let total = self.order.totals().total;
        let case = self.confirmed();
        let case = if case.order.payments()[0].capture {
            case.captured_in_all(AttemptNo::FIRST, total.minor())
        } else {
            case.authorized(AttemptNo::FIRST, total.minor())
        };
        case.committed()
    }

    /// The stock that was asked for is taken.
    pub(crate) fn committed(self) -> Self {
        let reservation = self.order.reservation().unwrap();
        assert_eq!(reservation.work, Some(StockWork::Commit));
        let reservation = reservation.no;
        self.told(Fact::StockCommitted { reservation })
    }

    pub(crate) fn authorized(self, attempt: AttemptNo, amount: i64) -> Self {
        self.told(Fact::PaymentAuthorized {
            attempt,
            provider_id: None,
            amount: Amount::new(amount),
        })
    }

    /// The provider says that it took this amount, without saying for what.
    pub(crate) fn captured_in_all(self, attempt: AttemptNo, amount: i64) -> Self {
        self.told(Fact::PaymentCaptured {
            attempt,
            capture: CaptureRef::AtOnce,
            provider_id: None,
            amount: Amount::new(amount),
        })
    }

    /// Every capture asked for is made.
    pub(crate) fn captures_made(mut self) -> Self {
        for attempt in self.order.clone().payments() {
            for capture in &attempt.captures {
                if capture.state == CaptureState::Requested {
                    self = self.told(Fact::PaymentCaptured {
                        attempt: attempt.no,
                        capture: CaptureRef::Ours(capture.no),
                        provider_id: None,
                        amount: capture.amount,
                    });
                }
            }
        }
        self
    }

    /// Everything is shipped, paid for and delivered.
    pub(crate) fn completed(self) -> Self {
        let case = self
            .processing()
            .asked(ship_all())
            .captures_made()
            .asked(deliver(FIRST));
        assert_eq!(case.order.status(), OrderStatus::Completed);
        case
    }

    pub(crate) fn told(mut self, fact: Fact) -> Self {
        let ctx = Context::new(&self.policies, self.now, &SYSTEM);
        let step = follow(self.order, &[fact], &ctx);
        self.order = step.order;
        self.last = step.events.into_iter().map(|one| one.happening).collect();
        self
    }

    pub(crate) fn asked(mut self, command: Command) -> Self {
        let ctx = Context::new(&self.policies, self.now, &SYSTEM);
        let step = proceed(self.order, &command, &ctx).unwrap();
        self.order = step.order;
        self.last = step.events.into_iter().map(|one| one.happening).collect();
        self
    }

    /// The code a command is refused with.
    pub(crate) fn refuses(&self, command: Command) -> RefusalCode {
        let ctx = Context::new(&self.policies, self.now, &SYSTEM);
        match proceed(self.order.clone(), &command, &ctx) {
            Err(refusal) => refusal.code,
            Ok(step) => panic!("accepted: {:?}", step.events),
        }
    }

    /// So many seconds later.
    pub(crate) fn later(mut self, seconds: u64) -> Self {
        self.now = after(self.now, Duration::from_secs(seconds));
        self
    }

    /// It is looked at now, though nothing is reported.
    pub(crate) fn woken(mut self) -> Self {
        let ctx = Context::new(&self.policies, self.now, &SYSTEM);
        let step = wake(self.order, &ctx);
        self.order = step.order;
        self.last = step.events.into_iter().map(|one| one.happening).collect();
        self
    }

    pub(crate) fn attempt(&self, no: u32) -> &PaymentAttempt {
        self.order.payment(AttemptNo::new(no)).unwrap()
    }

    pub(crate) fn refund(&self, no: u32) -> &Refund {
        self.order.refund(RefundNo::new(no)).unwrap()
    }

    /// The amounts of the captures of an attempt.
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

pub(crate) fn ship(lines: Vec<SkuUnits>) -> Command {
    Command::ConfirmShipment {
        fulfillment: None,
        lines: Some(lines),
        tracking: Tracking::default(),
    }
}

pub(crate) fn deliver(fulfillment: FulfillmentNo) -> Command {
    Command::ConfirmDelivery { fulfillment }
}

pub(crate) fn plan(lines: Vec<SkuUnits>) -> Command {
    Command::PlanFulfillment { lines: Some(lines) }
}

pub(crate) fn cancel() -> Command {
    Command::RequestCancel { reason: None }
}

/// Units have left, says the warehouse.
pub(crate) fn left(fulfillment: Option<FulfillmentNo>, lines: Option<Vec<SkuUnits>>) -> Fact {
    Fact::ShipmentConfirmed {
        fulfillment,
        lines,
        tracking: Tracking::default(),
    }
}
