//! Knowledge: articles written here or linked from elsewhere, and the links that join them to
//! tickets.

pub mod commands;
mod drafting;
pub mod graphql;
pub mod loaders;
pub mod queries;
mod rules;

pub use commands::{
    archive_article, create_article, link, link_knowledge, publish_article, suggest_on,
    translate_article,
};
pub use drafting::{FromTicket, draft_from_ticket};
pub use queries::{
    ArticleFilter, Reference, count_articles, find_article, find_articles, find_links,
    list_articles, load_translations,
};
pub use rules::{NewArticle, NewText};
