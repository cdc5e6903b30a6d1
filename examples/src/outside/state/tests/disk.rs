//! A disk that fails, or takes its time, when a test wants it to.

use std::io;
use std::sync::{Arc, Condvar, Mutex};

use redb::StorageBackend;

use crate::outside::locked;

/// Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub(in crate::outside::state) struct Disk(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    content: Mutex<Content>,
    changed: Condvar,
}

#[derive(Debug, Clone, Default)]
struct Content {
    bytes: Vec<u8>,
    /// Writes until everything fails; none: it never does.
    writes_left: Option<usize>,
    synced: usize,
    /// Syncs wait.
    holds: bool,
    /// A sync waits.
    is_held: bool,
}

impl Disk {
    /// Another one with the same bytes, which does not fail.
    pub(super) fn copy(&self) -> Self {
        let bytes = locked(&self.0.content).bytes.clone();
        let disk = Self::default();
        locked(&disk.0.content).bytes = bytes;
        disk
    }

    /// After so many writes it fails.
    pub(super) fn fail_after(&self, writes: usize) {
        locked(&self.0.content).writes_left = Some(writes);
    }

    pub(super) fn mend(&self) {
        locked(&self.0.content).writes_left = None;
    }

    /// Whether it has not failed so far, though it would.
    pub(super) fn has_writes_left(&self) -> bool {
        locked(&self.0.content)
            .writes_left
            .is_some_and(|left| left > 0)
    }

    /// How often it was synced.
    pub(super) fn synced(&self) -> usize {
        locked(&self.0.content).synced
    }

    /// Lets syncs wait.
    pub(super) fn hold(&self) {
        locked(&self.0.content).holds = true;
    }

    /// Whether a sync waits.
    pub(super) fn is_held(&self) -> bool {
        locked(&self.0.content).is_held
    }

    /// Lets syncs go on.
    pub(super) fn let_go(&self) {
        locked(&self.0.content).holds = false;
        self.0.changed.notify_all();
    }

    fn range(offset: u64, length: usize) -> std::ops::Range<usize> {
        let offset = usize::try_from(offset).unwrap();
        offset..offset + length
    }

    /// Does a write, if it does any more.
    fn write_with(&self, work: impl FnOnce(&mut Content)) -> io::Result<()> {
        let mut content = locked(&self.0.content);
        match &mut content.writes_left {
            Some(0) => return Err(io::ErrorKind::StorageFull.into()),
            Some(left) => *left -= 1,
            None => {}
        }
        work(&mut content);
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(locked(&self.0.content).bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let content = locked(&self.0.content);
        if content.writes_left == Some(0) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let bytes = content.bytes.get(Self::range(offset, out.len()));
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.write_with(|content| content.bytes.resize(usize::try_from(length).unwrap(), 0))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut content = locked(&self.0.content);
        while content.holds {
            content.is_held = true;
            content = self.0.changed.wait(content).unwrap();
        }
        content.is_held = false;
        content.synced += 1;
        drop(content);
        self.write_with(|_| ())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.write_with(|content| {
            content.bytes[Self::range(offset, data.len())].copy_from_slice(data);
        })
    }

    fn close(&self) -> io::Result<()> {
        Ok(())
    }
}
