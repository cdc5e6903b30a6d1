//! What a [`Customers`] adapter must do.

use crate::builders::{call, customer};
use crate::memory::MemoryCustomers;
use async_trait::async_trait;
use order_core::ports::{CustomerStatus, Customers};

/// A customer service under test, and how to prepare it.
#[async_trait]
pub trait CustomersUnderTest: Send + Sync {
    /// Returns the adapter.
    fn customers(&self) -> &dyn Customers;

    /// Adds this customer to the service, at the default storefront. The other ids that the
    /// checks use are unknown to it.
    async fn know(&self, id: &str, status: CustomerStatus);
}

#[async_trait]
impl CustomersUnderTest for MemoryCustomers {
    fn customers(&self) -> &dyn Customers {
        self
    }

    async fn know(&self, id: &str, status: CustomerStatus) {
        self.put(&customer(id), status);
    }
}

suite! {
    $ customers, customers_contract, CustomersUnderTest:
    a_customer_is_found_as_the_service_knows_them,
    that_there_is_no_such_customer_is_a_definite_answer,
    ids_are_taken_as_they_are,
}

/// Checks that a customer is found under their id, with their current status.
pub async fn a_customer_is_found_as_the_service_knows_them(
    subject: &(impl CustomersUnderTest + ?Sized),
) {
    for status in [CustomerStatus::Active, CustomerStatus::Blocked] {
        subject.know("cus_1", status).await;
        let found = subject
            .customers()
            .find(&call("k"), &customer("cus_1"))
            .await
            .expect("the service answers")
            .expect("the customer is known");
        assert_eq!(
            (found.id, found.status),
            (customer("cus_1"), status),
            "a customer is found as the service knows them"
        );
    }
}

/// Checks that a missing customer is an answer, not an error.
pub async fn that_there_is_no_such_customer_is_a_definite_answer(
    subject: &(impl CustomersUnderTest + ?Sized),
) {
    subject.know("cus_1", CustomerStatus::Active).await;
    let found = subject
        .customers()
        .find(&call("k"), &customer("cus_2"))
        .await
        .expect("a missing customer is a definite answer");
    assert_eq!(found, None, "there is none");
}

/// Checks that an id is one value, whatever characters it has: none of them is a path, a query or a
/// pattern.
pub async fn ids_are_taken_as_they_are(subject: &(impl CustomersUnderTest + ?Sized)) {
    subject.know("cus_1", CustomerStatus::Active).await;
    for id in [
        "cus_1/",
        "CUS_1",
        "cus_1?x=1",
        "x/../cus_1",
        "cus%5f1",
        "cus_1#",
        "*",
        "%",
    ] {
        let found = subject.customers().find(&call("k"), &customer(id)).await;
        if let Ok(found) = found {
            assert_eq!(found, None, "{id} is another customer than cus_1");
        }
    }
}
