//! A directory of JSON files, one document per file, read anew at each lookup.
//!
//! A key becomes part of a path only if it is a plain file name, and the key inside the document
//! must match, so no key can reach outside the directory.

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Read};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::unreadable_file::UnreadableFile;
use crate::validate::InvalidField;

/// Largest file that is read, in bytes; documents are far smaller.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// A document that a file holds.
pub(crate) trait Document: DeserializeOwned {
    /// Name of its kind in log lines and errors.
    const KIND: &'static str;

    /// Returns the key it is looked up by.
    fn key(&self) -> &str;

    /// Checks its values.
    fn validate(&self) -> Result<(), InvalidField>;
}

/// The documents of one directory.
#[derive(Debug)]
pub(crate) struct JsonDir<T> {
    path: PathBuf,
    document: PhantomData<fn() -> T>,
}

impl<T: Document> JsonDir<T> {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            document: PhantomData,
        }
    }

    /// Finds the document with this key: in `<key>.json`, or else in any other file.
    ///
    /// If `<key>.json` itself is unreadable, that is an error, since it may hold the document;
    /// other unreadable files are logged and skipped.
    pub(crate) fn find(&self, key: &str) -> Result<Option<T>, UnreadableFile> {
        if is_file_name(key) {
            match self.read(&self.path.join(format!("{key}.json"))) {
                Ok(Some(document)) if document.key() == key => return Ok(Some(document)),
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(path = %error.path().display(), reason = error.reason(), "unreadable {} file", T::KIND);
                    return Err(error);
                }
            }
        }
        Ok(self
            .all()?
            .into_iter()
            .find(|document| document.key() == key))
    }

    /// Returns every document, ordered by file name; unreadable files are logged and skipped.
    pub(crate) fn all(&self) -> Result<Vec<T>, UnreadableFile> {
        let mut documents = Vec::new();
        for path in self.files()? {
            match self.read(&path) {
                Ok(document) => documents.extend(document),
                Err(error) => {
                    tracing::warn!(path = %error.path().display(), reason = error.reason(), "unreadable {} file, skipped", T::KIND);
                }
            }
        }
        Ok(documents)
    }

    fn files(&self) -> Result<Vec<PathBuf>, UnreadableFile> {
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
            unreadable::<T>(&self.path, &error)
        })
    }

    /// Reads the document in `path`; `None` when there is no such file.
    fn read(&self, path: &Path) -> Result<Option<T>, UnreadableFile> {
        let mut text = Vec::new();
        match File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut text))
        {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable::<T>(path, &error)),
        }
        if u64::try_from(text.len()).is_ok_and(|length| length > MAX_FILE_BYTES) {
            return Err(unreadable::<T>(
                path,
                &format!("more than {MAX_FILE_BYTES} bytes"),
            ));
        }
        let document: T =
            serde_json::from_slice(&text).map_err(|error| unreadable::<T>(path, &error))?;
        document
            .validate()
            .map_err(|error| unreadable::<T>(path, &error))?;
        Ok(Some(document))
    }
}

fn unreadable<T: Document>(path: &Path, reason: &(impl Display + ?Sized)) -> UnreadableFile {
    UnreadableFile::new(T::KIND, path, reason)
}

/// Whether a key is safe as a file name: no separator, not hidden, not too long.
fn is_file_name(key: &str) -> bool {
    (1..=100).contains(&key.len())
        && !key.starts_with('.')
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
