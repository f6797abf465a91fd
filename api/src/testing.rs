//! A desk of its own for each unit test: a new SQLite file, and a clock that stands still.

use std::{
    collections::BTreeMap,
    ops::Deref,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use chrono::DateTime;
use entity::user::{self, Role};

use crate::{
    app::App,
    clock::Clock,
    config::Config,
    people::commands::{self, NewUser},
};

static DESKS: AtomicU32 = AtomicU32::new(0);

/// An app; its files go with it.
pub(crate) struct Desk {
    app: Arc<App>,
    dir: PathBuf,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let count = DESKS.fetch_add(1, Ordering::Relaxed);
        let name = format!("guichet-unit-{}-{count}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        let setting = ("GUICHET_DATA_DIR".to_owned(), dir.display().to_string());
        let config = Config::read(&BTreeMap::from([setting])).unwrap();
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let app = App::open(config, Clock::frozen(start)).await.unwrap();
        Self { app, dir }
    }

    pub(crate) fn share(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    /// A person who signs in as `{name}@example.org` with the password `correct horse`.
    pub(crate) async fn person(&self, name: &str, role: Role) -> user::Model {
        let new = NewUser {
            name: name.to_owned(),
            email: format!("{name}@example.org"),
            role,
            password: Some("correct horse".to_owned()),
            organization_id: None,
            team_ids: Vec::new(),
            locale: None,
            time_zone: None,
        };
        commands::add_user(&self.app, new).await.unwrap()
    }
}

impl Deref for Desk {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // On Linux the open file stays readable until it is closed.
        let _left_behind_at_worst = std::fs::remove_dir_all(&self.dir);
    }
}
