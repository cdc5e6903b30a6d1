//! Mock implementations, with real behaviour, of the external services an order system talks to.
//!
//! Each service is a plain struct, such as [`MockPayments`]; [`MockServices`] opens all of them. Two
//! thin layers lie over them, with the same behaviour:
//!
//! - [`http::router`] serves them over HTTP, in the wire format that `order-http`'s clients speak;
//! - [`ports::in_process`] implements the ports of `order-core` without a network in between.
//!
//! Customers and products are JSON files, read anew at each lookup: a new file is a new customer or
//! product. Payments, refunds, reservations and fulfillments are kept in memory, or in a state file
//! ([`MockServices::open_persistent`]).
//!
//! The mocks never authenticate a caller and never move money: serve them on loopback, or in a
//! test.
//!
//! ```
//! use order_core::system::SystemClock;
//! use order_mocks::{InjectedFault, MockServices, http};
//! use std::sync::Arc;
//!
//! # let dir = std::env::temp_dir().join(format!("mocks-doc-{}", std::process::id()));
//! # for part in ["customers", "inventory"] { std::fs::create_dir_all(dir.join(part))?; }
//! let services = MockServices::open(&dir, Arc::new(SystemClock))?;
//! services.payments.faults().next(1, InjectedFault::DropAnswer);
//! let app: axum::Router = http::router(&services);
//! # let _ = app;
//! # std::fs::remove_dir_all(dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod faults;
pub mod http;
mod json_dir;
mod line_item;
mod lock;
pub mod ports;
mod services;
mod store;
mod unreadable_file;
mod validate;

pub use faults::{FaultInjector, InjectedFault};
pub use line_item::LineItem;
pub use services::*;
pub use store::{NotSaved, StateFileError};
pub use unreadable_file::UnreadableFile;
pub use validate::InvalidField;
