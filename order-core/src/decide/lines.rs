//! Replaces the lines before anything is released; finds the units that a command names.

use super::ensure::{Denial, deny, ensure, ensure_editable, ensure_revision_settled};
use super::offsets::{self, is_open_correction};
use super::place::{check_sums, new_lines};
use crate::event::EventPayload;
use crate::money::Amount;
use crate::new_order::NewLine;
use crate::order::{
    Adjustment, AdjustmentKind, LineQuantity, LineSelector, Order, OrderLine, Refund,
    UnitSelection, Valuation,
};
use crate::refusal::RefusalCode;
use crate::transition::EventSink;
use crate::value::LineNo;

pub(super) fn revise(
    sink: &mut EventSink<'_>,
    lines: &[NewLine],
    adjustments: Option<&[Adjustment]>,
) -> Result<(), Denial> {
    let order = &sink.order;
    ensure_editable(order)?;
    ensure_revision_settled(order)?;
    ensure(
        order.is_priced(),
        RefusalCode::StockNotSettled,
        "the present lines are not priced yet",
    )?;
    ensure(
        lines.iter().all(|line| line.unit_price.is_some()),
        RefusalCode::InvalidAmount,
        "every line needs a unit price",
    )?;
    let revised = keep_ids(order, new_lines(lines, LineNo::FIRST, &sink.ctx)?);
    let adjustments = match adjustments {
        Some(adjustments) => adjustments.to_vec(),
        None => adjustments_of(order, &revised)?,
    };
    check_sums(&revised, &adjustments)?;
    let offsets = offsets::of_change(order, &revised, &adjustments);
    sink.emit(EventPayload::LinesRevised {
        lines: revised,
        adjustments,
        offsets,
    });
    Ok(())
}

/// Returns the present adjustments as they are after the revision: those of the order stay, and so do
/// those of a line that stays as it is. Discounts and taxes of a line follow its quantity; those of a
/// line that goes, go with it.
///
/// # Errors
/// If the price of a line with adjustments changes, or its SKU moves to more or fewer lines: what
/// becomes of the adjustments then is for the caller to say.
fn adjustments_of(order: &Order, revised: &[OrderLine]) -> Result<Vec<Adjustment>, Denial> {
    let mut kept = Vec::with_capacity(order.adjustments.len());
    for adjustment in &order.adjustments {
        let Some(before) = adjustment.line.and_then(|id| order.line(id)) else {
            kept.push(adjustment.clone());
            continue;
        };
        let with_sku = |lines: &[OrderLine]| {
            let same = lines.iter().filter(|line| line.sku == before.sku);
            same.count()
        };
        let lines_now = with_sku(revised);
        if lines_now == 0 {
            continue;
        }
        let after = revised.iter().find(|line| line.id == before.id);
        let after = after.filter(|after| {
            after.unit_price == before.unit_price && lines_now == with_sku(&order.lines)
        });
        let after = after.ok_or_else(|| {
            deny(
                RefusalCode::AdjustmentsRequired,
                format!(
                    "line {} has adjustments of its own: give all adjustments with the lines",
                    before.id
                ),
            )
        })?;
        kept.push(Adjustment {
            amount: following_quantity(adjustment, before, after)?,
            ..adjustment.clone()
        });
    }
    Ok(kept)
}

/// Returns the amount of a line's adjustment at its new quantity.
fn following_quantity(
    adjustment: &Adjustment,
    before: &OrderLine,
    after: &OrderLine,
) -> Result<Amount, Denial> {
    match adjustment.kind {
        AdjustmentKind::Shipping | AdjustmentKind::Fee => Ok(adjustment.amount),
        AdjustmentKind::Discount | AdjustmentKind::Tax => {
            let (now, whole) = (
                i128::from(after.quantity.get()),
                i128::from(before.quantity.get()),
            );
            let exact = i128::from(adjustment.amount.minor()) * now;
            Amount::try_from((exact * 2 + whole) / (whole * 2)).map_err(|_| {
                deny(
                    RefusalCode::AmountTooLarge,
                    "an adjustment is larger than can be counted",
                )
            })
        }
    }
}

