//! A ticket that the desk has already: what a row says differently, as changes and their events.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    article, field_change,
    ids::{ArticleId, FieldChangeId, KnowledgeLinkId, LevelChangeId, TicketId},
    json::{CustomFields, FieldChange, FieldChanges, Fields, Tags},
    knowledge_link::{self, Role},
    level_change,
    ticket::{self, Status},
    ticket_detail,
};
use sea_orm::EntityTrait;

use super::{
    bulk,
    known::Known,
    life::Moment,
    opening::{self, require_level},
    record::Ticket,
    report::Outcome,
    tickets::{Open, require_not_merged},
    way,
};
use crate::{
    app::Tx,
    custom_field,
    error::Result,
    events::{Assignment, Event, TicketField},
    text,
};

/// Why a ticket changed its level, where only the file knows.
const LEVEL_REASON: &str = "Import";

/// What is stored beside a ticket and compared with the row.
pub(super) struct Details {
    pub(super) detail: ticket_detail::Model,
    pub(super) links: HashSet<(ArticleId, Role)>,
}

/// Reads what is stored beside these tickets.
pub(super) async fn details(tx: &Tx<'_>, ids: Vec<TicketId>) -> Result<HashMap<TicketId, Details>> {
    let rows = bulk::find_in(
        tx,
        ticket_detail::Entity::find(),
        ticket_detail::Column::TicketId,
        ids.clone(),
    )
    .await?;
    let mut all: HashMap<TicketId, Details> = rows
        .into_iter()
        .map(|detail| {
            (
                detail.ticket_id,
                Details {
                    detail,
                    links: HashSet::new(),
                },
            )
        })
        .collect();
    let links = bulk::find_in(
        tx,
        knowledge_link::Entity::find(),
        knowledge_link::Column::TicketId,
        ids,
    )
    .await?;
    for link in links {
        if let Some(details) = all.get_mut(&link.ticket_id) {
            details.links.insert((link.article_id, link.role));
        }
    }
    Ok(all)
}

/// Notes on the ticket what the row changes. What the row leaves out stays.
pub(super) fn revise(
    tx: &Tx<'_>,
    known: &Known,
    articles: &HashMap<String, article::Model>,
    stored: &Details,
    open: &mut Open,
    row: &Ticket,
) -> Result<Outcome, String> {
    let now = tx.now();
    let at = row.updated_at.map_or(now, |when| {
        when.resolve(now).clamp(open.after.updated_at.min(now), now)
    });
    let mut revision = Revision {
        tx,
        known,
        at,
        open: open.clone(),
    };
    revision.texts(stored, row)?;
    revision.holder(row)?;
    revision.level(row)?;
    revision.priority(row);
    revision.tags(row);
    revision.status(row)?;
    revision.links(articles, stored, row)?;
    if revision.open.moments.is_empty() {
        return Ok(Outcome::Unchanged);
    }
    require_not_merged(open)?;
    *open = revision.open;
    Ok(Outcome::Updated)
}

struct Revision<'a> {
    tx: &'a Tx<'a>,
    known: &'a Known,
    /// When the changes were made, as far as the file knows.
    at: DateTime<Utc>,
    open: Open,
}

