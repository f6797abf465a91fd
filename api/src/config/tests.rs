use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<Config, Vec<BadSetting>> {
    Config::read(
        &pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
}

#[test]
fn nothing_set_is_sqlite_on_loopback() {
    let config = read(&[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.database, Database::Sqlite("data/guichet.db".into()));
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:8080/");
}

#[test]
fn everything_wrong_is_told_at_once_by_name() {
    let bad = read(&[
        ("GUICHET_LISTEN", "here"),
        ("DATABASE_URL", "mysql://x"),
        ("REDIS_URL", "http://x"),
        ("GUICHET_CORS_ORIGINS", "null, https://ok.example"),
        ("GUICHET_TRUSTED_PROXIES", "proxy"),
        ("GUICHET_DATABASE_CONNECTIONS", "0"),
        ("GUICHET_PUBLIC_URL", "ftp://x"),
        ("GUICHET_LINK_CHECK_DAYS", "often"),
        ("GUICHET_ALLOW_CIDRS", "10.0.0.0/8, 10.0.0.0/33"),
        ("GUICHET_BUDGET_AGENT", "120000/4999"),
        ("GUICHET_SIGN_IN_PAGES", "https://ok.example/in, /in"),
        ("GUICHET_TOTP_REQUIRED_ROLES", "ADMIN, BOSS"),
    ])
    .unwrap_err();
    let mut names: Vec<_> = bad.iter().map(|bad| bad.setting.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "DATABASE_URL",
            "GUICHET_ALLOW_CIDRS",
            "GUICHET_BUDGET_AGENT",
            "GUICHET_CORS_ORIGINS",
            "GUICHET_DATABASE_CONNECTIONS",
            "GUICHET_LINK_CHECK_DAYS",
            "GUICHET_LISTEN",
            "GUICHET_PUBLIC_URL",
            "GUICHET_SIGN_IN_PAGES",
            "GUICHET_TOTP_REQUIRED_ROLES",
            "GUICHET_TRUSTED_PROXIES",
            "REDIS_URL",
        ]
    );
}

#[test]
fn a_database_in_memory_is_refused() {
    for url in ["sqlite::memory:", "sqlite:", "sqlite://desk.db?mode=memory"] {
        let bad = read(&[("DATABASE_URL", url)]).unwrap_err();
        assert_eq!(bad[0].setting, "DATABASE_URL", "{url}");
    }
}

#[test]
fn a_misspelt_variable_is_refused_by_name() {
    let bad = read(&[
        ("GUICHET_LISTENS", ""),
        ("GUICHET_CONFIG", ""),
        ("HOME", "/"),
    ]);
    let bad = bad.unwrap_err();
    assert_eq!(bad.len(), 1);
    assert_eq!(
        bad[0].to_string(),
        "GUICHET_LISTENS: there is no such setting"
    );
}

#[cfg(unix)]
#[test]
fn a_setting_that_is_no_text_is_refused_by_name() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};

    let variables = [
        ("GUICHET_DATA_DIR", b"\xff"),
        ("LS_COLORS", b"\xff"),
        ("GUICHET_LOG", b"x"),
        ("DATABASE_URL", b"\xc3"),
    ];
    let variables =
        variables.map(|(name, value)| (OsString::from(name), OsString::from_vec(value.to_vec())));
    let (texts, bad) = texts_of(variables.into_iter());
    assert_eq!(
        texts,
        BTreeMap::from([("GUICHET_LOG".to_owned(), "x".to_owned())])
    );
    let bad: Vec<_> = bad.iter().map(ToString::to_string).collect();
    assert_eq!(
        bad,
        ["GUICHET_DATA_DIR: not UTF-8", "DATABASE_URL: not UTF-8"]
    );
}

#[test]
fn the_environment_wins_over_the_file() {
    let dir = std::env::temp_dir().join(format!("guichet-config-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let file = dir.join("guichet.toml");
    std::fs::write(
        &file,
        "listen = \"127.0.0.1:1\"\ncors_origins = [\"https://a.example\"]\nnope = true",
    )
    .unwrap();
    let path = file.to_str().unwrap();
    let bad = read(&[(FILE, path)]).unwrap_err();
    assert_eq!(bad[0].setting, "nope");
    std::fs::write(
        &file,
        "listen = \"127.0.0.1:1\"\ncors_origins = [\"https://a.example\"]",
    )
    .unwrap();
    let config = read(&[(FILE, path), ("GUICHET_LISTEN", "127.0.0.1:2")]).unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.cors_origins, ["https://a.example"]);
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn embeddings_are_off_or_whole() {
    assert_eq!(read(&[]).unwrap().embeddings, None);
    let (url, model) = ("GUICHET_EMBEDDINGS_URL", "GUICHET_EMBEDDINGS_MODEL");
    let key = "GUICHET_EMBEDDINGS_KEY";
    let good = [
        (url, "http://127.0.0.1:9/v1/embeddings"),
        (model, "small"),
        (key, "s3cret"),
    ];
    let embeddings = read(&good).unwrap().embeddings.unwrap();
    assert_eq!(
        (embeddings.model.as_str(), embeddings.key.as_deref()),
        ("small", Some("s3cret"))
    );
    let long = "m".repeat(201);
    for (settings, name) in [
        (vec![(url, "http://127.0.0.1:9/")], model),
        (
            vec![(url, "http://127.0.0.1:9/"), (model, long.as_str())],
            model,
        ),
        (vec![(url, "ftp://127.0.0.1/"), (model, "small")], url),
        (vec![(url, "there"), (model, "small")], url),
        (vec![(model, "small")], model),
        (vec![(key, "s3cret")], key),
        (
            vec![
                (url, "http://127.0.0.1:9/"),
                (model, "small"),
                (key, "two words"),
            ],
            key,
        ),
    ] {
        let bad = read(&settings).unwrap_err();
        let names: Vec<_> = bad.iter().map(|bad| bad.setting.as_str()).collect();
        assert_eq!(names, [name], "{settings:?}");
    }
}
