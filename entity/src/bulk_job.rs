//! A change to many tickets that is made in the background, one ticket after the other.

use sea_orm::entity::prelude::*;

use crate::ids::{ApiTokenId, BulkJobId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bulk_jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BulkJobId,
    /// In whose rights it is done.
    pub created_by_id: UserId,
    /// The token that it came with: it goes no further than this, and no longer.
    pub api_token_id: Option<ApiTokenId>,
    /// A list of `MacroStepInput` as clients write them.
    pub steps: Json,
    pub status: Status,
    pub total_count: i32,
    pub done_count: i32,
    /// Refused or failed.
    pub refused_count: i32,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum Status {
    Running = 0,
    Finished = 1,
    Cancelled = 2,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
