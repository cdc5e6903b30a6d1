//! What the warehouse and the carriers report.

use super::late::{late, late_if_closed};
use crate::event::EventPayload;
use crate::fact::{Fact, FactKind};
use crate::order::{
    Fulfillment, HoldOrigin, LineQuantity, Order, OrderLine, ReturnRequestStatus, ShipmentStatus,
    SkuQuantity, Tracking, merge_by_sku,
};
use crate::reconcile::next_fulfillment;
use crate::transition::EventSink;
use crate::value::{FulfillmentNo, ReturnNo};

/// Records a fact about fulfillments; ignores other facts.
pub(super) fn record(sink: &mut EventSink<'_>, fact: &Fact) {
    let kind = fact.kind();
    match fact {
        Fact::ShipmentConfirmed {
            fulfillment,
            lines,
            tracking,
        } => shipped(sink, *fulfillment, lines.as_deref(), tracking),
        Fact::TrackingUpdated {
            fulfillment,
            tracking,
        } => {
            let Some(one) = sink.order.fulfillment(*fulfillment) else {
                late(sink, kind);
                return;
            };
            let known = one.tracking.clone();
            let merged = tracking.clone().or(known.clone());
            if merged != known {
                sink.emit(EventPayload::TrackingUpdated {
                    fulfillment: *fulfillment,
                    tracking: merged,
                });
            }
        }
        Fact::DeliveryConfirmed { fulfillment } => delivered(sink, *fulfillment),
        Fact::ShipmentLost { fulfillment } => lost(sink, *fulfillment),
        Fact::FulfillmentRecalled { fulfillment } => {
            if is_waiting(sink, *fulfillment) {
                sink.emit(EventPayload::FulfillmentCancelled {
                    fulfillment: *fulfillment,
                    code: None,
                });
            }
        }
        Fact::RecallRefused { fulfillment } => {
            if is_waiting(sink, *fulfillment) {
                shipped(sink, Some(*fulfillment), None, &Tracking::default());
            }
        }
        Fact::FulfillmentRefused { fulfillment, code } => {
            if is_waiting(sink, *fulfillment) {
                sink.emit(EventPayload::FulfillmentCancelled {
                    fulfillment: *fulfillment,
                    code: Some(code.clone()),
                });
                if !sink.order.status.is_closed() {
                    sink.hold(HoldOrigin::WarehouseRefused, None);
                }
            }
        }
        _ => {}
    }
}

fn is_waiting(sink: &EventSink<'_>, no: FulfillmentNo) -> bool {
    sink.order
        .fulfillment(no)
        .is_some_and(Fulfillment::is_waiting)
}

/// Records a shipment, whether or not its units were ordered; surplus units are counted apart.
fn shipped(
    sink: &mut EventSink<'_>,
    reference: Option<FulfillmentNo>,
    lines: Option<&[SkuQuantity]>,
    tracking: &Tracking,
) {
    let known = reference.and_then(|no| sink.order.fulfillment(no));
    let planned = known.map(|one| one.lines.clone()).unwrap_or_default();
    let units = match (lines, known) {
        (Some(lines), _) => merge_by_sku(lines.iter().cloned()),
        (None, Some(_)) => sink.order.skus_of(&planned),
        (None, None) => sink.order.skus_of(
            &sink
                .order
                .lines
                .iter()
                .map(|line| LineQuantity::new(line.id, line.unshipped()))
                .collect::<Vec<_>>(),
        ),
    };
    left_warehouse(sink, reference, &planned, &units, tracking);
}

/// Records a shipment of these units of lines; without any, of those of the fulfillment.
pub(crate) fn record_shipment(
    sink: &mut EventSink<'_>,
    reference: Option<FulfillmentNo>,
    lines: Option<Vec<LineQuantity>>,
    tracking: &Tracking,
) {
    match lines {
        Some(lines) => {
            let units = sink.order.skus_of(&lines);
            left_warehouse(sink, reference, &lines, &units, tracking);
        }
        None => shipped(sink, reference, None, tracking),
    }
}

/// Records that units have left the warehouse, those of the preferred lines first.
fn left_warehouse(
    sink: &mut EventSink<'_>,
    reference: Option<FulfillmentNo>,
    preferred: &[LineQuantity],
    units: &[SkuQuantity],
    tracking: &Tracking,
) {
    let known = reference.and_then(|no| sink.order.fulfillment(no));
    if known.is_some_and(Fulfillment::has_left) {
        return;
    }
    let fulfillment = reference.unwrap_or_else(|| next_fulfillment(&sink.order));
    let tracking = tracking
        .clone()
        .or(known.map(|one| one.tracking.clone()).unwrap_or_default());
    let (lines, excess) = allocate(&sink.order, preferred, units);
    late_if_closed(sink, FactKind::ShipmentConfirmed);
    sink.emit(EventPayload::FulfillmentShipped {
        fulfillment,
        lines: lines.clone(),
        excess,
        tracking,
    });
    if sink.order.status.is_closed() && !lines.is_empty() {
        request_approved_return(sink, lines);
    }
}

