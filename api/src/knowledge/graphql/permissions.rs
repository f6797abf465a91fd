//! What the viewer may do to an article.

use async_graphql::SimpleObject;
use entity::article;

use crate::{
    actor::Actor,
    policy::{self, Action},
};

/// What the viewer may do to an article, by the rules that also enforce it.
#[derive(SimpleObject)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the API")]
pub struct ArticlePermissions {
    /// Change its texts and what it has besides, read its earlier texts, and restore one.
    edit: bool,
    /// Publish it.
    publish: bool,
    /// Archive it.
    archive: bool,
    /// Say when it publishes or archives itself.
    schedule: bool,
    /// Say that it still holds.
    review: bool,
    /// Say whether it helped.
    give_feedback: bool,
}

impl ArticlePermissions {
    pub(super) fn of(actor: &Actor, article: &article::Model) -> Self {
        let may = |action| policy::may(actor, action);
        Self {
            edit: may(Action::EditArticle(article)),
            publish: may(Action::PublishArticle),
            archive: may(Action::ArchiveArticle),
            schedule: may(Action::ScheduleArticle),
            review: may(Action::ReviewArticle),
            give_feedback: may(Action::GiveArticleFeedback(article)),
        }
    }
}
