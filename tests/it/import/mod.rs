//! Importing files, and what a desk has of them afterwards.

mod consistency;
mod demo;
mod files;

use std::{collections::BTreeMap, io::Read, path::PathBuf, sync::Arc};

use chrono::{DateTime, Utc};
use entity::{event, ticket};
use guichet::{
    app::App,
    clock::Clock,
    config::Config,
    import::{
        Options, import,
        reader::{Format, Rows},
        report::Report,
    },
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

const NOW: &str = "2026-03-10T12:00:00Z";

/// A desk with an empty database, where it is noon on 10 March 2026.
struct Desk {
    app: Arc<App>,
    folder: PathBuf,
}

impl Desk {
    async fn open() -> Self {
        let folder =
            std::env::temp_dir().join(format!("guichet-import-{}", Clock::wall().new_id()));
        let data_dir = folder.display().to_string();
        let config =
            Config::read(&BTreeMap::from([("GUICHET_DATA_DIR".to_owned(), data_dir)])).unwrap();
        let app = App::open(config, Clock::frozen(time(NOW))).await.unwrap();
        Self { app, folder }
    }

    async fn take(
        &self,
        file: impl Read + Send + 'static,
        format: Format,
        options: &Options,
    ) -> Report {
        let rows = Rows::new(file, format).unwrap();
        let mut report = Report::default();
        import(&self.app, rows, options, &mut report, |_| {})
            .await
            .unwrap();
        report
    }

    async fn take_json(&self, lines: &'static str) -> Report {
        self.take(lines.as_bytes(), Format::JsonLines, &Options::default())
            .await
    }

    async fn ticket(&self, external_id: &str) -> ticket::Model {
        let query = ticket::Entity::find().filter(ticket::Column::ExternalId.eq(external_id));
        query.one(&self.app.store.read).await.unwrap().unwrap()
    }

    async fn events(&self, external_id: &str) -> Vec<String> {
        let ticket = self.ticket(external_id).await;
        let query = event::Entity::find().filter(event::Column::TicketId.eq(ticket.id));
        let events = query
            .order_by_asc(event::Column::Id)
            .all(&self.app.store.read)
            .await
            .unwrap();
        let name = |event: event::Model| event.data["type"].as_str().unwrap().to_owned();
        events.into_iter().map(name).collect()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
