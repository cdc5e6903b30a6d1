//! The type of the inventory on Postgres. What it does is in `shared/inventory`.

use super::PostgresStore;
use order_core::ports::Clock;
use std::fmt;
use std::sync::Arc;

/// Stock in Postgres: products and reservations in tables beside the orders, for those who have no
/// inventory service.
///
/// A conditional update keeps stock from being oversold, with a `CHECK` constraint behind it. Each
/// storefront has stock of its own. The units of an expired reservation return to stock when its
/// order asks for it again, when another reservation needs them, or by [`sweep`](Self::sweep).
///
/// It uses the database of a store, whose [`migrate`](PostgresStore::migrate) must have been
/// called.
#[derive(Clone)]
pub struct PostgresInventory {
    pub(super) store: PostgresStore,
    pub(super) clock: Arc<dyn Clock>,
}

impl PostgresInventory {
    /// Creates the inventory in the database of this store. Reservations expire by this clock.
    #[must_use]
    pub fn new(store: &PostgresStore, clock: Arc<dyn Clock>) -> Self {
        Self {
            store: store.clone(),
            clock,
        }
    }
}

impl fmt::Debug for PostgresInventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresInventory").finish_non_exhaustive()
    }
}
