//! What every service asks of the values it is given.

use super::Line;

/// The most lines one call may carry.
pub(super) const MAX_LINES: usize = 500;

/// The longest id, reference, token or SKU, in bytes.
const MAX_ID: usize = 256;

/// A value that is well-formed JSON and still makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Invalid {
    field: &'static str,
    reason: String,
}

impl Invalid {
    pub(super) fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self {
            field,
            reason: reason.into(),
        }
    }

    /// The field that is wrong.
    pub fn field(&self) -> &'static str {
        self.field
    }
}

/// An id that can be logged and compared: something, not too long, nothing invisible.
pub(super) fn id(field: &'static str, value: &str) -> Result<(), Invalid> {
    if value.is_empty() || value.len() > MAX_ID {
        return Err(Invalid::new(
            field,
            format!("must have 1 to {MAX_ID} bytes"),
        ));
    }
    if value.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Invalid::new(
            field,
            "must have no white space or control characters",
        ));
    }
    Ok(())
}

/// A SKU: as an id, but there may be spaces in it.
pub(super) fn sku(field: &'static str, value: &str) -> Result<(), Invalid> {
    if value.trim() != value {
        return Err(Invalid::new(field, "must have no white space at its ends"));
    }
    id(field, &value.replace(' ', "_"))
}

/// Text that is there.
pub(super) fn text(field: &'static str, value: &str) -> Result<(), Invalid> {
    if value.trim().is_empty() {
        Err(Invalid::new(field, "must not be empty"))
    } else {
        Ok(())
    }
}

/// An amount of money to move, in minor units.
pub(super) fn amount(value: i64) -> Result<(), Invalid> {
    if value > 0 {
        Ok(())
    } else {
        Err(Invalid::new("amount", "must be at least 1 minor unit"))
    }
}

/// The shape of an ISO 4217 code. Whether it is in use is not asked.
pub(super) fn currency(value: &str) -> Result<(), Invalid> {
    if value.len() == 3 && value.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(())
    } else {
        Err(Invalid::new(
            "currency",
            "must be three capital letters, as in ISO 4217",
        ))
    }
}

/// Lines with an id and a quantity each, and not too many. None at all is left to the caller.
pub(super) fn lines(lines: &[Line]) -> Result<(), Invalid> {
    if lines.len() > MAX_LINES {
        return Err(Invalid::new(
            "lines",
            format!("must be at most {MAX_LINES}"),
        ));
    }
    for line in lines {
        sku("lines.sku", &line.sku)?;
        if line.quantity == 0 {
            return Err(Invalid::new("lines.quantity", "must be at least 1"));
        }
    }
    Ok(())
}

/// As [`lines`], and at least one.
pub(super) fn some_lines(given: &[Line]) -> Result<(), Invalid> {
    if given.is_empty() {
        return Err(Invalid::new("lines", "must not be empty"));
    }
    lines(given)
}
