//! What a ticket carries besides its own fields.

use async_graphql::{Description, Json, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::json::{self, ApplicationContext as StoredContext};

/// Where in the host application the requester was. Data from outside: show it, never trust it.
#[derive(Description)]
pub struct ApplicationContext(pub(super) StoredContext);

#[Object(use_type_description)]
impl ApplicationContext {
    /// The address of the page.
    async fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// The application's name.
    async fn application(&self) -> Option<&str> {
        self.0.application.as_deref()
    }

    /// The application's version.
    async fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// The language that the application was shown in.
    async fn locale(&self) -> Option<&str> {
        self.0.locale.as_deref()
    }

    /// The browser, as it names itself.
    async fn browser(&self) -> Option<&str> {
        self.0.browser.as_deref()
    }

    /// The size of the screen, such as `1920x1080`.
    async fn screen(&self) -> Option<&str> {
        self.0.screen.as_deref()
    }

    /// Whatever else the application sent.
    async fn data(&self) -> Option<Json<&serde_json::Value>> {
        self.0.data.as_ref().map(Json)
    }
}

/// What a requester thought of the help.
#[derive(SimpleObject)]
pub struct Satisfaction {
    /// From 1 (bad) to 5 (good).
    pub(super) score: i32,
    /// Why, in their words.
    pub(super) comment: Option<String>,
    /// When they said so.
    pub(super) rated_at: DateTime<Utc>,
}

impl From<json::Satisfaction> for Satisfaction {
    fn from(given: json::Satisfaction) -> Self {
        Self {
            score: given.score.into(),
            comment: given.comment,
            rated_at: given.rated_at,
        }
    }
}
