//! Settings, from the environment and an optional TOML file: read once, checked together.

mod budgets;
mod embeddings;
mod files;
mod names;
mod oidc;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use chrono::TimeDelta;
use entity::user::Role;
use ipnet::IpNet;
use serde::{
    Deserialize,
    de::{IntoDeserializer, value},
};
use url::Url;

pub use self::budgets::{Budget, Budgets, COST_MAX_ANONYMOUS, COST_MAX_REQUESTER, COST_MAX_STAFF};
pub use self::embeddings::Embeddings;
pub use self::files::{Bucket, Files, Place, TypePattern, is_type_name};
use self::names::{NO_SUCH_SETTING, PREFIX, is_misspelt, is_setting, texts_of};
pub use self::oidc::{OidcProvider, Secret};

/// Names the TOML file; its keys are the other settings without `GUICHET_`, in lower case. What
/// the environment says wins over the file.
pub const FILE: &str = "GUICHET_CONFIG";

/// What happens, without what libraries say of each of their own steps.
const LOG_DEFAULT: &str =
    "info,actix_server=warn,sea_orm_migration=warn,sqlx::postgres::notice=error";

#[derive(Clone, Debug)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where SQLite's file, and whatever else must stay, is kept.
    pub data_dir: PathBuf,
    pub database: Database,
    pub files: Files,
    pub redis_url: Option<Url>,
    /// Whether the doorbell hangs in one shard of a Redis cluster.
    pub redis_sharded: bool,
    /// How people reach the server from outside: the issuer of its tokens.
    pub public_url: Url,
    /// Origins of frontends that may call the API from a browser, as browsers write them.
    pub cors_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    pub database_connections: u32,
    /// WebSockets and event streams that may be open at once.
    pub sockets_max: usize,
    /// Manifests of documents that the operator trusts.
    pub trusted_documents: Vec<PathBuf>,
    /// Whether no others run.
    pub only_trusted_documents: bool,
    /// What callers may ask for in a time.
    pub budgets: Budgets,
    /// How long a solved ticket is quiet before it closes; none: it stays solved.
    pub close_after: Option<TimeDelta>,
    /// What makes vectors of texts; none: suggestions go by words alone.
    pub embeddings: Option<Embeddings>,
    /// How often the pages elsewhere that articles name are asked for; none: never.
    pub link_check_every: Option<TimeDelta>,
    /// Addresses that are not public, and that links of articles may lead to all the same.
    pub allow_cidrs: Vec<IpNet>,
    /// Those that webhooks may be sent to.
    pub webhooks_allow_cidrs: Vec<IpNet>,
    /// Whom people sign in with besides.
    pub oidc: Vec<OidcProvider>,
    /// Pages that a provider's people may be sent back to; the first where a frontend does not say which.
    pub sign_in_pages: Vec<Url>,
    /// Roles whose passwords let nobody in without an authenticator.
    pub totp_required_roles: Vec<Role>,
    /// Addresses that are not public, and where providers may be all the same.
    pub oidc_allow_cidrs: Vec<IpNet>,
    /// How long the audit log is kept; none: for ever.
    pub audit_kept: Option<TimeDelta>,
    /// The password of the sample accounts, where it is not to be random.
    pub demo_password: Option<String>,
    /// What to log, in the syntax of `tracing_subscriber::EnvFilter`.
    pub log: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file, made where it is missing.
    Sqlite(PathBuf),
    Postgres(Url),
}

/// A setting that cannot be used: its name, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {why}")]
pub struct BadSetting {
    pub setting: String,
    pub why: String,
}

impl Config {
    /// Reads this process's environment and the file that it names.
    pub fn from_environment() -> Result<Self, Vec<BadSetting>> {
        let (environment, mut bad) = texts_of(std::env::vars_os());
        match Self::read(&environment) {
            Ok(config) if bad.is_empty() => Ok(config),
            Ok(_) => Err(bad),
            Err(others) => {
                bad.extend(others);
                Err(bad)
            }
        }
    }

