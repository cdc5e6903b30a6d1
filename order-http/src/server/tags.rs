//! The tags that group the endpoints in the OpenAPI document.

pub(crate) const ORDERS: &str = "orders";
pub(crate) const PAYMENTS: &str = "payments";
pub(crate) const SHIPMENTS: &str = "shipments";
pub(crate) const RETURNS: &str = "returns";
pub(crate) const OPERATIONS: &str = "operations";
pub(crate) const SERVICE: &str = "service";

/// Every tag with its description, in the order of the document.
pub(crate) const ALL: [(&str, &str); 6] = [
    (ORDERS, "Place, read, change and cancel orders"),
    (PAYMENTS, "Authorize, capture and refund payments"),
    (SHIPMENTS, "Request fulfillments, ship and track"),
    (RETURNS, "Request, approve and receive returns"),
    (OPERATIONS, "Operations of an administrator"),
    (SERVICE, "Health and documentation of the service"),
];
