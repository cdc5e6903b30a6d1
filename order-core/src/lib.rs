//! Order management as a pure state machine with ports.
//!
//! An order is the sum of its [events](event). A [command] is asked of it and may be refused
//! ([`decide()`]); a [fact] is reported of it and never is ([`record()`]). What follows by itself
//! follows in the same step ([`advance`]), and what must be done outside because of an event is an
//! [effect]. All of that is pure: time, ids and policies come in as arguments.
//!
//! Around the pure core stand the [ports], and the [service] that drives it: it loads, decides,
//! commits and carries out effects; a [runner] goes on with what requests have left over. Adapters
//! for SQL databases and HTTP are crates of their own; those in memory are behind the feature
//! `testing`, with a contract suite for every port.
//!
//! ```
//! use order_core::command::{Command, PlaceOrder};
//! use order_core::event::Actor;
//! use order_core::order::OrderStatus;
//! use order_core::policy::Policies;
//! # #[cfg(feature = "testing")] {
//! use order_core::testing::builders::{customer, noon, order_id, priced};
//! use order_core::{Context, apply, decide};
//!
//! let (policies, actor) = (Policies::default(), Actor::system());
//! let ctx = Context::new(&policies, noon(), &actor);
//! let place = Command::PlaceOrder(Box::new(PlaceOrder {
//!     id: order_id(1),
//!     storefront: Default::default(),
//!     customer_id: customer("ada"),
//!     currency: None,
//!     lines: vec![priced("tea", 2, 1_250)],
//!     adjustments: vec![],
//!     personal: Default::default(),
//!     metadata: Default::default(),
//! }));
//! let events = decide(None, &place, &ctx).unwrap();
//! let order = events.iter().fold(None, apply).unwrap();
//! assert_eq!(order.status(), OrderStatus::Pending);
//! assert_eq!(order.totals().total.minor(), 2_500);
//!
//! // Stock is being asked for: a cancel is accepted, and waits for the answer to undo it.
//! let cancel = Command::RequestCancel { reason: None };
//! let events = decide(Some(&order), &cancel, &ctx).unwrap();
//! let order = events.iter().fold(Some(order), apply).unwrap();
//! assert_eq!(order.status(), OrderStatus::Cancelling);
//! # }
//! ```

#[macro_use]
mod coded;

pub mod advance;
mod apply;
pub mod breaker;
pub mod command;
pub mod decide;
mod draft;
pub mod effect;
pub mod event;
pub mod fact;
pub mod money;
pub mod order;
pub mod policy;
pub mod ports;
pub mod record;
pub mod reference;
pub mod refusal;
pub mod relay;
pub mod runner;
pub mod service;
pub mod system;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod value;

pub use apply::apply;
pub use decide::decide;
pub use draft::{Context, Step};
pub use effect::effects;
pub use record::record;
