//! Tables of JSON documents by key, and how they are read: from a snapshot, or inside a
//! transaction.

use std::borrow::Borrow;
use std::marker::PhantomData;

use redb::{Key, ReadTransaction, ReadableTable, TableDefinition, TableError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::Failure;

/// A table of JSON documents `V` by key `K`.
pub(crate) struct Table<K: Key + 'static, V> {
    name: &'static str,
    definition: Definition<K>,
    documents: PhantomData<fn() -> V>,
}

pub(super) type Definition<K> = TableDefinition<'static, K, &'static [u8]>;

impl<K: Key, V> Table<K, V> {
    pub(crate) const fn named(name: &'static str) -> Self {
        Self {
            name,
            definition: TableDefinition::new(name),
            documents: PhantomData,
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) const fn definition(&self) -> Definition<K> {
        self.definition
    }

    fn invalid(&self, source: serde_json::Error) -> Failure {
        Failure::Document {
            table: self.name,
            source,
        }
    }
}

impl<K: Key, V: Serialize> Table<K, V> {
    pub(super) fn encode(&self, document: &V) -> Result<Vec<u8>, Failure> {
        serde_json::to_vec(document).map_err(|source| self.invalid(source))
    }
}

impl<K: Key, V: DeserializeOwned> Table<K, V> {
    fn decode(&self, document: &[u8]) -> Result<V, Failure> {
        serde_json::from_slice(document).map_err(|source| self.invalid(source))
    }
}

/// Read access to the tables.
pub(crate) trait ReadTables {
    /// Opens a table; `None` if nothing was ever written to it.
    fn open<K: Key>(
        &self,
        definition: Definition<K>,
    ) -> Result<Option<impl ReadableTable<K, &'static [u8]>>, Failure>;

    /// Remembers a failure, where it must keep a transaction from being committed.
    fn note<T>(&self, result: Result<T, Failure>) -> Result<T, Failure> {
        result
    }

    /// Returns the document stored under `key`.
    fn get<'k, K: Key, V: DeserializeOwned>(
        &self,
        table: &Table<K, V>,
        key: impl Borrow<K::SelfType<'k>>,
    ) -> Result<Option<V>, Failure> {
        let read = || {
            let Some(opened) = self.open(table.definition)? else {
                return Ok(None);
            };
            let found = opened.get(key)?;
            found.map(|found| table.decode(found.value())).transpose()
        };
        self.note(read())
    }

    /// Returns every document, ordered by key.
    fn all<K: Key, V: DeserializeOwned>(&self, table: &Table<K, V>) -> Result<Vec<V>, Failure> {
        let read = || {
            let Some(opened) = self.open(table.definition)? else {
                return Ok(Vec::new());
            };
            let documents = opened.iter()?;
            documents
                .map(|found| table.decode(found?.1.value()))
                .collect()
        };
        self.note(read())
    }

    /// Maps the keys below `end`, in ascending order.
    fn keys_below<'k, K: Key, V, T>(
        &self,
        table: &Table<K, V>,
        end: K::SelfType<'k>,
        map: impl Fn(K::SelfType<'_>) -> T,
    ) -> Result<Vec<T>, Failure> {
        let read = || {
            let Some(opened) = self.open(table.definition)? else {
                return Ok(Vec::new());
            };
            let keys = opened.range(..end)?;
            keys.map(|found| Ok(map(found?.0.value()))).collect()
        };
        self.note(read())
    }
}

/// A snapshot: the tables as the last commit left them.
impl ReadTables for ReadTransaction {
    fn open<K: Key>(
        &self,
        definition: Definition<K>,
    ) -> Result<Option<impl ReadableTable<K, &'static [u8]>>, Failure> {
        match self.open_table(definition) {
            Ok(table) => Ok(Some(table)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
