//! Units that come back, by command.

use super::Refused;
use super::lines::share;
use crate::draft::Draft;
use crate::event::Happening;
use crate::money::Amount;
use crate::order::{FulfillmentState, LineUnits, Order, ReturnState, SkuUnits};
use crate::refusal::{Refusal, RefusalCode};
use crate::time;
use crate::value::{Reason, ReturnNo};

pub(super) fn request(
    draft: &mut Draft<'_>,
    lines: &[SkuUnits],
    reason: Option<&Reason>,
    refused: &Refused,
) -> Result<(), Refusal> {
    let order = &draft.order;
    let lines = share(order, lines, |line| line.returnable(), refused)?;
    let last = order
        .fulfillments
        .iter()
        .filter(|one| one.state == FulfillmentState::Delivered)
        .filter_map(|one| one.delivered_at)
        .max();
    let window = draft.ctx.policies.return_window;
    refused.unless(
        last.is_some_and(|at| draft.ctx.now <= time::after(at, window)),
        RefusalCode::ReturnWindowClosed,
        "it is too late to send it back",
    )?;
    draft.request_return(lines, reason.cloned());
    Ok(())
}

pub(super) fn approve(
    draft: &mut Draft<'_>,
    return_no: ReturnNo,
    refused: &Refused,
) -> Result<(), Refusal> {
    in_state(draft, return_no, &[ReturnState::Requested], refused)?;
    draft.emit(Happening::ReturnApproved { return_no });
    Ok(())
}

pub(super) fn reject(
    draft: &mut Draft<'_>,
    return_no: ReturnNo,
    reason: Option<&Reason>,
    refused: &Refused,
) -> Result<(), Refusal> {
    in_state(draft, return_no, &[ReturnState::Requested], refused)?;
    draft.emit(Happening::ReturnRejected {
        return_no,
        reason: reason.cloned(),
    });
    Ok(())
}

pub(super) fn cancel(
    draft: &mut Draft<'_>,
    return_no: ReturnNo,
    refused: &Refused,
) -> Result<(), Refusal> {
    let states = [ReturnState::Requested, ReturnState::Approved];
    in_state(draft, return_no, &states, refused)?;
    draft.emit(Happening::ReturnCancelled { return_no });
    Ok(())
}

pub(super) fn receive(
    draft: &mut Draft<'_>,
    return_no: ReturnNo,
    restock: bool,
    refused: &Refused,
) -> Result<(), Refusal> {
    let lines = in_state(draft, return_no, &[ReturnState::Approved], refused)?;
    let credit = credit(&draft.order, &lines);
    draft.emit(Happening::ReturnReceived {
        return_no,
        restocked: restock,
        credit,
    });
    Ok(())
}

/// What units that come back were charged for, with the adjustments of their lines.
fn credit(order: &Order, lines: &[LineUnits]) -> Amount {
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

fn in_state(
    draft: &Draft<'_>,
    no: ReturnNo,
    states: &[ReturnState],
    refused: &Refused,
) -> Result<Vec<LineUnits>, Refusal> {
    let one = draft.order.return_with(no).ok_or_else(|| {
        refused.because(RefusalCode::NoSuchPart, format!("there is no return {no}"))
    })?;
    refused.unless(
        states.contains(&one.state),
        RefusalCode::WrongPartState,
        format!("return {no} is {}", one.state),
    )?;
    Ok(one.lines.clone())
}
