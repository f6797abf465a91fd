//! The rules of the workspace's layout that a test can keep.

use std::fs;

use crate::sources::{FOLDERS, has_module, layers, module_of, production, root, sources, uses};

/// A file longer than this is cut where its parts come apart.
const LINES_MAX: usize = 400;

/// State of a slice that the one `App` holds for it: nothing else below the slices may name them.
const HELD_BY_APP: [&str; 11] = [
    "bulk::Followers",
    "calendar::Cache",
    "help::Index",
    "knowledge::Views",
    "notification::Audiences",
    "oidc::Providers",
    "people::Cache",
    "presence::Board",
    "session::Sessions",
    "token::Uses",
    "webhook::Webhooks",
];

/// Files of a slice that others may look into: its API types, and the loaders that go with them.
const SHOWN: [&str; 2] = ["graphql", "loaders"];

/// Words that belong to one place, and that place: paths under `api/src`, where `*` is any folder.
const HOMES: [(&[&str], &[&str]); 12] = [
    (&["actix_web"], &["http/"]),
    (
        &["async_graphql"],
        &[
            "schema.rs",
            "graphql/",
            "*/graphql.rs",
            "*/graphql/",
            "*/loaders.rs",
            "http/",
        ],
    ),
    (&["reqwest::"], &["outgoing/", "help/embedding/provider.rs"]),
    (
        &["redis::"],
        &["limits.rs", "events/doorbell.rs", "http/budget/shared.rs"],
    ),
    (&["object_store"], &["files/bucket.rs"]),
    (&["image::"], &["attachment/preview.rs"]),
    (
        &[
            "Role::Requester",
            "Role::Agent",
            "Role::Lead",
            "Role::Admin",
        ],
        &["policy.rs", "policy/", "actor.rs"],
    ),
    (&["env::var", "env::set_var"], &["config.rs"]),
    (
        &[
            "Utc::now",
            "SystemTime::now",
            "Uuid::now_v7",
            "Uuid::new_v4",
        ],
        &["clock.rs"],
    ),
    (&["store.begin("], &["app.rs", "app/"]),
    (&["store.log("], &["events/"]),
    (&["println!", "eprintln!"], &[]),
];

/// What is written while something is not done, or holds on one machine only.
const LEFTOVERS: [&str; 10] = [
    "todo!(",
    "unimplemented!(",
    "dbg!(",
    "#[ignore",
    "FIXME",
    "TODO",
    "/home/",
    "/root/",
    "/work/",
    "/Users/",
];

#[test]
fn no_module_uses_what_stands_above_it() {
    let layers = layers();
    let names: Vec<&String> = layers.iter().flatten().collect();
    let place = |name: &str| names.iter().position(|layer| *layer == name);
    let slices = slices(&layers);
    let mut climbs = Vec::new();
    for source in production("api/src") {
        let own = source.module();
        for used in uses(&source.text) {
            let (Some(from), Some(to)) = (place(&own), place(module_of(&used))) else {
                continue;
            };
            let is_between_slices =
                slices.contains(&own) && slices.iter().any(|slice| slice == module_of(&used));
            let is_held = own == "app"
                && HELD_BY_APP
                    .iter()
                    .any(|held| used.starts_with(held) || used == module_of(held));
            if to < from && !is_between_slices && !is_held {
                climbs.push(format!("{} uses {used}", source.path));
            }
        }
    }
    assert!(
        climbs.is_empty(),
        "a module uses only what comes after it in lib.rs:\n{}",
        climbs.join("\n")
    );
}

#[test]
fn slices_meet_through_their_public_functions() {
    let slices = slices(&layers());
    let mut intrusions = Vec::new();
    for source in production("api/src") {
        let own = source.module();
        if !slices.contains(&own) {
            continue;
        }
        for used in uses(&source.text) {
            let mut parts = used.split("::");
            let (Some(slice), Some(part)) = (parts.next(), parts.next()) else {
                continue;
            };
            let is_file = !SHOWN.contains(&part) && has_module(slice, part);
            if slice != own && slices.iter().any(|other| other == slice) && is_file {
                intrusions.push(format!("{} uses {used}", source.path));
            }
        }
    }
    assert!(
        intrusions.is_empty(),
        "a slice calls another through its mod.rs, or shows its API types:\n{}",
        intrusions.join("\n")
    );
}

#[test]
fn foreign_words_have_one_home() {
    let mut strays = Vec::new();
    for source in production("api/src") {
        for (words, homes) in HOMES {
            let is_home = homes.iter().any(|home| is_at(&source.path, home));
            for word in words
                .iter()
                .filter(|word| !is_home && source.text.contains(**word))
            {
                strays.push(format!(
                    "{} says {word}, which belongs to {homes:?}",
                    source.path
                ));
            }
        }
    }
    assert!(strays.is_empty(), "{}", strays.join("\n"));
}

#[test]
fn what_is_stored_knows_nothing_of_how_it_is_shown() {
    let strangers: Vec<String> = ["entity/src", "migration/src"]
        .into_iter()
        .flat_map(production)
        .filter(|source| {
            ["async_graphql", "actix_web", "guichet::"]
                .iter()
                .any(|word| source.text.contains(word))
        })
        .map(|source| source.path)
        .collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}

#[test]
fn files_can_be_read_in_one_go() {
    let long: Vec<String> = FOLDERS
        .into_iter()
        .flat_map(sources)
        .map(|source| (source.text.lines().count(), source.path))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(
        long.is_empty(),
        "longer than {LINES_MAX} lines:\n{}",
        long.join("\n")
    );
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<String> = FOLDERS
        .into_iter()
        .flat_map(sources)
        .filter(|source| !source.is_test() && !source.text.starts_with("//!"))
        .map(|source| source.path)
        .collect();
    assert!(
        silent.is_empty(),
        "no `//!` at the top:\n{}",
        silent.join("\n")
    );
}

#[test]
fn the_schema_file_is_fresh() {
    let committed = fs::read_to_string(root().join("schema.graphql")).unwrap();
    assert!(
        committed.trim_end() == guichet::schema::sdl().trim_end(),
        "schema.graphql is stale: run `make schema`"
    );
}

#[test]
fn the_map_names_every_folder() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut folders: Vec<String> = production("api/src")
        .iter()
        .filter(|source| source.path.contains('/'))
        .map(|source| format!("{}/", source.module()))
        .collect();
    folders.sort();
    folders.dedup();
    folders.retain(|folder| !map.contains(folder.as_str()));
    assert!(
        folders.is_empty(),
        "ARCHITECTURE.md does not name {folders:?}"
    );
}

#[test]
fn nothing_is_left_over() {
    let mut found = Vec::new();
    let itself = "tests/it/tidy.rs";
    for source in FOLDERS
        .into_iter()
        .flat_map(sources)
        .filter(|source| source.path != itself)
    {
        for word in LEFTOVERS.iter().filter(|word| source.text.contains(**word)) {
            found.push(format!("{}: {word}", source.path));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The second group: one folder per noun.
fn slices(layers: &[Vec<String>]) -> Vec<String> {
    assert!(
        layers[1].iter().any(|slice| slice == "ticket"),
        "the slices are the second group of lib.rs"
    );
    layers[1].clone()
}

/// Whether `path` is `home`, or in it.
fn is_at(path: &str, home: &str) -> bool {
    match home.strip_prefix("*/") {
        Some(rest) => path
            .split_once('/')
            .is_some_and(|(_, inner)| is_at(inner, rest)),
        None if home.ends_with('/') => path.starts_with(home),
        None => path == home,
    }
}
