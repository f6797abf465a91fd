//! Reads a row as a record, and tells everything that is wrong with it.

use entity::{
    ticket::{Status, WaitingReason},
    user::Locale,
};

use super::{
    fields::Fields,
    mapping::Mapping,
    reader::Values,
    record::{
        Article, ArticleText, Change, Comment, Kind, Knowledge, Organization, Person, Record,
        Satisfaction, Step, Team, Ticket, User,
    },
    when::When,
};
use crate::text::{
    self, BODY_CHARS_MAX, NAME_CHARS_MAX, REASON_CHARS_MAX, SLUG_CHARS_MAX, SUBJECT_CHARS_MAX,
};

const EXTERNAL_ID_MAX: usize = 255;
const SUMMARY_MAX: usize = 500;
/// Levels are known by their rank; which there are is asked of the database.
const RANKS: std::ops::RangeInclusive<i16> = 1..=i16::MAX;
const TAGS_MAX: usize = 50;
const TEAMS_MAX: usize = 50;
const CUSTOM_FIELDS_MAX: usize = 100;
const HISTORY_MAX: usize = 1_000;
const KNOWLEDGE_MAX: usize = 50;
const TRANSLATIONS_MAX: usize = 10;
/// How much of a description stands in for a missing subject.
const DERIVED_SUBJECT_MAX: usize = 80;
/// What an external id made of a row's text begins with.
const DIGEST_PREFIX: &str = "sha256:";

/// What is the same for every row of a file.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// What the rows are that do not say.
    pub kind: Option<Kind>,
    /// The requester of tickets that name none.
    pub requester: Option<String>,
}

/// Reads a row; fails with all that is wrong with it, each fault by the name of its field.
pub fn parse(row: Values, mapping: &Mapping, defaults: &Defaults) -> Result<Record, String> {
    let mut fields = Fields::new(mapping.apply(row.fields));
    // What a record was on the desk that it was exported from.
    fields.pass_over("id");
    let Some(kind) = fields.word("type").or(defaults.kind) else {
        fields.require::<Kind>("type", None);
        return fields.finish(None);
    };
    let record = match kind {
        Kind::Organization => organization(&mut fields).map(Record::Organization),
        Kind::Team => team(&mut fields).map(Record::Team),
        Kind::User => user(&mut fields).map(Record::User),
        Kind::Article => article(&mut fields).map(Box::new).map(Record::Article),
        Kind::Ticket => ticket(&mut fields, &row.digest, defaults)
            .map(Box::new)
            .map(Record::Ticket),
        Kind::Comment => comment(&mut fields, &row.digest).map(Record::Comment),
    };
    fields.finish(record)
}

fn organization(fields: &mut Fields) -> Option<Organization> {
    let name = fields.line("name", NAME_CHARS_MAX);
    let shares_tickets = fields.flag("sharesTickets");
    Some(Organization {
        name: fields.require("name", name)?,
        shares_tickets,
    })
}

fn team(fields: &mut Fields) -> Option<Team> {
    let name = fields.line("name", NAME_CHARS_MAX);
    let kind = fields.word("kind");
    Some(Team {
        name: fields.require("name", name)?,
        kind,
    })
}

fn user(fields: &mut Fields) -> Option<User> {
    let address = email(fields, "email");
    let name = fields.line("name", NAME_CHARS_MAX);
    let role = fields.word("role");
    let locale = fields.word("locale");
    let organization = fields.line("organization", NAME_CHARS_MAX);
    let teams = fields.list("teams", TEAMS_MAX, |name| {
        text::clean_line(name, NAME_CHARS_MAX)
    });
    Some(User {
        email: fields.require("email", address)?,
        name,
        role,
        locale,
        organization,
        teams,
        is_implied: false,
    })
}

fn article(fields: &mut Fields) -> Option<Article> {
    let slug = fields.line("slug", SLUG_CHARS_MAX);
    let slug = fields.require("slug", slug);
    let url = fields.clean("url", text::url);
    let text = article_text(fields);
    if text
        .as_ref()
        .is_some_and(|text| text.body.is_some() == url.is_some())
    {
        fields.refuse("body", "an article has either a body or a url");
    }
    let locale = fields.word("locale");
    let visibility = fields.word("visibility");
    let status = fields.word("status");
    let category = fields.line("category", NAME_CHARS_MAX);
    let tags = fields.list("tags", TAGS_MAX, text::tag);
    let translations = fields
        .objects("translations", TRANSLATIONS_MAX, translation)
        .unwrap_or_default();
    let created_at = fields.when("createdAt");
    let updated_at = fields.when("updatedAt");
    let (slug, text) = (slug?, text?);
    Some(Article {
        slug,
        locale,
        text,
        url,
        visibility,
        status,
        category,
        tags,
        translations,
        created_at,
        updated_at,
    })
}