impl Revision<'_> {
    /// Subject, description and all that has no event of its own.
    fn texts(&mut self, stored: &Details, row: &Ticket) -> Result<(), String> {
        let old = (&self.open.after, &stored.detail);
        let mut ticket = old.0.clone();
        let mut detail = opening::detail(row, ticket.id, ticket.created_at, self.tx.now());
        if ticket.subject != row.subject {
            ticket.subject_folded = text::fold(&row.subject);
            ticket.subject.clone_from(&row.subject);
        }
        ticket.channel = row.channel.unwrap_or(ticket.channel);
        ticket.requester_id = self.known.user("requesterEmail", &row.requester.email)?.id;
        if row.context.is_none() {
            detail.context.clone_from(&old.1.context);
        }
        if row.custom_fields.is_none() {
            detail.custom_fields.clone_from(&old.1.custom_fields);
        }
        let rating = |detail: &ticket_detail::Model| {
            detail
                .satisfaction
                .as_ref()
                .map(|rating| (rating.score, rating.comment.clone()))
        };
        if row.satisfaction.is_none() || rating(&detail) == rating(old.1) {
            detail.satisfaction.clone_from(&old.1.satisfaction);
        }
        let definitions = &self.known.directory.fields;
        let fields =
            custom_field::changed(definitions, &old.1.custom_fields, &detail.custom_fields);
        if !fields.is_empty() {
            ticket.fields = custom_field::facts_of(definitions, &detail.custom_fields);
        }
        let changes = [
            (TicketField::Subject, ticket.subject != old.0.subject),
            (
                TicketField::Description,
                detail.description != old.1.description,
            ),
            (TicketField::CustomFields, fields.is_undefined),
        ];
        // Defined fields have events of their own.
        let without_fields = |ticket: &ticket::Model, detail: &ticket_detail::Model| {
            let (mut ticket, mut detail) = (ticket.clone(), detail.clone());
            ticket.fields = Fields::default();
            detail.custom_fields = CustomFields::default();
            (ticket, detail)
        };
        let is_edited =
            fields.is_undefined || without_fields(&ticket, &detail) != without_fields(old.0, old.1);
        self.open.detail = (detail != *old.1).then_some(detail);
        self.open.after = ticket;
        // What only staff may know comes first: of the newest event it is said what the change changed.
        self.fields(fields.internal, true);
        if is_edited {
            let fields = changes
                .into_iter()
                .filter_map(|(field, is_changed)| is_changed.then_some(field))
                .collect();
            self.push(Event::TicketEdited {
                ticket_id: self.open.after.id,
                fields,
                // The file is where the text came from, and has the earlier ones.
                revision_id: None,
            });
        }
        self.fields(fields.public, false);
        Ok(())
    }

    /// Custom fields that everybody may see, or only staff.
    fn fields(&mut self, changes: Vec<FieldChange>, is_internal: bool) {
        if changes.is_empty() {
            return;
        }
        let (ticket_id, id) = (self.open.after.id, FieldChangeId(self.tx.new_id()));
        self.open.field_changes.push(field_change::Model {
            id,
            ticket_id,
            changes: FieldChanges(changes),
        });
        self.push(Event::TicketFieldsSet {
            ticket_id,
            field_change_id: id,
            is_internal,
        });
    }

    fn holder(&mut self, row: &Ticket) -> Result<(), String> {
        let ticket = &self.open.after;
        let from = Assignment {
            team_id: ticket.team_id,
            assignee_id: ticket.assignee_id,
        };
        let mut to = from;
        if let Some(email) = &row.assignee {
            to.assignee_id = Some(self.known.agent("assigneeEmail", email)?.id);
        }
        if let Some(name) = &row.team {
            to.team_id = Some(self.known.team("team", name)?);
        }
        if from != to {
            self.push(Event::TicketAssigned {
                ticket_id: self.open.after.id,
                from,
                to,
            });
        }
        Ok(())
    }

    fn level(&mut self, row: &Ticket) -> Result<(), String> {
        let (ticket_id, from) = (self.open.after.id, self.open.after.level_rank);
        let Some(to) = row.level_rank.filter(|rank| *rank != from) else {
            return Ok(());
        };
        require_level(self.known, "levelRank", to)?;
        let level_change_id = LevelChangeId(self.tx.new_id());
        self.open.level_changes.push(level_change::Model {
            id: level_change_id,
            ticket_id,
            from_rank: from,
            to_rank: to,
            reason: LEVEL_REASON.to_owned(),
            changed_by_id: None,
            changed_at: self.at,
            cause: None,
        });
        self.push(Event::TicketLevelChanged {
            ticket_id,
            level_change_id,
            from,
            to,
        });
        Ok(())
    }

    fn priority(&mut self, row: &Ticket) {
        let (ticket_id, from) = (self.open.after.id, self.open.after.priority);
        if let Some(to) = row.priority.filter(|priority| *priority != from) {
            self.push(Event::TicketPrioritySet {
                ticket_id,
                from,
                to,
            });
        }
    }

    fn tags(&mut self, row: &Ticket) {
        let Some(new) = &row.tags else { return };
        let old = std::mem::replace(&mut self.open.after.tags, Tags(new.clone())).0;
        let added: Vec<String> = new
            .iter()
            .filter(|tag| !old.contains(tag))
            .cloned()
            .collect();
        let removed: Vec<String> = old.into_iter().filter(|tag| !new.contains(tag)).collect();
        if !added.is_empty() || !removed.is_empty() {
            self.push(Event::TicketTagged {
                ticket_id: self.open.after.id,
                added,
                removed,
            });
        }
    }

    fn status(&mut self, row: &Ticket) -> Result<(), String> {
        let ticket = &self.open.after;
        let Some(to) = row.status.filter(|status| *status != ticket.status) else {
            return Ok(());
        };
        if ticket.status == Status::Closed {
            return Err("status: the ticket is closed here, and stays so".to_owned());
        }
        if to == Status::New {
            return Err("status: the ticket is no longer new here".to_owned());
        }
        let until = row.waiting_until.map(|until| until.resolve(self.tx.now()));
        let wait = row.waiting_reason.map(|reason| (reason, until));
        for event in way::moves(ticket.id, ticket.status, to, wait) {
            self.push(event);
        }
        Ok(())
    }

    fn links(
        &mut self,
        articles: &HashMap<String, article::Model>,
        stored: &Details,
        row: &Ticket,
    ) -> Result<(), String> {
        for given in &row.knowledge {
            let article = articles.get(&given.article);
            let article = article
                .ok_or_else(|| format!("knowledge: there is no article {}", given.article))?;
            let by = given
                .by
                .as_deref()
                .map(|email| self.known.user("knowledge", email))
                .transpose()?;
            if !stored.links.contains(&(article.id, given.role)) {
                self.open.link(knowledge_link::Model {
                    id: KnowledgeLinkId(self.tx.new_id()),
                    ticket_id: self.open.after.id,
                    article_id: article.id,
                    role: given.role,
                    added_by_id: by.map(|user| user.id),
                    created_at: self.at,
                });
            }
        }
        Ok(())
    }

    fn push(&mut self, event: Event) {
        self.open.moments.push(Moment {
            at: self.at,
            by: None,
            event,
        });
    }
}
