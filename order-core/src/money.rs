//! Money: whole minor units, a currency, and the few operations an order needs.
//!
//! An [`Amount`] is a signed count of minor units ("cents"), a [`Currency`] says how many decimal
//! places they stand for, and [`Money`] is the two together. An order has one currency for ever, so
//! most of its figures are bare amounts; `Money` is for the places where amounts from different
//! sources meet.
//!
//! Nothing here uses a floating-point number, wraps around, or converts between currencies. There
//! are no operator overloads on purpose: every sum can fail, and a `+` would hide that.
//!
//! ```
//! use order_core::money::{Amount, Currency, Money, Rate, Rounding, allocate};
//!
//! let price = Money::new(Amount::new(1_999), Currency::USD);
//! assert_eq!(price.to_string(), "19.99 USD");
//!
//! let tax = Rate::from_ppm(82_500)?.of(price.amount(), Rounding::HalfEven)?;
//! assert_eq!(tax, Amount::new(165));
//!
//! let thirds = allocate(Amount::new(100), &[1, 1, 1])?;
//! assert_eq!(thirds, [Amount::new(34), Amount::new(33), Amount::new(33)]);
//! # Ok::<(), order_core::money::MoneyError>(())
//! ```

mod allocate;
mod amount;
mod currency;
mod error;
mod priced;
mod rate;

pub use allocate::allocate;
pub use amount::Amount;
pub use currency::Currency;
pub use error::MoneyError;
pub use priced::Money;
pub use rate::{Rate, Rounding};
