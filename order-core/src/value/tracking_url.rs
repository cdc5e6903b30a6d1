//! [`TrackingUrl`]: the web page that follows a parcel.

use super::InvalidReason;
use super::text_value::text_value;
use super::validate::every_character;

text_value! {
    /// The web page that shows where a parcel is.
    ///
    /// An absolute `http` or `https` URL (RFC 3986) of 1 to 2048 characters, with a host and without
    /// user information. Only visible ASCII without `"`, `<`, `>`, `\` and the backtick, so that it
    /// can be put into a page or an e-mail unescaped; other characters must be percent-encoded.
    TrackingUrl, "tracking URL", max 2048, web_address
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
