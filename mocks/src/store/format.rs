//! The format mark of the state file: which program wrote it, and in which version.

use redb::{Database, ReadableDatabase, TableHandle};

use super::failure::Failure;
use super::table::{ReadTables, Table};
use super::transaction::Transaction;

/// Version of the tables and documents. A file with another number is refused.
const FORMAT: u32 = 1;
const ABOUT: Table<&str, u32> = Table::named("about");
const FORMAT_KEY: &str = "format";

/// What the database holds.
pub(super) enum Format {
    /// Nothing yet.
    New,
    /// Tables of the current format.
    Current,
    /// Anything else.
    Foreign(String),
}

/// Reads the format mark.
pub(super) fn read(database: &Database) -> Result<Format, Failure> {
    let snapshot = database.begin_read()?;
    let names: Vec<String> = snapshot
        .list_tables()?
        .map(|table| table.name().to_owned())
        .collect();
    if names.is_empty() {
        return Ok(Format::New);
    }
    if !names.iter().any(|name| name == ABOUT.name()) {
        return Ok(Format::Foreign("another program wrote it".to_owned()));
    }
    Ok(match snapshot.get(&ABOUT, FORMAT_KEY)? {
        Some(FORMAT) => Format::Current,
        Some(format) => Format::Foreign(format!("it has format {format}, and this is {FORMAT}")),
        None => Format::Foreign("it does not say what format it has".to_owned()),
    })
}

/// Writes the format mark into a new database.
pub(super) fn write(database: &Database) -> Result<(), Failure> {
    let transaction = Transaction::new(database.begin_write()?);
    transaction.put(&ABOUT, FORMAT_KEY, &FORMAT)?;
    transaction.finish()
}
