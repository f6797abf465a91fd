//! Files in a folder: each in one of 256 inside it, so that none grows too long.

use std::{
    io,
    ops::Range,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{Stream, TryStreamExt, stream};
use tokio::{
    fs::{self, DirEntry, File},
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt},
    task::spawn_blocking,
};
use tokio_util::io::ReaderStream;

use super::{Found, shard_of};
use crate::config::BadSetting;

/// Where files are until they are whole; on the same file system, so that they can be renamed.
const UNFINISHED: &str = "unfinished";
/// Bytes that are read at once.
const PIECE_BYTES: usize = 64 * 1024;
const SETTING: &str = "GUICHET_FILES";

pub(super) struct Folder {
    root: PathBuf,
}

pub(super) struct Writing {
    file: File,
    unfinished: PathBuf,
    path: PathBuf,
}

impl Folder {
    pub(super) const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Makes the folder, and whatever must be inside it.
    pub(super) async fn check(&self) -> Result<(), BadSetting> {
        let refused = |error: io::Error| BadSetting {
            setting: SETTING.to_owned(),
            why: format!("{} cannot be written to: {error}", self.root.display()),
        };
        let key = format!("probe-{}", std::process::id());
        let probe = self.root.join(UNFINISHED).join(key);
        let parent = self.root.join(UNFINISHED);
        fs::create_dir_all(parent).await.map_err(refused)?;
        fs::write(&probe, b"").await.map_err(refused)?;
        // Another server that starts now may have the same number.
        gone_is_fine(fs::remove_file(&probe).await).map_err(refused)
    }

    pub(super) async fn begin(&self, key: &str) -> io::Result<Writing> {
        let path = self.path(key);
        let unfinished = self.root.join(UNFINISHED).join(key);
        for path in [&path, &unfinished] {
            fs::create_dir_all(parent_of(path)?).await?;
        }
        Ok(Writing {
            file: File::create_new(&unfinished).await?,
            unfinished,
            path,
        })
    }

    pub(super) async fn read(
        &self,
        key: &str,
        range: Range<u64>,
    ) -> io::Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>> {
        let mut file = File::open(self.path(key)).await?;
        file.seek(io::SeekFrom::Start(range.start)).await?;
        let part = file.take(range.end - range.start);
        Ok(ReaderStream::with_capacity(part, PIECE_BYTES))
    }

    pub(super) async fn remove(&self, key: &str) -> io::Result<()> {
        gone_is_fine(fs::remove_file(self.path(key)).await)
    }

    pub(super) async fn list(
        &self,
        shard: u8,
    ) -> io::Result<impl Stream<Item = io::Result<Found>> + Send + use<>> {
        entries(self.root.join(format!("{shard:02x}"))).await
    }

    pub(super) async fn remove_unfinished(&self, earliest: DateTime<Utc>) -> io::Result<()> {
        let folder = self.root.join(UNFINISHED);
        let mut found = Box::pin(entries(folder.clone()).await?);
        while let Some(found) = found.try_next().await? {
            if found.written_at < earliest {
                gone_is_fine(fs::remove_file(folder.join(found.key)).await)?;
            }
        }
        Ok(())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.root.join(shard_of(key)).join(key)
    }
}

impl Writing {
    pub(super) async fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece).await
    }

    pub(super) async fn finish(mut self) -> io::Result<()> {
        let kept = async {
            self.file.flush().await?;
            self.file.sync_all().await?;
            fs::rename(&self.unfinished, &self.path).await?;
            let shard = parent_of(&self.path)?.to_owned();
            spawn_blocking(move || sync_names(&shard)).await?
        };
        let kept = kept.await;
        if kept.is_err() {
            gone_is_fine(fs::remove_file(&self.unfinished).await)?;
        }
        kept
    }

    pub(super) async fn abort(self) -> io::Result<()> {
        drop(self.file);
        gone_is_fine(fs::remove_file(&self.unfinished).await)
    }
}

/// A name is kept only when its folder is, and a new folder's name is in the one above.
fn sync_names(shard: &Path) -> io::Result<()> {
    std::fs::File::open(shard)?.sync_all()?;
    std::fs::File::open(parent_of(shard)?)?.sync_all()
}

fn parent_of(path: &Path) -> io::Result<&Path> {
    let missing = || io::Error::new(io::ErrorKind::InvalidInput, "a path without a folder");
    path.parent().ok_or_else(missing)
}

fn gone_is_fine(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// The files in a folder; none where there is no folder.
async fn entries(
    folder: PathBuf,
) -> io::Result<impl Stream<Item = io::Result<Found>> + Send + use<>> {
    let entries = match fs::read_dir(folder).await {
        Ok(entries) => Some(entries),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let next = async |entries: Option<fs::ReadDir>| -> io::Result<_> {
        let Some(mut entries) = entries else {
            return Ok(None);
        };
        while let Some(entry) = entries.next_entry().await? {
            if let Some(found) = found(&entry).await? {
                return Ok(Some((found, Some(entries))));
            }
        }
        Ok(None)
    };
    Ok(stream::try_unfold(entries, next))
}

/// None where it went meanwhile, or is not ours.
async fn found(entry: &DirEntry) -> io::Result<Option<Found>> {
    let written = match entry.metadata().await {
        Ok(metadata) if metadata.is_file() => metadata.modified()?,
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let key = entry.file_name().into_string().ok();
    Ok(key.map(|key| Found {
        key,
        written_at: written.into(),
    }))
}
