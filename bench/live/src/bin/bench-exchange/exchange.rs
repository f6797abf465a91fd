//! Everything is taken out, brought into an empty desk, and taken out there again.

use std::path::Path;

use anyhow::{Result, ensure};
use live::{
    cpu::{forget_peak_of, in_mb, memory_of, peak_memory_of},
    meter::as_float,
    scratch::Scratch,
    server::{Server, watch},
    table::table,
};

use crate::{
    Cli,
    compare::compare,
    desk::{add_admin, admin, imported, start},
    plain, say,
    take::{KINDS, Taken, is_whole_after_a_cut, take},
};

pub(crate) async fn measure(cli: &Cli, from: &Scratch) -> Result<()> {
    let taken = take_out(cli, from).await?;
    let name = "guichet_bench_exchange_to";
    let to = Scratch::new(from.engine, &cli.database_url, &cli.folder, name).await?;
    let brought = bring_in(cli, &to, &taken).await;
    to.remove().await?;
    brought
}

/// Takes out all there is, beside plain reads of the same rows.
async fn take_out(cli: &Cli, scratch: &Scratch) -> Result<Vec<Taken>> {
    let server = start(cli, scratch).await?;
    let person = admin(&server)?;
    let process = server.process_id();
    let resting = in_mb(memory_of(process)?);
    forget_peak_of(process)?;
    let (mut all, mut rows) = (Vec::new(), Vec::new());
    for kind in KINDS {
        let taken = take(&server, &person, kind, &scratch.folder).await?;
        rows.push(row(&taken, plain::read(scratch, kind).await?.as_secs_f64()));
        all.push(taken);
    }
    let peak = in_mb(peak_memory_of(process)?);
    let head = [
        "taken out",
        "lines",
        "MB",
        "s",
        "lines/s",
        "plain reads, s",
        "ratio",
    ];
    say(&table(&head, &rows))?;
    say(&format!(
        "\nThe server rested at {resting:.0} MB before; at most {peak:.0} MB with the program.\n"
    ))?;
    let mut whole = Vec::new();
    for taken in all.iter().filter(|taken| taken.lines > 1) {
        let is_whole = is_whole_after_a_cut(&server, &person, taken).await?;
        ensure!(is_whole, "{} that were cut off are not whole", taken.kind);
        whole.push(taken.kind);
    }
    say(&format!(
        "\nCut off in the middle and gone on with after the last line, the same byte by byte: {}.\n",
        whole.join(", ")
    ))?;
    server.stop().await?;
    Ok(all)
}

fn row(taken: &Taken, plain: f64) -> Vec<String> {
    let seconds = taken.took.as_secs_f64();
    vec![
        taken.kind.to_owned(),
        taken.lines.to_string(),
        format!("{:.1}", as_float(taken.bytes) / 1e6),
        format!("{seconds:.2}"),
        format!("{:.0}", as_float(taken.lines) / seconds),
        format!("{plain:.2}"),
        format!("{:.1}", seconds / plain),
    ]
}

/// Brings files into an empty desk, and compares what that gives out with them.
async fn bring_in(cli: &Cli, scratch: &Scratch, taken: &[Taken]) -> Result<()> {
    add_admin(cli, scratch)?;
    let read = || taken.iter().filter(|taken| taken.kind != "events");
    let paths: Vec<_> = read()
        .map(|taken| taken.path.display().to_string())
        .collect();
    let arguments: Vec<&str> = std::iter::once("import")
        .chain(paths.iter().map(String::as_str))
        .collect();
    let (took, peak) = watch(&cli.server, &scratch.settings, &arguments).await?;
    let rows = read().map(|taken| taken.lines).sum();
    say(&imported("what was taken out", rows, took, peak))?;
    scratch.analyze().await?;
    // Not timed, so it need not rest before.
    let server = Server::start(&cli.server, &scratch.settings)?;
    let person = admin(&server)?;
    for one in read() {
        let other = take(&server, &person, one.kind, &scratch.folder).await?;
        say(&compared(one.kind, &one.path, &other.path)?)?;
    }
    server.stop().await?;
    let plain = plain::write(scratch).await?.as_secs_f64();
    let ratio = took.as_secs_f64() / plain;
    say(&format!(
        "\nThe database alone writes the largest tables once more, without indexes, in {plain:.1} s: ratio {ratio:.1}.\n"
    ))
}

fn compared(kind: &str, one: &Path, other: &Path) -> Result<String> {
    let compared = compare(one, other)?;
    if let Some((one, other)) = compared.difference {
        anyhow::bail!("{kind} differ: {one} is {other}");
    }
    let columns: Vec<_> = compared.columns.iter().map(String::as_str).collect();
    Ok(format!("\n{kind} are equal in: {}.\n", columns.join(", ")))
}
