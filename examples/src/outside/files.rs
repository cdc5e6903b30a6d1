//! A folder of JSON files, one document a file, read at each look-up.
//!
//! A key never becomes a path unless it is a plain file name, and what the file says its key is
//! decides, so no key can reach outside the folder.

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Read};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::Invalid;

/// No document is near this size; something that is, is no document.
const MAX_FILE: u64 = 64 * 1024;

/// What a file holds.
pub(super) trait Document: DeserializeOwned {
    /// What to call it in a log line.
    const KIND: &'static str;

    /// What it is looked up by.
    fn key(&self) -> &str;

    /// Whether its values make sense.
    fn check(&self) -> Result<(), Invalid>;
}

/// A file, or the folder, that should be readable and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} file {}: {reason}", path.display())]
pub struct BadFile {
    kind: &'static str,
    path: PathBuf,
    reason: String,
}

impl BadFile {
    pub(super) fn new(kind: &'static str, path: &Path, reason: &(impl Display + ?Sized)) -> Self {
        Self {
            kind,
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong with it.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// The documents of one folder.
#[derive(Debug)]
pub(super) struct Folder<T> {
    path: PathBuf,
    document: PhantomData<fn() -> T>,
}

impl<T: Document> Folder<T> {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            document: PhantomData,
        }
    }

    /// The document with this key: from `<key>.json`, or else from whichever file has it.
    ///
    /// A bad file under the key's own name is an error, since nobody can say what it would have
    /// held; a bad file elsewhere is logged and passed over.
    pub(super) fn find(&self, key: &str) -> Result<Option<T>, BadFile> {
        if is_file_name(key) {
            match self.read(&self.path.join(format!("{key}.json"))) {
                Ok(Some(document)) if document.key() == key => return Ok(Some(document)),
                Ok(_) => {}
                Err(bad) => {
                    tracing::error!(path = %bad.path.display(), reason = bad.reason, "bad {} file", T::KIND);
                    return Err(bad);
                }
            }
        }
        Ok(self
            .all()?
            .into_iter()
            .find(|document| document.key() == key))
    }

    /// Every document, by file name; bad files are logged and passed over.
    pub(super) fn all(&self) -> Result<Vec<T>, BadFile> {
        let mut documents = Vec::new();
        for path in self.files()? {
            match self.read(&path) {
                Ok(document) => documents.extend(document),
                Err(bad) => {
                    tracing::warn!(path = %bad.path.display(), reason = bad.reason, "bad {} file, passed over", T::KIND);
                }
            }
        }
        Ok(documents)
    }

    fn files(&self) -> Result<Vec<PathBuf>, BadFile> {
        let list = || -> io::Result<Vec<PathBuf>> {
            let mut paths = Vec::new();
            for entry in fs::read_dir(&self.path)? {
                let path = entry?.path();
                let hidden = path
                    .file_name()
                    .is_none_or(|n| n.as_encoded_bytes().starts_with(b"."));
                if !hidden && path.extension() == Some(OsStr::new("json")) {
                    paths.push(path);
                }
            }
            paths.sort();
            Ok(paths)
        };
        list().map_err(|error| {
            tracing::error!(path = %self.path.display(), %error, "cannot list the {} files", T::KIND);
            bad::<T>(&self.path, &error)
        })
    }

    /// The document in `path`; none when there is no such file.
    fn read(&self, path: &Path) -> Result<Option<T>, BadFile> {
        let mut text = Vec::new();
        match File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut text)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(bad::<T>(path, &error)),
        }
        if u64::try_from(text.len()).is_ok_and(|length| length > MAX_FILE) {
            return Err(bad::<T>(path, &format!("more than {MAX_FILE} bytes")));
        }
        let document: T = serde_json::from_slice(&text).map_err(|error| bad::<T>(path, &error))?;
        document.check().map_err(|error| bad::<T>(path, &error))?;
        Ok(Some(document))
    }
}

fn bad<T: Document>(path: &Path, reason: &(impl Display + ?Sized)) -> BadFile {
    BadFile::new(T::KIND, path, reason)
}

/// Whether a key can be part of a path and stay one plain name.
fn is_file_name(key: &str) -> bool {
    (1..=100).contains(&key.len())
        && !key.starts_with('.')
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
