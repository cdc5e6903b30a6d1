//! Makes the clients of several services from one set of settings.

use super::service::connections;
use super::{
    ClientError, ClientSettings, HttpCustomers, HttpInventory, HttpNotifications, HttpPayments,
    HttpShipping,
};
use order_core::breaker::{Breakers, Guarded};
use order_core::ports::{Clock, Customers, Inventory, Notifications, Payments, Shipping};
use std::fmt;
use std::sync::Arc;

/// Makes clients that share their settings, their connections and their clock, ready to stand behind
/// the ports.
///
/// ```no_run
/// use order_core::breaker::Breakers;
/// use order_core::ports::Clock;
/// use order_http::client::{ClientSettings, OutsideServices};
/// use std::sync::Arc;
///
/// # fn example(clock: Arc<dyn Clock>) -> Result<(), order_http::client::ClientError> {
/// let outside = OutsideServices::new(ClientSettings::default(), clock)?;
/// let customers = outside.customers("https://customers.internal")?;
/// let payments = outside.payments("https://payments.internal/v1")?;
///
/// // For a caller that has no circuit breakers of its own; the order service has.
/// let outside = outside.guarded(Arc::new(Breakers::default()));
/// let shipping = outside.shipping("https://shipping.internal")?;
/// # let _ = (customers, payments, shipping);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OutsideServices {
    settings: ClientSettings,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    breakers: Option<Arc<Breakers>>,
}

impl OutsideServices {
    /// Makes clients with these settings, by this clock.
    ///
    /// # Errors
    /// [`ClientError::Setup`] if TLS cannot be set up.
    pub fn new(settings: ClientSettings, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        Ok(Self {
            http: connections(&settings)?,
            settings,
            clock,
            breakers: None,
        })
    }

    /// From now on every client is behind these circuit breakers.
    #[must_use]
    pub fn guarded(mut self, breakers: Arc<Breakers>) -> Self {
        self.breakers = Some(breakers);
        self
    }

    /// From now on clients have these settings, but for the time-outs of connecting and idling, which
    /// belong to the connections that are shared.
    #[must_use]
    pub fn with_settings(mut self, settings: ClientSettings) -> Self {
        self.settings = settings;
        self
    }

    /// The customer service at this address.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`].
    pub fn customers(&self, address: &str) -> Result<Arc<dyn Customers>, ClientError> {
        let (http, clock) = (self.http.clone(), Arc::clone(&self.clock));
        let client = Arc::new(HttpCustomers::over(http, address, &self.settings, clock)?);
        Ok(match self.guard(&client) {
            Some(guarded) => Arc::new(guarded),
            None => client,
        })
    }

    /// The inventory service at this address.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`].
    pub fn inventory(&self, address: &str) -> Result<Arc<dyn Inventory>, ClientError> {
        let (http, clock) = (self.http.clone(), Arc::clone(&self.clock));
        let client = Arc::new(HttpInventory::over(http, address, &self.settings, clock)?);
        Ok(match self.guard(&client) {
            Some(guarded) => Arc::new(guarded),
            None => client,
        })
    }

    /// The payment provider at this address.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`].
    pub fn payments(&self, address: &str) -> Result<Arc<dyn Payments>, ClientError> {
        let (http, clock) = (self.http.clone(), Arc::clone(&self.clock));
        let client = Arc::new(HttpPayments::over(http, address, &self.settings, clock)?);
        Ok(match self.guard(&client) {
            Some(guarded) => Arc::new(guarded),
            None => client,
        })
    }

    /// The shipping service at this address.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`].
    pub fn shipping(&self, address: &str) -> Result<Arc<dyn Shipping>, ClientError> {
        let (http, clock) = (self.http.clone(), Arc::clone(&self.clock));
        let client = Arc::new(HttpShipping::over(http, address, &self.settings, clock)?);
        Ok(match self.guard(&client) {
            Some(guarded) => Arc::new(guarded),
            None => client,
        })
    }

    /// The notification service at this address.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`].
    pub fn notifications(&self, address: &str) -> Result<Arc<dyn Notifications>, ClientError> {
        let (http, clock) = (self.http.clone(), Arc::clone(&self.clock));
        let client = Arc::new(HttpNotifications::over(
            http,
            address,
            &self.settings,
            clock,
        )?);
        Ok(match self.guard(&client) {
            Some(guarded) => Arc::new(guarded),
            None => client,
        })
    }

    fn guard<P>(&self, client: &Arc<P>) -> Option<Guarded<P>> {
        let breakers = Arc::clone(self.breakers.as_ref()?);
        let (client, clock) = (Arc::clone(client), Arc::clone(&self.clock));
        Some(Guarded::new(client, breakers, clock))
    }
}

impl fmt::Debug for OutsideServices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutsideServices")
            .field("settings", &self.settings)
            .field("guarded", &self.breakers.is_some())
            .finish_non_exhaustive()
    }
}
