//! Who may do what: the rules, and the same answers as query filters, side by side. Nothing else
//! decides; what may not be seen cannot be loaded.

mod files;
mod integrations;
mod jobs;
mod rules;
mod scopes;
mod sight;

pub use files::{own_uploads, visible_attachments};
pub use integrations::{visible_api_tokens, visible_webhook_endpoints};
pub use jobs::own_bulk_jobs;
pub use rules::{
    Action, ROLE_OF_ADMINS, ROLE_OF_MACHINES, ROLE_OF_STRANGERS, asking_for_help, asks_for_help,
    authorize, is_requester, is_requesting, joins_teams, may, takes_tickets,
};
pub use scopes::{Need, require, require_for, require_for_root, root_need, with_implied};
pub use sight::{
    Scope, are_read_alike, fills_custom_field, is_at_desk, is_external, is_internal_field,
    leads_of, scope, sees_all_categories, sees_article, sees_comment, sees_custom_field,
    sees_internal, sees_levels, sees_members, sees_merged, sees_organization, sees_queues,
    sees_team, sees_ticket, sees_user, visible_articles, visible_comments,
    visible_comments_of_visible_tickets, visible_events_of_visible_tickets, visible_macros,
    visible_organizations, visible_queues, visible_teams, visible_tickets, visible_users,
    within_visible_tickets,
};

#[cfg(test)]
mod tests;
