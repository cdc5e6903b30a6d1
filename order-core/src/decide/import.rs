//! Imports an order from another system, with its state there.

use super::ensure::{Denial, deny};
use super::place::{check_sums, new_lines};
use crate::apply::apply;
use crate::command::ImportOrder;
use crate::event::{Event, EventPayload};
use crate::money::Amount;
use crate::order::{Order, OrderLine, OrderStatus, SkuQuantity, Tracking};
use crate::refusal::RefusalCode;
use crate::transition::Context;
use crate::value::{CaptureNo, FulfillmentNo, LineNo, PaymentAttemptNo, RefundNo, Version};

pub(super) fn import(import: &ImportOrder, ctx: &Context<'_>) -> Result<EventPayload, Denial> {
    let inconsistent = |message: &str| deny(RefusalCode::InconsistentImport, message.to_owned());
    let lines = new_lines(&import.order.order.lines, LineNo::FIRST, ctx)?;
    check_sums(&lines, &import.order.order.adjustments)?;
    if lines.iter().any(|line| line.unit_price.is_none()) {
        return Err(inconsistent("every line needs a unit price"));
    }
    if !matches!(
        import.status,
        OrderStatus::Confirmed
            | OrderStatus::Processing
            | OrderStatus::Completed
            | OrderStatus::Cancelled
            | OrderStatus::Rejected
            | OrderStatus::Expired
    ) {
        return Err(inconsistent(
            "an order is imported as confirmed, processing, completed, cancelled, rejected or expired",
        ));
    }
    if import.captured.is_negative() || import.refunded.is_negative() {
        return Err(inconsistent("amounts must not be negative"));
    }
    if import.refunded > import.captured {
        return Err(inconsistent("more is refunded than was captured"));
    }
    if import.placed_at > ctx.now {
        return Err(inconsistent("it was placed in the future"));
    }

    let mut order = blank(import, ctx, lines)?;
    distribute(&mut order, &import.cancelled, |line| {
        (line.quantity.get() - line.cancelled, &mut line.cancelled)
    })
    .ok_or_else(|| inconsistent("more units are cancelled than were ordered"))?;
    distribute(&mut order, &import.shipped, |line| {
        (line.unshipped(), &mut line.shipped)
    })
    .ok_or_else(|| inconsistent("more units are shipped than are ordered and not cancelled"))?;
    distribute(&mut order, &import.delivered, |line| {
        (line.shipped - line.delivered, &mut line.delivered)
    })
    .ok_or_else(|| inconsistent("more units are delivered than were shipped"))?;
    add_history(&mut order, import, ctx);
    if order.status.is_terminal() && !order.is_settled() {
        return Err(inconsistent(
            "an order that has ended must be settled: what was captured and not refunded must be what is owed",
        ));
    }
    if order.status == OrderStatus::Completed
        && order
            .lines
            .iter()
            .any(|line| line.delivered < line.remaining())
    {
        return Err(inconsistent(
            "a completed order has every unit delivered or cancelled",
        ));
    }
    Ok(EventPayload::OrderImported(Box::new(order)))
}

/// Returns the order as if it had just been placed, without a reservation.
fn blank(import: &ImportOrder, ctx: &Context<'_>, lines: Vec<OrderLine>) -> Result<Order, Denial> {
    let first = super::place::place(&import.order, ctx)?;
    let event = Event::new(Version::INITIAL, import.placed_at, ctx.actor.clone(), first);
    let mut order =
        apply(None, &event).ok_or_else(|| deny(RefusalCode::NotPlaced, "there is no order yet"))?;
    order.lines = lines;
    order.status = import.status;
    order.customer_verification = crate::order::CustomerVerification::Verified;
    order.reservation = None;
    order.external_reference = Some(import.reference.clone());
    order.deadline = (import.status == OrderStatus::Confirmed)
        .then(|| crate::time::after(ctx.now, ctx.policy.payment_window));
    order.payment_method_ready = false;
    Ok(order)
}

/// Distributes units by SKU over the lines, in order; `None` if they do not fit.
fn distribute(
    order: &mut Order,
    units: &[SkuQuantity],
    room: impl Fn(&mut OrderLine) -> (u32, &mut u32),
) -> Option<()> {
    for one in units {
        let mut left = one.quantity;
        for line in order.lines.iter_mut().filter(|line| line.sku == one.sku) {
            let (free, count) = room(line);
            let part = left.min(free);
            *count += part;
            left -= part;
        }
        if left > 0 {
            return None;
        }
    }
    Some(())
}

/// Adds what was shipped and paid there, as one fulfillment for each status, one payment and one
/// refund.
fn add_history(order: &mut Order, import: &ImportOrder, ctx: &Context<'_>) {
    use crate::order::{
        Capture, CaptureMethod, CaptureStatus, Fulfillment, LineQuantity, PaymentAttempt,
        PaymentAttemptStatus, Refund, RefundPurpose, RefundStatus, ShipmentStatus,
    };
    let sent = |units: fn(&OrderLine) -> u32, lines: &[OrderLine]| -> Vec<LineQuantity> {
        lines
            .iter()
            .map(|line| LineQuantity::new(line.id, units(line)))
            .filter(|units| units.units > 0)
            .collect()
    };
    let parts = [
        (
            sent(|line| line.delivered, &order.lines),
            ShipmentStatus::Delivered,
        ),
        (
            sent(|line| line.shipped - line.delivered, &order.lines),
            ShipmentStatus::Shipped,
        ),
    ];
    let mut no = FulfillmentNo::FIRST;
    for (lines, status) in parts {
        if lines.is_empty() {
            continue;
        }
        order.fulfillments.push(Fulfillment {
            no,
            status,
            lines,
            excess: Vec::new(),
            tracking: Tracking::default(),
            recalling: false,
            shipped_at: Some(ctx.now),
            delivered_at: (status == ShipmentStatus::Delivered).then_some(ctx.now),
        });
        no = no.next();
    }
    if import.captured.is_positive() {
        order.payments.push(PaymentAttempt {
            no: PaymentAttemptNo::FIRST,
            amount: import.captured,
            capture_method: CaptureMethod::Automatic,
            status: PaymentAttemptStatus::Captured,
            provider_id: None,
            authorized: import.captured,
            captures: vec![Capture {
                no: CaptureNo::FIRST,
                amount: import.captured,
                status: CaptureStatus::Succeeded,
                external: None,
                failure: None,
            }],
            decline_code: None,
            voiding: false,
            started_at: import.placed_at,
        });
    }
    if import.refunded.is_positive() {
        let before = order.balance();
        // A refund beyond what was overpaid was goodwill.
        let purpose = if before.overpaid() >= i128::from(Amount::minor(import.refunded)) {
            RefundPurpose::Overpayment
        } else {
            RefundPurpose::Goodwill
        };
        order.refunds.push(Refund {
            no: RefundNo::FIRST,
            attempt: PaymentAttemptNo::FIRST,
            amount: import.refunded,
            purpose,
            lines: Vec::new(),
            offset: Amount::ZERO,
            reason: None,
            status: RefundStatus::Succeeded,
            provider_id: None,
            failure: None,
            requested_at: import.placed_at,
            updated_at: import.placed_at,
        });
    }
}
