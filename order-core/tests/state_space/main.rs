//! The state machine, explored: which states can be reached, and which transitions they have.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test does not expect ends the test"
)]
#![allow(
    clippy::print_stderr,
    reason = "it prints how much was explored, if tests are run with their output"
)]

mod alphabet;
mod available_commands;
mod beginnings;
mod diagram;
mod explore;
mod interleavings;
mod invariants;
mod properties;
mod shapes;
mod transition_table;
