//! Adapters in memory, one per port. They satisfy the contracts of the ports, and keep nothing beyond
//! the life of the process.

mod customers;
mod inventory;
mod notifications;
mod payments;
mod publisher;
mod shipping;
mod store;

pub use customers::MemoryCustomers;
pub use inventory::{MemoryInventory, StockLevel};
pub use notifications::MemoryNotifications;
pub use payments::{MemoryPayments, ProviderBalance, RefundMode};
pub use publisher::MemoryPublisher;
pub use shipping::{MemoryShipping, Parcel, ParcelStatus};
pub use store::{MemoryStore, QueuedEffect, StoreFaults};

use order_core::ports::Clock;
use order_core::service::ExternalServices;
use std::sync::Arc;

/// Returns all external services in memory: without customers and stock, to be replaced where a test needs
/// some.
///
/// ```
/// use order_core::service::ExternalServices;
/// use order_testing::{ManualClock, MemoryCustomers, memory_services};
/// use std::sync::Arc;
///
/// let services = ExternalServices {
///     customers: Arc::new(MemoryCustomers::knowing(["ada"])),
///     ..memory_services(&(Arc::new(ManualClock::default()) as _))
/// };
/// ```
#[must_use]
pub fn memory_services(clock: &Arc<dyn Clock>) -> ExternalServices {
    ExternalServices {
        customers: Arc::new(MemoryCustomers::new()),
        inventory: Arc::new(MemoryInventory::new(clock.clone())),
        payments: Arc::new(MemoryPayments::new()),
        shipping: Arc::new(MemoryShipping::new()),
        notifications: Arc::new(MemoryNotifications::new()),
    }
}
