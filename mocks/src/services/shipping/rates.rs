//! The rate table: per zone and service, a price for the first unit and one for each further unit.

use serde::{Deserialize, Serialize};

/// One way to ship, with its price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MockShippingRate {
    /// The carrier's name for the service.
    pub service: String,
    /// Price, in minor units of `currency`.
    pub amount: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// Usual transit time, in days.
    pub days: u32,
}

struct Tariff {
    service: &'static str,
    first: i64,
    further: i64,
    days: u32,
}

const fn tariff(service: &'static str, first: i64, further: i64, days: u32) -> Tariff {
    Tariff {
        service,
        first,
        further,
        days,
    }
}

const UNITED_STATES: &[Tariff] = &[
    tariff("economy", 395, 75, 7),
    tariff("standard", 595, 100, 4),
    tariff("express", 1895, 250, 1),
];
const NORTH_AMERICA: &[Tariff] = &[
    tariff("standard", 1295, 200, 8),
    tariff("express", 3495, 450, 3),
];
const EURO_AREA: &[Tariff] = &[
    tariff("standard", 590, 120, 4),
    tariff("express", 1990, 300, 2),
];
const UNITED_KINGDOM: &[Tariff] = &[
    tariff("standard", 495, 110, 4),
    tariff("express", 1690, 280, 2),
];
const JAPAN: &[Tariff] = &[
    tariff("standard", 880, 110, 3),
    tariff("express", 1650, 220, 1),
];
const ELSEWHERE: &[Tariff] = &[
    tariff("standard", 1995, 300, 12),
    tariff("express", 4995, 700, 5),
];

/// Returns the rates for `country` and this many units, cheapest first.
pub(super) fn rates(country: &str, units: i64) -> Vec<MockShippingRate> {
    let (currency, tariffs) = match country {
        "US" => ("USD", UNITED_STATES),
        "CA" | "MX" => ("USD", NORTH_AMERICA),
        "AT" | "BE" | "DE" | "ES" | "FI" | "FR" | "IE" | "IT" | "LU" | "NL" | "PT" => {
            ("EUR", EURO_AREA)
        }
        "GB" => ("GBP", UNITED_KINGDOM),
        "JP" => ("JPY", JAPAN),
        _ => ("USD", ELSEWHERE),
    };
    tariffs
        .iter()
        .map(|tariff| MockShippingRate {
            service: tariff.service.to_owned(),
            amount: tariff.first + tariff.further * (units - 1),
            currency: currency.to_owned(),
            days: tariff.days,
        })
        .collect()
}
