//! Stock that the commit of a new order reserves, where the inventory is that of the store.
//!
//! The service assumes that the stock is there, and commits the order with that answer and the
//! reservation. If the store finds too little, it stores nothing, and the rejection is committed instead.

use super::commit::Committed;
use crate::effect::EffectKind;
use crate::fact::Fact;
use crate::order::Shortage;
use crate::ports::StockReservation;
use crate::time::after;
use crate::transition::{Context, Transition};
use crate::value::Sku;

/// The outcome of committing a change that may reserve stock.
pub(super) enum Reserving {
    /// Stock was not the obstacle, if there was one.
    Committed(Committed),
    /// Nothing is stored: the stock is not there.
    OutOfStock(OutOfStock),
    /// Nothing is stored: the reservation needs another id.
    IdTaken,
}

/// What was missing.
pub(super) struct OutOfStock {
    pub(super) shortages: Vec<Shortage>,
    pub(super) unknown: Vec<Sku>,
}

/// Records the answer about the stock of a new order: that there is enough, or what is known to be
/// missing. Returns the reservation that makes the answer true, to be made by the same commit.
///
/// An order that is closed already needs no stock, and has none.
pub(super) fn settle_stock(
    mut transition: Transition,
    missing: Option<OutOfStock>,
    ctx: &Context<'_>,
) -> (Transition, Option<StockReservation>) {
    let effects = transition.effects.iter().enumerate();
    let asks = effects
        .filter_map(|(at, one)| match &one.kind {
            EffectKind::ReserveStock { reservation, lines } => {
                Some((at, *reservation, lines.clone()))
            }
            _ => None,
        })
        .next();
    let Some((at, reservation, lines)) = asks else {
        return (transition, None);
    };
    transition.effects.remove(at);
    let expires_at = after(ctx.now, ctx.policy.reservation_ttl);
    let (fact, reserve) = match missing {
        _ if transition.order.gives_back_all_stock() => (Fact::StockReleased { reservation }, None),
        Some(OutOfStock { shortages, unknown }) => {
            let rejected = Fact::StockRejected {
                reservation,
                lines,
                shortages,
                unknown,
            };
            (rejected, None)
        }
        None => {
            let id = transition.order.reservation_reference(reservation);
            let reserve = StockReservation::new(id, lines.iter().cloned(), expires_at);
            let reserved = Fact::StockReserved {
                reservation,
                lines,
                expires_at,
            };
            (reserved, Some(reserve))
        }
    };
    (transition.then_record(&[fact], ctx), reserve)
}
