//! The settings of OpenID providers: tables of the TOML file, one for each.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use entity::user::Role;
use serde::Deserialize;
use url::Url;

use super::Reader;

/// What the tables stand under.
pub(super) const TABLE: &str = "oidc";
/// Providers at most.
const COUNT_MAX: usize = 20;
const KEY_CHARS_MAX: usize = 32;

/// A provider that people sign in with.
#[derive(Clone, Debug)]
pub struct OidcProvider {
    /// Its part of addresses.
    pub key: String,
    /// What people read on the button.
    pub name: String,
    /// As its tokens say it, letter by letter.
    pub issuer: String,
    pub client_id: String,
    /// None: a public client.
    pub client_secret: Option<Secret>,
    /// Besides `openid`.
    pub scopes: Vec<String>,
    /// Where in the token the groups are; dots lead into objects.
    pub groups_claim: String,
    /// By group. None: roles are given at the desk.
    pub roles: Option<BTreeMap<String, Role>>,
    /// Names of teams, by group.
    pub teams: BTreeMap<String, String>,
    /// Whether an address that it has verified is reason enough to be the account that has it here.
    pub joins_verified_emails: bool,
}

#[derive(Clone)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    /// Without the secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

/// A table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Option<String>,
    issuer: String,
    client_id: String,
    client_secret: Option<String>,
    client_secret_file: Option<PathBuf>,
    scopes: Option<Vec<String>>,
    groups_claim: Option<String>,
    roles: Option<BTreeMap<String, Role>>,
    #[serde(default)]
    teams: BTreeMap<String, String>,
    #[serde(default)]
    join_verified_emails: bool,
}

impl Reader {
    /// Keeps the tables until the other settings are read.
    pub(super) fn keep_oidc(&mut self, value: toml::Value) {
        match value {
            toml::Value::Table(table) => self.oidc = table,
            _ => self.refuse(
                TABLE,
                "not a table for each provider, such as [oidc.example]",
            ),
        }
    }

    pub(super) fn oidc(&mut self) -> Vec<OidcProvider> {
        let tables = std::mem::take(&mut self.oidc);
        if tables.len() > COUNT_MAX {
            self.refuse(TABLE, "at most 20 providers");
        }
        let read = tables.into_iter().filter_map(|(key, value)| {
            let provider = provider(&key, value);
            provider
                .map_err(|why| self.refuse(&format!("{TABLE}.{key}"), &why))
                .ok()
        });
        read.collect()
    }

    /// Where nothing is said it is the desk's own first page.
    pub(super) fn sign_in_pages(&mut self, own: &Url) -> Vec<Url> {
        let pages = self.list("GUICHET_SIGN_IN_PAGES", page);
        if pages.is_empty() {
            vec![own.clone()]
        } else {
            pages
        }
    }
}

fn page(text: &str) -> Result<Url, String> {
    let is_page = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    };
    let url = Url::parse(text).ok().filter(is_page);
    url.ok_or_else(|| {
        format!("{text} is not the address of a page such as https://support.example.org/in")
    })
}

fn provider(key: &str, value: toml::Value) -> Result<OidcProvider, String> {
    let is_part =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if key.is_empty() || key.len() > KEY_CHARS_MAX || !key.chars().all(is_part) {
        return Err("the name of the table has lower-case letters, digits and hyphens".to_owned());
    }
    let written: Written = value
        .try_into()
        .map_err(|error: toml::de::Error| error.message().to_owned())?;
    let is_issuer = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    if !Url::parse(&written.issuer).is_ok_and(|url| is_issuer(&url)) {
        return Err("the issuer is not an http or https address".to_owned());
    }
    if written.client_id.is_empty() {
        return Err("client_id is empty".to_owned());
    }
    let client_secret = match (written.client_secret, written.client_secret_file) {
        (Some(_), Some(_)) => return Err("client_secret and client_secret_file".to_owned()),
        (secret, None) => secret,
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path);
            Some(text.map_err(|error| error.to_string())?.trim().to_owned())
        }
    };
    let scopes = written
        .scopes
        .unwrap_or_else(|| vec!["profile".to_owned(), "email".to_owned()]);
    Ok(OidcProvider {
        name: written.name.unwrap_or_else(|| key.to_owned()),
        key: key.to_owned(),
        issuer: written.issuer,
        client_id: written.client_id,
        client_secret: client_secret.map(Secret),
        scopes,
        groups_claim: written.groups_claim.unwrap_or_else(|| "groups".to_owned()),
        roles: written.roles,
        teams: written.teams,
        joins_verified_emails: written.join_verified_emails,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<OidcProvider, String> {
        let table: toml::Table = toml.parse().unwrap();
        provider("test", toml::Value::Table(table))
    }

    const GOOD: &str = "issuer = \"https://id.test\"\nclient_id = \"c\"\n";

    #[test]
    fn a_table_needs_an_issuer_and_a_client() {
        let provider = read(GOOD).unwrap();
        assert_eq!(
            (provider.name.as_str(), provider.groups_claim.as_str()),
            ("test", "groups")
        );
        assert_eq!(provider.scopes, ["profile", "email"]);
        assert!(provider.roles.is_none() && !provider.joins_verified_emails);
        let roles = read(&format!("{GOOD}[roles]\nboss = \"ADMIN\""))
            .unwrap()
            .roles;
        assert_eq!(roles.unwrap().len(), 1);
        for bad in [
            "client_id = \"c\"",
            "issuer = \"https://id.test\"",
            "issuer = \"https://id.test\"\nclient_id = \"\"",
            "issuer = \"id.test\"\nclient_id = \"c\"",
            "issuer = \"https://id.test?x\"\nclient_id = \"c\"",
            &format!("{GOOD}client_secrets = \"x\""),
            &format!("{GOOD}client_secret = \"x\"\nclient_secret_file = \"y\""),
            &format!("{GOOD}client_secret_file = \"no such file\""),
            &format!("{GOOD}[roles]\nboss = \"BOSS\""),
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let table = GOOD.parse::<toml::Table>().unwrap();
        for key in ["", "Test", "a/b", "a.b", &"a".repeat(33)] {
            assert!(provider_named(key, &table).is_err(), "{key}");
        }
    }

    fn provider_named(key: &str, table: &toml::Table) -> Result<OidcProvider, String> {
        provider(key, toml::Value::Table(table.clone()))
    }

    #[test]
    fn a_page_has_an_address_of_its_own() {
        for good in ["https://app.test", "http://localhost:3000/in?x=1"] {
            assert!(page(good).is_ok(), "{good}");
        }
        for bad in [
            "/in",
            "app.test/in",
            "https://",
            "https://a@app.test",
            "https://app.test/#in",
            "javascript:alert(1)",
        ] {
            assert!(page(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let provider = read(&format!("{GOOD}client_secret = \"hidden\"")).unwrap();
        assert!(!format!("{provider:?}").contains("hidden"));
    }
}
