//! Settings of files: where they lie, and which are taken.

use std::path::{Path, PathBuf};

use url::Url;

use super::Reader;

/// The size of a file at most, in bytes, where nothing else is set.
const UPLOAD_BYTES_MAX: &str = "26214400";
/// No desk takes larger ones: sizes are 32-bit numbers in the API.
const UPLOAD_BYTES_LIMIT: u64 = 1 << 30;
const REGION: &str = "us-east-1";

#[derive(Clone, Debug)]
pub struct Files {
    pub place: Place,
    /// The size of a file at most, in bytes.
    pub upload_bytes_max: u64,
    /// Types that are taken; empty: all.
    pub types_allowed: Vec<TypePattern>,
    /// Types that are not taken, whatever is allowed.
    pub types_denied: Vec<TypePattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Folder(PathBuf),
    Bucket(Bucket),
}

/// A bucket of an S3-compatible service.
#[derive(Clone, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// What the keys of this desk's files begin with; may be empty.
    pub prefix: String,
    /// None: the one of the region.
    pub endpoint: Option<Url>,
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl std::fmt::Debug for Bucket {
    /// Without the secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Bucket")
            .field("name", &self.name)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// A media type, or all of one kind: `image/png`, `image/*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypePattern {
    kind: String,
    /// None: all of the kind.
    subtype: Option<String>,
}

impl TypePattern {
    /// Reads one in lower case.
    fn read(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let parts = lower.split_once('/').filter(|(kind, subtype)| {
            is_type_name(kind) && (*subtype == "*" || is_type_name(subtype))
        });
        let (kind, subtype) =
            parts.ok_or_else(|| format!("{text} is not a type such as image/png or image/*"))?;
        Ok(Self {
            kind: kind.to_owned(),
            subtype: (subtype != "*").then(|| subtype.to_owned()),
        })
    }

    /// Whether a media type in lower case, without parameters, is of it.
    pub fn matches(&self, media_type: &str) -> bool {
        media_type.split_once('/').is_some_and(|(kind, subtype)| {
            kind == self.kind && self.subtype.as_deref().is_none_or(|own| own == subtype)
        })
    }
}

/// Whether a text can be a part of a media type (RFC 6838, section 4.2).
pub fn is_type_name(text: &str) -> bool {
    let is_sign = |byte: u8| b"!#$&^_.+-".contains(&byte);
    let mut bytes = text.bytes();
    !text.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || is_sign(byte))
}

impl Reader {
    pub(super) fn files(&mut self, data_dir: &Path) -> Files {
        let bytes_max = self.parse(
            "GUICHET_UPLOAD_BYTES_MAX",
            UPLOAD_BYTES_MAX,
            |text| match text.parse() {
                Ok(bytes @ 1..=UPLOAD_BYTES_LIMIT) => Ok(bytes),
                _ => Err("not a number of bytes from 1 to 1073741824"),
            },
        );
        Files {
            place: self.place(data_dir),
            upload_bytes_max: bytes_max.unwrap_or(UPLOAD_BYTES_LIMIT),
            types_allowed: self.list("GUICHET_UPLOAD_TYPES_ALLOWED", TypePattern::read),
            types_denied: self.list("GUICHET_UPLOAD_TYPES_DENIED", TypePattern::read),
        }
    }

    fn place(&mut self, data_dir: &Path) -> Place {
        let text = self.text("GUICHET_FILES").map(str::to_owned);
        match text.as_deref() {
            None => Place::Folder(data_dir.join("files")),
            Some(text) => match text.split_once("://") {
                Some(("s3", bucket)) => Place::Bucket(self.bucket(bucket)),
                Some(_) => {
                    self.refuse("GUICHET_FILES", "neither a folder nor s3://BUCKET/PREFIX");
                    Place::Folder(data_dir.to_owned())
                }
                None => Place::Folder(PathBuf::from(text)),
            },
        }
    }

