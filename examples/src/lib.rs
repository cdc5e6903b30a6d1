//! What the example programs share.
//!
//! The programs themselves are the `.rs` files beside this package's manifest
//! (`cargo run --example outside_services`). This library holds [`outside`]: stand-ins, with real
//! behaviour, for the services an order system talks to; and [`in_process`], which puts them behind
//! the ports of `order-core` without a wire between. Nothing here is published.

pub mod in_process;
pub mod outside;

/// The snippets of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
