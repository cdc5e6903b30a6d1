//! Contract suites: what a port's documentation asks of an adapter, as checks that any adapter can
//! run.
//!
//! Every suite has one function per check, `run`, which makes all of them, and a macro that makes a
//! test of each. A check gets an adapter of its own, fresh from the function that makes them, and
//! panics with the sentence of the contract that was broken. No runtime is needed but what the
//! adapter needs.
//!
//! ```
//! use order_core::testing::{MemoryStore, contract};
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! contract::order_store::run(async || Arc::new(MemoryStore::new())).await;
//! # }
//! ```
//!
//! Or with every check as a test of its own, on tokio or whatever the attribute names:
//!
//! ```
//! mod a_store {
//!     use order_core::testing::MemoryStore;
//!     use std::sync::Arc;
//!
//!     async fn fresh() -> Arc<MemoryStore> {
//!         Arc::new(MemoryStore::new())
//!     }
//!
//!     order_core::order_store_contract!(fresh);
//!     order_core::outbox_contract!(fresh, #[tokio::test(start_paused = true)]);
//! }
//! # fn main() {}
//! ```
//!
//! Where something must outlive the adapter, such as a folder, the function answers with both:
//! `(Arc<Store>, TempDir)`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a check that fails panics"
)]

use std::sync::Arc;

/// Makes a suite of its checks: `run`, and the macro that makes tests.
macro_rules! suite {
    ($d:tt $module:ident, $contract:ident, $($port:ident)&+: $($check:ident,)+) => {
        /// Makes every check of this suite, each on an adapter of its own.
        ///
        /// # Panics
        /// If a check fails.
        pub async fn run<H>(make: impl AsyncFn() -> H)
        where
            H: $crate::testing::contract::Subject,
            H::Adapter: $($port +)+,
        {
            $(
                let subject = make().await;
                $check($crate::testing::contract::Subject::adapter(&subject)).await;
                drop(subject);
            )+
        }

        #[doc = concat!(
            "Makes a test of every check of [`", stringify!($module),
            "`](crate::testing::contract::", stringify!($module), "), on adapters that the given ",
            "async function makes. Takes the attribute of the tests as well, ",
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

/// Makes a test of each of these checks; the macros of the suites end here.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_tests {
    (@one $module:ident [$make:expr] [$($test:tt)+] $check:ident) => {
        #[$($test)+]
        async fn $check() {
            let subject = ($make)().await;
            let adapter = $crate::testing::contract::Subject::adapter(&subject);
            $crate::testing::contract::$module::$check(adapter).await;
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

/// What a check is made on: an adapter, and whatever must live as long.
pub trait Subject {
    /// The adapter.
    type Adapter: ?Sized;

    /// The adapter.
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

/// So many things at a time, where they could get into each other's way.
const MANY: u64 = 12;
