//! A file that keeps what the services have promised, so that they can be started again.
//!
//! It is a line of JSON for each change, written and synced before the change is answered. Opening
//! it plays the lines back, and writes a short file in its place. What a crash leaves half written
//! was never answered, and is dropped.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::{inventory, locked, payments, shipping};

/// One change, whole or not at all.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    Payments(Vec<payments::Record>),
    Reservation(inventory::Record),
    Parcel(shipping::Record),
}

/// The state file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateFileError {
    /// It cannot be read or written.
    #[error("state file {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process has it open.
    #[error("state file {}: another process uses it", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It holds something else.
    #[error("state file {}, line {line}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// A change could not be written to the state file, so it was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state file cannot be written")]
pub struct NotSaved;

#[derive(Debug)]
struct Open {
    file: File,
    /// The file this one replaced. Whoever opened that meanwhile must go on finding it locked.
    _replaced: File,
    /// Up to where it is good.
    length: u64,
    /// Nothing can be written any more.
    broken: bool,
}

/// Where changes are written: a file, or nowhere.
#[derive(Debug, Default)]
pub(super) struct Journal(Option<Mutex<Open>>);

impl Journal {
    /// Writes and syncs a change. When it fails, the file is as it was.
    pub(super) fn write(&self, change: &Change) -> Result<(), NotSaved> {
        let Some(open) = &self.0 else { return Ok(()) };
        let mut open = locked(open);
        if open.broken {
            return Err(NotSaved);
        }
        let written = text(change).and_then(|text| {
            open.file.write_all(&text)?;
            open.file.sync_data()?;
            Ok(text.len() as u64)
        });
        match written {
            Ok(length) => open.length += length,
            Err(error) => {
                open.broken = open.file.set_len(open.length).is_err();
                tracing::error!(%error, broken = open.broken, "cannot write the state file");
                return Err(NotSaved);
            }
        }
        Ok(())
    }
}

/// The state file, opened and read, to be replaced by a short one.
#[derive(Debug)]
pub(super) struct Past {
    path: PathBuf,
    /// Kept open for its lock.
    file: File,
    pub(super) changes: Vec<Change>,
}

impl Past {
    /// Reads what was written; nothing where there is no file yet.
    pub(super) fn read(path: &Path) -> Result<Self, StateFileError> {
        let failed = |source| StateFileError::Io {
            path: path.to_owned(),
            source,
        };
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .map_err(failed)?;
        lock(&file, path)?;
        let text = fs::read(path).map_err(failed)?;
        // What has no end was cut off while it was being written.
        let whole = text
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |end| end + 1);
        let mut changes = Vec::new();
        for (number, line) in (1..).zip(text[..whole].split_inclusive(|b| *b == b'\n')) {
            let change =
                serde_json::from_slice(line).map_err(|error| StateFileError::Unreadable {
                    path: path.to_owned(),
                    line: number,
                    reason: error.to_string(),
                })?;
            changes.push(change);
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            changes,
        })
    }

    /// Puts a file with these changes in its place, to be written on.
    pub(super) fn replace(
        self,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<Journal, StateFileError> {
        let failed = |source| self.failed(source);
        let short = self.path.with_added_extension("new");
        if short.exists() {
            fs::remove_file(&short).map_err(failed)?;
        }
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(&short)
            .map_err(failed)?;
        lock(&file, &self.path)?;
        let length = write_short(&file, changes).map_err(failed)?;
        fs::rename(&short, &self.path).map_err(failed)?;
        sync_folder(&self.path).map_err(failed)?;
        Ok(Journal(Some(Mutex::new(Open {
            file,
            _replaced: self.file,
            length,
            broken: false,
        }))))
    }

    fn failed(&self, source: io::Error) -> StateFileError {
        StateFileError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

fn write_short(file: &File, changes: impl IntoIterator<Item = Change>) -> io::Result<u64> {
    let mut writer = BufWriter::new(file);
    let mut length = 0;
    for change in changes {
        let text = text(&change)?;
        writer.write_all(&text)?;
        length += text.len() as u64;
    }
    writer.flush()?;
    file.sync_all()?;
    Ok(length)
}

fn text(change: &Change) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(change)?;
    text.push(b'\n');
    Ok(text)
}

fn lock(file: &File, path: &Path) -> Result<(), StateFileError> {
    let path = || path.to_owned();
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => StateFileError::InUse { path: path() },
        TryLockError::Error(source) => StateFileError::Io {
            path: path(),
            source,
        },
    })
}

/// Makes a rename last. Where folders cannot be synced, they need not be.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
