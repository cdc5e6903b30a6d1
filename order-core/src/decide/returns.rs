//! Returns by command: request, approve, reject, receive, cancel.

use super::ensure::{Denial, deny, ensure};
use super::lines::{Room, resolve_units};
use super::offsets;
use crate::event::EventPayload;
use crate::money::Amount;
use crate::order::{LineQuantity, ReturnRequestStatus, ShipmentStatus, UnitSelection};
use crate::refusal::RefusalCode;
use crate::time;
use crate::transition::EventSink;
use crate::value::{Reason, ReturnNo};

pub(super) fn request(
    sink: &mut EventSink<'_>,
    lines: &[UnitSelection],
    reason: Option<&Reason>,
) -> Result<(), Denial> {
    let order = &sink.order;
    let lines = resolve_units(order, lines, &Room::returnable())?;
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
    let order = &sink.order;
    let credit = Amount::saturating_from(order.worth_of(&lines, |line| line.returned));
    let offsets = offsets::of_returned(order, &lines);
    sink.emit(EventPayload::ReturnReceived {
        return_no,
        restocked: restock,
        credit,
        offsets,
    });
    Ok(())
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
