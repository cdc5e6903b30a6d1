//! Implements the `Customers` port.

use async_trait::async_trait;
use order_core::ports::{self, CallContext, Customer, CustomerStatus, ServiceError};
use order_core::value::{CustomerId, Email, ShortText};

use super::adapter::{InProcess, unreadable};
use crate::customers::{MockCustomerStatus, MockCustomers};

#[async_trait]
impl ports::Customers for InProcess<MockCustomers> {
    async fn find(
        &self,
        call: &CallContext,
        id: &CustomerId,
    ) -> Result<Option<Customer>, ServiceError> {
        let (key, faults) = (id.clone(), self.service.faults());
        let found = self
            .call(call, "GET /customers", faults, move |service| {
                service.find(key.as_str())
            })
            .await?
            .map_err(|_| unreadable())?;
        Ok(found.map(|customer| {
            let status = match customer.status {
                MockCustomerStatus::Active => CustomerStatus::Active,
                MockCustomerStatus::Blocked => CustomerStatus::Blocked,
            };
            Customer::new(
                id.clone(),
                ShortText::parse(customer.name).ok(),
                Email::parse(customer.email).ok(),
                status,
            )
        }))
    }
}
