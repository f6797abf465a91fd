//! Questions that ask for everything, wherever it can be reached from.

use serde_json::{Value, json};

use super::world::World;

const TICKETS: &str = "query($order: TicketOrder) { tickets(first: 10, orderBy: $order) { totalCount nodes {
  subject description descriptionHtml externalId tags customFields { key value } similarCount
  context { url application version locale browser screen data }
  requester { name email organization { name } } organization { name } assignee { name email teams { name } } team { name }
  level { defaultTeam { name } } lastComment { body } knowledgeLinks { article { title } } mergedInto { subject } followUpOf { subject }
  attachments { name } mergedTickets { subject } problem { subject } incidents(first: 2) { totalCount nodes { subject } }
  possibleDuplicates { ticket { subject description } } links { ticket { subject description } } } } }";

const COMMENTS: &str = "{ tickets(first: 5) { nodes { comments(first: 5) { totalCount nodes { body bodyHtml excerpt attachments { name contentType } author { ... on User { name email } } ticket { subject } } } } } }";

const TIMELINES: &str = "{ tickets(first: 6) { nodes { timeline(first: 6) { totalCount nodes { actor { ... on User { name } }
  ... on CommentEntry { comment { body } } ... on CommentEditedEntry { comment { body } } ... on LevelEntry { reason rule { timer } }
  ... on TagsEntry { added removed } ... on AssignmentEntry { teamBefore { name } teamAfter { name } assigneeAfter { name } }
  ... on KnowledgeEntry { link { article { title body } } } ... on TicketLinkEntry { ticket { subject } } ... on MergeEntry { ticket { subject } } } } } } }";

const KNOWLEDGE: &str = "{ articles(first: 10) { totalCount nodes { title summary body bodyHtml url category tags slug translations { title body } attachments { name }
    categoryPath { name nameEn nameFr parent { name } articleCount } reviewedBy { ... on User { name } } linkCheck { status }
    revisions(first: 5) { totalCount nodes { title summary body bodyHtml writtenBy { ... on User { name } } } } } }
  articleCategories { name nameEn nameFr articleCount parent { name } } byFormer: article(by: { slug: \"narwhal-former\" }) { title slug }
  tickets(first: 5) { nodes { knowledgeLinks { article { title body url } addedBy { ... on User { name } } ticket { subject } } } } }";

const PEOPLE: &str = "{ users(first: 20) { totalCount nodes { name email organization { name } teams { name } } } organizations(first: 20) { totalCount nodes { name } } }";

const TEAMS: &str = "{ teams(first: 10) { totalCount nodes { name members(first: 5) { totalCount nodes { name email } } } } levels { name defaultTeam { name } escalation { onBreached { team { name } notifyTeam { name } } } } viewer { name email organization { name } teams { name } } }";

const QUEUES: &str = "{ queues { name filter team { name } count tickets(first: 5) { totalCount nodes { subject tags } } } }";

const MACROS: &str = "{ macros { name steps team { name } } }";

const TERMS: &str = "{ calendars { name timeZone intervals { weekday } holidays { name } }
  serviceLevelPolicies { name organization { name } level { name } calendar { name holidays { name } } } }";
const SUGGESTIONS: &str = "{ helpSuggestions(input: { text: \"zebrafish axolotl narwhal quokka internal archived draft body solution\", first: 10 }) {
  articles { article { title summary body category tags slug } excerptHtml } similarTickets { ticket { subject description tags } } level { name defaultTeam { name } } } }";
const FOUND: &str = "query($text: String!) { search(text: $text, first: 100) { totalCount pageInfo { endCursor } nodes { score titleHtml excerptHtml item {
  ... on Ticket { subject description } ... on Comment { body ticket { subject } } ... on Article { title body } ... on User { name email } } } } }";

const MEASURES: &str = "query($by: MetricsDimension, $from: DateTime!, $to: DateTime!) { metrics(from: $from, to: $to, by: $by) {
  rows { created team { name } tag assignee { name email } } } }";

/// Words, examples and numbers of what recurs. For staff only, too.
const GAPS: &str =
    "{ knowledgeGaps { ticketCount gaps { words examples { subject description } } } }";
const TOKENS: &str = "{ apiTokens(first: 20) { totalCount nodes { id name hint scopes lastUsedAt owner { ... on User { name email } ... on Machine { id name role isActive } } } } }";

const WEBHOOKS: &str = "{ webhookEndpoints(first: 20) { totalCount nodes { url description filter owner { ... on User { name } } deliveries(first: 5) { totalCount } } } }";

const NODES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename
  ... on Ticket { subject description } ... on Comment { body ticket { subject } } ... on Attachment { name sha256 } ... on Article { title body slug category tags } ... on ArticleCategory { name nameEn nameFr articleCount }
  ... on KnowledgeLink { article { title } ticket { subject } } ... on User { name email organization { name } }
  ... on Organization { name } ... on Team { name members(first: 2) { nodes { name } } } ... on Queue { name filter } ... on Macro { name steps }
  ... on Calendar { name holidays { name } } ... on ServiceLevelPolicy { name organization { name } calendar { name } } } }";

/// By each way in which measures name something. For staff only, so they are no question to everybody.
pub(super) fn measures(world: &World) -> Vec<(&'static str, Value)> {
    let now = world.server.now() + chrono::TimeDelta::seconds(1);
    let asked = |by| json!({ "by": by, "from": now - chrono::TimeDelta::days(1), "to": now });
    let mut questions = vec![(GAPS, json!({}))];
    questions.extend(["TEAM", "TAG", "ASSIGNEE"].map(|by| (MEASURES, asked(by))));
    questions
}

/// Documents with their variables.
pub(super) fn questions(world: &World) -> Vec<(&'static str, Value)> {
    let mut questions: Vec<_> = [
        COMMENTS,
        TIMELINES,
        KNOWLEDGE,
        PEOPLE,
        TEAMS,
        QUEUES,
        MACROS,
        TERMS,
        TOKENS,
        WEBHOOKS,
        SUGGESTIONS,
    ]
    .map(|document| (document, json!({})))
    .into();
    for field in ["CREATED", "UPDATED", "PRIORITY", "NEXT_DUE", "NUMBER"] {
        for direction in ["ASC", "DESC"] {
            let order = json!({ "order": { "field": field, "direction": direction } });
            questions.push((TICKETS, order));
        }
    }
    for text in [
        "zebrafish",
        "axolotl",
        "narwhal",
        "desk test",
        "printer",
        "it burns",
        "b",
        "n",
    ] {
        questions.push((FOUND, json!({ "text": text })));
    }
    questions.push((NODES, json!({ "ids": ids(world) })));
    questions
}

fn ids(world: &World) -> Vec<&String> {
    let ids = [
        &world.own_ticket,
        &world.routed_ticket,
        &world.hidden_ticket,
        &world.hidden_comment,
        &world.internal_comment,
        &world.hidden_link,
        &world.hidden_person,
        &world.hidden_organization,
        &world.hidden_team,
        &world.hidden_calendar,
        &world.hidden_policy,
        &world.team_queue,
        &world.personal_queue,
        &world.team_macro,
        &world.personal_macro,
        &world.public_article,
        &world.hidden_category,
    ];
    let ids = ids.into_iter().chain(&world.hidden_files);
    ids.chain(&world.hidden_articles).collect()
}
