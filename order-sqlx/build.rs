//! Rebuilds the crate when a migration changes, since migrations are embedded in it.

fn main() {
    for folder in ["migrations", "migrations/postgres", "migrations/sqlite"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
