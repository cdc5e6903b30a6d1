//! The state of the services on disk.

mod batching;
mod failing_disk;
mod fixture;
mod restart;
mod state_file;
