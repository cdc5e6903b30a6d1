//! Where the database lies (a file, or memory), and how it is opened.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use redb::backends::InMemoryBackend;
use redb::{Builder, Database, DatabaseError, StorageError};

use super::failure::{Failure, StateFileError};
use super::format::{self, Format};
use crate::unreadable_file::UnreadableFile;

/// Size of redb's own cache, in bytes: the upper levels of its trees and the latest lookups. The
/// operating system's page cache holds the rest.
const CACHE_BYTES: usize = 2 * 1024 * 1024;

/// A file, or memory.
pub(crate) enum Location {
    Memory,
    File(PathBuf),
    /// A disk that a test makes fail or wait.
    #[cfg(test)]
    Disk(super::disk::FaultyDisk),
}

impl Location {
    /// Opens the database, or creates it. What a crash left half written is rolled back.
    pub(super) fn open(&self) -> Result<Database, StateFileError> {
        let database = self.create().map_err(|error| self.open_error(error))?;
        self.prepare(&database)?;
        Ok(database)
    }

    fn create(&self) -> Result<Database, DatabaseError> {
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE_BYTES);
        match self {
            Self::Memory => builder.create_with_backend(InMemoryBackend::new()),
            Self::File(path) => builder.create(path),
            #[cfg(test)]
            Self::Disk(disk) => builder.create_with_backend(disk.clone()),
        }
    }

    /// Marks a new database with the format, and refuses a foreign one.
    fn prepare(&self, database: &Database) -> Result<(), StateFileError> {
        match format::read(database).map_err(|failure| self.format_error(failure))? {
            Format::Current => Ok(()),
            Format::New => {
                format::write(database).map_err(|failure| self.format_error(failure))?;
                if let Self::File(path) = self {
                    sync_directory(path).map_err(|source| self.io(source))?;
                }
                Ok(())
            }
            Format::Foreign(reason) => Err(StateFileError::Unreadable {
                path: self.path().to_owned(),
                reason,
            }),
        }
    }

    /// Whether what was written is still there after it is reopened.
    pub(super) const fn is_durable(&self) -> bool {
        !matches!(self, Self::Memory)
    }

    pub(super) fn unreadable(&self, failure: &Failure) -> UnreadableFile {
        UnreadableFile::new("state", self.path(), failure)
    }

    fn io(&self, source: io::Error) -> StateFileError {
        StateFileError::Io {
            path: self.path().to_owned(),
            source,
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Memory => Path::new("in memory"),
            Self::File(path) => path,
            #[cfg(test)]
            Self::Disk(_) => Path::new("test"),
        }
    }

    fn open_error(&self, error: DatabaseError) -> StateFileError {
        let path = self.path().to_owned();
        match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
                StateFileError::InUse { path }
            }
            DatabaseError::Storage(StorageError::Io(source))
                if !matches!(
                    source.kind(),
                    ErrorKind::InvalidData | ErrorKind::UnexpectedEof
                ) =>
            {
                StateFileError::Io { path, source }
            }
            error => StateFileError::Unreadable {
                path,
                reason: error.to_string(),
            },
        }
    }

    fn format_error(&self, failure: Failure) -> StateFileError {
        match failure {
            Failure::Database(redb::Error::Io(source)) => self.io(source),
            failure => StateFileError::Unreadable {
                path: self.path().to_owned(),
                reason: failure.to_string(),
            },
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path().display().fmt(f)
    }
}

/// Syncs the directory of a new file, so that the file itself survives a crash. On systems where a
/// directory cannot be synced there is no need to.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
    std::fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
