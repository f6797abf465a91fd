//! Rows that the table is about.

use chrono::DateTime;
use entity::{
    article, comment,
    ids::{ArticleId, CommentId, MacroId, OrganizationId, QueueId, TeamId, TicketId, UserId},
    json::{Fields, Tags},
    queue,
    ticket::{self, Channel, NEVER, Priority, ServicePhase, Status, Warning},
    ticket_macro,
    user::Locale,
};
use uuid::Uuid;

use super::{SELF, STRANGER, SUPPORT, VENDOR};
use crate::policy::Action;

pub(super) fn ticket(
    requester_id: UserId,
    organization_id: Option<OrganizationId>,
    team_id: Option<TeamId>,
) -> ticket::Model {
    ticket::Model {
        id: TicketId(Uuid::nil()),
        number: 1,
        integration_id: Uuid::nil(),
        external_id: None,
        version: 1,
        subject: String::new(),
        subject_folded: String::new(),
        status: Status::Open,
        waiting_reason: None,
        waiting_until: None,
        priority: Priority::Normal,
        level_rank: 1,
        channel: Channel::Portal,
        requester_id,
        organization_id,
        team_id,
        assignee_id: None,
        tags: Tags::default(),
        fields: Fields::default(),
        public_comment_count: 0,
        internal_comment_count: 0,
        last_public_comment: None,
        last_internal_comment: None,
        timers: String::new(),
        service_phase: ServicePhase::Met,
        next_due_at: NEVER,
        at_risk_at: NEVER,
        warning: Warning::None,
        next_deadline_at: None,
        terms_version: 0,
        reopen_count: 0,
        merged_into_id: None,
        merged_tickets: None,
        follow_up_of_id: None,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        first_replied_at: None,
        solved_at: None,
        closed_at: None,
    }
}

pub(super) fn comment(author: UserId) -> comment::Model {
    comment::Model {
        id: CommentId(Uuid::nil()),
        ticket_id: TicketId(Uuid::nil()),
        author_id: Some(author),
        visibility: comment::Visibility::Public,
        body: String::new(),
        body_html: String::new(),
        excerpt: String::new(),
        is_solution: false,
        external_id: None,
        created_at: DateTime::UNIX_EPOCH,
        edited_at: None,
    }
}

pub(super) fn queue(team_id: Option<TeamId>, owner_id: Option<UserId>) -> queue::Model {
    queue::Model {
        id: QueueId(Uuid::nil()),
        version: 1,
        name: String::new(),
        filter: serde_json::json!({}),
        order_by: None,
        team_id,
        owner_id,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

pub(super) fn ticket_macro(
    team_id: Option<TeamId>,
    owner_id: Option<UserId>,
) -> ticket_macro::Model {
    ticket_macro::Model {
        id: MacroId(Uuid::nil()),
        name: String::new(),
        steps: serde_json::json!([]),
        team_id,
        owner_id,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

pub(super) fn article(status: article::Status) -> article::Model {
    article::Model {
        id: ArticleId(Uuid::nil()),
        slug: String::new(),
        status,
        visibility: article::Visibility::Public,
        category: None,
        tags: Tags::default(),
        url: None,
        locale: Locale::En,
        solved_count: 0,
        helpful_count: 0,
        external_id: None,
        created_by_id: None,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        published_at: None,
        version: 1,
        publish_at: None,
        archive_at: None,
        scheduled_at: None,
        reviewed_at: None,
        reviewed_by_id: None,
        category_id: None,
    }
}

/// Of which readers say different things.
pub(super) fn articles() -> [(&'static str, article::Model); 3] {
    let internal = article::Model {
        visibility: article::Visibility::Internal,
        ..article(article::Status::Published)
    };
    [
        ("Draft", article(article::Status::Draft)),
        ("Public", article(article::Status::Published)),
        ("Internal", internal),
    ]
}

/// Who takes tickets, and how many.
pub(super) fn actions_on_agents() -> Vec<(String, Action<'static>)> {
    let mut actions = Vec::new();
    for (whose, of, teams) in [
        ("own", SELF, &[][..]),
        ("Support's", STRANGER, &[SUPPORT][..]),
        ("Vendor's", STRANGER, &[VENDOR][..]),
        ("nobody's", STRANGER, &[][..]),
    ] {
        let availability = Action::SetAvailability { of, teams };
        actions.push((format!("SetAvailability {whose}"), availability));
        actions.push((
            format!("SetCapacity {whose}"),
            Action::SetCapacity { teams },
        ));
    }
    for (whose, team) in [("Support's", SUPPORT), ("Vendor's", VENDOR)] {
        let assignment = Action::SetTeamAssignment { team };
        actions.push((format!("SetTeamAssignment {whose}"), assignment));
        let members = Action::ChangeTeamMembers { team };
        actions.push((format!("ChangeTeamMembers {whose}"), members));
    }
    actions
}
