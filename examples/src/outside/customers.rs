//! The customer service: who may order. It only ever reads.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::files::{Document, Folder};
use super::wire::{self, Problem, Segment};
use super::{BadFile, Faults, Invalid, check};

/// Whether a customer may order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerStatus {
    /// May order.
    Active,
    /// May not.
    Blocked,
}

/// A customer, as the file and the wire have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// The id orders name.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Where they can be written to.
    pub email: String,
    /// Whether they may order.
    pub status: CustomerStatus,
}

impl Document for Customer {
    const KIND: &'static str = "customer";

    fn key(&self) -> &str {
        &self.id
    }

    fn check(&self) -> Result<(), Invalid> {
        check::id("id", &self.id)?;
        check::text("name", &self.name)?;
        if !self.email.contains('@') {
            return Err(Invalid::new("email", "must be an e-mail address"));
        }
        Ok(())
    }
}

/// The customers in a folder of JSON files.
#[derive(Debug)]
pub struct Customers {
    files: Folder<Customer>,
    faults: Faults,
}

impl Customers {
    /// The customers in `folder`, one `*.json` file each.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            files: Folder::new(folder.into()),
            faults: Faults::default(),
        }
    }

    /// The customer with this id, as the files are now. Reads files, so it may block for a moment.
    ///
    /// # Errors
    ///
    /// [`BadFile`] when `<id>.json` is there and unreadable, or the folder is not there.
    pub fn find(&self, id: &str) -> Result<Option<Customer>, BadFile> {
        self.files.find(id)
    }

    /// What goes wrong with the next calls.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
}

/// This service alone, as a router.
pub fn router(customers: Arc<Customers>) -> Router {
    wire::with_fallbacks(routes(customers))
}

pub(super) fn routes(customers: Arc<Customers>) -> Router {
    let faults = customers.faults.clone();
    let routes = Router::new()
        .route("/customers/{id}", get(find))
        .with_state(customers);
    wire::with_faults(routes, &faults)
}

async fn find(
    State(customers): State<Arc<Customers>>,
    Segment(id): Segment,
) -> Result<Json<Customer>, Problem> {
    match wire::blocking(move || customers.find(&id)).await? {
        Some(customer) => Ok(Json(customer)),
        None => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "unknown_customer",
            "no such customer",
        )),
    }
}
