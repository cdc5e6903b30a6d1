//! The warehouse by hand: plan, release, call back, ship, deliver.

use super::Refused;
use super::lines::share;
use crate::advance::{all_open, is_paid_first, next_fulfillment};
use crate::draft::Draft;
use crate::event::Happening;
use crate::fact::Fact;
use crate::order::{Fulfillment, FulfillmentState, LineUnits, SkuUnits, Tracking};
use crate::record::record_onto;
use crate::refusal::{Refusal, RefusalCode};
use crate::value::FulfillmentNo;

pub(super) fn plan(
    draft: &mut Draft<'_>,
    lines: Option<&[SkuUnits]>,
    refused: &Refused,
) -> Result<(), Refusal> {
    may_send(draft, refused)?;
    let lines = open_units(draft, lines, refused)?;
    let fulfillment = next_fulfillment(&draft.order);
    draft.emit(Happening::FulfillmentPlanned { fulfillment, lines });
    Ok(())
}

pub(super) fn release(
    draft: &mut Draft<'_>,
    fulfillment: FulfillmentNo,
    refused: &Refused,
) -> Result<(), Refusal> {
    may_send(draft, refused)?;
    in_state(draft, fulfillment, &[FulfillmentState::Planned], refused)?;
    draft.emit(Happening::FulfillmentReleased { fulfillment });
    Ok(())
}

pub(super) fn recall(
    draft: &mut Draft<'_>,
    fulfillment: FulfillmentNo,
    refused: &Refused,
) -> Result<(), Refusal> {
    let one = in_state(
        draft,
        fulfillment,
        &[FulfillmentState::Planned, FulfillmentState::Released],
        refused,
    )?;
    let (planned, recalling) = (one.state == FulfillmentState::Planned, one.recalling);
    if planned {
        draft.emit(Happening::FulfillmentCancelled {
            fulfillment,
            code: None,
        });
    } else if !recalling {
        draft.emit(Happening::FulfillmentRecallRequested { fulfillment });
    }
    Ok(())
}

pub(super) fn ship(
    draft: &mut Draft<'_>,
    fulfillment: Option<FulfillmentNo>,
    lines: Option<&[SkuUnits]>,
    tracking: &Tracking,
    refused: &Refused,
) -> Result<(), Refusal> {
    may_send(draft, refused)?;
    let waiting = [FulfillmentState::Planned, FulfillmentState::Released];
    let mut fulfillment = fulfillment;
    match (fulfillment, lines) {
        (Some(no), lines) => {
            let own = in_state(draft, no, &waiting, refused)?.lines.clone();
            if let Some(lines) = lines {
                let order = &draft.order;
                let planned = |id| {
                    own.iter()
                        .filter(|units| units.line == id)
                        .map(|units| units.units)
                        .sum::<u32>()
                };
                share(
                    order,
                    lines,
                    |line| order.open_units(line).saturating_add(planned(line.id)),
                    refused,
                )?;
            }
        }
        (None, Some(lines)) => {
            open_units(draft, Some(lines), refused)?;
        }
        (None, None) if all_open(&draft.order).is_empty() => {
            // All that is left stands in fulfillments: the first of them has left.
            fulfillment = draft
                .order
                .fulfillments
                .iter()
                .find(|one| one.is_waiting())
                .map(|one| one.no);
            refused.unless(
                fulfillment.is_some(),
                RefusalCode::NothingOpen,
                "there is nothing left to ship",
            )?;
        }
        (None, None) => {}
    }
    let lines = match (fulfillment, lines) {
        (None, None) => Some(by_sku(draft, &all_open(&draft.order))),
        (_, lines) => lines.map(<[SkuUnits]>::to_vec),
    };
    record_onto(
        draft,
        &Fact::ShipmentConfirmed {
            fulfillment,
            lines,
            tracking: tracking.clone(),
        },
    );
    Ok(())
}

pub(super) fn track(
    draft: &mut Draft<'_>,
    fulfillment: FulfillmentNo,
    tracking: &Tracking,
    refused: &Refused,
) -> Result<(), Refusal> {
    in_state(
        draft,
        fulfillment,
        &[FulfillmentState::Shipped, FulfillmentState::Delivered],
        refused,
    )?;
    record_onto(
        draft,
        &Fact::TrackingUpdated {
            fulfillment,
            tracking: tracking.clone(),
        },
    );
    Ok(())
}

pub(super) fn deliver(
    draft: &mut Draft<'_>,
    fulfillment: FulfillmentNo,
    refused: &Refused,
) -> Result<(), Refusal> {
    in_state(
        draft,
        fulfillment,
        &[FulfillmentState::Shipped, FulfillmentState::Delivered],
        refused,
    )?;
    record_onto(draft, &Fact::DeliveryConfirmed { fulfillment });
    Ok(())
}

/// It is paid as the policy asks, nothing holds it back, and its stock is settled.
fn may_send(draft: &Draft<'_>, refused: &Refused) -> Result<(), Refusal> {
    let order = &draft.order;
    refused.unless(
        !order.is_held(),
        RefusalCode::OnHold,
        "the order is on hold",
    )?;
    refused.unless(
        !order.revision_pending(),
        RefusalCode::StockNotSettled,
        "stock for the last revision is not settled yet",
    )?;
    refused.unless(
        is_paid_first(order, draft.ctx.policies.payment),
        RefusalCode::NotPaid,
        "what is due first is not paid",
    )
}

fn open_units(
    draft: &Draft<'_>,
    lines: Option<&[SkuUnits]>,
    refused: &Refused,
) -> Result<Vec<LineUnits>, Refusal> {
    let order = &draft.order;
    match lines {
        Some(lines) => share(order, lines, |line| order.open_units(line), refused),
        None => {
            let open = all_open(order);
            refused.unless(
                !open.is_empty(),
                RefusalCode::NothingOpen,
                "there is nothing left to send",
            )?;
            Ok(open)
        }
    }
}

fn by_sku(draft: &Draft<'_>, lines: &[LineUnits]) -> Vec<SkuUnits> {
    draft.order.skus_of(lines)
}

fn in_state<'d>(
    draft: &'d Draft<'_>,
    no: FulfillmentNo,
    states: &[FulfillmentState],
    refused: &Refused,
) -> Result<&'d Fulfillment, Refusal> {
    let one = draft.order.fulfillment(no).ok_or_else(|| {
        refused.because(
            RefusalCode::NoSuchPart,
            format!("there is no fulfillment {no}"),
        )
    })?;
    let code = match (states.contains(&FulfillmentState::Shipped), one.has_left()) {
        (true, false) => RefusalCode::NotShipped,
        (false, true) => RefusalCode::AlreadyShipped,
        (true, true) | (false, false) => RefusalCode::WrongPartState,
    };
    refused.unless(
        states.contains(&one.state),
        code,
        format!("fulfillment {no} is {}", one.state),
    )?;
    Ok(one)
}
