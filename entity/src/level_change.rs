//! A ticket's move to another level, and the reason, which the event log must not hold.

use sea_orm::entity::prelude::*;

use crate::{
    escalation::EscalationCause,
    ids::{LevelChangeId, TicketId, UserId},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "level_changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LevelChangeId,
    pub ticket_id: TicketId,
    pub from_rank: i16,
    pub to_rank: i16,
    /// What a person wrote; empty where a rule did it.
    pub reason: String,
    pub changed_by_id: Option<UserId>,
    pub changed_at: DateTimeUtc,
    /// The rule that did it, where nobody did.
    pub cause: Option<EscalationCause>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
