//! What the inventory service reports.

use super::close::reject;
use super::late::{late, late_if_closed, late_stock};
use crate::event::{EventPayload, RejectionReason};
use crate::fact::{Fact, FactKind};
use crate::order::{
    HoldOrigin, OrderStatus, PricedLine, Reservation, ReservationOperation, Shortage, SkuQuantity,
    SumsError, check_sums,
};
use crate::transition::EventSink;
use crate::value::{Code, ReservationNo, Sku};

/// Records a fact about prices or stock; ignores other facts.
pub(super) fn record(sink: &mut EventSink<'_>, fact: &Fact) {
    let kind = fact.kind();
    match fact {
        Fact::LinesPriced { lines } => priced(sink, lines),
        Fact::PricingRejected { skus, code } => {
            if !sink.order.is_priced() {
                reject(
                    sink,
                    RejectionReason {
                        unknown: skus.clone(),
                        ..RejectionReason::new(code.clone())
                    },
                    kind,
                );
            }
        }
        Fact::StockReserved {
            reservation,
            lines,
            expires_at,
        } => {
            let Some(current) = &sink.order.reservation else {
                late_stock(sink, kind, *reservation);
                return;
            };
            if current.no == *reservation
                && current.pending_operation == Some(ReservationOperation::Reserve)
            {
                late_if_closed(sink, kind);
                sink.emit(EventPayload::StockReserved {
                    reservation: *reservation,
                    lines: lines.clone(),
                    expires_at: *expires_at,
                });
            } else if current.no != *reservation || !current.may_hold() {
                late_stock(sink, kind, *reservation);
            }
        }
        Fact::StockRejected {
            reservation,
            lines,
            shortages,
            unknown,
        } => {
            if is_pending(sink, *reservation, ReservationOperation::Reserve) {
                reservation_rejected(sink, *reservation, lines, shortages, unknown);
            }
        }
        Fact::StockRevised { reservation, lines } => {
            if is_pending(sink, *reservation, ReservationOperation::Revise) {
                sink.emit(EventPayload::ReservationRevised {
                    reservation: *reservation,
                    lines: lines.clone(),
                });
            }
        }
        Fact::StockRevisionRejected {
            reservation,
            shortages,
        } => {
            if is_pending(sink, *reservation, ReservationOperation::Revise) {
                revision_rejected(sink, *reservation, shortages);
            }
        }
        Fact::StockExtended {
            reservation,
            expires_at,
        } => {
            if is_pending(sink, *reservation, ReservationOperation::Extend) {
                sink.emit(EventPayload::ReservationExtended {
                    reservation: *reservation,
                    expires_at: *expires_at,
                });
            }
        }
        Fact::StockCommitted { reservation } => {
            if is_pending(sink, *reservation, ReservationOperation::Commit) {
                late_if_closed(sink, kind);
                sink.emit(EventPayload::StockCommitted {
                    reservation: *reservation,
                });
            }
        }
        Fact::StockReleased { reservation } => {
            let Some(current) =
                current(sink, *reservation).filter(|reservation| reservation.may_hold())
            else {
                return;
            };
            if sink.order.status.is_closed()
                || current.pending_operation == Some(ReservationOperation::Release)
            {
                sink.emit(EventPayload::StockReleased {
                    reservation: *reservation,
                });
            } else {
                // Somebody else released it although the order still needs it.
                late(sink, kind);
                sink.emit(EventPayload::ReservationLost {
                    reservation: *reservation,
                });
            }
        }
        Fact::ReservationExpired { reservation } => {
            if current(sink, *reservation).is_some_and(Reservation::may_hold) {
                sink.emit(EventPayload::ReservationLost {
                    reservation: *reservation,
                });
            }
        }
        _ => {}
    }
}

/// Returns the order's reservation, if it has this number.
fn current<'s>(sink: &'s EventSink<'_>, no: ReservationNo) -> Option<&'s Reservation> {
    sink.order
        .reservation
        .as_ref()
        .filter(|reservation| reservation.no == no)
}

/// Returns whether this operation is pending on this reservation.
fn is_pending(sink: &EventSink<'_>, no: ReservationNo, operation: ReservationOperation) -> bool {
    current(sink, no).is_some_and(|reservation| reservation.pending_operation == Some(operation))
}

/// Applies quotes to lines without a price. An order whose totals overflow or are negative is
/// rejected.
fn priced(sink: &mut EventSink<'_>, quotes: &[PricedLine]) {
    let order = &sink.order;
    let wanted: Vec<PricedLine> = quotes
        .iter()
        .filter(|quote| {
            order
                .line(quote.line)
                .is_some_and(|line| line.unit_price.is_none())
                && !quote.unit_price.is_negative()
        })
        .cloned()
        .collect();
    if wanted.is_empty() || order.status != OrderStatus::Pending {
        return;
    }
    let mut lines = order.lines.clone();
    for line in &mut lines {
        if let Some(quote) = wanted.iter().find(|quote| quote.line == line.id) {
            line.unit_price = Some(quote.unit_price);
        }
    }
    let problem = match check_sums(&lines, &order.adjustments) {
        Ok(()) => None,
        Err(SumsError::DiscountTooLarge { .. }) => Some(Code::literal("negative_total")),
        Err(SumsError::Overflow) => Some(Code::literal("amount_too_large")),
    };
    match problem {
        Some(code) => reject(sink, RejectionReason::new(code), FactKind::LinesPriced),
        None => sink.emit(EventPayload::LinesPriced { lines: wanted }),
    }
}

/// Records that stock could not be reserved. A pending order is rejected, and a later one is put on
/// hold for a person to decide. If the lines were revised meanwhile, a new reservation follows instead.
fn reservation_rejected(
    sink: &mut EventSink<'_>,
    no: ReservationNo,
    requested: &[SkuQuantity],
    shortages: &[Shortage],
    unknown: &[Sku],
) {
    let outdated = requested != sink.order.stock_target();
    sink.emit(EventPayload::ReservationRejected {
        reservation: no,
        shortages: shortages.to_vec(),
        unknown: unknown.to_vec(),
    });
    if outdated {
        return;
    }
    match sink.order.status {
        OrderStatus::Pending => {
            let code = if unknown.is_empty() {
                Code::literal("insufficient_stock")
            } else {
                Code::literal("unknown_sku")
            };
            let reason = RejectionReason {
                shortages: shortages.to_vec(),
                unknown: unknown.to_vec(),
                ..RejectionReason::new(code)
            };
            reject(sink, reason, FactKind::StockRejected);
        }
        OrderStatus::Confirmed | OrderStatus::Processing | OrderStatus::Completed => {
            sink.hold(HoldOrigin::StockUnavailable, None);
        }
        OrderStatus::Cancelling
        | OrderStatus::Cancelled
        | OrderStatus::Rejected
        | OrderStatus::Expired => {}
    }
}

/// Records that the units of a reservation could not be changed, and reverts the revision that wanted
/// them.
fn revision_rejected(sink: &mut EventSink<'_>, no: ReservationNo, shortages: &[Shortage]) {
    let reserved = current(sink, no).map(|reservation| reservation.lines.clone());
    if sink.order.status.is_closed() {
        // The change is not needed any more: the reservation keeps its units and is released next.
        if let Some(lines) = reserved {
            sink.emit(EventPayload::ReservationRevised {
                reservation: no,
                lines,
            });
        }
    } else if sink.order.revision_pending() {
        sink.emit(EventPayload::RevisionReverted {
            shortages: shortages.to_vec(),
        });
    } else {
        sink.hold(HoldOrigin::StockUnavailable, None);
    }
}
