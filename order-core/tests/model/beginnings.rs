//! How models begin.

use crate::interaction::{losses, methods, services};
use crate::model::{Model, Rejection, Units};
use order_core::policy::PaymentPolicy;
use proptest::prelude::*;

/// Returns a strategy of models of an order that was just placed.
pub(crate) fn beginnings() -> impl Strategy<Value = Model> {
    let policy = prop_oneof![
        2 => Just(PaymentPolicy::CaptureOnShip),
        1 => Just(PaymentPolicy::CaptureOnConfirm),
        1 => Just(PaymentPolicy::Invoice),
    ];
    let rejection = prop_oneof![
        18 => Just(None),
        1 => Just(Some(Rejection::UnknownCustomer)),
        1 => Just(Some(Rejection::NoStock)),
    ];
    let down = prop_oneof![
        3 => Just(None),
        1 => (services(), losses()).prop_map(Some),
    ];
    (policy, rejection, methods(), down, 1..4_u32, 0..4_u32).prop_map(
        |(policy, rejection, first_method, down, one, other)| {
            let line = |ordered| Units {
                ordered,
                ..Units::default()
            };
            let mut model = Model {
                policy,
                rejection,
                first_method,
                down,
                lines: [line(one), line(other)],
                excess: 0,
                parcels: Vec::new(),
                returns: Vec::new(),
                end: None,
                released: false,
                held: false,
                deleting: false,
                deleted: false,
                method: Some(first_method),
                acting: None,
                authorizations: Vec::new(),
                kept: 0,
                credits: 0,
                freed: 0,
                most: 0,
                days: 0,
                accepted: true,
            };
            model.settle();
            model
        },
    )
}
