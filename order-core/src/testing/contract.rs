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
//! # futures::executor::block_on(async {
//! contract::order_store::run(async || Arc::new(MemoryStore::new())).await;
//! # });
//! ```
//!
//! Or with every check as a test of its own, on tokio or whatever the attribute names:
//!
//! ```
//! # use order_core::testing::MemoryStore;
//! # use std::sync::Arc;
//! async fn fresh() -> Arc<MemoryStore> {
//!     Arc::new(MemoryStore::new())
//! }
//!
//! order_core::order_store_contract!(fresh);
//!
//! mod on_many_threads {
//!     # use super::fresh;
//!     order_core::effect_queue_contract!(fresh, #[tokio::test(flavor = "multi_thread")]);
//! }
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
                $crate::$contract!($d make, #[tokio::test]);
            };
            ($d make:expr, #[$d($d test:tt)+]) => {
                $crate::$contract!(@each [$d make] [$d($d test)+] $($check)+);
            };
            (@each [$d make:expr] $d test:tt $d($d check:ident)+) => {
                $d( $crate::$contract!(@one [$d make] $d test $d check); )+
            };
            (@one [$d make:expr] [$d($d test:tt)+] $d check:ident) => {
                #[$d($d test)+]
                async fn $d check() {
                    let subject = ($d make)().await;
                    $crate::testing::contract::$module::$d check(
                        $crate::testing::contract::Subject::adapter(&subject)
                    ).await;
                }
            };
        }
    };
}

pub mod customers;
pub mod effect_queue;
pub mod inventory;
pub mod notifications;
pub mod order_store;
pub mod outbox;
pub mod payments;
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
