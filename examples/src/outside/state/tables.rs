//! The tables of the state: JSON documents by key, seen as they are, or in the middle of a change.

use std::borrow::Borrow;
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;

use redb::{
    Database, Key, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, TableHandle,
    WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::NotSaved;
use crate::outside::{inventory, payments, shipping};

/// The tables as they are written now. Another number: another program wrote them.
const FORMAT: u32 = 1;
const ABOUT: Table<&str, u32> = Table::named("about");
const FORMAT_KEY: &str = "format";

/// JSON documents by key.
pub(in crate::outside) struct Table<K: Key + 'static, V> {
    name: &'static str,
    definition: Definition<K>,
    documents: PhantomData<fn() -> V>,
}

type Definition<K> = TableDefinition<'static, K, &'static [u8]>;

impl<K: Key, V> Table<K, V> {
    pub(in crate::outside) const fn named(name: &'static str) -> Self {
        Self {
            name,
            definition: TableDefinition::new(name),
            documents: PhantomData,
        }
    }
}

/// Why the state cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(in crate::outside) enum Failure {
    /// The database cannot do it.
    #[error(transparent)]
    Database(redb::Error),
    /// A document is not what it should be.
    #[error("table {table}: {source}")]
    Document {
        table: &'static str,
        source: serde_json::Error,
    },
    /// It could not be opened again.
    #[error("it could not be opened again after a failure")]
    Closed,
    /// An earlier step of the same transaction failed, and has told why.
    #[error("the transaction has failed: {0}")]
    Spoilt(String),
}

impl Failure {
    /// Whether it may help to open the database anew.
    pub(super) const fn needs_opening(&self) -> bool {
        matches!(self, Self::Database(_) | Self::Closed)
    }
}

impl<E: Into<redb::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

impl From<Failure> for NotSaved {
    fn from(_: Failure) -> Self {
        Self
    }
}

/// Tables that can be looked into.
pub(in crate::outside) trait View {
    /// One of them.
    fn open<K: Key>(
        &self,
        definition: Definition<K>,
    ) -> Result<impl ReadableTable<K, &'static [u8]>, Failure>;

    /// Takes note of a failure, where that matters for what comes after it.
    fn noted<T>(&self, seen: Result<T, Failure>) -> Result<T, Failure> {
        seen
    }

    /// The document of this key.
    fn get<'k, K: Key, V: DeserializeOwned>(
        &self,
        table: &Table<K, V>,
        key: impl Borrow<K::SelfType<'k>>,
    ) -> Result<Option<V>, Failure> {
        let look = || {
            let opened = self.open(table.definition)?;
            let found = opened.get(key)?;
            found.map(|found| table.read(found.value())).transpose()
        };
        self.noted(look())
    }

    /// Every document, by key.
    fn all<K: Key, V: DeserializeOwned>(&self, table: &Table<K, V>) -> Result<Vec<V>, Failure> {
        let look = || {
            let opened = self.open(table.definition)?;
            let documents = opened.iter()?;
            documents
                .map(|found| table.read(found?.1.value()))
                .collect()
        };
        self.noted(look())
    }

    /// What `named` makes of the keys below `end`.
    fn keys_below<'k, K: Key, V, T>(
        &self,
        table: &Table<K, V>,
        end: K::SelfType<'k>,
        named: impl Fn(K::SelfType<'_>) -> T,
    ) -> Result<Vec<T>, Failure> {
        let look = || {
            let opened = self.open(table.definition)?;
            let keys = opened.range(..end)?;
            keys.map(|found| Ok(named(found?.0.value()))).collect()
        };
        self.noted(look())
    }
}

impl<K: Key, V: DeserializeOwned> Table<K, V> {
    fn read(&self, document: &[u8]) -> Result<V, Failure> {
        serde_json::from_slice(document).map_err(|source| self.bad(source))
    }
}

impl<K: Key, V> Table<K, V> {
    fn bad(&self, source: serde_json::Error) -> Failure {
        Failure::Document {
            table: self.name,
            source,
        }
    }
}

