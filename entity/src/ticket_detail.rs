//! What a ticket's own page shows and lists do not: kept apart so that a list reads small rows.

use sea_orm::entity::prelude::*;

use crate::{
    ids::TicketId,
    json::{ApplicationContext, CustomFields, Satisfaction},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_details")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub ticket_id: TicketId,
    /// Markdown.
    pub description: String,
    /// The description as sanitized HTML, rendered once.
    pub description_html: String,
    pub context: Option<ApplicationContext>,
    pub custom_fields: CustomFields,
    pub satisfaction: Option<Satisfaction>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
