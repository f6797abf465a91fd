//! The workspace's own sources, as far as its rules look at them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where hand-written Rust stands.
pub(crate) const FOLDERS: [&str; 5] = [
    "api",
    "entity/src",
    "migration/src",
    "tests/harness",
    "tests/it",
];

/// A source file: its path below its folder, and its text.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The groups of modules in lib.rs, from the top down.
pub(crate) fn layers() -> Vec<Vec<String>> {
    let lib = fs::read_to_string(root().join("api/src/lib.rs")).unwrap();
    let (declarations, _) = lib.split_once("#[cfg(test)]").unwrap_or((&lib, ""));
    let groups = declarations.split("\n\n").map(|group| {
        let names = group
            .lines()
            .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
        names.map(str::to_owned).collect::<Vec<_>>()
    });
    groups.filter(|group| !group.is_empty()).collect()
}

pub(crate) fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                found.push(Source { path, text });
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// What runs: no tests, no comments; paths start below `folder`.
pub(crate) fn production(folder: &str) -> Vec<Source> {
    let sources = sources(folder)
        .into_iter()
        .filter(|source| !source.is_test());
    let stripped = sources.map(|source| {
        let (code, _) = source
            .text
            .split_once("#[cfg(test)]\nmod tests {")
            .unwrap_or((&source.text, ""));
        let lines = code
            .lines()
            .map(|line| line.split_once("//").map_or(line, |(code, _)| code));
        Source {
            path: source
                .path
                .strip_prefix(&format!("{folder}/"))
                .unwrap()
                .to_owned(),
            text: lines.collect::<Vec<_>>().join("\n"),
        }
    });
    stripped.collect()
}

impl Source {
    /// Whether it is a part of its module's tests.
    pub(crate) fn is_test(&self) -> bool {
        const TESTS: [&str; 5] = [
            "/tests.rs",
            "/tests/",
            "/testing.rs",
            "/smoke.rs",
            "/hostile.rs",
        ];
        self.path.starts_with("api/") && TESTS.iter().any(|test| self.path.contains(test))
    }

    /// The top module that the file belongs to.
    pub(crate) fn module(&self) -> String {
        let (first, _) = self.path.split_once('/').unwrap_or((&self.path, ""));
        first.trim_end_matches(".rs").to_owned()
    }
}

pub(crate) fn has_module(slice: &str, part: &str) -> bool {
    let slice = root().join("api/src").join(slice);
    slice.join(part).is_dir() || slice.join(format!("{part}.rs")).is_file()
}

pub(crate) fn module_of(path: &str) -> &str {
    path.split("::").next().unwrap_or(path)
}

/// Every path of this crate that `text` names: those after `crate::`, and those that go on from a
/// module that it imports.
pub(crate) fn uses(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        expand(&mut &text[at + "crate::".len()..], "", &mut found);
    }
    let imported: Vec<String> = found
        .iter()
        .map(|path| path.trim_end_matches("::self").to_owned())
        .collect();
    for module in imported.iter().filter(|path| !path.contains("::")) {
        let start = format!("{module}::");
        for (at, _) in text.match_indices(&start) {
            let is_whole = !text[..at]
                .ends_with(|before: char| before.is_alphanumeric() || "_:".contains(before));
            if is_whole {
                expand(&mut &text[at..], "", &mut found);
            }
        }
    }
    found.sort();
    found.dedup();
    found.sort();
    found.dedup();
    found
}

/// Reads one path or `{…}` group from the front of `rest`, and adds each path in it.
fn expand(rest: &mut &str, prefix: &str, found: &mut Vec<String>) {
    *rest = rest.trim_start();
    if let Some(group) = rest.strip_prefix('{') {
        *rest = group.trim_start();
        while !rest.is_empty() && !rest.starts_with('}') {
            expand(rest, prefix, found);
            *rest = rest.trim_start().trim_start_matches(',').trim_start();
        }
        *rest = rest.strip_prefix('}').unwrap_or(rest);
        return;
    }
    let end = rest
        .find(|next: char| !next.is_alphanumeric() && next != '_')
        .unwrap_or(rest.len());
    let (name, after) = rest.split_at(end.max(1).min(rest.len()));
    let path = format!("{prefix}{name}");
    *rest = after;
    match after.strip_prefix("::") {
        Some(more)
            if more.starts_with(|next: char| next.is_alphabetic() || "{*_".contains(next)) =>
        {
            *rest = more;
            expand(rest, &format!("{path}::"), found);
        }
        _ => found.push(path),
    }
}

#[test]
fn paths_are_found_in_groups_and_after_imports() {
    let text = "use crate::{app::App, people, text::{self, fold}};\nfn f() { people::queries::find(crate::page::SIZE) }";
    assert_eq!(
        uses(text),
        [
            "app::App",
            "page::SIZE",
            "people",
            "people::queries::find",
            "text::fold",
            "text::self",
        ]
    );
}
