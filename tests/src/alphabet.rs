//! Every command and every fact in several forms that fit, or nearly fit, an order.
//!
//! The two big matches have no arm for the rest: a new command or fact does not compile until
//! somebody has said here which forms of it are tried.

use order_core::command::{Command, CommandKind, DetailsPatch, ImportOrder, NewLine, PlaceOrder};
use order_core::fact::{CaptureRef, Fact, FactKind};
use order_core::money::Amount;
use order_core::order::{Metadata, Order, OrderStatus, PricedLine, Shortage, SkuUnits, Tracking};
use order_core::policy::Dependency;
use order_core::testing::builders::{
    address, at, code, contact, customer, label, noon, order_id, priced, sku, token, units,
};
use order_core::time::{Timestamp, after};
use order_core::value::{
    AttemptNo, CaptureNo, ExternalReference, FulfillmentNo, HoldNo, ProviderId, RefundNo,
    ReservationNo, ReturnNo, StorefrontId,
};
use std::time::Duration;

/// More than any order has of anything.
const NONE_SUCH: u32 = 9;

/// A wish to place an order of two units of `abc` at 10.00, with a payment method.
#[must_use]
pub fn place_order(lines: Vec<NewLine>) -> PlaceOrder {
    PlaceOrder {
        id: order_id(1),
        storefront: StorefrontId::default(),
        customer_id: customer("cus_1"),
        currency: None,
        lines,
        adjustments: Vec::new(),
        personal: order_core::order::PersonalData {
            shipping_address: Some(address()),
            contact: Some(contact()),
            payment_token: Some(token("tok_visa")),
        },
        metadata: Metadata::default(),
    }
}

/// A wish to import such an order.
#[must_use]
pub fn import_order(status: OrderStatus) -> ImportOrder {
    let all = vec![units("abc", 2)];
    let (shipped, cancelled, captured) = match status {
        OrderStatus::Completed => (all, Vec::new(), 2_000),
        OrderStatus::Cancelled | OrderStatus::Rejected | OrderStatus::Expired => {
            (Vec::new(), all, 0)
        }
        OrderStatus::Pending
        | OrderStatus::Confirmed
        | OrderStatus::Processing
        | OrderStatus::Cancelling => (Vec::new(), Vec::new(), 0),
    };
    ImportOrder {
        order: place_order(vec![priced("abc", 2, 1_000)]),
        reference: ExternalReference::parse("old-1").expect("a reference"),
        placed_at: noon(),
        status,
        delivered: shipped.clone(),
        shipped,
        cancelled,
        captured: Amount::new(captured),
        refunded: Amount::ZERO,
    }
}

/// The forms of a command that are tried on an order.
#[must_use]
pub fn commands(kind: CommandKind, order: &Order) -> Vec<Command> {
    let first = order
        .lines()
        .first()
        .map_or_else(|| sku("abc"), |line| line.sku.clone());
    let one = || vec![SkuUnits::new(first.clone(), 1)];
    let all: Vec<SkuUnits> = order
        .lines()
        .iter()
        .map(|line| SkuUnits::new(line.sku.clone(), line.quantity.get()))
        .collect();
    let too_many = || vec![SkuUnits::new(first.clone(), u32::MAX)];
    let strange = || vec![units("other", 1)];
    let none = || vec![SkuUnits::new(first.clone(), 0)];
    let amounts = || {
        [
            None,
            Some(Amount::new(1)),
            Some(Amount::ZERO),
            Some(Amount::new(i64::MAX)),
        ]
    };
    match kind {
        CommandKind::PlaceOrder => {
            vec![Command::PlaceOrder(Box::new(place_order(vec![priced(
                "abc", 2, 1_000,
            )])))]
        }
        CommandKind::ImportOrder => {
            vec![Command::ImportOrder(Box::new(import_order(
                OrderStatus::Completed,
            )))]
        }
        CommandKind::StartPayment => amounts()
            .into_iter()
            .map(|amount| Command::StartPayment { amount })
            .collect(),
        CommandKind::PlaceHold => vec![Command::PlaceHold { reason: None }],
        CommandKind::ReleaseHold => vec![
            Command::ReleaseHold { hold: None },
            Command::ReleaseHold {
                hold: Some(HoldNo::new(NONE_SUCH)),
            },
        ],
        CommandKind::ReviseLines => [
            vec![priced("abc", 3, 1_000)],
            vec![priced("abc", 1, 500)],
            vec![priced("other", 1, 100), priced("abc", 1, 1_000)],
            vec![order_core::testing::builders::line("abc", 1)],
            vec![priced("abc", 1, -1)],
            vec![priced("abc", 1_000_000, i64::MAX)],
            Vec::new(),
        ]
        .into_iter()
        .map(|lines| Command::ReviseLines {
            lines,
            adjustments: None,
        })
        .collect(),
        CommandKind::ChangeAddress => vec![Command::ChangeAddress {
            address: Box::new(address()),
        }],
        CommandKind::ChangePaymentMethod => {
            vec![Command::ChangePaymentMethod {
                token: token("tok_other"),
            }]
        }
        CommandKind::UpdateDetails => vec![
            Command::UpdateDetails(Box::default()),
            Command::UpdateDetails(Box::new(DetailsPatch {
                labels: Some([label("vip")].into()),
                ..DetailsPatch::default()
            })),
            Command::UpdateDetails(Box::new(DetailsPatch {
                contact: Some(contact()),
                ..DetailsPatch::default()
            })),
            Command::UpdateDetails(Box::new(DetailsPatch {
                metadata: (0..100).map(|no| (no.to_string(), no.into())).collect(),
                ..DetailsPatch::default()
            })),
        ],
        CommandKind::PlanFulfillment => [
            None,
            Some(one()),
            Some(too_many()),
            Some(strange()),
            Some(none()),
        ]
        .into_iter()
        .map(|lines| Command::PlanFulfillment { lines })
        .collect(),
        CommandKind::ReleaseFulfillment => fulfillments(order)
            .map(|fulfillment| Command::ReleaseFulfillment { fulfillment })
            .collect(),
        CommandKind::RecallFulfillment => fulfillments(order)
            .map(|fulfillment| Command::RecallFulfillment { fulfillment })
            .collect(),
        CommandKind::ConfirmShipment => [
            None,
            Some(one()),
            Some(all),
            Some(too_many()),
            Some(strange()),
        ]
        .into_iter()
        .flat_map(|lines| {
            std::iter::once(None)
                .chain(fulfillments(order).map(Some))
                .map(move |fulfillment| Command::ConfirmShipment {
                    fulfillment,
                    lines: lines.clone(),
                    tracking: Tracking::default(),
                })
        })
        .collect(),
        CommandKind::UpdateTracking => fulfillments(order)
            .map(|fulfillment| Command::UpdateTracking {
                fulfillment,
                tracking: tracking(),
            })
            .collect(),
        CommandKind::ConfirmDelivery => fulfillments(order)
            .map(|fulfillment| Command::ConfirmDelivery { fulfillment })
            .collect(),
        CommandKind::CancelLines => [one(), all, too_many(), strange(), none(), Vec::new()]
            .into_iter()
            .map(|lines| Command::CancelLines {
                lines,
                reason: None,
            })
            .collect(),
        CommandKind::RequestCancel => vec![Command::RequestCancel { reason: None }],
        CommandKind::CapturePayment => amounts()
            .into_iter()
            .map(|amount| Command::CapturePayment { amount })
            .collect(),
        CommandKind::RequestRefund => amounts()
            .into_iter()
            .map(|amount| Command::RequestRefund {
                amount,
                reason: None,
            })
            .collect(),
        CommandKind::RequestReturn => [one(), all, too_many(), strange(), none(), Vec::new()]
            .into_iter()
            .map(|lines| Command::RequestReturn {
                lines,
                reason: None,
            })
            .collect(),
        CommandKind::ApproveReturn => returns(order)
            .map(|return_no| Command::ApproveReturn { return_no })
            .collect(),
        CommandKind::RejectReturn => returns(order)
            .map(|return_no| Command::RejectReturn {
                return_no,
                reason: None,
            })
            .collect(),
        CommandKind::ReceiveReturn => returns(order)
            .flat_map(|return_no| {
                [true, false].map(|restock| Command::ReceiveReturn { return_no, restock })
            })
            .collect(),
        CommandKind::CancelReturn => returns(order)
            .map(|return_no| Command::CancelReturn { return_no })
            .collect(),
        CommandKind::DeleteOrder => vec![Command::DeleteOrder],
        CommandKind::ErasePersonalData => vec![Command::ErasePersonalData],
    }
}

