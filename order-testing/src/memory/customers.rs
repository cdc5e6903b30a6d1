//! A customer service in memory.

use crate::builders::{customer, email, short_text};
use crate::faults::Faults;
use crate::lock::locked;
use async_trait::async_trait;
use order_core::ports::{CallContext, Customer, CustomerStatus, Customers, ServiceError};
use order_core::value::CustomerId;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// A customer service in memory. It has the same customers at every storefront.
///
/// The method that its [`Faults`] know: `find`.
#[derive(Debug, Default)]
pub struct MemoryCustomers {
    customers: Mutex<BTreeMap<CustomerId, Customer>>,
    faults: Faults,
}

impl MemoryCustomers {
    /// Returns a service without customers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a service with these customers, all of them active.
    ///
    /// # Panics
    /// If a literal is not valid.
    #[must_use]
    pub fn knowing<const N: usize>(ids: [&str; N]) -> Self {
        let customers = Self::new();
        for id in ids {
            customers.allow(&customer(id));
        }
        customers
    }

    /// Sets a customer to active, adding them if unknown: they may order.
    pub fn allow(&self, id: &CustomerId) {
        self.put(id, CustomerStatus::Active);
    }

    /// Sets a customer to blocked, adding them if unknown: they may not order.
    pub fn block(&self, id: &CustomerId) {
        self.put(id, CustomerStatus::Blocked);
    }

    /// Adds a customer, or replaces the one with this id.
    pub fn put(&self, id: &CustomerId, status: CustomerStatus) {
        let name = Some(short_text("Ada Lovelace"));
        let email = Some(email("ada@example.com"));
        locked(&self.customers).insert(id.clone(), Customer::new(id.clone(), name, email, status));
    }

    /// Removes a customer.
    pub fn forget(&self, id: &CustomerId) {
        locked(&self.customers).remove(id);
    }

    /// Returns the planned failures of the next calls, with a log of all calls so far.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }
}

#[async_trait]
impl Customers for MemoryCustomers {
    async fn find(
        &self,
        call: &CallContext,
        id: &CustomerId,
    ) -> Result<Option<Customer>, ServiceError> {
        let work = || Ok(locked(&self.customers).get(id).cloned());
        self.faults.around("find", call, work).await
    }
}
