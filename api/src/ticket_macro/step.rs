//! One step of a macro: a command on a ticket, with all but the ticket.

use chrono::TimeDelta;
use entity::{
    comment::Visibility,
    ids::{ArticleId, TeamId, TicketId, UserId},
    json::CustomField,
    knowledge_link::Role,
    ticket::{self, Priority, WaitingReason},
};

use crate::{
    actor::Actor,
    app::App,
    comment,
    error::Result,
    input::{Checked, Named},
    knowledge,
    refusal::{Refusal, Why},
    text, ticket as tickets,
};

/// How long a macro can let a ticket wait for a date: a year.
const HOURS_MAX: i32 = 365 * 24;

/// What a step does.
#[derive(Clone, Debug)]
pub enum Step {
    Comment {
        body: String,
        visibility: Visibility,
        is_solution: bool,
    },
    Claim,
    Assign {
        team: Named<TeamId>,
        assignee: Named<UserId>,
    },
    ChangeLevel {
        rank: i32,
        reason: String,
    },
    SetPriority(Priority),
    Tag {
        add: Vec<String>,
        remove: Vec<String>,
    },
    Wait {
        reason: WaitingReason,
        /// How long, from when it runs.
        hours: Option<i32>,
    },
    Solve {
        comment: Option<String>,
        article: Named<ArticleId>,
    },
    Reopen {
        comment: Option<String>,
    },
    SetCustomFields(Vec<CustomField>),
    LinkKnowledge {
        article: Option<ArticleId>,
        role: Role,
    },
}

impl Step {
    /// What is wrong with it on any ticket. The rest shows when it runs.
    pub fn check(&self) -> Vec<Refusal> {
        let mut checked = Checked::default();
        match self {
            Self::Comment { body, .. } => {
                checked.body("body", body);
            }
            Self::ChangeLevel { reason, .. } => {
                checked.line("reason", reason, text::REASON_CHARS_MAX);
            }
            Self::Tag { add, remove } => {
                checked.tags("add", add, tickets::TAGS_MAX);
                checked.tags("remove", remove, tickets::TAGS_MAX);
            }
            Self::Wait { reason, hours } => {
                let refusal = check_hours(*reason, *hours);
                checked.refusals.extend(refusal);
            }
            Self::Solve { comment, .. } | Self::Reopen { comment } => {
                if let Some(comment) = comment {
                    checked.body("comment", comment);
                }
            }
            Self::SetCustomFields(fields) => {
                checked.custom_fields("customFields", fields);
            }
            Self::Claim
            | Self::Assign { .. }
            | Self::SetPriority(_)
            | Self::LinkKnowledge { .. } => {}
        }
        checked.refusals
    }

    /// Does it to this ticket, as the mutation of its name would. The ticket as it is then; none where its own
    /// row stays as it was.
    pub async fn run(
        &self,
        app: &App,
        actor: &Actor,
        id: TicketId,
    ) -> Result<Option<ticket::Model>> {
        let id = Some(id);
        let ticket = match self {
            Self::Comment {
                body,
                visibility,
                is_solution,
            } => {
                let added =
                    comment::add(app, actor, id, body, *visibility, *is_solution, &[]).await?;
                added.ticket
            }
            Self::Claim => tickets::claim(app, actor, id).await?,
            Self::Assign { team, assignee } => {
                tickets::assign(app, actor, id, None, *team, *assignee).await?
            }
            Self::ChangeLevel { rank, reason } => {
                tickets::change_level(app, actor, id, None, *rank, reason).await?
            }
            Self::SetPriority(priority) => {
                tickets::set_priority(app, actor, id, None, *priority).await?
            }
            Self::Tag { add, remove } => tickets::tag(app, actor, id, add, remove).await?,
            Self::Wait { reason, hours } => {
                let until = hours.map(|hours| app.clock.now() + TimeDelta::hours(hours.into()));
                tickets::wait(app, actor, id, None, *reason, until).await?
            }
            Self::Solve { comment, article } => {
                tickets::solve(app, actor, id, None, comment.as_deref(), *article).await?
            }
            Self::Reopen { comment } => tickets::reopen(app, actor, id, comment.as_deref()).await?,
            Self::SetCustomFields(fields) => {
                let edit = tickets::Edit {
                    custom_fields: fields.clone(),
                    ..tickets::Edit::default()
                };
                tickets::edit(app, actor, id, None, &edit).await?
            }
            Self::LinkKnowledge { article, role } => {
                knowledge::link_knowledge(app, actor, id, *article, *role).await?;
                return Ok(None);
            }
        };
        Ok(Some(ticket))
    }
}

fn check_hours(reason: WaitingReason, hours: Option<i32>) -> Option<Refusal> {
    let field = "forHours";
    match (reason, hours) {
        (WaitingReason::Scheduled, None) => Some(Refusal::Required { field }),
        (WaitingReason::Scheduled, Some(hours)) => {
            let (min, max) = (1, HOURS_MAX);
            let why = Why::OutOfRange { min, max };
            (!(min..=max).contains(&hours)).then_some(Refusal::Invalid { field, why })
        }
        (WaitingReason::Requester | WaitingReason::ThirdParty, Some(_)) => {
            let why = Why::OnlyWhenScheduled;
            Some(Refusal::Invalid { field, why })
        }
        (WaitingReason::Requester | WaitingReason::ThirdParty, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_belongs_to_one_reason_and_is_near() {
        use WaitingReason::{Requester, Scheduled, ThirdParty};
        let is_usable = |reason, hours| check_hours(reason, hours).is_none();
        for reason in [Requester, ThirdParty] {
            assert!(is_usable(reason, None));
            assert!(!is_usable(reason, Some(1)));
        }
        assert!(!is_usable(Scheduled, None));
        for (hours, expected) in [
            (i32::MIN, false),
            (0, false),
            (1, true),
            (8760, true),
            (8761, false),
        ] {
            assert_eq!(is_usable(Scheduled, Some(hours)), expected, "{hours}");
        }
    }
}
