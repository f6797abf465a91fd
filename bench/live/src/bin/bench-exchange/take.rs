//! Taking records out into files.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use live::{
    export::{Wanted, stream},
    person::Person,
    server::Server,
};
use serde_json::Value;

/// In the order in which an import reads them; events are read by none.
pub(crate) const KINDS: [&str; 7] = [
    "organizations",
    "teams",
    "people",
    "articles",
    "tickets",
    "comments",
    "events",
];

/// A file of one kind.
pub(crate) struct Taken {
    pub(crate) kind: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) lines: usize,
    pub(crate) bytes: usize,
    pub(crate) took: Duration,
}

/// Takes out all of a kind.
pub(crate) async fn take(
    server: &Server,
    person: &Person,
    kind: &'static str,
    folder: &Path,
) -> Result<Taken> {
    let path = folder.join(format!("{kind}.jsonl"));
    let mut file = BufWriter::new(File::create(&path)?);
    let (mut lines, mut bytes) = (0, 0);
    let token = person.token().await?;
    let begin = Instant::now();
    let keep = |piece: &[u8]| {
        lines += memchr::memchr_iter(b'\n', piece).count();
        bytes += piece.len();
        file.write_all(piece)?;
        Ok(true)
    };
    stream(&wanted(server, &token, kind, None)?, keep).await?;
    let took = begin.elapsed();
    file.flush()?;
    Ok(Taken {
        kind,
        path,
        lines,
        bytes,
        took,
    })
}

/// Whether a file that is cut off in its middle, and goes on after its last whole line, is the whole file.
pub(crate) async fn is_whole_after_a_cut(
    server: &Server,
    person: &Person,
    taken: &Taken,
) -> Result<bool> {
    let access = person.token().await?;
    let mut got = Vec::with_capacity(taken.bytes);
    let first = |piece: &[u8]| {
        got.extend_from_slice(piece);
        Ok(got.len() < taken.bytes / 2)
    };
    stream(&wanted(server, &access, taken.kind, None)?, first).await?;
    let end = memchr::memrchr(b'\n', &got).context("not a line came")?;
    got.truncate(end + 1);
    let start = memchr::memrchr(b'\n', &got[..end]).map_or(0, |end| end + 1);
    let last: Value = serde_json::from_slice(&got[start..end])?;
    let id = last["id"].as_str().context("a line without an id")?;
    let rest = |piece: &[u8]| {
        got.extend_from_slice(piece);
        Ok(true)
    };
    stream(&wanted(server, &access, taken.kind, Some(id))?, rest).await?;
    Ok(got == std::fs::read(&taken.path)?)
}

fn wanted<'a>(
    server: &Server,
    token: &'a str,
    kind: &'a str,
    after: Option<&'a str>,
) -> Result<Wanted<'a>> {
    Ok(Wanted {
        server: server.socket_address()?,
        token,
        kind,
        after,
    })
}
