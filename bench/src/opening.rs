//! A ticket as it is opened, before anything happens to it.

use chrono::{DateTime, Utc};
use entity::{
    ids::TicketId,
    json::{CustomFields, Fields, Tags},
    ticket::{self, Channel, NEVER, Priority, ServicePhase, Status, Warning},
    ticket_detail,
};
use guichet::text;
use live::random::Random;
use uuid::{Builder, Uuid};

use crate::{
    desk::Desk,
    history::FIRST_NUMBER,
    texts::{TAGS, words},
};

pub(crate) fn new_ticket(
    desk: &Desk,
    index: usize,
    at: DateTime<Utc>,
    random: &mut Random,
) -> ticket::Model {
    let subject = format!("{} {index}", words(random, 40));
    let (requester_id, organization_id) = *random.one_of(&desk.requesters);
    let level_rank = match random.below(10) {
        0..6 => 1,
        6..9 => 2,
        _ => 3,
    };
    ticket::Model {
        id: TicketId(id_at(at, random)),
        number: i32::try_from(FIRST_NUMBER + index).unwrap_or(i32::MAX),
        integration_id: Uuid::nil(),
        external_id: None,
        version: 1,
        subject_folded: text::fold(&subject),
        subject,
        status: Status::New,
        waiting_reason: None,
        waiting_until: None,
        priority: *random.one_of(&[
            Priority::Low,
            Priority::Normal,
            Priority::Normal,
            Priority::High,
            Priority::Urgent,
        ]),
        level_rank,
        channel: *random.one_of(&[Channel::Portal, Channel::Email, Channel::Embedded]),
        requester_id,
        organization_id: Some(organization_id),
        team_id: Some(*random.one_of(&desk.teams)),
        assignee_id: None,
        tags: tags(random),
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
        created_at: at,
        updated_at: at,
        first_replied_at: None,
        solved_at: None,
        closed_at: None,
    }
}

/// From two to five different ones.
fn tags(random: &mut Random) -> Tags {
    let first = random.below(TAGS.len());
    let count = 2 + random.below(4);
    let chosen = TAGS.iter().cycle().skip(first).take(count);
    Tags(chosen.map(|tag| (*tag).to_owned()).collect())
}

pub(crate) fn details(
    desk: &Desk,
    ticket_id: TicketId,
    random: &mut Random,
) -> ticket_detail::Model {
    let body = random.one_of(&desk.bodies);
    ticket_detail::Model {
        ticket_id,
        description: body.markdown.clone(),
        description_html: body.html.clone(),
        context: None,
        custom_fields: CustomFields::default(),
        satisfaction: None,
    }
}

/// A UUID of version 7, so that ids sort by time as the server's do.
pub(crate) fn id_at(at: DateTime<Utc>, random: &mut Random) -> Uuid {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&random.next().to_be_bytes());
    let ms = u64::try_from(at.timestamp_millis()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(ms, &bytes).into_uuid()
}
