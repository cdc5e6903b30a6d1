//! Taking over an order from another system, as it stands there.

use super::Refused;
use super::place::{check_sums, new_lines};
use crate::apply::apply;
use crate::command::ImportOrder;
use crate::draft::Context;
use crate::event::{Event, Happening};
use crate::money::Amount;
use crate::order::{Line, Order, OrderStatus, SkuUnits, Tracking};
use crate::refusal::{Refusal, RefusalCode};
use crate::value::{AttemptNo, CaptureNo, FulfillmentNo, LineId, RefundNo, Version};

pub(super) fn import(
    import: &ImportOrder,
    ctx: &Context<'_>,
    refused: &Refused,
) -> Result<Happening, Refusal> {
    let inconsistent =
        |message: &str| refused.because(RefusalCode::InconsistentImport, message.to_owned());
    let lines = new_lines(&import.order.lines, LineId::FIRST, ctx, refused)?;
    check_sums(&lines, &import.order.adjustments, refused)?;
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

    let mut order = blank(import, ctx, lines, refused)?;
    spread(&mut order, &import.cancelled, |line| {
        (line.quantity.get() - line.cancelled, &mut line.cancelled)
    })
    .ok_or_else(|| inconsistent("more units are cancelled than were ordered"))?;
    spread(&mut order, &import.shipped, |line| {
        (line.unshipped(), &mut line.shipped)
    })
    .ok_or_else(|| inconsistent("more units are shipped than are ordered and not cancelled"))?;
    spread(&mut order, &import.delivered, |line| {
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
            .any(|line| line.delivered < line.active())
    {
        return Err(inconsistent(
            "a completed order has every unit delivered or cancelled",
        ));
    }
    Ok(Happening::OrderImported(Box::new(order)))
}

/// The order as if it had just been placed, without stock.
fn blank(
    import: &ImportOrder,
    ctx: &Context<'_>,
    lines: Vec<Line>,
    refused: &Refused,
) -> Result<Order, Refusal> {
    let first = super::place::place(&import.order, ctx, refused)?;
    let event = Event::new(Version::INITIAL, import.placed_at, ctx.actor.clone(), first);
    let mut order = apply(None, &event)
        .ok_or_else(|| refused.because(RefusalCode::NotPlaced, "there is no order yet"))?;
    order.lines = lines;
    order.status = import.status;
    order.customer = crate::order::CustomerCheck::Verified;
    order.reservation = None;
    order.external_reference = Some(import.reference.clone());
    order.deadline = (import.status == OrderStatus::Confirmed)
        .then(|| crate::time::after(ctx.now, ctx.policies.payment_window));
    order.payment_method_ready = false;
    Ok(order)
}

/// Counts units by SKU onto the lines, in order; `None` if there is no room for some.
fn spread(
    order: &mut Order,
    units: &[SkuUnits],
    room: impl Fn(&mut Line) -> (u32, &mut u32),
) -> Option<()> {
    for one in units {
        let mut left = one.quantity;
        for line in order.lines.iter_mut().filter(|line| line.sku == one.sku) {
            let (free, count) = room(line);
            let taken = left.min(free);
            *count += taken;
            left -= taken;
        }
        if left > 0 {
            return None;
        }
    }
    Some(())
}

/// What was shipped and paid there, as one fulfillment, one payment and one refund.
fn add_history(order: &mut Order, import: &ImportOrder, ctx: &Context<'_>) {
    use crate::order::{
        AttemptState, Capture, CaptureState, Fulfillment, FulfillmentState, LineUnits,
        PaymentAttempt, Refund, RefundPurpose, RefundState,
    };
    let sent = |units: fn(&Line) -> u32, lines: &[Line]| -> Vec<LineUnits> {
        lines
            .iter()
            .map(|line| LineUnits::new(line.id, units(line)))
            .filter(|units| units.units > 0)
            .collect()
    };
    let parts = [
        (
            sent(|line| line.delivered, &order.lines),
            FulfillmentState::Delivered,
        ),
        (
            sent(|line| line.shipped - line.delivered, &order.lines),
            FulfillmentState::Shipped,
        ),
    ];
    let mut no = FulfillmentNo::FIRST;
    for (lines, state) in parts {
        if lines.is_empty() {
            continue;
        }
        order.fulfillments.push(Fulfillment {
            no,
            state,
            lines,
            excess: Vec::new(),
            tracking: Tracking::default(),
            recalling: false,
            shipped_at: Some(ctx.now),
            delivered_at: (state == FulfillmentState::Delivered).then_some(ctx.now),
        });
        no = no.next();
    }
    if import.captured.is_positive() {
        order.payments.push(PaymentAttempt {
            no: AttemptNo::FIRST,
            amount: import.captured,
            capture: true,
            state: AttemptState::Captured,
            provider_id: None,
            authorized: import.captured,
            captures: vec![Capture {
                no: CaptureNo::FIRST,
                amount: import.captured,
                state: CaptureState::Succeeded,
                external: None,
                failure: None,
            }],
            decline_code: None,
            voiding: false,
            started_at: import.placed_at,
        });
    }
    if import.refunded.is_positive() {
        let before = order.ledger();
        // What was paid back beyond an overpayment was given away.
        let purpose = if before.overpaid() >= i128::from(Amount::minor(import.refunded)) {
            RefundPurpose::Overpayment
        } else {
            RefundPurpose::Goodwill
        };
        order.refunds.push(Refund {
            no: RefundNo::FIRST,
            attempt: AttemptNo::FIRST,
            amount: import.refunded,
            purpose,
            reason: None,
            state: RefundState::Succeeded,
            provider_id: None,
            failure: None,
            requested_at: import.placed_at,
            updated_at: import.placed_at,
        });
    }
}
