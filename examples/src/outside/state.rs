//! Where the services keep what they have promised: in a file, so that they can be started again, or
//! in memory.
//!
//! Either is a small database of tables. What is kept is looked up where it lies, so neither memory
//! nor the time to open it grows with it. A change is whole or not at all, and is answered once it is
//! synced to disk; changes that come while others are being synced go out together as the next group.

mod line;
mod place;
mod tables;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use redb::{Database, ReadTransaction, ReadableDatabase, WriteTransaction};

use self::line::Line;
use self::place::Place;
use super::BadFile;

pub use place::StateFileError;
pub(super) use tables::{Change, Failure, Table, View};

/// A change could not be written to the state file, so it was not made. Where the disk failed as it
/// was to be synced, only asking again tells whether it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state file cannot be written")]
pub struct NotSaved;

/// What was promised, as tables.
pub(super) struct State {
    kept: Arc<Kept>,
    /// None where nothing can be saved.
    line: Option<Line>,
}

/// The database, and where it is.
struct Kept {
    place: Place,
    /// None while it cannot be opened.
    database: RwLock<Option<Database>>,
}

impl State {
    /// Nothing yet, and gone with the process.
    pub(super) fn in_memory() -> Self {
        Self::at(Place::Memory).unwrap_or_else(|error| {
            tracing::error!(%error, "nothing can be saved");
            let (place, database) = (Place::Memory, RwLock::default());
            Self {
                kept: Arc::new(Kept { place, database }),
                line: None,
            }
        })
    }

    /// What the file holds; nothing where there is no file yet.
    pub(super) fn open(file: &Path) -> Result<Self, StateFileError> {
        Self::at(Place::File(file.to_owned()))
    }

    fn at(place: Place) -> Result<Self, StateFileError> {
        let database = RwLock::new(Some(place.open()?));
        let kept = Arc::new(Kept { place, database });
        let line = Line::before({
            let kept = Arc::clone(&kept);
            move |make| kept.write(make)
        });
        let line = line.map_err(|source| kept.place.io(source))?;
        Ok(Self {
            kept,
            line: Some(line),
        })
    }

    /// Looks at all of it as it is now. This waits for no change.
    ///
    /// # Errors
    ///
    /// [`BadFile`] when it cannot be read.
    pub(super) fn read<T>(
        &self,
        look: impl Fn(&ReadTransaction) -> Result<T, Failure>,
    ) -> Result<T, BadFile> {
        self.kept.read(look)
    }

    /// Makes a change, and returns once it is kept. Changes are made one after another; each sees
    /// those before it. It must decide before it writes: a refusal takes nothing back.
    ///
    /// # Errors
    ///
    /// What `make` refuses, or [`NotSaved`].
    pub(super) fn change<T, E>(
        &self,
        make: impl FnOnce(&Change<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<NotSaved> + Send + 'static,
    {
        let line = self.line.as_ref().ok_or(NotSaved)?;
        line.enter(make)
    }
}

impl Kept {
    fn read<T>(&self, look: impl Fn(&ReadTransaction) -> Result<T, Failure>) -> Result<T, BadFile> {
        let tried = self.with(|database| look(&database.begin_read()?));
        let seen = match tried {
            Err(failure) if failure.needs_opening() && self.reopen() => {
                self.with(|database| look(&database.begin_read()?))
            }
            seen => seen,
        };
        seen.map_err(|failure| {
            tracing::error!(state = %self.place, %failure, "cannot read the state");
            self.place.unreadable(&failure)
        })
    }

    /// Writes a group as one transaction. False if nothing of it is kept.
    fn write(&self, make: &mut dyn FnMut(&Change<'_>)) -> bool {
        let mut made = false;
        let mut attempt = || {
            self.with(|database| {
                let transaction = database.begin_write()?;
                made = true;
                commit(transaction, make)
            })
        };
        let mut written = attempt();
        if written.is_err() && self.reopen() && !made {
            written = self.with(|database| commit(database.begin_write()?, make));
        }
        if let Err(failure) = &written {
            tracing::error!(state = %self.place, %failure, "cannot write the state");
        }
        written.is_ok()
    }

    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, Failure>) -> Result<T, Failure> {
        let database = self.database.read();
        let database = database.unwrap_or_else(PoisonError::into_inner);
        work(database.as_ref().ok_or(Failure::Closed)?)
    }

    /// Opens the file anew, unless it is good as it is: once reading or writing it has failed, it
    /// has to be read from the start. True if it is good now.
    fn reopen(&self) -> bool {
        let database = self.database.write();
        let mut database = database.unwrap_or_else(PoisonError::into_inner);
        if database.as_ref().is_some_and(is_good) {
            return true;
        }
        if !self.place.lasts() {
            return false;
        }
        // Before it can be locked again, it must be let go.
        *database = None;
        match self.place.open() {
            Ok(opened) => *database = Some(opened),
            Err(error) => tracing::error!(%error, "cannot open the state again"),
        }
        database.is_some()
    }
}

/// Nothing is written where nothing changes.
fn commit(transaction: WriteTransaction, make: &mut dyn FnMut(&Change<'_>)) -> Result<(), Failure> {
    let change = Change::new(&transaction);
    make(&change);
    if change.outcome()? {
        transaction.commit()?;
    } else {
        transaction.abort()?;
    }
    Ok(())
}

/// Whether reading and writing has not failed so far.
fn is_good(database: &Database) -> bool {
    database
        .begin_write()
        .is_ok_and(|none| none.abort().is_ok())
}

impl Default for State {
    fn default() -> Self {
        Self::in_memory()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("State")
            .field(&self.kept.place.to_string())
            .finish()
    }
}

#[cfg(test)]
mod tests;
