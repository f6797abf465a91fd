//! Who may do what: the rules, and the same answers as query filters, side by side. Nothing else
//! decides; what may not be seen cannot be loaded.

mod rules;
mod sight;

pub use rules::{
    Action, ROLE_OF_ADMINS, ROLE_OF_STRANGERS, asking_for_help, asks_for_help, authorize,
    is_requesting, joins_teams, may, takes_tickets,
};
pub use sight::{
    Scope, are_read_alike, fills_custom_field, is_external, is_internal_field, leads_of,
    own_uploads, scope, sees_article, sees_comment, sees_custom_field, sees_internal, sees_merged,
    sees_organization, sees_queues, sees_team, sees_ticket, sees_user, visible_articles,
    visible_attachments, visible_comments, visible_comments_of_visible_tickets,
    visible_events_of_visible_tickets, visible_macros, visible_organizations, visible_queues,
    visible_teams, visible_tickets, visible_users, within_visible_tickets,
};

#[cfg(test)]
mod tests;
