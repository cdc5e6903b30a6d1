//! Validation of the fields that every service takes.

use crate::line_item::LineItem;

/// Lines in one call, at most.
pub(crate) const MAX_LINES: usize = 500;

/// Longest id, reference, token or SKU, in bytes.
const MAX_ID_BYTES: usize = 256;

/// A field whose value is well-formed JSON but not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct InvalidField {
    field: &'static str,
    reason: String,
}

impl InvalidField {
    pub(crate) fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self {
            field,
            reason: reason.into(),
        }
    }

    /// Returns the name of the field.
    pub fn field(&self) -> &'static str {
        self.field
    }
}

/// Checks an id: not empty, not too long, and without white space or control characters, so that it
/// can be logged and compared.
pub(crate) fn id(field: &'static str, value: &str) -> Result<(), InvalidField> {
    if value.is_empty() || value.len() > MAX_ID_BYTES {
        return Err(InvalidField::new(
            field,
            format!("must have 1 to {MAX_ID_BYTES} bytes"),
        ));
    }
    if value.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(InvalidField::new(
            field,
            "must have no white space or control characters",
        ));
    }
    Ok(())
}

/// Checks a SKU: like an id, but spaces are allowed inside.
pub(crate) fn sku(field: &'static str, value: &str) -> Result<(), InvalidField> {
    if value.trim() != value {
        return Err(InvalidField::new(
            field,
            "must have no white space at its ends",
        ));
    }
    id(field, &value.replace(' ', "_"))
}

/// Checks that a text is not blank.
pub(crate) fn text(field: &'static str, value: &str) -> Result<(), InvalidField> {
    if value.trim().is_empty() {
        Err(InvalidField::new(field, "must not be empty"))
    } else {
        Ok(())
    }
}

/// Checks an amount of money to move, in minor units: positive.
pub(crate) fn amount(value: i64) -> Result<(), InvalidField> {
    if value > 0 {
        Ok(())
    } else {
        Err(InvalidField::new("amount", "must be at least 1 minor unit"))
    }
}

/// Checks the form of an ISO 4217 code, not whether the code is in use.
pub(crate) fn currency(value: &str) -> Result<(), InvalidField> {
    if value.len() == 3 && value.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(())
    } else {
        Err(InvalidField::new(
            "currency",
            "must be three capital letters, as in ISO 4217",
        ))
    }
}

/// Checks lines: valid SKUs, quantities of at least 1, not too many lines. An empty list passes.
pub(crate) fn lines(lines: &[LineItem]) -> Result<(), InvalidField> {
    if lines.len() > MAX_LINES {
        return Err(InvalidField::new(
            "lines",
            format!("must be at most {MAX_LINES}"),
        ));
    }
    for line in lines {
        sku("lines.sku", &line.sku)?;
        if line.quantity == 0 {
            return Err(InvalidField::new("lines.quantity", "must be at least 1"));
        }
    }
    Ok(())
}

/// Checks lines like [`lines`], and that there is at least one.
pub(crate) fn non_empty_lines(given: &[LineItem]) -> Result<(), InvalidField> {
    if given.is_empty() {
        return Err(InvalidField::new("lines", "must not be empty"));
    }
    lines(given)
}
