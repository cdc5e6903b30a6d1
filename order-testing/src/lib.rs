#![doc = include_str!("../README.md")]

pub mod builders;
mod clock;
#[macro_use]
pub mod contract;
mod faults;
mod history;
mod ids;
mod lock;
mod memory;

pub use clock::ManualClock;
pub use faults::{Fault, Faults, LoggedCall, MethodFaults, PauseAt, PausedCall};
pub use history::OrderHistory;
pub use ids::SequentialIds;
pub use memory::*;
