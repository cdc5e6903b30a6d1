//! What the inventory service reports.

use super::{late, late_if_closed, late_stock, reject};
use crate::draft::Draft;
use crate::event::{Happening, RejectionReason};
use crate::fact::{Fact, FactKind};
use crate::order::{
    HoldOrigin, OrderStatus, PricedLine, Reservation, Shortage, SkuUnits, StockWork, totals_fit,
};
use crate::value::{Code, ReservationNo, Sku};

pub(super) fn record(draft: &mut Draft<'_>, fact: &Fact) {
    let kind = fact.kind();
    match fact {
        Fact::LinesPriced { lines } => priced(draft, lines),
        Fact::PricingRejected { skus, code } => {
            if !draft.order.is_priced() {
                reject(
                    draft,
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
            let Some(current) = &draft.order.reservation else {
                late_stock(draft, kind, *reservation);
                return;
            };
            if current.no == *reservation && current.work == Some(StockWork::Reserve) {
                late_if_closed(draft, kind);
                draft.emit(Happening::StockReserved {
                    reservation: *reservation,
                    lines: lines.clone(),
                    expires_at: *expires_at,
                });
            } else if current.no != *reservation || !current.may_hold() {
                late_stock(draft, kind, *reservation);
            }
        }
        Fact::StockRejected {
            reservation,
            lines,
            shortages,
            unknown,
        } => {
            if is_doing(draft, *reservation, StockWork::Reserve) {
                not_reserved(draft, *reservation, lines, shortages, unknown);
            }
        }
        Fact::StockRevised { reservation, lines } => {
            if is_doing(draft, *reservation, StockWork::Revise) {
                draft.emit(Happening::ReservationRevised {
                    reservation: *reservation,
                    lines: lines.clone(),
                });
            }
        }
        Fact::StockRevisionRejected {
            reservation,
            shortages,
        } => {
            if is_doing(draft, *reservation, StockWork::Revise) {
                not_revised(draft, *reservation, shortages);
            }
        }
        Fact::StockExtended {
            reservation,
            expires_at,
        } => {
            if is_doing(draft, *reservation, StockWork::Extend) {
                draft.emit(Happening::ReservationExtended {
                    reservation: *reservation,
                    expires_at: *expires_at,
                });
            }
        }
        Fact::StockCommitted { reservation } => {
            if is_doing(draft, *reservation, StockWork::Commit) {
                late_if_closed(draft, kind);
                draft.emit(Happening::StockCommitted {
                    reservation: *reservation,
                });
            }
        }
        Fact::StockReleased { reservation } => {
            let Some(current) =
                current(draft, *reservation).filter(|reservation| reservation.may_hold())
            else {
                return;
            };
            if draft.order.status.is_closed() || current.work == Some(StockWork::Release) {
                draft.emit(Happening::StockReleased {
                    reservation: *reservation,
                });
            } else {
                // Somebody gave it back though the order goes on.
                late(draft, kind);
                draft.emit(Happening::ReservationLost {
                    reservation: *reservation,
                });
            }
        }
        Fact::ReservationExpired { reservation } => {
            if current(draft, *reservation).is_some_and(Reservation::may_hold) {
                draft.emit(Happening::ReservationLost {
                    reservation: *reservation,
                });
            }
        }
        _ => {}
    }
}

fn current<'d>(draft: &'d Draft<'_>, no: ReservationNo) -> Option<&'d Reservation> {
    draft
        .order
        .reservation
        .as_ref()
        .filter(|reservation| reservation.no == no)
}

fn is_doing(draft: &Draft<'_>, no: ReservationNo, work: StockWork) -> bool {
    current(draft, no).is_some_and(|reservation| reservation.work == Some(work))
}

/// Quotes for lines that have no price yet. An order whose sums cannot be counted is rejected.
fn priced(draft: &mut Draft<'_>, quotes: &[PricedLine]) {
    let order = &draft.order;
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
    let trouble = match totals_fit(&lines, &order.adjustments) {
        Ok(true) => None,
        Ok(false) => Some("negative_total"),
        Err(_) => Some("amount_too_large"),
    };
    match trouble.map(Code::parse) {
        Some(Ok(code)) => {
            reject(draft, RejectionReason::new(code), FactKind::LinesPriced);
        }
        Some(Err(_)) | None => draft.emit(Happening::LinesPriced { lines: wanted }),
    }
}

/// There is too little. A pending order whose present lines were asked for is rejected; one that
/// was revised meanwhile asks anew; one that was released before is held for a person to decide.
fn not_reserved(
    draft: &mut Draft<'_>,
    no: ReservationNo,
    asked: &[SkuUnits],
    shortages: &[Shortage],
    unknown: &[Sku],
) {
    let outdated = asked != draft.order.stock_target();
    draft.emit(Happening::ReservationRejected {
        reservation: no,
        shortages: shortages.to_vec(),
        unknown: unknown.to_vec(),
    });
    if outdated {
        return;
    }
    match draft.order.status {
        OrderStatus::Pending => {
            let code = if unknown.is_empty() {
                "insufficient_stock"
            } else {
                "unknown_sku"
            };
            if let Ok(code) = Code::parse(code) {
                let reason = RejectionReason {
                    shortages: shortages.to_vec(),
                    unknown: unknown.to_vec(),
                    ..RejectionReason::new(code)
                };
                reject(draft, reason, FactKind::StockRejected);
            }
        }
        OrderStatus::Confirmed | OrderStatus::Processing | OrderStatus::Completed => {
            draft.hold(HoldOrigin::StockUnavailable, None);
        }
        OrderStatus::Cancelling
        | OrderStatus::Cancelled
        | OrderStatus::Rejected
        | OrderStatus::Expired => {}
    }
}

/// There is too little for the change. Revised lines go back to what they were.
fn not_revised(draft: &mut Draft<'_>, no: ReservationNo, shortages: &[Shortage]) {
    let covers = current(draft, no).map(|reservation| reservation.covers.clone());
    if draft.order.status.is_closed() {
        // The change is of no use any more; what is covered is given back next.
        if let Some(lines) = covers {
            draft.emit(Happening::ReservationRevised {
                reservation: no,
                lines,
            });
        }
    } else if draft.order.revision_pending() {
        draft.emit(Happening::RevisionReverted {
            shortages: shortages.to_vec(),
        });
    } else {
        draft.hold(HoldOrigin::StockUnavailable, None);
    }
}
