//! The customer service: tells who may order. It never writes.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::faults::FaultInjector;
use crate::json_dir::{Document, JsonDir};
use crate::unreadable_file::UnreadableFile;
use crate::validate::{self, InvalidField};

/// Whether a customer may order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MockCustomerStatus {
    /// May order.
    Active,
    /// Must not order.
    Blocked,
}

/// A customer, in the form of the JSON file and of the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MockCustomer {
    /// The id that orders refer to.
    pub id: String,
    /// Full name; not blank.
    pub name: String,
    /// E-mail address; contains an `@`.
    pub email: String,
    /// Whether the customer may order.
    pub status: MockCustomerStatus,
}

impl Document for MockCustomer {
    const KIND: &'static str = "customer";

    fn key(&self) -> &str {
        &self.id
    }

    fn validate(&self) -> Result<(), InvalidField> {
        validate::id("id", &self.id)?;
        validate::text("name", &self.name)?;
        if !self.email.contains('@') {
            return Err(InvalidField::new("email", "must be an e-mail address"));
        }
        Ok(())
    }
}

/// The customers in a directory of JSON files.
#[derive(Debug)]
pub struct MockCustomers {
    files: JsonDir<MockCustomer>,
    faults: FaultInjector,
}

impl MockCustomers {
    /// Creates the service over `directory`, which has one `*.json` file per customer.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            files: JsonDir::new(directory.into()),
            faults: FaultInjector::default(),
        }
    }

    /// Finds a customer by id. It reads files, so it may block.
    ///
    /// # Errors
    ///
    /// [`UnreadableFile`] when `<id>.json` exists and is unreadable, or the directory is missing.
    pub fn find(&self, id: &str) -> Result<Option<MockCustomer>, UnreadableFile> {
        self.files.find(id)
    }

    /// Returns the switches that make the next calls fail.
    pub fn faults(&self) -> &FaultInjector {
        &self.faults
    }
}