    /// Reads settings from `environment`, and from the file named there, telling everything that
    /// is wrong at once.
    pub fn read(environment: &BTreeMap<String, String>) -> Result<Self, Vec<BadSetting>> {
        let mut reader = Reader {
            values: BTreeMap::new(),
            oidc: toml::Table::new(),
            bad: Vec::new(),
        };
        for name in environment.keys().filter(|name| is_misspelt(name)) {
            reader.refuse(name, NO_SUCH_SETTING);
        }
        if let Some(file) = environment.get(FILE).filter(|file| !file.is_empty()) {
            reader.read_file(Path::new(file));
        }
        reader.values.extend(
            environment
                .iter()
                .filter(|(name, value)| is_setting(name) && !value.is_empty())
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        let config = reader.config();
        if reader.bad.is_empty() {
            Ok(config)
        } else {
            Err(reader.bad)
        }
    }
}

struct Reader {
    values: BTreeMap<String, String>,
    /// Of the file, not read yet.
    oidc: toml::Table,
    bad: Vec<BadSetting>,
}

impl Reader {
    fn read_file(&mut self, path: &Path) {
        let table = match std::fs::read_to_string(path).map(|text| text.parse::<toml::Table>()) {
            Ok(Ok(table)) => table,
            Ok(Err(error)) => return self.refuse(FILE, error.message()),
            Err(error) => return self.refuse(FILE, &error.to_string()),
        };
        for (key, value) in table {
            if key == oidc::TABLE {
                self.keep_oidc(value);
                continue;
            }
            let upper = key.to_uppercase();
            let name = if is_setting(&upper) {
                upper
            } else {
                format!("{PREFIX}{upper}")
            };
            match text_of(&value) {
                Some(text) if is_setting(&name) => {
                    self.values.insert(name, text);
                }
                Some(_) => self.refuse(&key, NO_SUCH_SETTING),
                None => self.refuse(&key, "not a text, a number or a list of texts"),
            }
        }
    }

    fn config(&mut self) -> Config {
        let listen = self.parse("GUICHET_LISTEN", "127.0.0.1:8080", str::parse::<SocketAddr>);
        let data_dir = PathBuf::from(self.text("GUICHET_DATA_DIR").unwrap_or("data"));
        let public_url = self.public_url(listen);
        Config {
            listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            database: self.database(&data_dir),
            files: self.files(&data_dir),
            redis_url: self.redis_url(),
            redis_sharded: self.flag("GUICHET_REDIS_SHARDED"),
            cors_origins: self.list("GUICHET_CORS_ORIGINS", origin),
            trusted_proxies: self.list("GUICHET_TRUSTED_PROXIES", |text| {
                text.parse().map_err(|_| "not an IP address".to_owned())
            }),
            database_connections: self
                .parse("GUICHET_DATABASE_CONNECTIONS", "8", |text| {
                    match text.parse() {
                        Ok(count @ 2..=500) => Ok(count),
                        _ => Err("not a number from 2 to 500"),
                    }
                })
                .unwrap_or(8),
            sockets_max: self
                .parse("GUICHET_SOCKETS_MAX", "20000", |text| match text.parse() {
                    Ok(count @ 0..=1_000_000) => Ok(count),
                    _ => Err("not a number up to 1000000"),
                })
                .unwrap_or_default(),
            trusted_documents: self.list("GUICHET_TRUSTED_DOCUMENTS", |path| Ok(path.into())),
            only_trusted_documents: self.only_trusted_documents(),
            budgets: self.budgets(),
            embeddings: self.embeddings(),
            close_after: self.days("GUICHET_CLOSE_AFTER_DAYS", "7"),
            audit_kept: self.days("GUICHET_AUDIT_KEPT_DAYS", "400"),
            link_check_every: self.days("GUICHET_LINK_CHECK_DAYS", "7"),
            allow_cidrs: self.list("GUICHET_ALLOW_CIDRS", block),
            webhooks_allow_cidrs: self.list("GUICHET_WEBHOOKS_ALLOW_CIDRS", block),
            oidc: self.oidc(),
            sign_in_pages: self.sign_in_pages(&public_url),
            public_url,
            totp_required_roles: self.list("GUICHET_TOTP_REQUIRED_ROLES", role),
            oidc_allow_cidrs: self.list("GUICHET_OIDC_ALLOW_CIDRS", block),
            demo_password: self.text("GUICHET_DEMO_PASSWORD").map(str::to_owned),
            log: self.text("GUICHET_LOG").unwrap_or(LOG_DEFAULT).to_owned(),
            data_dir,
        }
    }

