//! The store: one open database, read from snapshots and changed in batched transactions.

use std::fmt;
use std::path::Path;
use std::sync::{PoisonError, RwLock};

use redb::{Database, ReadTransaction, ReadableDatabase};

use super::batch::BatchQueue;
use super::failure::{Failure, NotSaved, StateFileError};
use super::location::Location;
use super::transaction::Transaction;
use crate::unreadable_file::UnreadableFile;

/// What the mocks have promised, as tables.
pub(crate) struct Store {
    location: Location,
    /// Absent while it cannot be opened.
    database: RwLock<Option<Database>>,
    queue: BatchQueue,
}

impl Store {
    /// Creates an empty store that is gone with the process.
    pub(crate) fn in_memory() -> Self {
        Self::at(Location::Memory).unwrap_or_else(|error| {
            tracing::error!(%error, "nothing can be saved");
            Self::new(Location::Memory, None)
        })
    }

    /// Opens the store in `file`, and creates the file if it is missing.
    pub(crate) fn open(file: &Path) -> Result<Self, StateFileError> {
        Self::at(Location::File(file.to_owned()))
    }

    pub(crate) fn at(location: Location) -> Result<Self, StateFileError> {
        let database = location.open()?;
        Ok(Self::new(location, Some(database)))
    }

    fn new(location: Location, database: Option<Database>) -> Self {
        Self {
            location,
            database: RwLock::new(database),
            queue: BatchQueue::default(),
        }
    }

    /// Reads a snapshot of all tables. It waits for no writer.
    ///
    /// # Errors
    ///
    /// [`UnreadableFile`] when the database cannot be read.
    pub(crate) fn read<T>(
        &self,
        read: impl Fn(&ReadTransaction) -> Result<T, Failure>,
    ) -> Result<T, UnreadableFile> {
        let attempt = || self.with(|database| read(&database.begin_read()?));
        let result = match attempt() {
            Err(failure) if failure.needs_reopening() && self.reopen() => attempt(),
            result => result,
        };
        result.map_err(|failure| {
            tracing::error!(state = %self.location, %failure, "cannot read the state");
            self.location.unreadable(&failure)
        })
    }

    /// Makes a change, and returns once it is synced. Changes are made one after another; each sees
    /// those before it. It must decide before it writes: a refusal rolls nothing back.
    ///
    /// # Errors
    ///
    /// What `make` refuses, or [`NotSaved`].
    pub(crate) fn change<T, E: From<NotSaved>>(
        &self,
        make: impl FnOnce(&Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let begin = || {
            let begun = self.begin();
            let begun = match begun {
                Err(_) if self.reopen() => self.begin(),
                begun => begun,
            };
            self.log(begun)
        };
        let finish = |transaction: Transaction| {
            let finished = self.log(transaction.finish());
            if finished.is_err() {
                self.reopen();
            }
            finished
        };
        self.queue.submit(begin, make, finish)
    }

    fn begin(&self) -> Result<Transaction, Failure> {
        self.with(|database| Ok(Transaction::new(database.begin_write()?)))
    }

    fn log<T>(&self, written: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &written {
            tracing::error!(state = %self.location, %failure, "cannot write the state");
        }
        written
    }

    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, Failure>) -> Result<T, Failure> {
        let database = self.database.read();
        let database = database.unwrap_or_else(PoisonError::into_inner);
        work(database.as_ref().ok_or(Failure::Closed)?)
    }

    /// Reopens the database, unless it still works: after a failed read or write, redb refuses all
    /// further writes until it is opened anew. Returns whether it works now.
    fn reopen(&self) -> bool {
        let database = self.database.write();
        let mut database = database.unwrap_or_else(PoisonError::into_inner);
        if database.as_ref().is_some_and(works) {
            return true;
        }
        if !self.location.is_durable() {
            return false;
        }
        // Drops the file lock before it is taken again.
        *database = None;
        match self.location.open() {
            Ok(opened) => *database = Some(opened),
            Err(error) => tracing::error!(%error, "cannot open the state again"),
        }
        database.is_some()
    }
}

/// Whether no read or write has failed so far.
fn works(database: &Database) -> bool {
    database
        .begin_write()
        .is_ok_and(|empty| empty.abort().is_ok())
}

impl Default for Store {
    fn default() -> Self {
        Self::in_memory()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store")
            .field(&self.location.to_string())
            .finish()
    }
}
