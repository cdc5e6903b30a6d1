//! The connection pool, and whether row-level security limits what is done through it.
//!
//! A policy of each table compares the storefront of a row with a setting, the scope. It is set
//! within a transaction (see [`tx`](super::tx)) and gone with it.

use super::dialect::{Connection, Pool, store_error};
use order_core::ports::StoreError;
use order_core::value::StorefrontId;
use sqlx::{Executor as _, Row as _};
use std::collections::BTreeSet;

/// Enables row-level security, for the owner of the tables as well. Idempotent.
const ENABLE: &str = include_str!("row_level_security.sql");

/// A connection pool whose transactions are limited to storefronts if row-level security is on.
#[derive(Clone)]
pub(super) struct ScopedPool {
    pool: Pool,
    row_level_security: bool,
}

impl ScopedPool {
    /// Wraps a pool, without row-level security.
    pub(super) const fn new(pool: Pool) -> Self {
        Self {
            pool,
            row_level_security: false,
        }
    }

    pub(super) fn with_row_level_security(self) -> Self {
        Self {
            row_level_security: true,
            ..self
        }
    }

    pub(super) const fn has_row_level_security(&self) -> bool {
        self.row_level_security
    }

    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Returns the scope of work for these storefronts; `None` without row-level security.
    pub(super) fn scope<'a>(
        &self,
        storefronts: impl Iterator<Item = &'a StorefrontId>,
    ) -> Option<String> {
        self.row_level_security.then(|| {
            let distinct: BTreeSet<&str> = storefronts.map(StorefrontId::as_str).collect();
            distinct.into_iter().collect::<Vec<_>>().join(",")
        })
    }

    /// Enables row-level security in the database, if it is on for this pool. Refuses a role that
    /// bypasses it.
    pub(super) async fn enable_row_level_security(
        &self,
        connection: &mut Connection,
    ) -> Result<(), StoreError> {
        if !self.row_level_security {
            return Ok(());
        }
        let bypasses: bool = connection
            .fetch_one("SELECT rolsuper OR rolbypassrls AS bypasses FROM pg_roles WHERE rolname = current_user")
            .await
            .and_then(|row| row.try_get("bypasses"))
            .map_err(store_error)?;
        if bypasses {
            let why =
                "storefronts cannot be isolated: the database role passes over row-level security";
            return Err(StoreError::Failed(why.into()));
        }
        connection.execute(ENABLE).await.map_err(store_error)?;
        Ok(())
    }
}
