//! The steps of macros as clients write them.

use async_graphql::{Enum, ID, InputObject, InputType, MaybeUndefined, OneofObject, Value};
use entity::ids::ArticleId;
use serde_json::json;

use crate::{
    comment::graphql::CommentVisibility,
    error::Result,
    graphql::{GlobalId, enums::Priority},
    input::Named,
    knowledge::graphql::KnowledgeRole,
    ticket::graphql::{CustomFieldValueInput, WaitingReason, fields_of, named},
    ticket_macro::Step,
};

/// One step of a macro: what the mutation of that name does, with all but the ticket.
#[derive(OneofObject)]
pub enum MacroStepInput {
    /// As `addComment`.
    Comment(MacroCommentInput),
    /// As `claimTicket`.
    Claim(MacroClaimant),
    /// As `assignTicket`.
    Assign(MacroAssignInput),
    /// As `changeTicketLevel`.
    ChangeLevel(MacroChangeLevelInput),
    /// As `setTicketPriority`.
    SetPriority(Priority),
    /// As `tagTicket`.
    Tag(MacroTagInput),
    /// As `waitTicket`.
    Wait(MacroWaitInput),
    /// As `solveTicket`.
    Solve(MacroSolveInput),
    /// As `reopenTicket`.
    Reopen(MacroReopenInput),
    /// As `editTicket` with these custom fields; the others stay.
    SetCustomFields(Vec<CustomFieldValueInput>),
    /// As `linkKnowledge`.
    LinkKnowledge(MacroLinkKnowledgeInput),
}

/// Who takes the ticket in a macro.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MacroClaimant {
    /// Whoever runs the macro.
    Viewer,
}

/// A comment that a macro adds.
#[derive(InputObject)]
pub struct MacroCommentInput {
    /// What to say, in Markdown.
    body: String,
    /// Who may read it.
    #[graphql(default_with = "CommentVisibility::Public")]
    visibility: CommentVisibility,
    /// Whether it says what solves the ticket.
    #[graphql(default = false)]
    is_solution: bool,
}

/// Whom a macro gives the ticket to. A field that is absent stays as it is; null empties it.
#[derive(InputObject)]
pub struct MacroAssignInput {
    /// The agent, who must be a member of the team if that is given too.
    assignee_id: MaybeUndefined<ID>,
    /// The team. An agent who is not a member of it loses the ticket.
    team_id: MaybeUndefined<ID>,
}

/// The level that a macro moves the ticket to.
#[derive(InputObject)]
pub struct MacroChangeLevelInput {
    /// The rank of the new level.
    level_rank: i32,
    /// Why, in one line of at most 2,000 characters.
    reason: String,
}

/// Tags that a macro adds and removes; one that is in both is removed.
#[derive(InputObject)]
pub struct MacroTagInput {
    /// Tags to add.
    add: Option<Vec<String>>,
    /// Tags to remove.
    remove: Option<Vec<String>>,
}

/// For what a macro lets the ticket wait.
#[derive(InputObject)]
pub struct MacroWaitInput {
    /// For what.
    reason: WaitingReason,
    /// With the reason `SCHEDULED`, and only with it: how many hours from when the macro runs, from 1 to 8,760.
    for_hours: Option<i32>,
}

/// What solves the ticket in a macro.
#[derive(InputObject)]
pub struct MacroSolveInput {
    /// A public comment that says how, in Markdown.
    comment: Option<String>,
    /// The article that solves it.
    article_id: Option<ID>,
}

/// Why a macro reopens the ticket.
#[derive(InputObject)]
pub struct MacroReopenInput {
    /// A public comment that says why, in Markdown.
    comment: Option<String>,
}

/// An article that a macro joins to the ticket.
#[derive(InputObject)]
pub struct MacroLinkKnowledgeInput {
    /// The article.
    article_id: ID,
    /// Why it is there; `SUGGESTED` is the system's own.
    role: KnowledgeRole,
}

impl MacroStepInput {
    /// Reads what [`MacroStepInput::write`] wrote.
    pub fn read(json: serde_json::Value) -> Result<Self> {
        let value = Value::from_json(json).map_err(anyhow::Error::from)?;
        let step = Self::parse(Some(value));
        Ok(step.map_err(|_| anyhow::anyhow!("a saved step cannot be read"))?)
    }

    /// As clients write it: what is absent is left out, and null stays where it says something.
    pub fn write(&self) -> Result<serde_json::Value> {
        if let Self::SetCustomFields(fields) = self {
            // The library would write their values as texts.
            let field =
                |field: &CustomFieldValueInput| json!({ "key": field.key, "value": field.value });
            let fields: Vec<_> = fields.iter().map(field).collect();
            return Ok(json!({ "setCustomFields": fields }));
        }
        let mut json = self.to_value().into_json().map_err(anyhow::Error::from)?;
        let fields = json
            .as_object_mut()
            .into_iter()
            .flat_map(|step| step.values_mut())
            .filter_map(serde_json::Value::as_object_mut);
        for fields in fields {
            fields.retain(|name, value| !value.is_null() || self.is_emptied(name));
        }
        Ok(json)
    }

    fn is_emptied(&self, name: &str) -> bool {
        let Self::Assign(assign) = self else {
            return false;
        };
        match name {
            "assigneeId" => assign.assignee_id.is_null(),
            "teamId" => assign.team_id.is_null(),
            _ => false,
        }
    }
}

impl From<MacroStepInput> for Step {
    fn from(input: MacroStepInput) -> Self {
        match input {
            MacroStepInput::Comment(comment) => Self::Comment {
                body: comment.body,
                visibility: comment.visibility.into(),
                is_solution: comment.is_solution,
            },
            MacroStepInput::Claim(MacroClaimant::Viewer) => Self::Claim,
            MacroStepInput::Assign(to) => Self::Assign {
                team: named(&to.team_id),
                assignee: named(&to.assignee_id),
            },
            MacroStepInput::ChangeLevel(to) => Self::ChangeLevel {
                rank: to.level_rank,
                reason: to.reason,
            },
            MacroStepInput::SetPriority(priority) => Self::SetPriority(priority.into()),
            MacroStepInput::Tag(tags) => Self::Tag {
                add: tags.add.unwrap_or_default(),
                remove: tags.remove.unwrap_or_default(),
            },
            MacroStepInput::Wait(wait) => Self::Wait {
                reason: wait.reason.into(),
                hours: wait.for_hours,
            },
            MacroStepInput::Solve(solve) => Self::Solve {
                comment: solve.comment,
                article: match &solve.article_id {
                    None => Named::Absent,
                    Some(id) => ArticleId::of(id).map_or(Named::Unknown, Named::Id),
                },
            },
            MacroStepInput::Reopen(reopen) => Self::Reopen {
                comment: reopen.comment,
            },
            MacroStepInput::SetCustomFields(fields) => {
                Self::SetCustomFields(fields_of(Some(fields)))
            }
            MacroStepInput::LinkKnowledge(link) => Self::LinkKnowledge {
                article: ArticleId::of(&link.article_id),
                role: link.role.into(),
            },
        }
    }
}
