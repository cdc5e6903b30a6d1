//! Fulfillment by command: plan, release, recall, ship, track, deliver.

use super::ensure::{Denial, deny, ensure, ensure_not_held, ensure_revision_settled};
use super::lines::{Room, resolve_units};
use crate::event::EventPayload;
use crate::fact::Fact;
use crate::order::{Fulfillment, LineQuantity, ShipmentStatus, Tracking, UnitSelection};
use crate::reconcile::{all_open, is_paid_first, next_fulfillment};
use crate::record::{record_onto, record_shipment};
use crate::refusal::RefusalCode;
use crate::transition::EventSink;
use crate::value::FulfillmentNo;

pub(super) fn plan(
    sink: &mut EventSink<'_>,
    lines: Option<&[UnitSelection]>,
) -> Result<(), Denial> {
    ensure_may_ship(sink)?;
    let lines = open_units(sink, lines)?;
    let fulfillment = next_fulfillment(&sink.order);
    sink.emit(EventPayload::FulfillmentPlanned { fulfillment, lines });
    Ok(())
}

pub(super) fn release(sink: &mut EventSink<'_>, fulfillment: FulfillmentNo) -> Result<(), Denial> {
    ensure_may_ship(sink)?;
    in_status(sink, fulfillment, &[ShipmentStatus::Planned])?;
    sink.emit(EventPayload::FulfillmentReleased { fulfillment });
    Ok(())
}

pub(super) fn recall(sink: &mut EventSink<'_>, fulfillment: FulfillmentNo) -> Result<(), Denial> {
    let one = in_status(
        sink,
        fulfillment,
        &[ShipmentStatus::Planned, ShipmentStatus::Released],
    )?;
    let (planned, recalling) = (one.status == ShipmentStatus::Planned, one.recalling);
    if planned {
        sink.emit(EventPayload::FulfillmentCancelled {
            fulfillment,
            code: None,
        });
    } else if !recalling {
        sink.emit(EventPayload::FulfillmentRecallRequested { fulfillment });
    }
    Ok(())
}

pub(super) fn ship(
    sink: &mut EventSink<'_>,
    fulfillment: Option<FulfillmentNo>,
    lines: Option<&[UnitSelection]>,
    tracking: &Tracking,
) -> Result<(), Denial> {
    ensure_may_ship(sink)?;
    let waiting = [ShipmentStatus::Planned, ShipmentStatus::Released];
    let (fulfillment, units) = match (fulfillment, lines) {
        (Some(no), lines) => {
            let own = &in_status(sink, no, &waiting)?.lines;
            let room = Room::open_or_in(&sink.order, own);
            let units = lines.map(|lines| resolve_units(&sink.order, lines, &room));
            (Some(no), units.transpose()?)
        }
        (None, Some(lines)) => (None, Some(open_units(sink, Some(lines))?)),
        (None, None) => {
            let open = all_open(&sink.order);
            if open.is_empty() {
                // Every unit is planned: the first waiting fulfillment is the one that has shipped.
                let fulfillments = &sink.order.fulfillments;
                let first = fulfillments.iter().find(|one| one.is_waiting());
                ensure(
                    first.is_some(),
                    RefusalCode::NothingOpen,
                    "there is nothing left to ship",
                )?;
                (first.map(|one| one.no), None)
            } else {
                (None, Some(open))
            }
        }
    };
    record_shipment(sink, fulfillment, units, tracking);
    Ok(())
}

pub(super) fn track(
    sink: &mut EventSink<'_>,
    fulfillment: FulfillmentNo,
    tracking: &Tracking,
) -> Result<(), Denial> {
    in_status(
        sink,
        fulfillment,
        &[ShipmentStatus::Shipped, ShipmentStatus::Delivered],
    )?;
    record_onto(
        sink,
        &Fact::TrackingUpdated {
            fulfillment,
            tracking: tracking.clone(),
        },
    );
    Ok(())
}

pub(super) fn deliver(sink: &mut EventSink<'_>, fulfillment: FulfillmentNo) -> Result<(), Denial> {
    in_status(
        sink,
        fulfillment,
        &[ShipmentStatus::Shipped, ShipmentStatus::Delivered],
    )?;
    record_onto(sink, &Fact::DeliveryConfirmed { fulfillment });
    Ok(())
}

/// Denies shipping while the order is on hold, not paid as its policy requires, or without settled
/// stock.
fn ensure_may_ship(sink: &EventSink<'_>) -> Result<(), Denial> {
    let order = &sink.order;
    ensure_not_held(order)?;
    ensure_revision_settled(order)?;
    ensure(
        is_paid_first(order, sink.ctx.policy.payment),
        RefusalCode::NotPaid,
        "what is due first is not paid",
    )
}

fn open_units(
    sink: &EventSink<'_>,
    lines: Option<&[UnitSelection]>,
) -> Result<Vec<LineQuantity>, Denial> {
    let order = &sink.order;
    match lines {
        Some(lines) => resolve_units(order, lines, &Room::open(order)),
        None => {
            let open = all_open(order);
            ensure(
                !open.is_empty(),
                RefusalCode::NothingOpen,
                "there is nothing left to send",
            )?;
            Ok(open)
        }
    }
}

fn in_status<'d>(
    sink: &'d EventSink<'_>,
    no: FulfillmentNo,
    statuses: &[ShipmentStatus],
) -> Result<&'d Fulfillment, Denial> {
    let one = sink.order.fulfillment(no).ok_or_else(|| {
        deny(
            RefusalCode::NoSuchPart,
            format!("there is no fulfillment {no}"),
        )
    })?;
    let code = match (statuses.contains(&ShipmentStatus::Shipped), one.has_left()) {
        (true, false) => RefusalCode::NotShipped,
        (false, true) => RefusalCode::AlreadyShipped,
        (true, true) | (false, false) => RefusalCode::WrongPartState,
    };
    ensure(
        statuses.contains(&one.status),
        code,
        format_args!("fulfillment {no} is {}", one.status),
    )?;
    Ok(one)
}
