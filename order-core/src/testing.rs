//! For tests, of this crate and of what is built on it: memory adapters with real behaviour, a
//! clock and ids under the test's control, planned failures, builders, and a contract suite for
//! every port.
//!
//! Nothing here needs a runtime, asks the machine for the time, or is fit for production.

pub mod builders;
mod clock;
#[macro_use]
pub mod contract;
mod customers;
mod faults;
mod ids;
mod inventory;
mod notifications;
mod payments;
mod publisher;
mod shipping;
mod store;
mod story;

#[cfg(test)]
mod memory_adapters;

pub use clock::ManualClock;
pub use customers::MemoryCustomers;
pub use faults::{CallRecord, Fault, Faults, FaultsOn, HeldCall, HoldAt};
pub use ids::SequentialIds;
pub use inventory::{MemoryInventory, Shelf};
pub use notifications::MemoryNotifications;
pub use payments::{Balance, MemoryPayments, RefundMode};
pub use publisher::MemoryPublisher;
pub use shipping::{MemoryShipping, Parcel, ParcelState};
pub use store::{MemoryStore, QueuedEffect, StoreFaults};
pub use story::Story;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic elsewhere: nothing is changed under these locks but as a whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
