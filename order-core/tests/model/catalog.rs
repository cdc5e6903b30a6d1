//! The two products and the payment methods that the model and the system share.

use crate::interaction::Method;
use order_core::new_order::NewLine;
use order_core::value::StorefrontId;
use order_testing::builders::priced;

pub(crate) const SKUS: [&str; 2] = ["abc", "tea"];
/// The unit price of each product, in US cents.
pub(crate) const PRICES: [i64; 2] = [700, 150];
/// Units in stock of each product.
pub(crate) const IN_STOCK: u32 = 40;

pub(crate) fn shop() -> StorefrontId {
    StorefrontId::default()
}

pub(crate) const fn token_of(method: Method) -> &'static str {
    match method {
        Method::Good => "tok_visa",
        Method::Slow => "tok_timeout",
        Method::Bad => "tok_declined",
        Method::Asks => "tok_action",
    }
}

pub(crate) fn new_lines(wanted: [u32; 2]) -> Vec<NewLine> {
    let some = SKUS.iter().zip(PRICES).zip(wanted).filter(|(_, n)| *n > 0);
    some.map(|((name, price), n)| priced(name, n, price))
        .collect()
}
