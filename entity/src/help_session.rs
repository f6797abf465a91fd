//! One try to get an answer before opening a ticket. It is kept from the first outcome, or from the ticket, on;
//! what is only typed and read leaves no row.

use sea_orm::entity::prelude::*;

use crate::ids::{HelpSessionId, TicketId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "help_sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HelpSessionId,
    pub user_id: UserId,
    /// The ticket that was opened anyway.
    pub ticket_id: Option<TicketId>,
    /// Whether an article helped.
    pub is_helped: bool,
    pub created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