    fn bucket(&mut self, address: &str) -> Bucket {
        let (name, prefix) = address.split_once('/').unwrap_or((address, ""));
        let is_name = |text: &str| {
            let is_sign = |byte: u8| b".-_".contains(&byte);
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || is_sign(byte))
        };
        let prefix = prefix.trim_matches('/');
        if name.is_empty() || !is_name(name) || !prefix.split('/').all(is_name) {
            let why = "after s3:// comes the name of a bucket, and a prefix if there is one";
            self.refuse("GUICHET_FILES", why);
        }
        Bucket {
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: self.endpoint(),
            region: self.text("GUICHET_S3_REGION").unwrap_or(REGION).to_owned(),
            access_key_id: self.credential("GUICHET_S3_ACCESS_KEY_ID"),
            secret_access_key: self.credential("GUICHET_S3_SECRET_ACCESS_KEY"),
        }
    }

    fn endpoint(&mut self) -> Option<Url> {
        let text = self.text("GUICHET_S3_ENDPOINT")?;
        let url = Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none());
        if url.is_none() {
            self.refuse("GUICHET_S3_ENDPOINT", "not an http or https address");
        }
        url
    }

    fn credential(&mut self, name: &str) -> String {
        let text = self.text(name).map(str::to_owned);
        if text.is_none() {
            self.refuse(name, "a bucket needs it");
        }
        text.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BadSetting, Config};
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Files, Vec<BadSetting>> {
        let pairs = pairs.iter();
        let environment = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::read(&environment.collect()).map(|config| config.files)
    }

    const KEYS: [(&str, &str); 2] = [
        ("GUICHET_S3_ACCESS_KEY_ID", "key"),
        ("GUICHET_S3_SECRET_ACCESS_KEY", "hush"),
    ];

    #[test]
    fn files_lie_beside_the_database_where_nothing_is_set() {
        let files = read(&[("GUICHET_DATA_DIR", "/srv/desk")]).unwrap();
        assert_eq!(files.place, Place::Folder("/srv/desk/files".into()));
        assert_eq!(files.upload_bytes_max, 25 << 20);
    }

    #[test]
    fn a_bucket_has_a_prefix_and_keeps_its_secret() {
        let files = read(&[&[("GUICHET_FILES", "s3://desk/files/of/us/")], &KEYS[..]].concat());
        let Place::Bucket(bucket) = files.unwrap().place else {
            panic!("a folder");
        };
        assert_eq!(
            (bucket.name.as_str(), bucket.prefix.as_str()),
            ("desk", "files/of/us")
        );
        assert!(!format!("{bucket:?}").contains("hush"));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let bucket = ("GUICHET_FILES", "s3://desk");
        let cases: [(&[(&str, &str)], &str); 7] = [
            (&[("GUICHET_FILES", "ftp://desk")], "GUICHET_FILES"),
            (
                &[("GUICHET_UPLOAD_BYTES_MAX", "0")],
                "GUICHET_UPLOAD_BYTES_MAX",
            ),
            (
                &[("GUICHET_UPLOAD_TYPES_ALLOWED", "png")],
                "GUICHET_UPLOAD_TYPES_ALLOWED",
            ),
            (
                &[("GUICHET_UPLOAD_TYPES_DENIED", "*/png")],
                "GUICHET_UPLOAD_TYPES_DENIED",
            ),
            (&[bucket, KEYS[0]], "GUICHET_S3_SECRET_ACCESS_KEY"),
            (
                &[("GUICHET_FILES", "s3://"), KEYS[0], KEYS[1]],
                "GUICHET_FILES",
            ),
            (
                &[
                    bucket,
                    KEYS[0],
                    KEYS[1],
                    ("GUICHET_S3_ENDPOINT", "minio:9000"),
                ],
                "GUICHET_S3_ENDPOINT",
            ),
        ];
        for (settings, named) in cases {
            let bad = read(settings).unwrap_err();
            let names: Vec<_> = bad.iter().map(|bad| bad.setting.as_str()).collect();
            assert_eq!(names, [named], "{settings:?}");
        }
    }

    #[test]
    fn patterns_are_of_one_type_or_of_a_kind() {
        let files = read(&[("GUICHET_UPLOAD_TYPES_ALLOWED", "image/*, Application/PDF")]).unwrap();
        let is_allowed = |name: &str| files.types_allowed.iter().any(|own| own.matches(name));
        assert!(is_allowed("image/png") && is_allowed("application/pdf"));
        assert!(!is_allowed("application/zip") && !is_allowed("imagery/png"));
    }
}
