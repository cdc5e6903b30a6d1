//! Where the database of the state is, and how it is opened.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use redb::backends::InMemoryBackend;
use redb::{Builder, Database, DatabaseError, StorageError};

use super::tables::{self, Failure, Format};
use crate::outside::BadFile;

/// How much of the database is kept at hand, in bytes: the upper levels of its trees, and what was
/// asked for last. The rest is a matter of the system's page cache.
const CACHE: usize = 2 * 1024 * 1024;

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
    #[error("state file {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// A file, or memory.
pub(super) enum Place {
    Memory,
    File(PathBuf),
    /// What a test has instead of a disk.
    #[cfg(test)]
    Disk(super::tests::Disk),
}

impl Place {
    /// Opens the database, with all its tables. What a crash left half written is undone.
    pub(super) fn open(&self) -> Result<Database, StateFileError> {
        let database = self.opened().map_err(|error| self.refused(error))?;
        self.prepare(&database)?;
        Ok(database)
    }

    fn opened(&self) -> Result<Database, DatabaseError> {
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE);
        match self {
            Self::Memory => builder.create_with_backend(InMemoryBackend::new()),
            Self::File(path) => builder.create(path),
            #[cfg(test)]
            Self::Disk(disk) => builder.create_with_backend(disk.clone()),
        }
    }

    /// Makes the tables in a new database, and refuses one that is not ours.
    fn prepare(&self, database: &Database) -> Result<(), StateFileError> {
        match tables::format(database).map_err(|failure| self.failed(failure))? {
            Format::Ours => Ok(()),
            Format::New => {
                tables::make(database).map_err(|failure| self.failed(failure))?;
                if let Self::File(path) = self {
                    sync_folder(path).map_err(|source| self.io(source))?;
                }
                Ok(())
            }
            Format::Other(reason) => Err(StateFileError::Unreadable {
                path: self.path().to_owned(),
                reason,
            }),
        }
    }

    /// Whether what was written is still there when it is opened again.
    pub(super) const fn lasts(&self) -> bool {
        !matches!(self, Self::Memory)
    }

    pub(super) fn unreadable(&self, failure: &Failure) -> BadFile {
        BadFile::new("state", self.path(), failure)
    }

    pub(super) fn io(&self, source: io::Error) -> StateFileError {
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

    fn refused(&self, error: DatabaseError) -> StateFileError {
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

    fn failed(&self, failure: Failure) -> StateFileError {
        match failure {
            Failure::Database(redb::Error::Io(source)) => self.io(source),
            failure => StateFileError::Unreadable {
                path: self.path().to_owned(),
                reason: failure.to_string(),
            },
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path().display().fmt(f)
    }
}

/// Makes a new file last. Where folders cannot be synced, they need not be.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
