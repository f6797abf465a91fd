//! Manifests of trusted documents: the files that frontends' build tools write.
//!
//! `{"ID": "DOCUMENT", …}` is what relay-compiler and graphql-codegen write (`persisted-documents.json`);
//! `{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id", "body", …}]}` is Apollo's.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

use super::{Hash, hash_from_hex, hash_of};

/// Bytes of a manifest.
const BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Bytes of an id. Tools use hashes in hexadecimal.
const ID_BYTES_MAX: usize = 128;
const APOLLO_FORMAT: &str = "apollo-persisted-query-manifest";

/// A document that the operator trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedDocument {
    /// What clients ask for.
    pub id: String,
    pub text: String,
    /// Of the text, whatever the id is.
    pub hash: Hash,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    Apollo {
        format: String,
        version: u32,
        operations: Vec<Operation>,
    },
    Plain(BTreeMap<String, String>),
}

#[derive(Deserialize)]
struct Operation {
    id: String,
    body: String,
}

/// Reads a manifest, or says why it cannot be used.
pub fn read(path: &Path) -> Result<Vec<TrustedDocument>, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > BYTES_MAX {
        return Err(format!("it has more than {BYTES_MAX} bytes"));
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<TrustedDocument>, String> {
    let manifest: Manifest = serde_json::from_str(text).map_err(|_| {
        "it is neither {\"ID\": \"DOCUMENT\", …} nor a manifest of Apollo's".to_owned()
    })?;
    let documents: Vec<(String, String)> = match manifest {
        Manifest::Plain(documents) => documents.into_iter().collect(),
        Manifest::Apollo {
            format,
            version: 1,
            operations,
        } if format == APOLLO_FORMAT => operations
            .into_iter()
            .map(|operation| (operation.id, operation.body))
            .collect(),
        Manifest::Apollo { .. } => return Err(format!("it is not {APOLLO_FORMAT}, version 1")),
    };
    if documents.is_empty() {
        return Err("it has no documents".to_owned());
    }
    documents.into_iter().map(trusted).collect()
}

/// An id that looks like the hash that clients compute must be it, or other documents would run than they mean.
fn trusted((id, text): (String, String)) -> Result<TrustedDocument, String> {
    let hash = hash_of(&text);
    if id.is_empty() || id.len() > ID_BYTES_MAX {
        return Err(format!("an id is not 1 to {ID_BYTES_MAX} bytes long"));
    }
    match hash_from_hex(&id.to_lowercase()) {
        Some(named) if named != hash => Err(format!("{id} is not the SHA-256 of its document")),
        _ => Ok(TrustedDocument { id, text, hash }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_manifests_of_relay_codegen_and_apollo_are_read() {
        let plain = r#"{ "3af8": "query A { a }", "b": "query B { b }" }"#;
        let apollo = r#"{ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [
            { "id": "3af8", "name": "A", "type": "query", "body": "query A { a }" },
            { "id": "b", "name": "B", "type": "query", "body": "query B { b }" } ] }"#;
        let documents = parse(plain).unwrap();
        assert_eq!(documents[0].id, "3af8");
        assert_eq!(documents[1].text, "query B { b }");
        assert_eq!(parse(apollo).unwrap(), documents);
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        let forged = format!(r#"{{ "{EMPTY}": "{{ a }}" }}"#);
        let long = format!(r#"{{ "{}": "{{ a }}" }}"#, "x".repeat(129));
        for wrong in [
            "",
            "[]",
            "{}",
            "null",
            r#"{ "a": 1 }"#,
            r#"{ "": "{ a }" }"#,
            r#"{ "format": "apollo-persisted-query-manifest", "version": 2, "operations": [] }"#,
            r#"{ "format": "other", "version": 1, "operations": [{ "id": "a", "body": "{ a }" }] }"#,
            r#"{ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [] }"#,
            &forged,
            &long,
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse(&format!(r#"{{ "{EMPTY}": "" }}"#)).is_ok());
    }
}
