//! [`CountryCode`]: a country of ISO 3166-1.

use super::InvalidReason;
use super::text_value::text_value;
use iso_currency::Country;
use std::str::FromStr;

text_value! {
    /// A country or territory, as its ISO 3166-1 alpha-2 code: two upper-case letters.
    ///
    /// Accepts only codes that the standard has assigned; user-assigned ones such as `XK` are
    /// refused.
    ///
    /// ```
    /// use order_core::value::CountryCode;
    ///
    /// assert!(CountryCode::parse("NZ").is_ok());
    /// assert!(CountryCode::parse("nz").is_err());
    /// assert!(CountryCode::parse("ZZ").is_err());
    /// ```
    CountryCode, "country code", max 2, assigned_country
}

fn assigned_country(text: &str) -> Result<(), InvalidReason> {
    match Country::from_str(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(InvalidReason::NotACountry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assigned_codes_are_countries() {
        for code in ["AX", "BQ", "CW", "DE", "GB", "JP", "SS", "SX", "TW", "US"] {
            assert_eq!(CountryCode::parse(code).unwrap().as_str(), code);
        }
    }

    #[test]
    fn the_whole_standard_is_known_and_nothing_else() {
        let letters = || 'A'..='Z';
        let assigned = letters()
            .flat_map(|first| letters().map(move |second| format!("{first}{second}")))
            .filter(|code| CountryCode::parse(code.as_str()).is_ok())
            .count();
        assert_eq!(assigned, 249);
    }

    #[test]
    fn other_codes_are_not() {
        for code in ["us", "U", "ZZ", "XK", "EU", "UK", "1A"] {
            assert_eq!(
                CountryCode::parse(code).unwrap_err().reason(),
                InvalidReason::NotACountry
            );
        }
        assert_eq!(
            CountryCode::parse("").unwrap_err().reason(),
            InvalidReason::Empty
        );
        assert_eq!(
            CountryCode::parse("USA").unwrap_err().reason(),
            InvalidReason::TooLong { max: 2 }
        );
    }
}
