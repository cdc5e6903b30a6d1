//! What the warehouse and the carriers report.

use super::{late, late_if_closed};
use crate::advance::next_fulfillment;
use crate::draft::Draft;
use crate::event::Happening;
use crate::fact::{Fact, FactKind};
use crate::order::{
    Fulfillment, FulfillmentState, HoldOrigin, Line, LineUnits, Order, ReturnState, SkuUnits,
    Tracking, merge_by_sku,
};
use crate::value::{FulfillmentNo, ReturnNo};

pub(super) fn record(draft: &mut Draft<'_>, fact: &Fact) {
    let kind = fact.kind();
    match fact {
        Fact::ShipmentConfirmed {
            fulfillment,
            lines,
            tracking,
        } => shipped(draft, *fulfillment, lines.as_deref(), tracking),
        Fact::TrackingUpdated {
            fulfillment,
            tracking,
        } => {
            let Some(one) = draft.order.fulfillment(*fulfillment) else {
                late(draft, kind);
                return;
            };
            let known = one.tracking.clone();
            let better = tracking.clone().or(known.clone());
            if better != known {
                draft.emit(Happening::TrackingUpdated {
                    fulfillment: *fulfillment,
                    tracking: better,
                });
            }
        }
        Fact::DeliveryConfirmed { fulfillment } => delivered(draft, *fulfillment),
        Fact::ShipmentLost { fulfillment } => lost(draft, *fulfillment),
        Fact::FulfillmentRecalled { fulfillment } => {
            if is_waiting(draft, *fulfillment) {
                draft.emit(Happening::FulfillmentCancelled {
                    fulfillment: *fulfillment,
                    code: None,
                });
            }
        }
        Fact::RecallRefused { fulfillment } => {
            if is_waiting(draft, *fulfillment) {
                shipped(draft, Some(*fulfillment), None, &Tracking::default());
            }
        }
        Fact::FulfillmentRefused { fulfillment, code } => {
            if is_waiting(draft, *fulfillment) {
                draft.emit(Happening::FulfillmentCancelled {
                    fulfillment: *fulfillment,
                    code: Some(code.clone()),
                });
                if !draft.order.status.is_closed() {
                    draft.hold(HoldOrigin::WarehouseRefused, None);
                }
            }
        }
        _ => {}
    }
}

fn is_waiting(draft: &Draft<'_>, no: FulfillmentNo) -> bool {
    draft
        .order
        .fulfillment(no)
        .is_some_and(Fulfillment::is_waiting)
}

/// Units have left, whether or not they were ordered: those beyond are counted apart.
fn shipped(
    draft: &mut Draft<'_>,
    reference: Option<FulfillmentNo>,
    lines: Option<&[SkuUnits]>,
    tracking: &Tracking,
) {
    let known = reference.and_then(|no| draft.order.fulfillment(no));
    if known.is_some_and(Fulfillment::has_left) {
        return;
    }
    let units = match (lines, known) {
        (Some(lines), _) => merge_by_sku(lines.iter().cloned()),
        (None, Some(one)) => draft.order.skus_of(&one.lines),
        (None, None) => draft.order.skus_of(
            &draft
                .order
                .lines
                .iter()
                .map(|line| LineUnits::new(line.id, line.unshipped()))
                .collect::<Vec<_>>(),
        ),
    };
    let fulfillment = reference.unwrap_or_else(|| next_fulfillment(&draft.order));
    let tracking = tracking
        .clone()
        .or(known.map(|one| one.tracking.clone()).unwrap_or_default());
    let (lines, excess) = fit(&draft.order, &units);
    late_if_closed(draft, FactKind::ShipmentConfirmed);
    draft.emit(Happening::FulfillmentShipped {
        fulfillment,
        lines: lines.clone(),
        excess,
        tracking,
    });
    if draft.order.status.is_closed() && !lines.is_empty() {
        expect_back(draft, lines);
    }
}

