//! Makes the clients of several services from one configuration. It sends nothing itself.

use super::service_client::connection_pool;
use super::{
    ClientConfig, ClientError, HttpCustomers, HttpInventory, HttpNotifications, HttpPayments,
    HttpShipping,
};
use order_core::breaker::{BreakerRegistry, WithBreaker};
use order_core::ports::{Clock, Customers, Inventory, Notifications, Payments, Shipping};
use std::fmt;
use std::sync::Arc;

/// Makes clients that share a configuration, a connection pool and a clock, ready to stand behind the
/// ports.
///
/// ```no_run
/// use order_core::breaker::BreakerRegistry;
/// use order_core::ports::Clock;
/// use order_http::client::{ClientConfig, ClientFactory};
/// use std::sync::Arc;
///
/// # fn example(clock: Arc<dyn Clock>) -> Result<(), order_http::client::ClientError> {
/// let clients = ClientFactory::new(ClientConfig::default(), clock)?;
/// let customers = clients.customers("https://customers.internal")?;
/// let payments = clients.payments("https://payments.internal/v1")?;
///
/// // For a caller that has no circuit breakers of its own; the order service has.
/// let clients = clients.with_breakers(Arc::new(BreakerRegistry::default()));
/// let shipping = clients.shipping("https://shipping.internal")?;
/// # let _ = (customers, payments, shipping);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ClientFactory {
    config: ClientConfig,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    breakers: Option<Arc<BreakerRegistry>>,
}

impl ClientFactory {
    /// Makes a factory of clients with this configuration and clock.
    ///
    /// # Errors
    /// [`ClientError::Setup`] if TLS cannot be set up.
    pub fn new(config: ClientConfig, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        Ok(Self {
            http: connection_pool(&config)?,
            config,
            clock,
            breakers: None,
        })
    }

    /// Puts every client made from now on behind these circuit breakers.
    #[must_use]
    pub fn with_breakers(mut self, breakers: Arc<BreakerRegistry>) -> Self {
        self.breakers = Some(breakers);
        self
    }

    /// Gives every client made from now on this configuration, except for the time-outs of connecting
    /// and idling, which belong to the shared connection pool.
    #[must_use]
    pub fn with_config(mut self, config: ClientConfig) -> Self {
        self.config = config;
        self
    }

    /// Makes the client of the customer service at this URL.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`].
    pub fn customers(&self, address: &str) -> Result<Arc<dyn Customers>, ClientError> {
        let (http, clock) = (self.http.clone(), Arc::clone(&self.clock));
        let client = HttpCustomers::with_pool(http, address, &self.config, clock)?;
        let client = Arc::new(client);
        Ok(match self.guard(&client) {
            Some(guarded) => Arc::new(guarded),
            None => client,
        })
    }

    /// Makes the client of the inventory service at this URL.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`].
    pub fn inventory(&self, address: &str) -> Result<Arc<dyn Inventory>, ClientError> {
        let (http, clock) = (self.http.clone(), Arc::clone(&self.clock));
        let client = HttpInventory::with_pool(http, address, &self.config, clock)?;
        let client = Arc::new(client);
        Ok(match self.guard(&client) {
            Some(guarded) => Arc::new(guarded),
            None => client,
        })
    }

    /// Makes the client of the payment provider at this URL.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`].
    pub fn payments(&self, address: &str) -> Result<Arc<dyn Payments>, ClientError> {
        let (http, clock) = (self.http.clone(), Arc::clone(&self.clock));
        let client = HttpPayments::with_pool(http, address, &self.config, clock)?;
        let client = Arc::new(client);
        Ok(match self.guard(&client) {
            Some(guarded) => Arc::new(guarded),
            None => client,
        })
    }

    /// Makes the client of the shipping service at this URL.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`].
    pub fn shipping(&self, address: &str) -> Result<Arc<dyn Shipping>, ClientError> {
        let (http, clock) = (self.http.clone(), Arc::clone(&self.clock));
        let client = HttpShipping::with_pool(http, address, &self.config, clock)?;
        let client = Arc::new(client);
        Ok(match self.guard(&client) {
            Some(guarded) => Arc::new(guarded),
            None => client,
        })
    }

    /// Makes the client of the notification service at this URL.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`].
    pub fn notifications(&self, address: &str) -> Result<Arc<dyn Notifications>, ClientError> {
        let (http, clock) = (self.http.clone(), Arc::clone(&self.clock));
        let client = HttpNotifications::with_pool(http, address, &self.config, clock)?;
        let client = Arc::new(client);
        Ok(match self.guard(&client) {
            Some(guarded) => Arc::new(guarded),
            None => client,
        })
    }

    fn guard<P>(&self, client: &Arc<P>) -> Option<WithBreaker<P>> {
        let breakers = Arc::clone(self.breakers.as_ref()?);
        let (client, clock) = (Arc::clone(client), Arc::clone(&self.clock));
        Some(WithBreaker::new(client, breakers, clock))
    }
}

impl fmt::Debug for ClientFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientFactory")
            .field("config", &self.config)
            .field("guarded", &self.breakers.is_some())
            .finish_non_exhaustive()
    }
}
