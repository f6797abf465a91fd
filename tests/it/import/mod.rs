//! Importing files, and what a desk has of them afterwards.

mod consistency;
mod demo;
mod files;
mod foreign;

use std::{io::Read, ops::Deref};

use chrono::{DateTime, Utc};
use entity::{event, ticket};
use guichet::import::{
    Options, import,
    reader::{Format, Rows},
    report::Report,
};
use harness::TestServer;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

/// A server that files are imported into.
struct Desk(TestServer);

impl Desk {
    async fn open() -> Self {
        Self(TestServer::start().await)
    }

    async fn take(
        &self,
        file: impl Read + Send + 'static,
        format: Format,
        options: &Options,
    ) -> Report {
        let rows = Rows::new(file, format).unwrap();
        let mut report = Report::default();
        import(self.app(), rows, options, &mut report, |_| {})
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
        query.one(&self.app().store.read).await.unwrap().unwrap()
    }

    async fn events(&self, external_id: &str) -> Vec<String> {
        let ticket = self.ticket(external_id).await;
        let query = event::Entity::find().filter(event::Column::TicketId.eq(ticket.id));
        let events = query
            .order_by_asc(event::Column::Id)
            .all(&self.app().store.read)
            .await
            .unwrap();
        let name = |event: event::Model| event.data["type"].as_str().unwrap().to_owned();
        events.into_iter().map(name).collect()
    }
}

impl Deref for Desk {
    type Target = TestServer;

    fn deref(&self) -> &TestServer {
        &self.0
    }
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
