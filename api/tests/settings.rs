//! The program itself: what it does with settings that cannot be used, and with a database that
//! another process uses.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

/// `EX_CONFIG` of sysexits.h.
const BAD_SETTING: i32 = 78;

#[test]
fn a_bad_setting_ends_the_start_by_its_name() {
    let folder = Folder::make("bad-setting");
    let file = folder.0.join("guichet.toml");
    std::fs::write(&file, "colour = \"blue\"\nlisten = 1.5\n").unwrap();
    let file = file.to_str().unwrap();
    let unparsed = folder.0.join("manifest.json");
    std::fs::write(&unparsed, r#"{ "broken-document": "{ a" }"#).unwrap();
    let unparsed = unparsed.to_str().unwrap();
    for (settings, names) in [
        (vec![("GUICHET_LISTEN", "here")], vec!["GUICHET_LISTEN"]),
        (
            vec![("DATABASE_URL", "mysql://localhost/x")],
            vec!["DATABASE_URL"],
        ),
        (
            vec![("REDIS_URL", "http://x"), ("GUICHET_CORS_ORIGINS", "null")],
            vec!["REDIS_URL", "GUICHET_CORS_ORIGINS"],
        ),
        (
            vec![("GUICHET_PUBLIC_URL", "ftp://x")],
            vec!["GUICHET_PUBLIC_URL"],
        ),
        (
            vec![("GUICHET_DATABASE_CONNECTIONS", "0")],
            vec!["GUICHET_DATABASE_CONNECTIONS"],
        ),
        (
            vec![("GUICHET_LOG", "guichet=loud=very")],
            vec!["GUICHET_LOG"],
        ),
        (vec![("GUICHET_CONFIG", file)], vec!["colour", "listen"]),
        (vec![("GUICHET_FILES", file)], vec!["GUICHET_FILES"]),
        (
            vec![("GUICHET_FILES", "s3://desk")],
            vec!["GUICHET_S3_ACCESS_KEY_ID", "GUICHET_S3_SECRET_ACCESS_KEY"],
        ),
        (
            vec![("GUICHET_TRUSTED_DOCUMENTS", unparsed)],
            vec!["GUICHET_TRUSTED_DOCUMENTS", "broken-document"],
        ),
        (
            vec![("GUICHET_ONLY_TRUSTED_DOCUMENTS", "true")],
            vec!["GUICHET_ONLY_TRUSTED_DOCUMENTS"],
        ),
        (
            vec![("GUICHET_CONFIG", "/no/such/file.toml")],
            vec!["GUICHET_CONFIG"],
        ),
    ] {
        let ended = guichet(&folder.0, &["serve"])
            .envs(settings.clone())
            .output()
            .unwrap();
        assert_eq!(
            ended.status.code(),
            Some(BAD_SETTING),
            "{settings:?}: {}",
            said(&ended)
        );
        for name in names {
            assert!(said(&ended).contains(name), "{name}: {}", said(&ended));
        }
    }
    assert!(
        !folder.0.join("guichet.db").exists(),
        "nothing is made before the settings are checked"
    );
}

#[test]
fn a_second_process_on_the_same_file_does_not_start() {
    let folder = Folder::make("second-process");
    let mut first = serve(&folder.0);
    let second = guichet(&folder.0, &["serve"]).output().unwrap();
    assert!(!second.status.success());
    assert!(
        said(&second).contains("another process uses this database file"),
        "{}",
        said(&second)
    );

    let stop = Command::new("kill")
        .args(["-TERM", &first.id().to_string()])
        .status()
        .unwrap();
    assert!(stop.success());
    assert!(
        first.wait().unwrap().success(),
        "a stop on SIGTERM is no failure"
    );
    let mut third = serve(&folder.0);
    third.kill().unwrap();
    third.wait().unwrap();
}

#[test]
fn the_schema_needs_no_settings() {
    let folder = Folder::make("schema");
    let printed = guichet(&folder.0, &["schema"])
        .env("GUICHET_LISTEN", "here")
        .output()
        .unwrap();
    assert!(printed.status.success());
    assert!(
        String::from_utf8(printed.stdout)
            .unwrap()
            .contains("type Ticket implements Node")
    );
}

/// A server on a free port, once it says where it listens.
fn serve(folder: &Path) -> Child {
    let mut command = guichet(folder, &["serve"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(
        line.starts_with("Guichet listens on http://127.0.0.1:"),
        "{line}"
    );
    child
}

/// The program with nothing in its environment but a folder and a free port.
fn guichet(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
    command
        .args(arguments)
        .env_clear()
        .env("GUICHET_DATA_DIR", folder)
        .env("GUICHET_LISTEN", "127.0.0.1:0");
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn make(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("guichet-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}
