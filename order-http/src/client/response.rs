//! A conclusive response of an external service, and the error that a refusal or an unreadable body
//! becomes. It never repeats what a body says, other than a checked code.

use super::retry::{AttemptFailure, FailureCause, RetrySafety};
use order_core::ports::ServiceError;
use order_core::value::Code;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The operation that a response belongs to, as errors and logs name it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) service: &'static str,
    /// Method and path, with parameter names in place of ids.
    pub(super) name: &'static str,
    pub(super) safety: RetrySafety,
}

impl Operation {
    /// Makes the error of a call whose last attempt failed like this. `may_have_acted` says whether
    /// the service may have acted on this attempt or an earlier one.
    pub(super) fn failed(self, failure: AttemptFailure, may_have_acted: bool) -> ServiceError {
        let Self { service, name, .. } = self;
        let message = format!("the {service} service gave no answer ({name}: {failure})");
        if may_have_acted {
            ServiceError::unknown(message)
        } else {
            ServiceError::unavailable(message, failure.retry_after)
        }
        .because(failure.cause)
    }

    /// Makes the error of a response that makes no sense.
    pub(super) fn unreadable(self) -> ServiceError {
        let failure = AttemptFailure::from(FailureCause::Unreadable);
        self.failed(failure, failure.may_have_acted(self.safety))
    }

    /// Refuses a request without sending it, under a code of our own.
    pub(super) fn refused_locally(self, code: &'static str) -> ServiceError {
        match Code::parse(code) {
            Ok(code) => self.refused(code),
            Err(_) => self.failed(FailureCause::NotSendable.into(), false),
        }
    }

    fn refused(self, code: Code) -> ServiceError {
        let Self { service, name, .. } = self;
        let message = format!("the {service} service refused ({name}: {code})");
        ServiceError::refused(code, message)
    }
}

/// A conclusive response: 2xx, or a refusal.
#[derive(Debug)]
pub(super) struct ServiceResponse {
    pub(super) operation: Operation,
    pub(super) status: u16,
    /// Whether the body is an HTML page, as a proxy sends one.
    pub(super) is_html: bool,
    pub(super) body: Vec<u8>,
}

#[derive(Deserialize)]
struct RefusalBody {
    code: String,
}

impl ServiceResponse {
    pub(super) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Parses the body. A body that is only partly understood is an error: nothing is made up.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        serde_json::from_slice(&self.body).map_err(|_| self.operation.unreadable())
    }

    /// Returns whether the resource does not exist. An HTML page does not say so: it most likely comes
    /// from a proxy, or from another server.
    pub(super) const fn is_not_found(&self) -> bool {
        matches!(self.status, 404 | 410) && !self.is_html
    }

    /// Returns the code of a refusal; `None` where the body has no valid one.
    pub(super) fn refusal_code(&self) -> Option<Code> {
        let refusal: RefusalBody = serde_json::from_slice(&self.body).ok()?;
        normalized_code(&refusal.code)
    }

    /// Returns the refusal as an error.
    pub(super) fn refusal(&self) -> ServiceError {
        if self.is_html && matches!(self.status, 404 | 410) {
            return self.operation.unreadable();
        }
        match self.refusal_code().or_else(|| status_code(self.status)) {
            Some(code) => self.operation.refused(code),
            None => self.operation.unreadable(),
        }
    }

    /// Returns the refusal as an error, unless the response is a success.
    pub(super) fn require_success(&self) -> Result<(), ServiceError> {
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

/// Normalises a code of a service: lower case, underscores. `None` if it is no code even then.
pub(super) fn normalized_code(code: &str) -> Option<Code> {
    let code = code.trim().to_ascii_lowercase().replace([' ', '.'], "_");
    Code::parse(code).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use order_core::ports::ServiceErrorKind;

    fn response(safety: RetrySafety, status: u16, body: &str) -> ServiceResponse {
        ServiceResponse {
            operation: Operation {
                service: "payment",
                name: "POST /payments",
                safety,
            },
            status,
            is_html: body.starts_with('<'),
            body: body.as_bytes().to_vec(),
        }
    }

    fn code_of_refusal(status: u16, body: &str) -> Option<String> {
        match response(RetrySafety::MovesMoney, status, body)
            .refusal()
            .kind
        {
            ServiceErrorKind::Refused { code } => Some(code.to_string()),
            _ => None,
        }
    }

    #[test]
    fn a_refusal_has_a_normalised_code() {
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
            assert_eq!(code_of_refusal(409, body).as_deref(), Some(code), "{body}");
        }
    }

    #[test]
    fn an_html_page_with_404_says_nothing() {
        assert_eq!(code_of_refusal(404, "<html>"), None);
        assert!(!response(RetrySafety::Read, 404, "<html>").is_not_found());
        assert!(response(RetrySafety::Read, 404, "").is_not_found());
    }

    #[test]
    fn an_unreadable_body_is_unknown_after_a_write_and_an_outage_after_a_read() {
        for (safety, unknown) in [
            (RetrySafety::Read, false),
            (RetrySafety::IdempotentWrite, true),
            (RetrySafety::MovesMoney, true),
        ] {
            let error = response(safety, 201, r#"{"id": 7}"#)
                .json::<String>()
                .unwrap_err();
            assert_eq!(
                error.kind == ServiceErrorKind::Unknown,
                unknown,
                "{safety:?}"
            );
            assert!(error.is_outage());
        }
    }
}
