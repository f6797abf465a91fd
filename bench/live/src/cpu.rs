//! The CPU time and the memory of processes, from the process table.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// `USER_HZ`, the unit of `/proc`, which is the same on every Linux that Rust runs on (proc(5)).
const TICKS_PER_S: u64 = 100;

/// What a process and its descendants had used at a moment.
pub struct Cpu {
    root: u32,
    used: Duration,
}

/// What `/proc/PID/stat` tells of a process.
struct Stat {
    parent: u32,
    /// Of the process itself and of its children that ended, in user and kernel.
    ticks: u64,
}

impl Cpu {
    pub fn of(root: u32) -> Result<Self> {
        let stats = stats()?;
        anyhow::ensure!(
            stats.iter().any(|(id, _)| *id == root),
            "process {root} is gone"
        );
        let is_inside = |id: u32| ancestors(&stats, id).any(|ancestor| ancestor == root);
        let ticks = stats.iter().filter(|(id, _)| is_inside(*id));
        let ticks: u64 = ticks.map(|(_, stat)| stat.ticks).sum();
        Ok(Self {
            root,
            used: Duration::from_millis(ticks * 1_000 / TICKS_PER_S),
        })
    }

    /// What was used since then.
    pub fn until_now(&self) -> Result<Duration> {
        let now = Self::of(self.root)?;
        Ok(now.used.saturating_sub(self.used))
    }
}

/// The parent of a process.
pub fn parent_of(id: u32) -> Result<u32> {
    let stat = stat(id).with_context(|| format!("process {id} is not on this machine"))?;
    Ok(stat.parent)
}

/// Memory of a process that is in RAM and belongs to nobody else, in bytes.
pub fn memory_of(id: u32) -> Result<u64> {
    status_of(id, "RssAnon:")
}

/// The most that a process had in RAM since [`forget_peak_of`], in bytes, the program itself with it.
pub fn peak_memory_of(id: u32) -> Result<u64> {
    status_of(id, "VmHWM:")
}

/// Has the most memory of a process be what it has now (proc(5), `clear_refs`).
pub fn forget_peak_of(id: u32) -> Result<()> {
    Ok(fs::write(format!("/proc/{id}/clear_refs"), "5")?)
}

/// As people read it.
#[expect(clippy::cast_precision_loss, reason = "there are not 2^52 bytes")]
pub fn in_mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn status_of(id: u32, name: &str) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kib.with_context(|| format!("no {name}"))? * 1_024)
}

fn ancestors(stats: &[(u32, Stat)], id: u32) -> impl Iterator<Item = u32> {
    let parent = |id: &u32| {
        let (_, stat) = stats.iter().find(|(other, _)| other == id)?;
        Some(stat.parent)
    };
    std::iter::successors(Some(id), parent)
}

/// All processes; one that ends meanwhile is counted with its parent.
fn stats() -> Result<Vec<(u32, Stat)>> {
    let mut stats = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let id = entry?.file_name().to_str().and_then(|id| id.parse().ok());
        if let Some((id, stat)) = id.and_then(|id| Some((id, stat(id)?))) {
            stats.push((id, stat));
        }
    }
    Ok(stats)
}

/// The fields of proc(5) after the name, which stands in brackets and may hold anything: the state,
/// the parent, and from the twelfth on utime, stime, cutime and cstime.
fn stat(id: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    let fields: Vec<_> = fields.split(' ').collect();
    let ticks = fields.get(11..15)?.iter().map(|field| field.parse::<u64>());
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        ticks: ticks.sum::<Result<u64, _>>().ok()?,
    })
}
