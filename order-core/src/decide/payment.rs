//! Payment by command: charge, change the method, capture, refund.

use super::ensure::{
    Denial, ensure, ensure_no_open_attempt, ensure_not_erased, ensure_not_held, ensure_positive,
    ensure_revision_settled,
};
use super::lines::{Room, refunded_ahead, resolve_units};
use crate::event::EventPayload;
use crate::money::Amount;
use crate::order::{
    LineQuantity, Order, OrderLine, OrderStatus, PersonalData, RefundKind, UnitSelection,
};
use crate::reconcile::{attempt_of, may_attempt, next_refund, outlasts_attempt, refundable};
use crate::refusal::RefusalCode;
use crate::transition::EventSink;
use crate::value::{PaymentToken, Reason};

pub(super) fn start(sink: &mut EventSink<'_>, amount: Option<Amount>) -> Result<(), Denial> {
    let order = &sink.order;
    ensure_no_open_attempt(&sink.order)?;
    ensure_not_held(order)?;
    ensure_revision_settled(order)?;
    let due = order.totals().due;
    ensure(due.is_positive(), RefusalCode::NothingDue, "nothing is due")?;
    ensure(
        order.personal.payment_token.is_some(),
        RefusalCode::NoPaymentMethod,
        "there is no payment method: put one first",
    )?;
    ensure(
        may_attempt(order, sink.ctx.policy),
        RefusalCode::TooManyAttempts,
        "as many payment attempts as are allowed were made",
    )?;
    let stock_lasts = order.status != OrderStatus::Confirmed || outlasts_attempt(sink);
    match amount {
        None if !stock_lasts => {
            // The reservation is extended first; the payment follows by itself.
            sink.emit(EventPayload::PaymentMethodChanged {
                personal: PersonalData::default(),
            });
        }
        None => {
            let started = attempt_of(sink, due);
            sink.emit(started);
        }
        Some(amount) => {
            ensure_positive(amount)?;
            ensure(
                amount <= due,
                RefusalCode::InvalidAmount,
                format_args!("only {due} is due"),
            )?;
            ensure(
                stock_lasts,
                RefusalCode::StockNotSettled,
                "stock is not held for long enough to pay a part",
            )?;
            let started = attempt_of(sink, amount);
            sink.emit(started);
        }
    }
    Ok(())
}

pub(super) fn change_method(sink: &mut EventSink<'_>, token: &PaymentToken) -> Result<(), Denial> {
    ensure_no_open_attempt(&sink.order)?;
    ensure_not_erased(&sink.order)?;
    sink.emit(EventPayload::PaymentMethodChanged {
        personal: PersonalData {
            payment_token: Some(token.clone()),
            ..PersonalData::default()
        },
    });
    Ok(())
}

pub(super) fn capture(sink: &mut EventSink<'_>, amount: Option<Amount>) -> Result<(), Denial> {
    let order = &sink.order;
    let balance = order.balance();
    let open: i128 = order
        .payments
        .iter()
        .map(|attempt| i128::from(attempt.capturable().minor()))
        .sum();
    let owed = balance.unpaid() - balance.captures_pending;
    let wanted = match amount {
        Some(amount) => {
            ensure_positive(amount)?;
            i128::from(amount.minor())
        }
        None => open.min(owed),
    };
    ensure(
        wanted > 0,
        RefusalCode::NothingDue,
        "there is nothing to capture",
    )?;
    ensure(
        wanted <= open && wanted <= owed,
        RefusalCode::ExceedsAuthorized,
        format_args!("at most {} may be captured", open.min(owed)),
    )?;
    let mut left = wanted;
    let parts: Vec<_> = order
        .payments
        .iter()
        .filter_map(|attempt| {
            let part = left.min(i128::from(attempt.capturable().minor()));
            left -= part;
            (part > 0).then(|| EventPayload::CaptureRequested {
                attempt: attempt.no,
                capture: attempt.next_capture(),
                amount: Amount::saturating_from(part),
            })
        })
        .collect();
    parts.into_iter().for_each(|part| sink.emit(part));
    Ok(())
}

pub(super) fn refund(
    sink: &mut EventSink<'_>,
    amount: Option<Amount>,
    lines: Option<&[UnitSelection]>,
    kind: RefundKind,
    reason: Option<&Reason>,
) -> Result<(), Denial> {
    let order = &sink.order;
    let net_captured = order.balance().net_captured();
    let units = match lines {
        Some(lines) => resolve_units(order, lines, &Room::refundable(order))?,
        None => Vec::new(),
    };
    let wanted = match amount {
        Some(amount) => {
            ensure_positive(amount)?;
            i128::from(amount.minor())
        }
        None if units.is_empty() => net_captured,
        None => order.worth_of(&units, |line| next_to_free(order, line, &units)),
    };
    ensure(
        net_captured > 0,
        RefusalCode::ExceedsCaptured,
        "nothing is captured that was not refunded",
    )?;
    ensure(
        wanted > 0,
        RefusalCode::NothingDue,
        "nothing was charged for these units",
    )?;
    ensure(
        wanted <= net_captured,
        RefusalCode::ExceedsCaptured,
        format_args!("at most {net_captured} may be refunded"),
    )?;
    let mut left = wanted;
    while left > 0 {
        let Some((attempt, available)) = refundable(&sink.order) else {
            break;
        };
        let part = left.min(available);
        left -= part;
        let refund = next_refund(&sink.order);
        sink.emit(EventPayload::RefundRequested {
            refund,
            attempt,
            amount: Amount::saturating_from(part),
            purpose: kind.purpose(),
            lines: units.clone(),
            reason: reason.cloned(),
        });
    }
    Ok(())
}

/// Returns the number of the first unit that a cancel or return would free next: cancelled units are
/// counted from the back, returned ones from the front.
fn next_to_free(order: &Order, line: &OrderLine, units: &[LineQuantity]) -> u32 {
    let ahead = refunded_ahead(order, line.id);
    let wanted = units.iter().find(|one| one.line == line.id);
    let from_back = wanted.map_or(0, |one| one.units).saturating_add(ahead);
    if from_back <= line.unshipped() {
        line.remaining() - from_back
    } else {
        line.returned.saturating_add(ahead)
    }
}
