//! What settings are called, and what of the environment is one.

use std::{collections::BTreeMap, ffi::OsString};

use super::{BadSetting, FILE};

const NAMES: [&str; 36] = [
    "GUICHET_LISTEN",
    "GUICHET_DATA_DIR",
    "DATABASE_URL",
    "GUICHET_FILES",
    "GUICHET_S3_ENDPOINT",
    "GUICHET_S3_REGION",
    "GUICHET_S3_ACCESS_KEY_ID",
    "GUICHET_S3_SECRET_ACCESS_KEY",
    "GUICHET_UPLOAD_BYTES_MAX",
    "GUICHET_UPLOAD_TYPES_ALLOWED",
    "GUICHET_UPLOAD_TYPES_DENIED",
    "REDIS_URL",
    "GUICHET_REDIS_SHARDED",
    "GUICHET_PUBLIC_URL",
    "GUICHET_CORS_ORIGINS",
    "GUICHET_SIGN_IN_PAGES",
    "GUICHET_TOTP_REQUIRED_ROLES",
    "GUICHET_TRUSTED_PROXIES",
    "GUICHET_DATABASE_CONNECTIONS",
    "GUICHET_SOCKETS_MAX",
    "GUICHET_BUDGET_ANONYMOUS",
    "GUICHET_BUDGET_REQUESTER",
    "GUICHET_BUDGET_AGENT",
    "GUICHET_TRUSTED_DOCUMENTS",
    "GUICHET_ONLY_TRUSTED_DOCUMENTS",
    "GUICHET_CLOSE_AFTER_DAYS",
    "GUICHET_EMBEDDINGS_URL",
    "GUICHET_EMBEDDINGS_MODEL",
    "GUICHET_EMBEDDINGS_KEY",
    "GUICHET_LINK_CHECK_DAYS",
    "GUICHET_ALLOW_CIDRS",
    "GUICHET_WEBHOOKS_ALLOW_CIDRS",
    "GUICHET_OIDC_ALLOW_CIDRS",
    "GUICHET_AUDIT_KEPT_DAYS",
    "GUICHET_DEMO_PASSWORD",
    "GUICHET_LOG",
];

pub(super) const PREFIX: &str = "GUICHET_";
pub(super) const NO_SUCH_SETTING: &str = "there is no such setting";

pub(super) fn is_setting(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Everything that begins as ours do is ours.
pub(super) fn is_misspelt(name: &str) -> bool {
    name.starts_with(PREFIX) && name != FILE && !is_setting(name)
}

/// Our variables, and those of them that are no text. What other variables say is not looked at.
pub(super) fn texts_of(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> (BTreeMap<String, String>, Vec<BadSetting>) {
    let (mut texts, mut bad) = (BTreeMap::new(), Vec::new());
    for (name, value) in variables {
        let setting = name.to_string_lossy().into_owned();
        if !setting.starts_with(PREFIX) && !is_setting(&setting) {
            continue;
        }
        if let Ok(text) = value.into_string() {
            texts.insert(setting, text);
        } else {
            let why = "not UTF-8".to_owned();
            bad.push(BadSetting { setting, why });
        }
    }
    (texts, bad)
}
