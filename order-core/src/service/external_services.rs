//! The external services a service calls, as one bundle of ports.

use crate::breaker::{BreakerRegistry, WithBreaker};
use crate::ports::{Clock, Customers, Inventory, Notifications, Payments, Shipping};
use std::sync::Arc;

/// The external services of an order service, behind their ports.
#[derive(Clone)]
pub struct ExternalServices {
    /// Says whether a customer may order.
    pub customers: Arc<dyn Customers>,
    /// Quotes prices and reserves stock.
    pub inventory: Arc<dyn Inventory>,
    /// Authorizes, captures and refunds payments.
    pub payments: Arc<dyn Payments>,
    /// Runs the warehouse.
    pub shipping: Arc<dyn Shipping>,
    /// Sends messages to customers.
    pub notifications: Arc<dyn Notifications>,
}

impl ExternalServices {
    /// Puts the same services behind circuit breakers, one for each storefront and service.
    #[must_use]
    pub fn with_breakers(self, breakers: &Arc<BreakerRegistry>, clock: &Arc<dyn Clock>) -> Self {
        let (b, c) = (breakers, clock);
        Self {
            customers: Arc::new(WithBreaker::new(self.customers, b.clone(), c.clone())),
            inventory: Arc::new(WithBreaker::new(self.inventory, b.clone(), c.clone())),
            payments: Arc::new(WithBreaker::new(self.payments, b.clone(), c.clone())),
            shipping: Arc::new(WithBreaker::new(self.shipping, b.clone(), c.clone())),
            notifications: Arc::new(WithBreaker::new(self.notifications, b.clone(), c.clone())),
        }
    }
}
