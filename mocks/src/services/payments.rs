//! The payment service: moves money once per reference, however often it is asked to.
//!
//! The token decides the outcome: `tok_visa` is approved, `tok_declined` is declined, `tok_action`
//! waits for the customer, `tok_timeout` is approved but its first answer is lost; any other token
//! is declined as unknown. A token is never logged, and is stored only as a fingerprint.

mod error;
mod keyed_request;
mod ledger;
mod ledger_entry;
mod payment;
mod refund;
mod service;

pub use error::PaymentError;
pub use payment::{
    AuthorizeOutcome, LostAnswer, MockPayment, MockPaymentRequest, MockPaymentStatus,
};
pub use refund::{MockRefund, MockRefundRequest, MockRefundStatus};
pub use service::MockPayments;