/// Keeps the number and name of a line whose SKU was there before, preferably at the same price; others
/// get new numbers.
fn keep_ids(order: &Order, mut lines: Vec<OrderLine>) -> Vec<OrderLine> {
    let mut before: Vec<&OrderLine> = order.lines.iter().collect();
    let mut fresh = order
        .lines
        .iter()
        .map(|line| line.id)
        .max()
        .map_or(LineNo::FIRST, LineNo::next);
    let mut is_known = vec![false; lines.len()];
    for same_price in [true, false] {
        for (line, is_known) in lines.iter_mut().zip(&mut is_known) {
            let found = before.iter().position(|old| {
                old.sku == line.sku && (!same_price || old.unit_price == line.unit_price)
            });
            if let (false, Some(index)) = (*is_known, found) {
                let old = before.remove(index);
                line.id = old.id;
                line.name = line.name.take().or_else(|| old.name.clone());
                *is_known = true;
            }
        }
    }
    for (line, is_known) in lines.iter_mut().zip(is_known) {
        if !is_known {
            line.id = fresh;
            fresh = fresh.next();
        }
    }
    lines
}

/// What units are asked for, and so how many of a line there are.
pub(super) struct Room<'a> {
    units: Box<dyn Fn(&OrderLine) -> u32 + 'a>,
    why: fn(&Order, &OrderLine) -> String,
}

impl<'a> Room<'a> {
    /// Units to plan, ship or cancel: not planned, shipped or cancelled yet.
    pub(super) fn open(order: &'a Order) -> Self {
        Self {
            units: Box::new(|line| order.open_units(line)),
            why: why_not_open,
        }
    }

    /// The same, and those of a fulfillment that has not left.
    pub(super) fn open_or_in(order: &'a Order, own: &'a [LineQuantity]) -> Self {
        Self {
            units: Box::new(|line| {
                order
                    .open_units(line)
                    .saturating_add(units_of(own, line.id))
            }),
            why: why_not_open,
        }
    }

    /// Units that arrived and are in no return.
    pub(super) fn returnable() -> Self {
        Self {
            units: Box::new(OrderLine::returnable),
            why: |_, line| {
                format!(
                    "{} delivered, {} of them in returns",
                    line.delivered, line.return_requested
                )
            },
        }
    }

    /// Units that are neither cancelled nor returned, nor refunded ahead of that.
    pub(super) fn refundable(order: &'a Order) -> Self {
        Self {
            units: Box::new(|line| {
                line.remaining()
                    .saturating_sub(line.returned)
                    .saturating_sub(refunded_ahead(order, line.id))
            }),
            why: |order, line| {
                format!(
                    "{} not cancelled, {} returned, {} refunded already",
                    line.remaining(),
                    line.returned,
                    refunded_ahead(order, line.id)
                )
            },
        }
    }
}

fn why_not_open(order: &Order, line: &OrderLine) -> String {
    format!(
        "{} shipped, {} cancelled, {} planned or at the warehouse",
        line.shipped,
        line.cancelled,
        order.planned_units(line.id)
    )
}

/// Returns the units of a line that open corrections name.
pub(super) fn refunded_ahead(order: &Order, id: LineNo) -> u32 {
    let mut sum = 0_u32;
    let mut parts: Vec<&Refund> = Vec::new();
    for refund in order.refunds.iter().filter(|one| is_open_correction(one)) {
        // One refund by several payments names its units with each of its parts.
        let is_part = parts.last().is_some_and(|last| {
            last.lines == refund.lines && last.requested_at == refund.requested_at
        }) && parts.iter().all(|part| part.attempt != refund.attempt);
        if !is_part {
            parts.clear();
            sum = sum.saturating_add(units_of(&refund.lines, id));
        }
        parts.push(refund);
    }
    sum
}

