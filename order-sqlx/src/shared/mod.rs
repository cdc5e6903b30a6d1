//! The storage ports on SQL, written once and compiled once per database.
//!
//! Each database module mounts this one (`#[path = "shared/mod.rs"] mod shared;`) and brings what
//! differs: the macros and types of its `dialect`, its [`Store`] with the `Writer` behind it, and
//! its [`StoreInventory`]. Plain types instead of generics over `sqlx::Database` keep the queries
//! free of trait bounds. Nothing here names a database.
//!
//! | to find | see |
//! |---|---|
//! | how a change is committed, and which write path runs when | [`commit`] |
//! | how jobs are batched | [`queue`] |
//! | the port `OrderStore` | [`orders`], lists in [`list`] |
//! | the ports `EffectQueue` and `Outbox` | [`effects`], [`outbox`] |
//! | the port `Inventory` | [`inventory`] |
//! | what is deleted after a while | [`retention`] |
//! | rows and errors on their way in and out | [`mod@rows`], [`encode`], [`error`], [`retry`] |

use super::{Store, StoreInventory, dialect};

pub(crate) mod commit;
mod effects;
pub(crate) mod encode;
pub(crate) mod error;
pub(crate) mod inventory;
mod list;
mod orders;
mod outbox;
pub(crate) mod queue;
mod retention;
pub(crate) mod retry;
pub(crate) mod rows;
