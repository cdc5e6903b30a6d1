//! Order management as a pure state machine with ports.
//!
//! See `ARCHITECTURE.md` for the map.

#[macro_use]
mod coded;

pub mod breaker;
pub mod command;
pub mod effect;
pub mod event;
pub mod fact;
pub mod money;
pub mod order;
pub mod policy;
pub mod ports;
pub mod reference;
pub mod refusal;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod value;