impl View for ReadTransaction {
    fn open<K: Key>(
        &self,
        definition: Definition<K>,
    ) -> Result<impl ReadableTable<K, &'static [u8]>, Failure> {
        Ok(self.open_table(definition)?)
    }
}

/// The tables in the middle of a change, as they will be if it is kept.
pub(in crate::outside) struct Change<'t> {
    transaction: &'t WriteTransaction,
    has_written: Cell<bool>,
    failed: RefCell<Option<String>>,
}

impl<'t> Change<'t> {
    pub(super) const fn new(transaction: &'t WriteTransaction) -> Self {
        Self {
            transaction,
            has_written: Cell::new(false),
            failed: RefCell::new(None),
        }
    }

    /// Whether there is something to keep. What failed halfway must not be kept.
    pub(super) fn outcome(self) -> Result<bool, Failure> {
        match self.failed.into_inner() {
            Some(reason) => Err(Failure::Spoilt(reason)),
            None => Ok(self.has_written.get()),
        }
    }

    /// Makes a table, if it is not there.
    pub(in crate::outside) fn make<K: Key, V>(&self, table: &Table<K, V>) -> Result<(), Failure> {
        self.open(table.definition).map(drop)
    }

    /// Puts a document, in the place of any other with this key.
    pub(in crate::outside) fn put<'k, K: Key, V: Serialize>(
        &self,
        table: &Table<K, V>,
        key: impl Borrow<K::SelfType<'k>>,
        document: &V,
    ) -> Result<(), Failure> {
        self.write(|| {
            let document = serde_json::to_vec(document).map_err(|source| table.bad(source))?;
            let mut opened = self.transaction.open_table(table.definition)?;
            opened.insert(key, document.as_slice())?;
            Ok(())
        })
    }

    /// Takes a document away, if it is there.
    pub(in crate::outside) fn remove<'k, K: Key, V>(
        &self,
        table: &Table<K, V>,
        key: impl Borrow<K::SelfType<'k>>,
    ) -> Result<(), Failure> {
        self.write(|| {
            let mut opened = self.transaction.open_table(table.definition)?;
            opened.remove(key)?;
            Ok(())
        })
    }

    fn write(&self, work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
        self.has_written.set(true);
        self.noted(work())
    }
}

impl View for Change<'_> {
    fn open<K: Key>(
        &self,
        definition: Definition<K>,
    ) -> Result<impl ReadableTable<K, &'static [u8]>, Failure> {
        Ok(self.transaction.open_table(definition)?)
    }

    fn noted<T>(&self, seen: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &seen {
            self.failed.replace(Some(failure.to_string()));
        }
        seen
    }
}

/// Whose database it is.
pub(super) enum Format {
    /// Nobody's yet.
    New,
    /// Ours, and as we write it now.
    Ours,
    /// Something else.
    Other(String),
}

pub(super) fn format(database: &Database) -> Result<Format, Failure> {
    let view = database.begin_read()?;
    let names: Vec<String> = view
        .list_tables()?
        .map(|table| table.name().to_owned())
        .collect();
    if names.is_empty() {
        return Ok(Format::New);
    }
    if !names.iter().any(|name| name == ABOUT.name) {
        return Ok(Format::Other("another program wrote it".to_owned()));
    }
    Ok(match view.get(&ABOUT, FORMAT_KEY)? {
        Some(FORMAT) => Format::Ours,
        Some(format) => Format::Other(format!("it has format {format}, and this is {FORMAT}")),
        None => Format::Other("it does not say what format it has".to_owned()),
    })
}

/// Makes all tables, so that whoever looks into one finds it.
pub(super) fn make(database: &Database) -> Result<(), Failure> {
    let transaction = database.begin_write()?;
    let change = Change::new(&transaction);
    change.put(&ABOUT, FORMAT_KEY, &FORMAT)?;
    inventory::make_tables(&change)?;
    payments::make_tables(&change)?;
    shipping::make_tables(&change)?;
    drop(change);
    transaction.commit()?;
    Ok(())
}
