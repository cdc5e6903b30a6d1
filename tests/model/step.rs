//! What is done to an order, or happens to it.

use proptest::prelude::*;

/// One of the two products, by place.
pub(crate) type Product = usize;

/// A service that the order depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Customers,
    Inventory,
    Payments,
    Shipping,
}

/// How a service is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// It cannot be reached, and the caller knows that.
    Connection,
    /// Calls do not arrive, and the caller cannot know.
    Requests,
    /// Calls are carried out, and their answers lost.
    Answers,
}

/// What a payment method leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// It is good.
    Good,
    /// It is good, and the answer to the first call is lost.
    Slow,
    /// It is declined.
    Bad,
    /// The customer has to act.
    Asks,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
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
    /// Asked back, approved and received.
    SendBack(Product, u32, bool),
    /// What is expected back of a closed order arrives.
    Receive(bool),
    Delete,
    // What happens outside, and is reported.
    ParcelLeaves(usize),
    /// It leaves, and nobody says so.
    ParcelSlipsOut(usize),
    ParcelIsLost(usize),
    /// Units leave that nobody asked for.
    StrangeShipment(Product, u32),
    AuthorizationLapses,
    StockLapses,
    CustomerActs(bool),
    // What nobody reports.
    DaysPass,
    GoesDown(Service, Loss),
    ComesBack,
}

impl Step {
    /// Whether it is asked of the order, and may be refused.
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

pub(crate) fn steps() -> impl Strategy<Value = Step> {
    let units = || (0..2_usize, 1..4_u32);
    let part = || 0..4_usize;
    let amount = || prop_oneof![Just(1), Just(150), Just(250), Just(700), Just(2_000)];
    let wanted = || prop_oneof![9 => 0..5_u32, 1 => Just(99)];
    let commands = prop_oneof![
        2 => Just(Step::Cancel),
        3 => units().prop_map(|(product, n)| Step::CancelUnits(product, n)),
        5 => units().prop_map(|(product, n)| Step::Ship(product, n)),
        4 => units().prop_map(|(product, n)| Step::AskWarehouse(product, n)),
        6 => part().prop_map(Step::Deliver),
        2 => amount().prop_map(Step::Capture),
        2 => amount().prop_map(Step::Refund),
        2 => methods().prop_map(Step::PayWith),
        1 => Just(Step::Hold),
        2 => Just(Step::Unhold),
        2 => (wanted(), wanted()).prop_map(|(one, other)| Step::Revise([one, other])),
        4 => (units(), any::<bool>()).prop_map(|((product, n), ok)| Step::SendBack(product, n, ok)),
        4 => any::<bool>().prop_map(Step::Receive),
        1 => Just(Step::Delete),
    ];
    let reports = prop_oneof![
        5 => part().prop_map(Step::ParcelLeaves),
        3 => part().prop_map(Step::ParcelSlipsOut),
        3 => part().prop_map(Step::ParcelIsLost),
        1 => units().prop_map(|(product, n)| Step::StrangeShipment(product, n)),
        1 => Just(Step::AuthorizationLapses),
        1 => Just(Step::StockLapses),
        4 => any::<bool>().prop_map(Step::CustomerActs),
        1 => Just(Step::DaysPass),
    ];
    let outages = prop_oneof![
        1 => (services(), losses()).prop_map(|(service, loss)| Step::GoesDown(service, loss)),
        1 => Just(Step::ComesBack),
    ];
    prop_oneof![6 => commands, 3 => reports, 2 => outages]
}
