//! Where something is: a country, an address on the web.

use std::str::FromStr;

use iso_currency::Country;

use super::InvalidReason;
use super::rule::{every_character, text_value};

text_value! {
    /// A country or territory, as its ISO 3166-1 alpha-2 code: two upper-case letters.
    ///
    /// Only codes the standard has assigned are taken; user-assigned ones such as `XK` are not
    /// among them.
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

text_value! {
    /// The web page that shows where a parcel is.
    ///
    /// An absolute `http` or `https` URL (RFC 3986) of 1 to 2048 characters with a host and without
    /// user information. Of visible ASCII, without `"`, `<`, `>`, `\` and the backtick, so that it
    /// can stand in a page or a mail as it is; other characters have to be percent-encoded.
    TrackingUrl, "tracking URL", max 2048, web_address
}

fn assigned_country(text: &str) -> Result<(), InvalidReason> {
    match Country::from_str(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(InvalidReason::NotACountry),
    }
}

fn web_address(text: &str) -> Result<(), InvalidReason> {
    every_character(text, |c| {
        c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '`')
    })?;
    let (scheme, rest) = text
        .split_once("://")
        .ok_or(InvalidReason::NotAWebAddress)?;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let has_host = authority.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    if is_web && has_host && !authority.contains('@') {
        Ok(())
    } else {
        Err(InvalidReason::NotAWebAddress)
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

    #[test]
    fn a_web_address_has_a_scheme_and_a_host() {
        for url in [
            "https://track.example.com/p/1?x=a%20b#here",
            "http://example.com",
            "HTTPS://example.com:8443/?mail=a@b",
            "https://[2001:db8::1]/1",
        ] {
            assert_eq!(TrackingUrl::parse(url).unwrap().as_str(), url);
        }
    }

    #[test]
    fn what_could_mislead_or_run_is_refused() {
        for url in [
            "javascript:alert(1)",
            "ftp://example.com/1",
            "//example.com/1",
            "example.com/1",
            "https:///1",
            "https://",
            "https://?q",
            "https://user:pass@example.com/",
            "data:text/html,https://x",
        ] {
            assert_eq!(
                TrackingUrl::parse(url).unwrap_err().reason(),
                InvalidReason::NotAWebAddress,
                "{url}"
            );
        }
        assert_eq!(
            TrackingUrl::parse("https://a/\"><script>")
                .unwrap_err()
                .reason(),
            InvalidReason::ForbiddenCharacter { at: 11 }
        );
        assert!(TrackingUrl::parse("https://example.com/a b").is_err());
        assert!(TrackingUrl::parse(format!("https://a/{}", "x".repeat(2_039))).is_err());
    }
}
