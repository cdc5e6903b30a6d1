//! An answer, and what a wrong one means.

use super::failure::{Cause, Failure, Nature};
use order_core::ports::OutsideError;
use order_core::value::Code;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What an answer belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Of which service.
    pub(super) service: &'static str,
    /// Method and path, with names in place of ids.
    pub(super) operation: &'static str,
    pub(super) nature: Nature,
}

impl Asked {
    /// The error for a call whose last try failed so. `may_have_acted`: whether the service may have
    /// acted on this try or an earlier one.
    pub(super) fn failed(self, failure: Failure, may_have_acted: bool) -> OutsideError {
        let Self {
            service, operation, ..
        } = self;
        let message = format!("the {service} service gave no answer ({operation}: {failure})");
        if may_have_acted {
            OutsideError::unknown(message)
        } else {
            OutsideError::unavailable(message, failure.retry_after)
        }
        .because(failure.cause)
    }

    /// The error for an answer that makes no sense.
    pub(super) fn unreadable(self) -> OutsideError {
        let failure = Failure::from(Cause::Unreadable);
        self.failed(failure, failure.may_have_acted(self.nature))
    }

    /// The refusal of a request that is not worth sending, under a code of our own.
    pub(super) fn refused_here(self, code: &'static str) -> OutsideError {
        match Code::parse(code) {
            Ok(code) => self.refused(code),
            Err(_) => self.failed(Cause::NotSendable.into(), false),
        }
    }

    fn refused(self, code: Code) -> OutsideError {
        let Self {
            service, operation, ..
        } = self;
        let message = format!("the {service} service refused ({operation}: {code})");
        OutsideError::refused(code, message)
    }
}

/// A definite answer: 2xx, or a refusal.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) asked: Asked,
    pub(super) status: u16,
    /// Whether it is a page for people, as a proxy sends one.
    pub(super) is_page: bool,
    pub(super) body: Vec<u8>,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
}

impl Answer {
    pub(super) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// What it says. Of what is only half known, nothing is made up.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, OutsideError> {
        serde_json::from_slice(&self.body).map_err(|_| self.asked.unreadable())
    }

    /// Whether it says that there is no such thing. A page for people does not: it most likely comes
    /// from a proxy, or from somebody else's server.
    pub(super) const fn is_not_found(&self) -> bool {
        matches!(self.status, 404 | 410) && !self.is_page
    }

    /// The code of a refusal, if it gives one.
    pub(super) fn given_code(&self) -> Option<Code> {
        let problem: Problem = serde_json::from_slice(&self.body).ok()?;
        sanitized(&problem.code)
    }

    /// The refusal, as an error.
    pub(super) fn refusal(&self) -> OutsideError {
        if self.is_page && matches!(self.status, 404 | 410) {
            return self.asked.unreadable();
        }
        match self.given_code().or_else(|| status_code(self.status)) {
            Some(code) => self.asked.refused(code),
            None => self.asked.unreadable(),
        }
    }

    /// Nothing, if it is a success; else the refusal.
    pub(super) fn done(&self) -> Result<(), OutsideError> {
        if self.is_success() {
            Ok(())
        } else {
            Err(self.refusal())
        }
    }
}

fn status_code(status: u16) -> Option<Code> {
    Code::parse(format!("http_{status}")).ok()
}

/// A code as services write one, in our words; none if it is something else.
pub(super) fn sanitized(code: &str) -> Option<Code> {
    let code = code.trim().to_ascii_lowercase().replace([' ', '.'], "_");
    Code::parse(code).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use order_core::ports::OutsideErrorKind;

    fn answer(nature: Nature, status: u16, body: &str) -> Answer {
        Answer {
            asked: Asked {
                service: "payment",
                operation: "POST /payments",
                nature,
            },
            status,
            is_page: body.starts_with('<'),
            body: body.as_bytes().to_vec(),
        }
    }

    fn refused_as(status: u16, body: &str) -> Option<String> {
        match answer(Nature::Money, status, body).refusal().kind {
            OutsideErrorKind::Refused { code } => Some(code.to_string()),
            _ => None,
        }
    }

    #[test]
    fn a_refusal_has_a_code_of_ours() {
        for (body, code) in [
            (
                r#"{"code": "amount_too_large", "message": "no"}"#,
                "amount_too_large",
            ),
            (r#"{"code": "Card.Expired"}"#, "card_expired"),
            (r#"{"code": "4111 1111; drop"}"#, "http_409"),
            (r#"{"code": 7}"#, "http_409"),
            ("", "http_409"),
            ("<html>blocked</html>", "http_409"),
        ] {
            assert_eq!(refused_as(409, body).as_deref(), Some(code), "{body}");
        }
    }

    #[test]
    fn a_page_instead_of_a_404_says_nothing() {
        assert_eq!(refused_as(404, "<html>"), None);
        assert!(!answer(Nature::Read, 404, "<html>").is_not_found());
        assert!(answer(Nature::Read, 404, "").is_not_found());
    }

    #[test]
    fn what_cannot_be_read_is_unknown_after_a_write_and_an_outage_after_a_read() {
        for (nature, unknown) in [
            (Nature::Read, false),
            (Nature::Repeatable, true),
            (Nature::Money, true),
        ] {
            let error = answer(nature, 201, r#"{"id": 7}"#)
                .json::<String>()
                .unwrap_err();
            assert_eq!(
                error.kind == OutsideErrorKind::Unknown,
                unknown,
                "{nature:?}"
            );
            assert!(error.is_outage());
        }
    }
}