fn article_text(fields: &mut Fields) -> Option<ArticleText> {
    let title = fields.line("title", SUBJECT_CHARS_MAX);
    let summary = fields.line("summary", SUMMARY_MAX);
    let body = fields.text("body", BODY_CHARS_MAX);
    Some(ArticleText {
        title: fields.require("title", title)?,
        summary,
        body,
    })
}

fn translation(mut fields: Fields) -> Result<(Locale, ArticleText), String> {
    let locale = fields.word("locale");
    let locale = fields.require("locale", locale);
    let text = article_text(&mut fields);
    fields.finish(locale.zip(text))
}

fn ticket(fields: &mut Fields, digest: &str, defaults: &Defaults) -> Option<Ticket> {
    let external_id = external_id(fields, digest);
    let texts = subject_and_description(fields);
    let address = email(fields, "requesterEmail").or_else(|| defaults.requester.clone());
    let address = fields.require("requesterEmail", address);
    let name = fields.line("requesterName", NAME_CHARS_MAX);
    let status = fields.word("status");
    let waiting_reason = fields.word("waitingReason");
    let waiting_until = fields.when("waitingUntil");
    check_waiting(fields, status, waiting_reason, waiting_until);
    let history = fields.objects("history", HISTORY_MAX, step);
    check_history(fields, history.as_deref(), status);
    // What may be missing comes last: every field is taken before the first of them ends this.
    let (subject, description) = texts.unzip();
    Some(Ticket {
        external_id,
        status,
        waiting_reason,
        waiting_until,
        priority: fields.word("priority"),
        level_rank: fields.number("levelRank", RANKS),
        channel: fields.word("channel"),
        assignee: email(fields, "assigneeEmail"),
        team: fields.line("team", NAME_CHARS_MAX),
        has_no_team: fields.flag("noTeam") == Some(true),
        tags: fields.list("tags", TAGS_MAX, text::tag),
        custom_fields: fields.custom("customFields", CUSTOM_FIELDS_MAX, NAME_CHARS_MAX),
        context: fields.structure("context"),
        satisfaction: fields.nested("satisfaction", satisfaction),
        history,
        knowledge: fields
            .objects("knowledge", KNOWLEDGE_MAX, knowledge)
            .unwrap_or_default(),
        created_at: fields.when("createdAt"),
        updated_at: fields.when("updatedAt"),
        first_replied_at: fields.when("firstRepliedAt"),
        solved_at: fields.when("solvedAt"),
        closed_at: fields.when("closedAt"),
        subject: subject?,
        description: description?,
        requester: Person {
            email: address?,
            name,
        },
    })
}

fn comment(fields: &mut Fields, digest: &str) -> Option<Comment> {
    let external_id = external_id(fields, digest);
    let ticket = fields.line("ticketExternalId", EXTERNAL_ID_MAX);
    let ticket = fields.require("ticketExternalId", ticket);
    let address = email(fields, "authorEmail");
    let address = fields.require("authorEmail", address);
    let name = fields.line("authorName", NAME_CHARS_MAX);
    let body = fields.text("body", BODY_CHARS_MAX);
    let body = fields.require("body", body);
    let visibility = fields.word("visibility");
    let is_solution = fields.flag("isSolution");
    let created_at = fields.when("createdAt");
    let author = Person {
        email: address?,
        name,
    };
    Some(Comment {
        external_id,
        ticket: ticket?,
        author,
        visibility,
        body: body?,
        is_solution,
        created_at,
    })
}

fn step(mut fields: Fields) -> Result<Step, String> {
    let at = fields.when("at");
    let at = fields.require("at", at);
    let by = email(&mut fields, "by");
    let changes = [
        status_step(&mut fields),
        level_step(&mut fields),
        team_step(&mut fields),
        assignee_step(&mut fields),
    ];
    let mut changes = changes.into_iter().flatten();
    let change = changes.next();
    if change.is_none() || changes.next().is_some() {
        fields.refuse(
            "status",
            "a step has one of status, levelRank, team, noTeam, assigneeEmail and noAssignee",
        );
    }
    fields.finish(at.zip(change).map(|(at, change)| Step { at, by, change }))
}

