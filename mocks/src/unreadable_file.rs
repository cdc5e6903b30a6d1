//! The error for a file the mocks depend on and cannot read.

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// A JSON file, its directory, or the state file exists (or should) but cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} file {}: {reason}", path.display())]
pub struct UnreadableFile {
    kind: &'static str,
    path: PathBuf,
    reason: String,
}

impl UnreadableFile {
    pub(crate) fn new(kind: &'static str, path: &Path, reason: &(impl Display + ?Sized)) -> Self {
        Self {
            kind,
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// Returns the path of the file or directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what is wrong with it.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}