/// Units onto the lines that still wait for them, in order; and those for which none does.
fn fit(order: &Order, units: &[SkuUnits]) -> (Vec<LineUnits>, Vec<SkuUnits>) {
    let (mut fitting, mut excess) = (Vec::new(), Vec::new());
    for one in units {
        let mut left = one.quantity;
        for line in order.lines.iter().filter(|line| line.sku == one.sku) {
            let part = left.min(Line::unshipped(line));
            if part > 0 {
                fitting.push(LineUnits::new(line.id, part));
                left -= part;
            }
        }
        if left > 0 {
            excess.push(SkuUnits::new(one.sku.clone(), left));
        }
    }
    (fitting, excess)
}

/// What had left before it was decided that the order will not go on should come back.
pub(super) fn expect_all_back(draft: &mut Draft<'_>) {
    let out: Vec<LineUnits> = draft
        .order
        .lines
        .iter()
        .map(|line| LineUnits::new(line.id, line.shipped.saturating_sub(line.return_requested)))
        .filter(|units| units.units > 0)
        .collect();
    if !out.is_empty() {
        expect_back(draft, out);
    }
}

/// What left although the order will not go on should come back.
fn expect_back(draft: &mut Draft<'_>, lines: Vec<LineUnits>) {
    let return_no = draft.request_return(lines, None);
    draft.emit(Happening::ReturnApproved { return_no });
}

fn delivered(draft: &mut Draft<'_>, no: FulfillmentNo) {
    let Some(one) = draft.order.fulfillment(no) else {
        late(draft, FactKind::DeliveryConfirmed);
        return;
    };
    match one.state {
        FulfillmentState::Delivered => return,
        FulfillmentState::Shipped => late_if_closed(draft, FactKind::DeliveryConfirmed),
        // It must have left, though nobody said so.
        FulfillmentState::Planned | FulfillmentState::Released => {
            shipped(draft, Some(no), None, &Tracking::default());
        }
        FulfillmentState::Cancelled | FulfillmentState::Lost => {
            let units = draft.order.skus_of(&one.lines);
            let tracking = one.tracking.clone();
            let (lines, excess) = fit(&draft.order, &units);
            late(draft, FactKind::DeliveryConfirmed);
            draft.emit(Happening::FulfillmentShipped {
                fulfillment: no,
                lines: lines.clone(),
                excess,
                tracking,
            });
            if draft.order.status.is_closed() && !lines.is_empty() {
                expect_back(draft, lines);
            }
        }
    }
    draft.emit(Happening::FulfillmentDelivered { fulfillment: no });
}

/// Units that are lost are open again. A return that still expects them is dropped.
fn lost(draft: &mut Draft<'_>, no: FulfillmentNo) {
    let Some(one) = draft.order.fulfillment(no) else {
        late(draft, FactKind::ShipmentLost);
        return;
    };
    let lines = one.lines.clone();
    match one.state {
        FulfillmentState::Lost => return,
        FulfillmentState::Shipped => {}
        FulfillmentState::Planned | FulfillmentState::Released => {
            shipped(draft, Some(no), None, &Tracking::default());
        }
        FulfillmentState::Delivered | FulfillmentState::Cancelled => {
            late(draft, FactKind::ShipmentLost);
            return;
        }
    }
    while let Some(return_no) = expecting(&draft.order, &lines) {
        draft.emit(Happening::ReturnCancelled { return_no });
    }
    if would_break(&draft.order, &lines) {
        late(draft, FactKind::ShipmentLost);
        return;
    }
    draft.emit(Happening::FulfillmentLost { fulfillment: no });
}

/// Whether more units of a line would be asked back than are shipped, or delivered than shipped.
fn would_break(order: &Order, lost: &[LineUnits]) -> bool {
    lost.iter().any(|units| {
        order.line(units.line).is_some_and(|line| {
            let rest = line.shipped.saturating_sub(units.units);
            line.return_requested > rest || line.delivered > rest
        })
    })
}

/// A return that is not here yet and asks for units that are lost.
fn expecting(order: &Order, lost: &[LineUnits]) -> Option<ReturnNo> {
    if !would_break(order, lost) {
        return None;
    }
    order
        .returns
        .iter()
        .filter(|one| matches!(one.state, ReturnState::Requested | ReturnState::Approved))
        .find(|one| {
            one.lines
                .iter()
                .any(|units| lost.iter().any(|gone| gone.line == units.line))
        })
        .map(|one| one.no)
}
