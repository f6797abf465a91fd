//! The settings of what makes vectors of texts.

use url::Url;

use super::Reader;

/// Longest name of a model.
const MODEL_CHARS_MAX: usize = 200;

/// An HTTP endpoint of the common shape for embeddings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embeddings {
    pub url: Url,
    pub model: String,
    /// Sent as a bearer token.
    pub key: Option<String>,
}

impl Reader {
    /// All of them together, or none.
    pub(super) fn embeddings(&mut self) -> Option<Embeddings> {
        let [url, model, key] = [
            "GUICHET_EMBEDDINGS_URL",
            "GUICHET_EMBEDDINGS_MODEL",
            "GUICHET_EMBEDDINGS_KEY",
        ]
        .map(|name| self.text(name).map(str::to_owned));
        let Some(url) = url else {
            for (name, value) in [
                ("GUICHET_EMBEDDINGS_MODEL", &model),
                ("GUICHET_EMBEDDINGS_KEY", &key),
            ] {
                if value.is_some() {
                    self.refuse(name, "GUICHET_EMBEDDINGS_URL is not set");
                }
            }
            return None;
        };
        let is_http = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        let url = Url::parse(&url).ok().filter(is_http);
        if url.is_none() {
            self.refuse("GUICHET_EMBEDDINGS_URL", "not an http or https address");
        }
        let is_name = |model: &String| model.chars().count() <= MODEL_CHARS_MAX;
        let model = model.filter(is_name);
        if model.is_none() {
            let why = "the name of the model must be set, with at most 200 characters";
            self.refuse("GUICHET_EMBEDDINGS_MODEL", why);
        }
        let is_token = |key: &String| key.bytes().all(|byte| byte.is_ascii_graphic());
        if key.as_ref().is_some_and(|key| !is_token(key)) {
            let why = "a key has letters, digits and signs of ASCII, no spaces";
            self.refuse("GUICHET_EMBEDDINGS_KEY", why);
        }
        Some(Embeddings {
            url: url?,
            model: model?,
            key,
        })
    }
}
