//! Order management as a pure state machine with ports.
//!
//! See `ARCHITECTURE.md` for the map.

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
