//! Example programs: the `.rs` files beside this package's manifest, each run by
//! `cargo run --example NAME`. This library is empty but for the doc test of the README.

/// The snippets of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
