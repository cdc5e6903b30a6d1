//! The forms of every fact.

use super::{NONE_SUCH, fulfillments, tracking};
use order_core::dependency::Dependency;
use order_core::fact::{CaptureRef, Fact, FactKind};
use order_core::money::Amount;
use order_core::order::{Order, PricedLine, Shortage, SkuQuantity, Tracking};
use order_core::time::after;
use order_core::value::{CaptureNo, PaymentAttemptNo, ProviderId, RefundNo, ReservationNo};
use order_testing::builders::{code, sku, units};
use std::time::Duration;

/// Returns the forms of a fact that are applied to an order.
pub(crate) fn facts(kind: FactKind, order: &Order) -> Vec<Fact> {
    let target = order.stock_target();
    let first = order
        .lines()
        .first()
        .map_or_else(|| sku("abc"), |line| line.sku.clone());
    let shortages = || vec![Shortage::new(first.clone(), 2, 0)];
    match kind {
        FactKind::CustomerVerified => vec![Fact::CustomerVerified],
        FactKind::CustomerRejected => vec![Fact::CustomerRejected {
            code: code("unknown_customer"),
        }],
        FactKind::CustomerUnverified => vec![Fact::CustomerUnverified],
        FactKind::LinesPriced => [1_000, i64::MAX, -1]
            .map(|price| Fact::LinesPriced {
                lines: order
                    .lines()
                    .iter()
                    .map(|line| PricedLine::new(line.id, None, Amount::new(price)))
                    .collect(),
            })
            .into(),
        FactKind::PricingRejected => vec![Fact::PricingRejected {
            skus: vec![first],
            code: code("unknown_sku"),
        }],
        FactKind::StockReserved => reservations(order)
            .map(|reservation| Fact::StockReserved {
                reservation,
                lines: target.clone(),
                expires_at: after(order.updated_at(), Duration::from_secs(3_600)),
            })
            .collect(),
        FactKind::StockRejected => reservations(order)
            .map(|reservation| Fact::StockRejected {
                reservation,
                lines: target.clone(),
                shortages: shortages(),
                unknown: Vec::new(),
            })
            .collect(),
        FactKind::StockRevised => reservations(order)
            .map(|reservation| Fact::StockRevised {
                reservation,
                lines: target.clone(),
            })
            .collect(),
        FactKind::StockRevisionRejected => reservations(order)
            .map(|reservation| Fact::StockRevisionRejected {
                reservation,
                shortages: shortages(),
            })
            .collect(),
        FactKind::StockExtended => reservations(order)
            .map(|reservation| Fact::StockExtended {
                reservation,
                expires_at: after(order.updated_at(), Duration::from_secs(7_200)),
            })
            .collect(),
        FactKind::StockCommitted => reservations(order)
            .map(|reservation| Fact::StockCommitted { reservation })
            .collect(),
        FactKind::StockReleased => reservations(order)
            .map(|reservation| Fact::StockReleased { reservation })
            .collect(),
        FactKind::ReservationExpired => reservations(order)
            .map(|reservation| Fact::ReservationExpired { reservation })
            .collect(),
        FactKind::DependencyDeferred => Dependency::ALL
            .iter()
            .map(|dependency| Fact::DependencyDeferred {
                dependency: *dependency,
            })
            .collect(),
        FactKind::DependencyRefused => {
            vec![Fact::DependencyRefused {
                dependency: Dependency::Inventory,
            }]
        }
        FactKind::DeadlinePassed => vec![Fact::DeadlinePassed],
        FactKind::AttemptDispatched => attempts(order)
            .map(|(attempt, _)| Fact::AttemptDispatched { attempt })
            .collect(),
        FactKind::PaymentActionRequired => attempts(order)
            .map(|(attempt, _)| Fact::PaymentActionRequired {
                attempt,
                provider_id: provider("pay_1"),
            })
            .collect(),
        FactKind::PaymentAuthorized => attempts(order)
            .flat_map(|(attempt, amount)| {
                amounts_near(amount).map(|amount| Fact::PaymentAuthorized {
                    attempt,
                    provider_id: provider("pay_1"),
                    amount,
                })
            })
            .collect(),
        FactKind::PaymentCaptured => attempts(order)
            .flat_map(|(attempt, amount)| {
                let known = order
                    .payment(attempt)
                    .map(|attempt| attempt.captures.clone())
                    .unwrap_or_default();
                let ours = known
                    .iter()
                    .map(|capture| (CaptureRef::Requested(capture.no), capture.amount));
                let others = [
                    (CaptureRef::Immediate, amount),
                    (CaptureRef::Immediate, Amount::new(1)),
                    (CaptureRef::Immediate, Amount::new(i64::MAX)),
                    (CaptureRef::Immediate, Amount::new(-1)),
                    (CaptureRef::Requested(CaptureNo::new(NONE_SUCH)), amount),
                ];
                let theirs = provider("cap_x").map(|id| (CaptureRef::External(id), Amount::new(1)));
                ours.chain(others)
                    .chain(theirs)
                    .map(|(capture, amount)| Fact::PaymentCaptured {
                        attempt,
                        capture,
                        provider_id: provider("pay_1"),
                        amount,
                    })
                    .collect::<Vec<_>>()
            })
            .collect(),
        FactKind::PaymentDeclined => attempts(order)
            .map(|(attempt, _)| Fact::PaymentDeclined {
                attempt,
                code: code("card_declined"),
            })
            .collect(),
        FactKind::PaymentUnknown => attempts(order)
            .map(|(attempt, _)| Fact::PaymentUnknown { attempt })
            .collect(),
        FactKind::PaymentVoided => attempts(order)
            .map(|(attempt, _)| Fact::PaymentVoided { attempt })
            .collect(),
        FactKind::PaymentNotFound => attempts(order)
            .map(|(attempt, _)| Fact::PaymentNotFound { attempt })
            .collect(),
        FactKind::AuthorizationExpired => attempts(order)
            .map(|(attempt, _)| Fact::AuthorizationExpired { attempt })
            .collect(),
        FactKind::CaptureFailed => captures(order)
            .map(|(attempt, capture)| Fact::CaptureFailed {
                attempt,
                capture,
                code: code("capture_failed"),
            })
            .collect(),
        FactKind::CaptureUnknown => captures(order)
            .map(|(attempt, capture)| Fact::CaptureUnknown { attempt, capture })
            .collect(),
        FactKind::RefundDispatched => refunds(order)
            .map(|refund| Fact::RefundDispatched { refund })
            .collect(),
        FactKind::RefundSucceeded => refunds(order)
            .map(|refund| Fact::RefundSucceeded {
                refund,
                provider_id: provider("ref_1"),
            })
            .collect(),
        FactKind::RefundFailed => refunds(order)
            .map(|refund| Fact::RefundFailed {
                refund,
                code: code("refund_failed"),
            })
            .collect(),
        FactKind::RefundUnknown => refunds(order)
            .map(|refund| Fact::RefundUnknown { refund })
            .collect(),
        FactKind::ShipmentConfirmed => {
            let lines = [
                None,
                Some(vec![SkuQuantity::new(first.clone(), 1)]),
                Some(vec![SkuQuantity::new(first, u32::MAX), units("other", 1)]),
            ];
            lines
                .into_iter()
                .flat_map(|lines| {
                    std::iter::once(None)
                        .chain(fulfillments(order).map(Some))
                        .map(move |fulfillment| Fact::ShipmentConfirmed {
                            fulfillment,
                            lines: lines.clone(),
                            tracking: Tracking::default(),
                        })
                })
                .collect()
        }
        FactKind::TrackingUpdated => fulfillments(order)
            .map(|fulfillment| Fact::TrackingUpdated {
                fulfillment,
                tracking: tracking(),
            })
            .collect(),
        FactKind::DeliveryConfirmed => fulfillments(order)
            .map(|fulfillment| Fact::DeliveryConfirmed { fulfillment })
            .collect(),
        FactKind::ShipmentLost => fulfillments(order)
            .map(|fulfillment| Fact::ShipmentLost { fulfillment })
            .collect(),
        FactKind::FulfillmentRecalled => fulfillments(order)
            .map(|fulfillment| Fact::FulfillmentRecalled { fulfillment })
            .collect(),
        FactKind::RecallRefused => fulfillments(order)
            .map(|fulfillment| Fact::RecallRefused { fulfillment })
            .collect(),
        FactKind::FulfillmentRefused => fulfillments(order)
            .map(|fulfillment| Fact::FulfillmentRefused {
                fulfillment,
                code: code("cannot_pack"),
            })
            .collect(),
        FactKind::CompensationFailed => {
            vec![Fact::CompensationFailed {
                effect: code("release_stock"),
            }]
        }
    }
}

