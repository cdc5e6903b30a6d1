//! The mock customers, as a port.

use async_trait::async_trait;
use order_core::ports::{self, Call, Customer, CustomerStatus, OutsideError};
use order_core::value::{CustomerId, Label};

use super::InProcess;
use crate::outside::{BadFile, Customers, customers};

#[async_trait]
impl ports::Customers for InProcess<Customers> {
    async fn find(&self, call: &Call, id: &CustomerId) -> Result<Option<Customer>, OutsideError> {
        let asked = id.clone();
        let found = self
            .call(
                call,
                "GET /customers",
                self.service.faults(),
                move |service| service.find(asked.as_str()),
            )
            .await?;
        // What is wrong with the file is in the log.
        let unreadable = |_: BadFile| OutsideError::unavailable("a file cannot be read", None);
        let found = found.map_err(unreadable)?;
        Ok(found.map(|customer| {
            let status = match customer.status {
                customers::CustomerStatus::Active => CustomerStatus::Active,
                customers::CustomerStatus::Blocked => CustomerStatus::Blocked,
            };
            let label = |text: String| Label::parse(text).ok();
            Customer::new(
                id.clone(),
                label(customer.name),
                label(customer.email),
                status,
            )
        }))
    }
}
