//! What Guichet stores, and the words for it: one file per table, no behaviour beyond the words.

pub mod article;
pub mod article_translation;
pub mod comment;
pub mod event;
pub mod follower;
pub mod ids;
pub mod json;
pub mod knowledge_link;
pub mod level;
pub mod level_change;
pub mod log_head;
pub mod organization;
pub mod queue;
pub mod secret;
pub mod session;
pub mod signing_key;
pub mod team;
pub mod team_member;
pub mod text_revision;
pub mod ticket;
pub mod ticket_detail;
pub mod ticket_link;
pub mod ticket_tag;
pub mod user;