fn status_step(fields: &mut Fields) -> Option<Change> {
    let waiting_reason = fields.word("waitingReason");
    let waiting_until = fields.when("waitingUntil");
    let to = fields.word("status");
    if to.is_some() {
        check_waiting(fields, to, waiting_reason, waiting_until);
    }
    Some(Change::Status {
        to: to?,
        waiting_reason,
        waiting_until,
    })
}

fn level_step(fields: &mut Fields) -> Option<Change> {
    let to = fields.number("levelRank", RANKS)?;
    let from = fields.number("fromLevelRank", RANKS);
    let from = fields.require("fromLevelRank", from);
    let reason = fields.text("reason", REASON_CHARS_MAX);
    let reason = fields.require("reason", reason);
    Some(Change::Level {
        from: from?,
        to,
        reason: reason?,
    })
}

fn team_step(fields: &mut Fields) -> Option<Change> {
    let from = fields.line("fromTeam", NAME_CHARS_MAX);
    let to = fields.line("team", NAME_CHARS_MAX);
    let is_none = fields.flag("noTeam") == Some(true);
    (to.is_some() || is_none).then_some(Change::Team { from, to })
}

fn assignee_step(fields: &mut Fields) -> Option<Change> {
    let to = email(fields, "assigneeEmail");
    let is_none = fields.flag("noAssignee") == Some(true);
    (to.is_some() || is_none).then_some(Change::Assignee { to })
}

fn knowledge(mut fields: Fields) -> Result<Knowledge, String> {
    let article = fields.line("article", SLUG_CHARS_MAX);
    let article = fields.require("article", article);
    let role = fields.word("role");
    let role = fields.require("role", role);
    let by = email(&mut fields, "by");
    let at = fields.when("at");
    let link = article.zip(role).map(|(article, role)| Knowledge {
        article,
        role,
        by,
        at,
    });
    fields.finish(link)
}

fn satisfaction(mut fields: Fields) -> Result<Satisfaction, String> {
    let score = fields.number("score", 1..=5);
    let score = fields.require("score", score);
    let comment = fields.text("comment", REASON_CHARS_MAX);
    let rated_at = fields.when("ratedAt");
    fields.finish(score.map(|score| Satisfaction {
        score,
        comment,
        rated_at,
    }))
}

fn external_id(fields: &mut Fields, digest: &str) -> String {
    fields
        .text("externalId", EXTERNAL_ID_MAX)
        .unwrap_or_else(|| format!("{DIGEST_PREFIX}{digest}"))
}

/// Either stands in for the other.
fn subject_and_description(fields: &mut Fields) -> Option<(String, String)> {
    let subject = fields.line("subject", SUBJECT_CHARS_MAX);
    let description = fields.text("description", BODY_CHARS_MAX);
    match (subject, description) {
        (Some(subject), Some(description)) => Some((subject, description)),
        (Some(subject), None) => Some((subject.clone(), subject)),
        (None, Some(description)) => Some((beginning_of(&description), description)),
        (None, None) => fields.require("subject", None),
    }
}

/// The first line of a text that says something, cut between two words.
fn beginning_of(text: &str) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let Some((end, _)) = line.char_indices().nth(DERIVED_SUBJECT_MAX) else {
        return line.to_owned();
    };
    let cut = line[..end].rfind(char::is_whitespace).unwrap_or(end);
    format!("{}…", line[..cut].trim_end())
}

fn check_waiting(
    fields: &mut Fields,
    status: Option<Status>,
    reason: Option<WaitingReason>,
    until: Option<When>,
) {
    let is_waiting = status == Some(Status::Waiting);
    if is_waiting != reason.is_some() {
        fields.refuse(
            "waitingReason",
            "goes with the status WAITING, and only with it",
        );
    }
    if (reason == Some(WaitingReason::Scheduled)) != until.is_some() {
        fields.refuse(
            "waitingUntil",
            "goes with the reason SCHEDULED, and only with it",
        );
    }
}

fn check_history(fields: &mut Fields, history: Option<&[Step]>, status: Option<Status>) {
    let mut moves = history
        .unwrap_or_default()
        .iter()
        .filter_map(|step| match step.change {
            Change::Status { to, .. } => Some(to),
            Change::Level { .. } | Change::Assignee { .. } | Change::Team { .. } => None,
        });
    if moves.next_back().is_some_and(|last| Some(last) != status) {
        fields.refuse("history", "does not end in the ticket's status");
    }
}

fn email(fields: &mut Fields, name: &str) -> Option<String> {
    fields.clean(name, text::email)
}

#[cfg(test)]
mod tests;
