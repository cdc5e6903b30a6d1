//! Interactions with an order: commands, reports, outages.

use proptest::prelude::*;

/// The index of one of the two products.
pub(crate) type Product = usize;

/// A service that the order depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Customers,
    Inventory,
    Payments,
    Shipping,
}

/// How a service fails while it is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// It cannot be reached, and the caller knows.
    Connection,
    /// Requests are lost, and the caller cannot know.
    Requests,
    /// Requests are processed, and their answers lost.
    Answers,
}

/// The outcome of a payment method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Approved.
    Good,
    /// Approved, and the answer to the first call is lost.
    Slow,
    /// Declined.
    Bad,
    /// Requires an action of the customer.
    Asks,
}

/// One interaction with the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interaction {
    // Commands: they may be refused.
    Cancel,
    CancelUnits(Product, u32),
    Ship(Product, u32),
    AskWarehouse(Product, u32),
    Deliver(usize),
    Capture(i64),
    Refund(i64),
    PayWith(Method),
    Hold,
    Unhold,
    Revise([u32; 2]),
    /// A return, requested, approved and received.
    SendBack(Product, u32, bool),
    /// The expected return of a closed order is received.
    Receive(bool),
    Delete,
    // What happens outside, and is reported.
    ParcelLeaves(usize),
    /// It is shipped, and nobody reports it.
    ParcelSlipsOut(usize),
    ParcelIsLost(usize),
    /// Units are shipped that nobody requested.
    StrangeShipment(Product, u32),
    AuthorizationLapses,
    StockLapses,
    CustomerActs(bool),
    // What nobody reports.
    DaysPass,
    GoesDown(Service, Loss),
    ComesBack,
}

impl Interaction {
    /// Returns whether it is a command, which may be refused.
    pub(crate) const fn is_command(self) -> bool {
        !matches!(
            self,
            Self::ParcelLeaves(_)
                | Self::ParcelSlipsOut(_)
                | Self::ParcelIsLost(_)
                | Self::StrangeShipment(..)
                | Self::AuthorizationLapses
                | Self::StockLapses
                | Self::CustomerActs(_)
                | Self::DaysPass
                | Self::GoesDown(..)
                | Self::ComesBack
        )
    }
}

pub(crate) fn services() -> impl Strategy<Value = Service> {
    prop_oneof![
        Just(Service::Customers),
        Just(Service::Inventory),
        Just(Service::Payments),
        Just(Service::Shipping),
    ]
}

pub(crate) fn losses() -> impl Strategy<Value = Loss> {
    prop_oneof![
        Just(Loss::Connection),
        Just(Loss::Requests),
        Just(Loss::Answers),
    ]
}

pub(crate) fn methods() -> impl Strategy<Value = Method> {
    prop_oneof![
        4 => Just(Method::Good),
        1 => Just(Method::Slow),
        1 => Just(Method::Bad),
        1 => Just(Method::Asks),
    ]
}

pub(crate) fn interactions() -> impl Strategy<Value = Interaction> {
    let units = || (0..2_usize, 1..4_u32);
    let part = || 0..4_usize;
    let amount = || prop_oneof![Just(1), Just(150), Just(250), Just(700), Just(2_000)];
    let wanted = || prop_oneof![9 => 0..5_u32, 1 => Just(99)];
    let commands = prop_oneof![
        2 => Just(Interaction::Cancel),
        3 => units().prop_map(|(product, n)| Interaction::CancelUnits(product, n)),
        5 => units().prop_map(|(product, n)| Interaction::Ship(product, n)),
        4 => units().prop_map(|(product, n)| Interaction::AskWarehouse(product, n)),
        6 => part().prop_map(Interaction::Deliver),
        2 => amount().prop_map(Interaction::Capture),
        2 => amount().prop_map(Interaction::Refund),
        2 => methods().prop_map(Interaction::PayWith),
        1 => Just(Interaction::Hold),
        2 => Just(Interaction::Unhold),
        2 => (wanted(), wanted()).prop_map(|(one, other)| Interaction::Revise([one, other])),
        4 => (units(), any::<bool>()).prop_map(|((product, n), ok)| Interaction::SendBack(product, n, ok)),
        4 => any::<bool>().prop_map(Interaction::Receive),
        1 => Just(Interaction::Delete),
    ];
    let reports = prop_oneof![
        5 => part().prop_map(Interaction::ParcelLeaves),
        3 => part().prop_map(Interaction::ParcelSlipsOut),
        3 => part().prop_map(Interaction::ParcelIsLost),
        1 => units().prop_map(|(product, n)| Interaction::StrangeShipment(product, n)),
        1 => Just(Interaction::AuthorizationLapses),
        1 => Just(Interaction::StockLapses),
        4 => any::<bool>().prop_map(Interaction::CustomerActs),
        1 => Just(Interaction::DaysPass),
    ];
    let outages = prop_oneof![
        1 => (services(), losses()).prop_map(|(service, loss)| Interaction::GoesDown(service, loss)),
        1 => Just(Interaction::ComesBack),
    ];
    prop_oneof![6 => commands, 3 => reports, 2 => outages]
}