/// The forms of a fact that are tried on an order.
#[must_use]
pub fn facts(kind: FactKind, order: &Order) -> Vec<Fact> {
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
                    .map(|capture| (CaptureRef::Ours(capture.no), capture.amount));
                let others = [
                    (CaptureRef::AtOnce, amount),
                    (CaptureRef::AtOnce, Amount::new(1)),
                    (CaptureRef::AtOnce, Amount::new(i64::MAX)),
                    (CaptureRef::AtOnce, Amount::new(-1)),
                    (CaptureRef::Ours(CaptureNo::new(NONE_SUCH)), amount),
                ];
                let theirs = provider("cap_x").map(|id| (CaptureRef::Theirs(id), Amount::new(1)));
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
                Some(vec![SkuUnits::new(first.clone(), 1)]),
                Some(vec![SkuUnits::new(first, u32::MAX), units("other", 1)]),
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

/// When a fact or command happens to an order: the instant of its last event, or its deadline for
/// the fact that the deadline has passed.
#[must_use]
pub fn instant(order: &Order, fact: Option<&Fact>) -> Timestamp {
    match fact {
        Some(Fact::DeadlinePassed) => order.deadline().unwrap_or(order.updated_at()),
        _ => order.updated_at().max(at(0)),
    }
}

fn provider(id: &str) -> Option<ProviderId> {
    ProviderId::parse(id).ok()
}

fn tracking() -> Tracking {
    Tracking::new("dhl".parse().ok(), "T1".parse().ok(), None)
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

fn fulfillments(order: &Order) -> impl Iterator<Item = FulfillmentNo> {
    order
        .fulfillments()
        .iter()
        .map(|one| one.no)
        .chain([FulfillmentNo::new(NONE_SUCH)])
}

fn returns(order: &Order) -> impl Iterator<Item = ReturnNo> {
    order
        .returns()
        .iter()
        .map(|one| one.no)
        .chain([ReturnNo::new(NONE_SUCH)])
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

fn attempts(order: &Order) -> impl Iterator<Item = (AttemptNo, Amount)> {
    order
        .payments()
        .iter()
        .map(|attempt| (attempt.no, attempt.amount))
        .chain([(AttemptNo::new(NONE_SUCH), Amount::new(1_000))])
}

fn captures(order: &Order) -> impl Iterator<Item = (AttemptNo, CaptureNo)> {
    order
        .payments()
        .iter()
        .flat_map(|attempt| {
            attempt
                .captures
                .iter()
                .map(|capture| (attempt.no, capture.no))
        })
        .chain([(AttemptNo::FIRST, CaptureNo::new(NONE_SUCH))])
}

fn refunds(order: &Order) -> impl Iterator<Item = RefundNo> {
    order
        .refunds()
        .iter()
        .map(|refund| refund.no)
        .chain([RefundNo::new(NONE_SUCH)])
}
