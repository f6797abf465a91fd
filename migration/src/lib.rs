//! The history of the database schema, the same on SQLite and PostgreSQL. A released migration is
//! never edited; it knows tables by name only, so that entities can move on.

use sea_orm_migration::prelude::*;

mod m20261122_000001_people;
mod m20261122_000002_tickets;
mod m20261122_000003_knowledge;
mod m20261122_000004_events;
mod m20261124_000005_places;
mod m20261125_000020_deadlines;
mod m20261125_000030_assignment;
mod m20261125_000040_calendars;
mod m20261125_000050_merges;
mod m20261125_000060_custom_fields;
mod m20261125_000061_macros;
mod m20261125_000070_help;
mod m20261125_000080_words;
mod m20261125_000090_escalation;
mod m20261125_000095_returns;
mod m20261125_000110_files;
mod m20261125_000130_field_words;
mod m20261125_000131_article_vectors;
mod m20261125_000100_articles;
mod m20261125_000101_categories;
mod m20261125_000102_readers;
mod m20261125_000103_link_checks;
mod m20261125_000120_api_tokens;
mod m20261125_000121_audit;
mod m20261130_000160_webhooks;
mod m20261130_000150_kept_answers;
mod m20261130_000180_persisted_documents;
mod m20261130_000170_bulk_jobs;
mod m20261130_000190_totp;
mod m20261130_000191_identities;
mod m20261130_000192_sign_in_codes;
mod m20261130_000195_fingerprint;
mod m20261130_000200_unplaced;
mod m20261130_000193_identity_uses;
mod m20261130_000194_session_ends;
mod table;

pub use sea_orm_migration::MigratorTrait;

/// Runs the migrations in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_people::Migration),
            Box::new(m20261122_000002_tickets::Migration),
            Box::new(m20261122_000003_knowledge::Migration),
            Box::new(m20261122_000004_events::Migration),
            Box::new(m20261124_000005_places::Migration),
            Box::new(m20261125_000020_deadlines::Migration),
            Box::new(m20261125_000030_assignment::Migration),
            Box::new(m20261125_000040_calendars::Migration),
            Box::new(m20261125_000050_merges::Migration),
            Box::new(m20261125_000060_custom_fields::Migration),
            Box::new(m20261125_000061_macros::Migration),
            Box::new(m20261125_000070_help::Migration),
            Box::new(m20261125_000080_words::Migration),
            Box::new(m20261125_000090_escalation::Migration),
            Box::new(m20261125_000095_returns::Migration),
            Box::new(m20261125_000110_files::Migration),
            Box::new(m20261125_000130_field_words::Migration),
            Box::new(m20261125_000131_article_vectors::Migration),
            Box::new(m20261125_000100_articles::Migration),
            Box::new(m20261125_000101_categories::Migration),
            Box::new(m20261125_000102_readers::Migration),
            Box::new(m20261125_000103_link_checks::Migration),
            Box::new(m20261125_000120_api_tokens::Migration),
            Box::new(m20261125_000121_audit::Migration),
            Box::new(m20261130_000160_webhooks::Migration),
            Box::new(m20261130_000150_kept_answers::Migration),
            Box::new(m20261130_000180_persisted_documents::Migration),
            Box::new(m20261130_000170_bulk_jobs::Migration),
            Box::new(m20261130_000190_totp::Migration),
            Box::new(m20261130_000191_identities::Migration),
            Box::new(m20261130_000192_sign_in_codes::Migration),
            Box::new(m20261130_000195_fingerprint::Migration),
            Box::new(m20261130_000193_identity_uses::Migration),
            Box::new(m20261130_000194_session_ends::Migration),
            Box::new(m20261130_000200_unplaced::Migration),
        ]
    }
}
