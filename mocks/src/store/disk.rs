//! A disk in memory that fails, or blocks its syncs, when a test says so.

use std::io;
use std::sync::{Arc, Condvar, Mutex};

use redb::StorageBackend;

use crate::lock::lock;

/// Clones share one disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct FaultyDisk(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    content: Mutex<Content>,
    changed: Condvar,
}

#[derive(Debug, Clone, Default)]
struct Content {
    bytes: Vec<u8>,
    /// Writes left until every read and write fails; `None`: none fails.
    writes_left: Option<usize>,
    syncs: usize,
    /// Whether syncs block.
    blocks_syncs: bool,
    /// Whether a sync is blocked now.
    is_blocking: bool,
}

impl FaultyDisk {
    /// Copies the bytes to another disk, which does not fail.
    pub(crate) fn copy(&self) -> Self {
        let bytes = lock(&self.0.content).bytes.clone();
        let disk = Self::default();
        lock(&disk.0.content).bytes = bytes;
        disk
    }

    /// Makes every read and write fail after this many writes.
    pub(crate) fn fail_after(&self, writes: usize) {
        lock(&self.0.content).writes_left = Some(writes);
    }

    /// Makes it work again.
    pub(crate) fn repair(&self) {
        lock(&self.0.content).writes_left = None;
    }

    /// Whether a failure is set and has not happened yet.
    pub(crate) fn has_writes_left(&self) -> bool {
        lock(&self.0.content)
            .writes_left
            .is_some_and(|left| left > 0)
    }

    /// Returns the number of syncs so far.
    pub(crate) fn syncs(&self) -> usize {
        lock(&self.0.content).syncs
    }

    /// Blocks syncs from now on.
    pub(crate) fn block_syncs(&self) {
        lock(&self.0.content).blocks_syncs = true;
    }

    /// Whether a sync is blocked now.
    pub(crate) fn is_blocking(&self) -> bool {
        lock(&self.0.content).is_blocking
    }

    /// Lets blocked syncs go on.
    pub(crate) fn unblock_syncs(&self) {
        lock(&self.0.content).blocks_syncs = false;
        self.0.changed.notify_all();
    }

    fn range(offset: u64, length: usize) -> std::ops::Range<usize> {
        let offset = usize::try_from(offset).unwrap();
        offset..offset + length
    }

    /// Runs `work`, unless writes fail by now.
    fn write_with(&self, work: impl FnOnce(&mut Content)) -> io::Result<()> {
        let mut content = lock(&self.0.content);
        match &mut content.writes_left {
            Some(0) => return Err(io::ErrorKind::StorageFull.into()),
            Some(left) => *left -= 1,
            None => {}
        }
        work(&mut content);
        Ok(())
    }
}

impl StorageBackend for FaultyDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(lock(&self.0.content).bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let content = lock(&self.0.content);
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
        let mut content = lock(&self.0.content);
        while content.blocks_syncs {
            content.is_blocking = true;
            content = self.0.changed.wait(content).unwrap();
        }
        content.is_blocking = false;
        content.syncs += 1;
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