fn provider(id: &str) -> Option<ProviderId> {
    ProviderId::parse(id).ok()
}

fn amounts_near(amount: Amount) -> [Amount; 5] {
    [
        amount,
        Amount::new(1),
        Amount::ZERO,
        Amount::new(i64::MAX),
        Amount::new(i64::MIN),
    ]
}

fn reservations(order: &Order) -> impl Iterator<Item = ReservationNo> {
    let current = order.reservation().map(|one| one.no);
    let before = current
        .filter(|no| no.get() > 1)
        .map(|no| ReservationNo::new(no.get() - 1));
    current
        .into_iter()
        .chain(before)
        .chain([ReservationNo::new(NONE_SUCH)])
}

fn attempts(order: &Order) -> impl Iterator<Item = (PaymentAttemptNo, Amount)> {
    order
        .payments()
        .iter()
        .map(|attempt| (attempt.no, attempt.amount))
        .chain([(PaymentAttemptNo::new(NONE_SUCH), Amount::new(1_000))])
}

fn captures(order: &Order) -> impl Iterator<Item = (PaymentAttemptNo, CaptureNo)> {
    order
        .payments()
        .iter()
        .flat_map(|attempt| {
            attempt
                .captures
                .iter()
                .map(|capture| (attempt.no, capture.no))
        })
        .chain([(PaymentAttemptNo::FIRST, CaptureNo::new(NONE_SUCH))])
}

fn refunds(order: &Order) -> impl Iterator<Item = RefundNo> {
    order
        .refunds()
        .iter()
        .map(|refund| refund.no)
        .chain([RefundNo::new(NONE_SUCH)])
}
