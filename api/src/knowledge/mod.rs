//! Knowledge: articles written here or linked from elsewhere, the categories they stand in, what readers make of them, and
//! the links that join them to tickets.

pub mod commands;
mod drafting;
pub mod figures;
pub mod graphql;
mod link_check;
pub mod links;
pub mod loaders;
pub mod queries;
pub mod report;
mod rules;
pub mod tree;
mod views;

pub use commands::{
    archive_article, create_article, keep_revision, link, link_knowledge, meet_schedule,
    next_scheduled, publish_article, store_other_files, suggest_on, translate_article,
};
pub use drafting::{FromTicket, draft_from_ticket};
pub use link_check::{check_links, track};
pub use links::find_links;
pub use queries::{
    ArticleFilter, Reference, count_articles, find_article, find_articles, list_articles,
    load_translations,
};
pub use rules::{Edit, NewArticle, NewText};
pub use tree::name_in;
pub use views::{Views, keep_views};
