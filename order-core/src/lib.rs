//! Order management as a pure state machine with ports.
//!
//! An order is the fold of its [events](event). A [command] requests a change of it and may be refused
//! ([`decide()`]); a [fact] reports what has happened outside and is never refused ([`record()`]).
//! Events that follow by themselves are emitted in the same transition ([`reconcile`]), and the work
//! that an event causes at external services is an [effect]. All of that is pure: time, ids and
//! policies are arguments.
//!
//! Around the pure core stand the [ports] and the [service] that drives it: it loads an order,
//! decides, commits, and carries out effects. A [`Runner`](service::Runner) carries out the effects
//! that requests left over, a [`Relay`](relay::Relay) publishes the events.
//!
//! | to | see |
//! |---|---|
//! | place an order, send it commands | [`OrderService`](service::OrderService), [`Orders`](ports::Orders) |
//! | connect your customers, stock, payments, shipping, messages | [`ExternalServices`](service::ExternalServices), [`ports`] |
//! | keep orders in a database of your own | [`OrderStore`](ports::OrderStore), [`EffectQueue`](ports::EffectQueue) |
//! | commit in a transaction of your own | [`Change::from_transition`](ports::Change::from_transition) |
//! | configure a storefront, add rules of your own | [`StorefrontPolicy`](policy::StorefrontPolicy), [`CommandGuard`](guard::CommandGuard) |
//! | publish events | [`EventPublisher`](ports::EventPublisher), [`Relay`](relay::Relay) |
//!
//! Adapters are crates of their own: `order-sqlx` (SQLite and Postgres), `order-http` (the API as an
//! axum router, and HTTP clients of the external services), `order-testing` (memory adapters and a
//! contract suite for every port). The feature `tokio` adds the system clock and the loops that run
//! a runner and a relay.
//!
//! ```
//! use order_core::command::{Command, PlaceOrder};
//! use order_core::event::Actor;
//! use order_core::money::Amount;
//! use order_core::new_order::{NewLine, NewOrder};
//! use order_core::order::OrderStatus;
//! use order_core::policy::StorefrontPolicy;
//! use order_core::ports::IdGenerator;
//! use order_core::system::SystemIdGenerator;
//! use order_core::value::{CustomerId, Quantity, Sku, StorefrontId};
//! use order_core::{Context, apply, decide};
//!
//! let (policy, actor) = (StorefrontPolicy::default(), Actor::system());
//! let ctx = Context::new(&policy, "2026-03-01T12:00:00Z".parse()?, &actor);
//!
//! let tea = NewLine::new(Sku::parse("tea")?, Quantity::new(2)?).at(Amount::new(1_250));
//! let order = NewOrder::new(CustomerId::parse("ada")?, vec![tea]);
//! let id = SystemIdGenerator.order_id(ctx.now);
//! let place = PlaceOrder::new(id, StorefrontId::default(), order);
//! let events = decide(None, &Command::PlaceOrder(Box::new(place)), &ctx)?;
//! let order = events.iter().fold(None, apply).unwrap();
//! assert_eq!(order.status(), OrderStatus::Pending);
//! assert_eq!(order.totals().total.minor(), 2_500);
//!
//! // A reservation is in flight: a cancel is accepted, and its answer is compensated by a release.
//! let cancel = Command::RequestCancel { reason: None };
//! let events = decide(Some(&order), &cancel, &ctx)?;
//! let order = events.iter().fold(Some(order), apply).unwrap();
//! assert_eq!(order.status(), OrderStatus::Cancelling);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[macro_use]
mod string_enum;

mod apply;
pub mod breaker;
pub mod command;
pub mod decide;
pub mod dependency;
pub mod effect;
pub mod event;
pub mod fact;
pub mod guard;
pub mod money;
pub mod new_order;
pub mod order;
pub mod policy;
pub mod ports;
pub mod reconcile;
pub mod record;
pub mod reference;
pub mod refusal;
pub mod relay;
pub mod service;
pub mod stored_json;
pub mod system;
pub mod time;
pub mod transition;
pub mod value;

pub use apply::apply;
pub use decide::decide;
pub use effect::effects;
pub use record::record;
pub use transition::{Context, Transition};
