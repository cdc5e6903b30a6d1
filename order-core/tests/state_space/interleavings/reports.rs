//! Successors by a report of an external service, or by time alone.

use super::state::State;
use super::world::{Parcel, Stock, World};
use order_core::fact::{CaptureRef, Fact};
use order_core::money::Amount;
use order_core::order::{ShipmentStatus, Tracking};
use order_core::time::after;
use order_core::value::PaymentAttemptNo;
use order_testing::builders::{code, noon, units};
use std::time::Duration;

impl State {
    /// Adds what may be reported at any time: the deadline, an expired reservation, a shipped or lost
    /// parcel, and what the provider has reported before.
    pub(super) fn add_reports(&self, successors: &mut Vec<(String, Self)>) {
        let mut late = self.clone();
        late.record(
            &[Fact::DeadlinePassed],
            after(noon(), Duration::from_secs(864_000)),
        );
        if late.order.version() != self.order.version() {
            successors.push(("the deadline passes".into(), late));
        }
        if self.budget.reports == 0 {
            return;
        }
        let mut report = |what: &str, fact: Fact, change: &dyn Fn(&mut World)| {
            let mut next = self.clone();
            next.budget.reports -= 1;
            change(&mut next.world);
            next.record(&[fact], noon());
            successors.push((what.into(), next));
        };
        for (no, stock) in &self.world.stock {
            if matches!(stock, Stock::Held(_)) {
                let fact = Fact::ReservationExpired { reservation: *no };
                report("the reservation expires", fact, &|world| {
                    world.release(*no);
                });
            }
        }
        for (no, parcel) in &self.world.parcels {
            if *parcel == Parcel::Requested {
                let fact = Fact::ShipmentConfirmed {
                    fulfillment: Some(*no),
                    lines: None,
                    tracking: Tracking::default(),
                };
                report("the warehouse ships", fact, &|world| {
                    world.parcels.insert(*no, Parcel::Shipped);
                });
            }
        }
        for (no, payment) in &self.world.payments {
            if payment.captured() > 0 || payment.authorized > 0 || payment.declined {
                for fact in self.provider_says(*no) {
                    report("the provider reports it again", fact, &|_| {});
                }
            }
        }
        for fulfillment in self.order.fulfillments() {
            if fulfillment.status == ShipmentStatus::Shipped {
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
            "a unit has left that nobody requested",
            nobody_asked,
            &|_| {},
        );
    }

    /// Returns the reports of the provider about a payment.
    pub(super) fn provider_says(&self, no: PaymentAttemptNo) -> Vec<Fact> {
        let Some(payment) = self.world.payments.get(&no) else {
            return Vec::new();
        };
        let amount = Amount::new(payment.authorized.max(payment.captured()));
        vec![if payment.declined {
            Fact::PaymentDeclined {
                attempt: no,
                code: code("card_declined"),
            }
        } else if payment.captured_at_once {
            Fact::PaymentCaptured {
                attempt: no,
                capture: CaptureRef::Immediate,
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
}