    /// A number of days; none where it is 0.
    fn days(&mut self, name: &str, default: &str) -> Option<TimeDelta> {
        let days = self.parse(name, default, |text| match text.parse() {
            Ok(days @ 0..=3_650) => Ok(days),
            _ => Err("not a number of days up to 3650"),
        });
        days.filter(|days| *days > 0).map(TimeDelta::days)
    }

    fn database(&mut self, data_dir: &Path) -> Database {
        let in_data_dir = Database::Sqlite(data_dir.join("guichet.db"));
        let Some(text) = self.text("DATABASE_URL") else {
            return in_data_dir;
        };
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            let is_file = !path.is_empty() && !path.starts_with(':') && !path.contains('?');
            let database = Database::Sqlite(PathBuf::from(path));
            if !is_file {
                let why = "after sqlite: comes the path of a file, without parameters";
                self.refuse("DATABASE_URL", why);
            }
            return database;
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") => Database::Postgres(url),
            _ => {
                self.refuse("DATABASE_URL", "neither sqlite:FILE nor postgres://…");
                in_data_dir
            }
        }
    }

    fn redis_url(&mut self) -> Option<Url> {
        let text = self.text("REDIS_URL")?;
        let url = Url::parse(text).ok().filter(|url| url.scheme() == "redis");
        if url.is_none() {
            self.refuse("REDIS_URL", "not a redis:// address (TLS is not built in)");
        }
        url
    }

    fn public_url(&mut self, listen: Option<SocketAddr>) -> Url {
        let local = listen.map_or_else(
            || "http://127.0.0.1:8080".to_owned(),
            |listen| format!("http://{listen}"),
        );
        self.parse("GUICHET_PUBLIC_URL", &local, |text| {
            match Url::parse(text) {
                Ok(url) if matches!(url.scheme(), "http" | "https") && url.query().is_none() => {
                    Ok(url)
                }
                _ => Err("not an http or https address"),
            }
        })
        .unwrap_or_else(|| {
            Url::from_directory_path("/").unwrap_or_else(|()| unreachable!("/ is absolute"))
        })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    fn parse<T, E: ToString>(
        &mut self,
        name: &str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name).unwrap_or(default).to_owned();
        parse(&text)
            .map_err(|why| self.refuse(name, &why.to_string()))
            .ok()
    }

    fn flag(&mut self, name: &str) -> bool {
        let is_set = self.parse(name, "false", |text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("neither true nor false"),
        });
        is_set.unwrap_or_default()
    }

    fn list<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let text = self.text(name).unwrap_or_default().to_owned();
        let items = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        items
            .filter_map(|item| parse(item).map_err(|why| self.refuse(name, &why)).ok())
            .collect()
    }

    fn refuse(&mut self, setting: &str, why: &str) {
        self.bad.push(BadSetting {
            setting: setting.to_owned(),
            why: why.to_owned(),
        });
    }
}

fn block(text: &str) -> Result<IpNet, String> {
    text.parse()
        .map_err(|_| format!("{text} is not a block of addresses such as 10.0.0.0/8"))
}

/// An origin exactly as browsers send it. `null` is none: any sandboxed page has it.
fn origin(text: &str) -> Result<String, String> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    url.map(|url| url.origin().ascii_serialization())
        .filter(|origin| origin == text)
        .ok_or_else(|| format!("{text} is not an origin such as https://support.example.org"))
}

fn role(text: &str) -> Result<Role, String> {
    let role: Result<Role, value::Error> = Role::deserialize(text.into_deserializer());
    role.map_err(|_| format!("{text} is none of REQUESTER, AGENT, LEAD and ADMIN"))
}

fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(is_set) => Some(is_set.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(toml::Value::as_str).collect();
            Some(texts?.join(","))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