/// Allocates units to the lines that still need them: to the preferred lines first, then in the order
/// of lines. Returns the allocated units, and the surplus.
fn allocate(
    order: &Order,
    preferred: &[LineQuantity],
    units: &[SkuQuantity],
) -> (Vec<LineQuantity>, Vec<SkuQuantity>) {
    let (mut allocated, mut excess) = (Vec::new(), Vec::new());
    for one in units {
        let mut left = one.quantity;
        let lines = || order.lines.iter().filter(|line| line.sku == one.sku);
        let mut parts: Vec<LineQuantity> = lines()
            .map(|line| {
                let wanted = preferred.iter().filter(|units| units.line == line.id);
                let wanted = wanted.fold(0_u32, |sum, units| sum.saturating_add(units.units));
                let part = left.min(wanted).min(OrderLine::unshipped(line));
                left -= part;
                LineQuantity::new(line.id, part)
            })
            .collect();
        for (line, part) in lines().zip(&mut parts) {
            let more = left.min(OrderLine::unshipped(line) - part.units);
            part.units += more;
            left -= more;
        }
        allocated.extend(parts.into_iter().filter(|part| part.units > 0));
        if left > 0 {
            excess.push(SkuQuantity::new(one.sku.clone(), left));
        }
    }
    (allocated, excess)
}

/// Requests and approves the return of everything that had shipped when the order was closed.
pub(super) fn request_return_of_all(sink: &mut EventSink<'_>) {
    let out: Vec<LineQuantity> = sink
        .order
        .lines
        .iter()
        .map(|line| LineQuantity::new(line.id, line.shipped.saturating_sub(line.return_requested)))
        .filter(|units| units.units > 0)
        .collect();
    if !out.is_empty() {
        request_approved_return(sink, out);
    }
}

/// Requests and approves a return.
fn request_approved_return(sink: &mut EventSink<'_>, lines: Vec<LineQuantity>) {
    let return_no = sink.request_return(lines, None);
    sink.emit(EventPayload::ReturnApproved { return_no });
}

fn delivered(sink: &mut EventSink<'_>, no: FulfillmentNo) {
    let Some(one) = sink.order.fulfillment(no) else {
        late(sink, FactKind::DeliveryConfirmed);
        return;
    };
    match one.status {
        ShipmentStatus::Delivered => return,
        ShipmentStatus::Shipped => late_if_closed(sink, FactKind::DeliveryConfirmed),
        // It must have shipped, although that was not reported.
        ShipmentStatus::Planned | ShipmentStatus::Released => {
            shipped(sink, Some(no), None, &Tracking::default());
        }
        ShipmentStatus::Cancelled | ShipmentStatus::Lost => {
            let units = sink.order.skus_of(&one.lines);
            let tracking = one.tracking.clone();
            let (lines, excess) = allocate(&sink.order, &one.lines, &units);
            late(sink, FactKind::DeliveryConfirmed);
            sink.emit(EventPayload::FulfillmentShipped {
                fulfillment: no,
                lines: lines.clone(),
                excess,
                tracking,
            });
            if sink.order.status.is_closed() && !lines.is_empty() {
                request_approved_return(sink, lines);
            }
        }
    }
    sink.emit(EventPayload::FulfillmentDelivered { fulfillment: no });
}

/// Records a loss, after which the units are open again. A return that still expects them is cancelled.
fn lost(sink: &mut EventSink<'_>, no: FulfillmentNo) {
    let Some(one) = sink.order.fulfillment(no) else {
        late(sink, FactKind::ShipmentLost);
        return;
    };
    let lines = one.lines.clone();
    match one.status {
        ShipmentStatus::Lost => return,
        ShipmentStatus::Shipped => {}
        ShipmentStatus::Planned | ShipmentStatus::Released => {
            shipped(sink, Some(no), None, &Tracking::default());
        }
        ShipmentStatus::Delivered | ShipmentStatus::Cancelled => {
            late(sink, FactKind::ShipmentLost);
            return;
        }
    }
    while let Some(return_no) = return_expecting(&sink.order, &lines) {
        sink.emit(EventPayload::ReturnCancelled { return_no });
    }
    if would_contradict(&sink.order, &lines) {
        late(sink, FactKind::ShipmentLost);
        return;
    }
    sink.emit(EventPayload::FulfillmentLost { fulfillment: no });
}

/// Returns whether after the loss more units of a line would be in returns or delivered than shipped.
fn would_contradict(order: &Order, lost: &[LineQuantity]) -> bool {
    lost.iter().any(|units| {
        order.line(units.line).is_some_and(|line| {
            let remaining = line.shipped.saturating_sub(units.units);
            line.return_requested > remaining || line.delivered > remaining
        })
    })
}

/// Finds a return that is not received yet and expects units that are lost.
fn return_expecting(order: &Order, lost: &[LineQuantity]) -> Option<ReturnNo> {
    if !would_contradict(order, lost) {
        return None;
    }
    order
        .returns
        .iter()
        .filter(|one| {
            matches!(
                one.status,
                ReturnRequestStatus::Requested | ReturnRequestStatus::Approved
            )
        })
        .find(|one| {
            one.lines
                .iter()
                .any(|units| lost.iter().any(|lost| lost.line == units.line))
        })
        .map(|one| one.no)
}