fn units_of(units: &[LineQuantity], id: LineNo) -> u32 {
    units
        .iter()
        .filter(|one| one.line == id)
        .fold(0, |sum, one| sum.saturating_add(one.units))
}

/// Finds the units that a command names, at most as many of a line as there is room for.
///
/// # Errors
/// If a line or SKU is not part of the order, no unit is named, or more units than there is room for;
/// if a SKU is on several lines with room, where it is worth more on one than on another, unless all
/// their units are meant.
pub(super) fn resolve_units(
    order: &Order,
    units: &[UnitSelection],
    room: &Room<'_>,
) -> Result<Vec<LineQuantity>, Denial> {
    let mut resolved = Vec::<LineQuantity>::new();
    for (index, one) in units.iter().enumerate() {
        let lines = lines_meant(order, one, index)?;
        ensure(
            one.quantity > 0,
            RefusalCode::InvalidAmount,
            format_args!("lines[{index}].quantity must not be zero"),
        )?;
        let with_room: Vec<(&OrderLine, u32)> = lines
            .iter()
            .map(|line| {
                let used = units_of(&resolved, line.id);
                (*line, (room.units)(line).saturating_sub(used))
            })
            .filter(|(_, free)| *free > 0)
            .collect();
        let free = with_room
            .iter()
            .fold(0_u32, |sum, (_, free)| sum.saturating_add(*free));
        if one.quantity > free {
            let why: Vec<String> = lines.iter().map(|line| (room.why)(order, line)).collect();
            return Err(deny(
                RefusalCode::TooManyUnits,
                format!(
                    "lines[{index}]: {} asked for, {free} can be had ({})",
                    one.quantity,
                    why.join("; ")
                ),
            ));
        }
        let is_ambiguous = one.quantity < free
            && with_room.windows(2).any(|pair| match pair {
                [(one, _), (other, _)] => !Valuation::are_alike(one, other, &order.adjustments),
                _ => false,
            });
        ensure(
            !is_ambiguous,
            RefusalCode::AmbiguousSku,
            format_args!(
                "lines[{index}].sku is on several lines at different prices: name the line by line_id"
            ),
        )?;
        let mut left = one.quantity;
        for (line, free) in with_room {
            let part = left.min(free);
            if part > 0 {
                resolved.push(LineQuantity::new(line.id, part));
                left -= part;
            }
        }
    }
    ensure(
        !resolved.is_empty(),
        RefusalCode::NothingOpen,
        "there is no unit to do this with",
    )?;
    Ok(merge(resolved))
}

/// Returns the lines that a selection may mean.
fn lines_meant<'o>(
    order: &'o Order,
    units: &UnitSelection,
    index: usize,
) -> Result<Vec<&'o OrderLine>, Denial> {
    let (lines, code, what): (Vec<&OrderLine>, _, _) = match &units.of {
        LineSelector::Line(id) => (
            order.line(*id).into_iter().collect(),
            RefusalCode::UnknownLine,
            "line_id",
        ),
        LineSelector::Sku(sku) => (
            order.lines.iter().filter(|line| line.sku == *sku).collect(),
            RefusalCode::UnknownSku,
            "sku",
        ),
    };
    ensure(
        !lines.is_empty(),
        code,
        format_args!("lines[{index}].{what} is not part of the order"),
    )?;
    Ok(lines)
}

/// Sums the units of each line.
fn merge(units: Vec<LineQuantity>) -> Vec<LineQuantity> {
    let mut merged = Vec::<LineQuantity>::new();
    for one in units {
        match merged.iter_mut().find(|units| units.line == one.line) {
            Some(units) => units.units = units.units.saturating_add(one.units),
            None => merged.push(one),
        }
    }
    merged
}
