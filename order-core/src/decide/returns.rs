//! Returns by command: request, approve, reject, receive, cancel.

use super::ensure::{Denial, deny, ensure};
use super::lines::resolve_units;
use crate::event::EventPayload;
use crate::money::Amount;
use crate::order::{LineQuantity, Order, ReturnRequestStatus, ShipmentStatus, SkuQuantity};
use crate::refusal::RefusalCode;
use crate::time;
use crate::transition::EventSink;
use crate::value::{Reason, ReturnNo};

pub(super) fn request(
    sink: &mut EventSink<'_>,
    lines: &[SkuQuantity],
    reason: Option<&Reason>,
) -> Result<(), Denial> {
    let order = &sink.order;
    let lines = resolve_units(order, lines, |line| line.returnable())?;
    let last = order
        .fulfillments
        .iter()
        .filter(|one| one.status == ShipmentStatus::Delivered)
        .filter_map(|one| one.delivered_at)
        .max();
    let window = sink.ctx.policy.return_window;
    ensure(
        last.is_some_and(|at| sink.ctx.now <= time::after(at, window)),
        RefusalCode::ReturnWindowClosed,
        "it is too late to send it back",
    )?;
    sink.request_return(lines, reason.cloned());
    Ok(())
}

pub(super) fn approve(sink: &mut EventSink<'_>, return_no: ReturnNo) -> Result<(), Denial> {
    in_status(sink, return_no, &[ReturnRequestStatus::Requested])?;
    sink.emit(EventPayload::ReturnApproved { return_no });
    Ok(())
}

pub(super) fn reject(
    sink: &mut EventSink<'_>,
    return_no: ReturnNo,
    reason: Option<&Reason>,
) -> Result<(), Denial> {
    in_status(sink, return_no, &[ReturnRequestStatus::Requested])?;
    sink.emit(EventPayload::ReturnRejected {
        return_no,
        reason: reason.cloned(),
    });
    Ok(())
}

pub(super) fn cancel(sink: &mut EventSink<'_>, return_no: ReturnNo) -> Result<(), Denial> {
    let statuses = [
        ReturnRequestStatus::Requested,
        ReturnRequestStatus::Approved,
    ];
    in_status(sink, return_no, &statuses)?;
    sink.emit(EventPayload::ReturnCancelled { return_no });
    Ok(())
}

pub(super) fn receive(
    sink: &mut EventSink<'_>,
    return_no: ReturnNo,
    restock: bool,
) -> Result<(), Denial> {
    let lines = in_status(sink, return_no, &[ReturnRequestStatus::Approved])?;
    let credit = credit(&sink.order, &lines);
    sink.emit(EventPayload::ReturnReceived {
        return_no,
        restocked: restock,
        credit,
    });
    Ok(())
}

/// Returns what the returned units were charged, with the adjustments of their lines.
fn credit(order: &Order, lines: &[LineQuantity]) -> Amount {
    let worth: i128 = lines
        .iter()
        .filter_map(|units| {
            let line = order.line(units.line)?;
            let before = order.worth_of(line, line.returned);
            Some(order.worth_of(line, line.returned.saturating_add(units.units)) - before)
        })
        .sum();
    Amount::saturating_from(worth).at_least_zero()
}

fn in_status(
    sink: &EventSink<'_>,
    no: ReturnNo,
    statuses: &[ReturnRequestStatus],
) -> Result<Vec<LineQuantity>, Denial> {
    let one = sink
        .order
        .return_with(no)
        .ok_or_else(|| deny(RefusalCode::NoSuchPart, format!("there is no return {no}")))?;
    ensure(
        statuses.contains(&one.status),
        RefusalCode::WrongPartState,
        format_args!("return {no} is {}", one.status),
    )?;
    Ok(one.lines.clone())
}
