//! Contract suites: what the documentation of a port requires of an adapter, as checks that run against
//! any adapter.
//!
//! A suite has one function per check, `run`, which runs all of them, and a macro that generates a
//! test for each. Every check gets a fresh adapter, and panics with the obligation that was broken.
//! The suites need no runtime beyond what the adapter needs.
//!
//! ```
//! use order_testing::{MemoryStore, contract};
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! contract::order_store::run(async || Arc::new(MemoryStore::new())).await;
//! # }
//! ```
//!
//! With every check as a test of its own, under `#[tokio::test]` or another attribute:
//!
//! ```
//! mod a_store {
//!     use order_testing::MemoryStore;
//!     use std::sync::Arc;
//!
//!     async fn fresh() -> Arc<MemoryStore> {
//!         Arc::new(MemoryStore::new())
//!     }
//!
//!     order_testing::order_store_contract!(fresh);
//!     order_testing::outbox_contract!(fresh, #[tokio::test(start_paused = true)]);
//! }
//! # fn main() {}
//! ```
//!
//! Where something must outlive the adapter, such as a temporary directory, the function returns both:
//! `(Arc<Store>, TempDir)`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a check that fails panics"
)]

use std::sync::Arc;

/// Defines a suite of checks: `run`, and the macro that generates tests.
macro_rules! suite {
    ($d:tt $module:ident, $contract:ident, $($port:ident)&+: $($check:ident,)+) => {
        /// Runs every check of this suite, each on a fresh adapter.
        ///
        /// # Panics
        /// If a check fails.
        pub async fn run<H>(make: impl AsyncFn() -> H)
        where
            H: $crate::contract::Subject,
            H::Adapter: $($port +)+,
        {
            $(
                let subject = make().await;
                $check($crate::contract::Subject::adapter(&subject)).await;
                drop(subject);
            )+
        }

        #[doc = concat!(
            "Generates a test for every check of [`", stringify!($module),
            "`](crate::contract::", stringify!($module), "), on adapters that the given ",
            "async function returns. Takes the attribute of the tests as well, ",
            "`#[tokio::test]` unless one is given."
        )]
        #[macro_export]
        macro_rules! $contract {
            ($d make:expr) => {
                $crate::contract_tests! { $module [$d make] [tokio::test] $($check)+ }
            };
            ($d make:expr, #[$d($d test:tt)+]) => {
                $crate::contract_tests! { $module [$d make] [$d($d test)+] $($check)+ }
            };
        }
    };
}

/// Generates a test for each of these checks. The macros of the suites expand to this one.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_tests {
    (@one $module:ident [$make:expr] [$($test:tt)+] $check:ident) => {
        #[$($test)+]
        async fn $check() {
            let subject = ($make)().await;
            let adapter = $crate::contract::Subject::adapter(&subject);
            $crate::contract::$module::$check(adapter).await;
        }
    };
    ($module:ident [$make:expr] $test:tt $($check:ident)+) => {
        $( $crate::contract_tests! { @one $module [$make] $test $check } )+
    };
}

#[macro_use]
pub mod clock;
#[macro_use]
pub mod customers;
#[macro_use]
pub mod effect_queue;
#[macro_use]
pub mod ids;
#[macro_use]
pub mod inventory;
#[macro_use]
pub mod notifications;
#[macro_use]
pub mod order_store;
#[macro_use]
pub mod outbox;
#[macro_use]
pub mod payments;
#[macro_use]
pub mod publisher;
#[macro_use]
pub mod shipping;
#[macro_use]
pub mod stock_in_commits;

/// What a check runs against: an adapter, and whatever must outlive it.
pub trait Subject {
    /// The type of the adapter.
    type Adapter: ?Sized;

    /// Returns the adapter.
    fn adapter(&self) -> &Self::Adapter;
}

impl<A: ?Sized> Subject for Arc<A> {
    type Adapter = A;

    fn adapter(&self) -> &A {
        self
    }
}

impl<A: ?Sized, G> Subject for (Arc<A>, G) {
    type Adapter = A;

    fn adapter(&self) -> &A {
        &self.0
    }
}

/// Number of concurrent calls in the checks for races.
const MANY: u64 = 12;
