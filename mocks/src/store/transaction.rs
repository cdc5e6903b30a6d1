//! A write transaction: the tables as they will be once it is committed.

use std::borrow::Borrow;
use std::cell::{Cell, RefCell};

use redb::{Key, ReadableTable, WriteTransaction};
use serde::Serialize;

use super::failure::Failure;
use super::table::{Definition, ReadTables, Table};

/// A write transaction. Several changes share one, so a change must decide before it writes: a
/// refusal rolls nothing back.
pub(crate) struct Transaction {
    inner: WriteTransaction,
    has_written: Cell<bool>,
    failure: RefCell<Option<String>>,
}

impl Transaction {
    pub(super) const fn new(inner: WriteTransaction) -> Self {
        Self {
            inner,
            has_written: Cell::new(false),
            failure: RefCell::new(None),
        }
    }

    /// Commits what was written, with an fsync; does nothing if nothing was. A transaction in which
    /// a step has failed is aborted.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let failure = self.failure.into_inner();
        if failure.is_none() && self.has_written.get() {
            self.inner.commit()?;
        } else {
            self.inner.abort()?;
        }
        failure.map_or(Ok(()), |reason| Err(Failure::Aborted(reason)))
    }

    /// Stores a document under `key`, and replaces an earlier one.
    pub(crate) fn put<'k, K: Key, V: Serialize>(
        &self,
        table: &Table<K, V>,
        key: impl Borrow<K::SelfType<'k>>,
        document: &V,
    ) -> Result<(), Failure> {
        self.write(|| {
            let document = table.encode(document)?;
            let mut opened = self.inner.open_table(table.definition())?;
            opened.insert(key, document.as_slice())?;
            Ok(())
        })
    }

    /// Removes the document under `key`, if there is one.
    pub(crate) fn remove<'k, K: Key, V>(
        &self,
        table: &Table<K, V>,
        key: impl Borrow<K::SelfType<'k>>,
    ) -> Result<(), Failure> {
        self.write(|| {
            let mut opened = self.inner.open_table(table.definition())?;
            opened.remove(key)?;
            Ok(())
        })
    }

    fn write(&self, work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
        self.has_written.set(true);
        self.note(work())
    }
}

impl ReadTables for Transaction {
    fn open<K: Key>(
        &self,
        definition: Definition<K>,
    ) -> Result<Option<impl ReadableTable<K, &'static [u8]>>, Failure> {
        Ok(Some(self.inner.open_table(definition)?))
    }

    fn note<T>(&self, result: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &result {
            self.failure.replace(Some(failure.to_string()));
        }
        result
    }
}
