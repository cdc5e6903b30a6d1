//! A state file that cannot be used is named, and left as it is.

use std::fs;

use redb::{Database, TableDefinition};

use super::fixture::StateDir;
use crate::store::StateFileError;

#[test]
fn a_file_with_other_content_is_left_alone_and_named() {
    let dir = StateDir::new();
    let something_else = "{\"reservation\": {}}\n{}\n".repeat(300);
    fs::write(dir.state_file(), &something_else).unwrap();
    let error = dir.open_error();
    assert!(
        matches!(error, StateFileError::Unreadable { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("order.mocks.redb"), "{error}");
    assert_eq!(
        fs::read_to_string(dir.state_file()).unwrap(),
        something_else
    );
}

#[test]
fn a_database_of_another_program_or_format_is_left_alone() {
    let dir = StateDir::new();
    let write = |name: &str, key: &str, document: &[u8]| {
        let table: TableDefinition<'_, &str, &[u8]> = TableDefinition::new(name);
        let database = Database::create(dir.state_file()).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction
            .open_table(table)
            .unwrap()
            .insert(key, document)
            .unwrap();
        transaction.commit().unwrap();
    };
    write("songs", "a", b"b");
    let error = dir.open_error();
    assert!(error.to_string().contains("another program"), "{error}");
    write("about", "format", b"2");
    let error = dir.open_error();
    assert!(error.to_string().contains("format 2"), "{error}");
}

#[test]
fn a_path_that_cannot_be_a_file_is_named() {
    let dir = StateDir::new();
    fs::create_dir(dir.state_file()).unwrap();
    let error = dir.open_error();
    assert!(matches!(error, StateFileError::Io { .. }), "{error:?}");
    assert!(error.to_string().contains("order.mocks.redb"), "{error}");
}

#[test]
fn a_state_file_is_open_in_one_process_at_a_time() {
    let dir = StateDir::new();
    let first = dir.open();
    let error = dir.open_error();
    assert!(matches!(error, StateFileError::InUse { .. }), "{error}");
    drop(first);
    dir.open();
}
