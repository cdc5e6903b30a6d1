//! A customer service in memory.

use super::builders::{customer, label};
use super::{Faults, locked};
use crate::ports::{Call, Customer, CustomerStatus, Customers, OutsideError};
use crate::value::CustomerId;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// A customer service that knows whom it was told about, at every storefront.
///
/// Method of its [`Faults`]: `find`.
#[derive(Debug, Default)]
pub struct MemoryCustomers {
    customers: Mutex<BTreeMap<CustomerId, Customer>>,
    faults: Faults,
}

impl MemoryCustomers {
    /// A service that knows nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A service that knows these, all of whom may order.
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

    /// From now on this customer is known and may order.
    pub fn allow(&self, id: &CustomerId) {
        self.put(id, CustomerStatus::Active);
    }

    /// From now on this customer is known and may not order.
    pub fn block(&self, id: &CustomerId) {
        self.put(id, CustomerStatus::Blocked);
    }

    /// From now on nobody knows this customer.
    pub fn forget(&self, id: &CustomerId) {
        locked(&self.customers).remove(id);
    }

    /// What goes wrong with the next calls, and a log of all.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    fn put(&self, id: &CustomerId, status: CustomerStatus) {
        let name = Some(label("Ada Lovelace"));
        let email = Some(label("ada@example.com"));
        locked(&self.customers).insert(id.clone(), Customer::new(id.clone(), name, email, status));
    }
}

#[async_trait]
impl Customers for MemoryCustomers {
    async fn find(&self, call: &Call, id: &CustomerId) -> Result<Option<Customer>, OutsideError> {
        let work = || Ok(locked(&self.customers).get(id).cloned());
        self.faults.around("find", call, work).await
    }
}
