//! Builds the crate again when a migration changes: they are embedded in it.

fn main() {
    for folder in ["migrations", "migrations/postgres", "migrations/sqlite"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
