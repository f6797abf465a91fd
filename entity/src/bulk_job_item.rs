//! One ticket of a bulk job, and what came of it.

use sea_orm::entity::prelude::*;

use crate::ids::{BulkJobId, TicketId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bulk_job_items")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: BulkJobId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// As it was asked for: there need not be such a ticket.
    pub ticket_id: TicketId,
    pub status: Status,
    /// What was wrong, as clients are told; where it was refused.
    pub errors: Option<Json>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum Status {
    Pending = 0,
    Done = 1,
    Refused = 2,
    /// For a reason that nobody who asked can put right.
    Failed = 3,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
