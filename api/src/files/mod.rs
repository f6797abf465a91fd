//! Where the bytes of files lie: a folder, or a bucket of an S3-compatible service.
//!
//! A file is written whole or not at all, under a key that is used once. What lies here has a row in the database, or is taken away.

mod bucket;
mod folder;

use std::{
    io,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream::BoxStream};

use self::{bucket::Bucket, folder::Folder};
use crate::config::{BadSetting, Place};

/// The files of this desk.
pub struct Files {
    place: Where,
    received: AtomicU64,
    sent: AtomicU64,
    failures: AtomicU64,
}

enum Where {
    Folder(Folder),
    Bucket(Bucket),
}

/// A file that is being written. Only [`Writing::finish`] makes it be there.
pub struct Writing<'a> {
    files: &'a Files,
    inner: Inner,
}

enum Inner {
    Folder(folder::Writing),
    Bucket(bucket::Writing),
}

/// A file that lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub key: String,
    pub written_at: DateTime<Utc>,
}

/// What was done since the start.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    pub received_bytes: u64,
    pub sent_bytes: u64,
    pub failures: u64,
}

impl Files {
    /// Touches nothing yet.
    pub fn new(place: &Place) -> Result<Self, BadSetting> {
        let place = match place {
            Place::Folder(root) => Where::Folder(Folder::new(root.clone())),
            Place::Bucket(settings) => Where::Bucket(Bucket::new(settings)?),
        };
        Ok(Self {
            place,
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        })
    }

    /// Whether files can be kept there. A service that does not answer now may do so later; one that refuses will not.
    pub async fn check(&self) -> Result<(), BadSetting> {
        match &self.place {
            Where::Folder(folder) => folder.check().await,
            Where::Bucket(bucket) => bucket.check().await,
        }
    }

    /// Begins to write a file.
    pub async fn begin(&self, key: &str) -> io::Result<Writing<'_>> {
        let inner = match &self.place {
            Where::Folder(folder) => folder.begin(key).await.map(Inner::Folder),
            Where::Bucket(bucket) => Ok(Inner::Bucket(bucket.begin(key))),
        };
        Ok(Writing {
            inner: self.noted(inner)?,
            files: self,
        })
    }

    /// These bytes of a file, piece by piece.
    pub async fn read(
        &self,
        key: &str,
        range: Range<u64>,
    ) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        let length = range.end - range.start;
        let pieces = match &self.place {
            Where::Folder(folder) => folder.read(key, range).await.map(StreamExt::boxed),
            Where::Bucket(bucket) => bucket.read(key, range).await,
        };
        let pieces = self.noted(pieces)?;
        self.sent.fetch_add(length, Ordering::Relaxed);
        Ok(pieces)
    }

    /// Takes a file away; it may be gone already.
    pub async fn remove(&self, key: &str) -> io::Result<()> {
        let removed = match &self.place {
            Where::Folder(folder) => folder.remove(key).await,
            Where::Bucket(bucket) => bucket.remove(key).await,
        };
        self.noted(removed)
    }

    /// What lies in one of the 256 folders: keys are spread over them by their first two digits.
    pub async fn list(&self, shard: u8) -> io::Result<BoxStream<'_, io::Result<Found>>> {
        let found = match &self.place {
            Where::Folder(folder) => folder.list(shard).await.map(StreamExt::boxed),
            Where::Bucket(bucket) => Ok(bucket.list(shard)),
        };
        self.noted(found)
    }

    /// Takes away what was begun before `earliest` and never finished; a bucket does so by itself.
    pub async fn remove_unfinished(&self, earliest: DateTime<Utc>) -> io::Result<()> {
        let removed = match &self.place {
            Where::Folder(folder) => folder.remove_unfinished(earliest).await,
            Where::Bucket(_) => Ok(()),
        };
        self.noted(removed)
    }

    pub fn report(&self) -> Report {
        let [received_bytes, sent_bytes, failures] =
            [&self.received, &self.sent, &self.failures].map(|count| count.load(Ordering::Relaxed));
        Report {
            received_bytes,
            sent_bytes,
            failures,
        }
    }

    fn noted<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if result.is_err() {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        result
    }
}

impl Writing<'_> {
    pub async fn write(&mut self, piece: Bytes) -> io::Result<()> {
        let length = piece.len();
        let written = match &mut self.inner {
            Inner::Folder(writing) => writing.write(&piece).await,
            Inner::Bucket(writing) => writing.write(piece).await,
        };
        self.files.noted(written)?;
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        self.files.received.fetch_add(length, Ordering::Relaxed);
        Ok(())
    }

    /// The file is there once this is back, whatever happens to the machine.
    pub async fn finish(self) -> io::Result<()> {
        let finished = match self.inner {
            Inner::Folder(writing) => writing.finish().await,
            Inner::Bucket(writing) => writing.finish().await,
        };
        self.files.noted(finished)
    }

    /// Leaves nothing behind.
    pub async fn abort(self) {
        let aborted = match self.inner {
            Inner::Folder(writing) => writing.abort().await,
            Inner::Bucket(writing) => writing.abort().await,
        };
        if let Err(error) = self.files.noted(aborted) {
            tracing::warn!(%error, "a file that was cut off is taken away later");
        }
    }
}

/// The folder of a key, inside the root: its first two digits.
fn shard_of(key: &str) -> &str {
    key.get(..2).unwrap_or(key)
}
