//! Applies events about lines and revisions.

use crate::event::EventPayload;
use crate::money::Amount;
use crate::order::{LineQuantity, Order, OrderLine, RefundOffset, Revision};
use crate::value::LineNo;

impl Order {
    /// Applies an event about lines; ignores other events.
    pub(super) fn apply_lines(&mut self, payload: &EventPayload) {
        match payload {
            EventPayload::LinesPriced { lines } => {
                for priced in lines {
                    if let Some(line) = self.line_mut(priced.line) {
                        line.unit_price = Some(priced.unit_price);
                        line.name = line.name.take().or_else(|| priced.name.clone());
                    }
                }
            }
            EventPayload::LinesRevised {
                lines,
                adjustments,
                offsets,
            } => {
                self.offset_refunds(offsets);
                self.revision = Some(Box::new(Revision {
                    lines: std::mem::replace(&mut self.lines, lines.clone()),
                    adjustments: std::mem::replace(&mut self.adjustments, adjustments.clone()),
                    offsets: offsets.clone(),
                }));
            }
            EventPayload::RevisionSettled => self.revision = None,
            EventPayload::RevisionReverted { .. } => {
                if let Some(before) = self.revision.take() {
                    self.lines = before.lines;
                    self.adjustments = before.adjustments;
                    let undone = before.offsets.iter().map(|one| RefundOffset {
                        amount: one.amount.negated().unwrap_or(Amount::ZERO),
                        ..*one
                    });
                    self.offset_refunds(&undone.collect::<Vec<_>>());
                }
                self.finish_stock_operation(None);
            }
            EventPayload::LinesCancelled { lines, offsets, .. } => {
                self.offset_refunds(offsets);
                self.count(lines, |line, units| add(&mut line.cancelled, units));
            }
            _ => {}
        }
    }

    fn line_mut(&mut self, id: LineNo) -> Option<&mut OrderLine> {
        self.lines.iter_mut().find(|line| line.id == id)
    }

    /// Changes each of these lines by its units.
    pub(super) fn count(&mut self, units: &[LineQuantity], change: impl Fn(&mut OrderLine, u32)) {
        for one in units {
            if let Some(line) = self.line_mut(one.line) {
                change(line, one.units);
            }
        }
    }
}

/// Adds units to a counter.
pub(super) const fn add(counter: &mut u32, units: u32) {
    *counter = counter.saturating_add(units);
}
