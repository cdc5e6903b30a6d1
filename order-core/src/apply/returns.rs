//! Applies events about returns.

use super::lines::add;
use crate::event::EventPayload;
use crate::money::Amount;
use crate::order::{LineQuantity, Order, Return, ReturnRequestStatus};
use crate::time::Timestamp;
use crate::value::ReturnNo;

impl Order {
    /// Applies an event about returns; ignores other events.
    pub(super) fn apply_return(&mut self, payload: &EventPayload, at: Timestamp) {
        match payload {
            EventPayload::ReturnRequested {
                return_no,
                lines,
                reason,
            } => {
                self.count(lines, |line, units| add(&mut line.return_requested, units));
                self.returns.push(Return {
                    no: *return_no,
                    status: ReturnRequestStatus::Requested,
                    lines: lines.clone(),
                    reason: reason.clone(),
                    credit: Amount::ZERO,
                    restocked: false,
                    requested_at: at,
                });
            }
            EventPayload::ReturnApproved { return_no } => {
                self.with_return(*return_no, |one| one.status = ReturnRequestStatus::Approved);
            }
            EventPayload::ReturnRejected { return_no, .. } => {
                self.end_return(*return_no, ReturnRequestStatus::Rejected);
            }
            EventPayload::ReturnCancelled { return_no } => {
                self.end_return(*return_no, ReturnRequestStatus::Cancelled);
            }
            EventPayload::ReturnReceived {
                return_no,
                restocked,
                credit,
                offsets,
            } => {
                self.offset_refunds(offsets);
                let lines = self.units_returned(*return_no);
                self.count(&lines, |line, units| {
                    add(&mut line.returned, units);
                    if *restocked {
                        add(&mut line.restocked, units);
                    }
                });
                self.with_return(*return_no, |one| {
                    one.status = ReturnRequestStatus::Received;
                    one.restocked = *restocked;
                    one.credit = *credit;
                });
            }
            EventPayload::ReturnClosed { return_no } => {
                self.with_return(*return_no, |one| one.status = ReturnRequestStatus::Closed);
            }
            _ => {}
        }
    }

    fn with_return(&mut self, no: ReturnNo, change: impl FnOnce(&mut Return)) {
        if let Some(one) = self.returns.iter_mut().find(|one| one.no == no) {
            change(one);
        }
    }

    fn units_returned(&self, no: ReturnNo) -> Vec<LineQuantity> {
        self.return_with(no)
            .map(|one| one.lines.clone())
            .unwrap_or_default()
    }

    fn end_return(&mut self, no: ReturnNo, status: ReturnRequestStatus) {
        let lines = self.units_returned(no);
        self.count(&lines, |line, units| {
            line.return_requested = line.return_requested.saturating_sub(units);
        });
        self.with_return(no, |one| one.status = status);
    }
}
