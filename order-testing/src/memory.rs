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
