//! The external services that orders depend on, by name.

string_enum! {
    /// An external service that orders depend on.
    pub enum Dependency as "dependency" {
        /// The customer service: knows whether a customer may order.
        Customers = "customers",
        /// The inventory service: quotes prices and reserves stock.
        Inventory = "inventory",
        /// The payment provider: authorizes, captures and refunds.
        Payments = "payments",
        /// The shipping service: quotes shipping rates and runs the warehouse.
        Shipping = "shipping",
        /// The notification service: sends messages to customers.
        Notifications = "notifications",
    }
}
