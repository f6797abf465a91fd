//! Merging, undoing it, linking, replying, solving, closing, reopening and assigning, all at once, and on two servers where the
//! database serves two.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::{
    comment::{self, Visibility},
    event,
    ids::TicketId,
    json::MergedTicket,
    ticket::{self, Status},
    ticket_merge,
};
use futures_util::future::join_all;
use guichet::events::{Assignment, Event, log};
use harness::{Client, TestServer, global};
use sea_orm::{DbBackend, EntityTrait, QueryOrder};
use serde_json::{Value, json};

use super::{see, unmerge};
use crate::ask::{mutate, outcome};

const TICKETS: usize = 6;
const CLIENTS: usize = 18;
const STEPS: usize = 20;

/// What may be answered: it was done, or somebody else was first.
const EXPECTED: [&str; 7] = [
    "ok",
    "ILLEGAL_TRANSITION",
    "INVALID",
    "TOO_LATE",
    "CONFLICT",
    "ALREADY_CLAIMED",
    // The comment to split at is on another ticket by now.
    "NOT_FOUND",
];

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

/// One client's way: each step on some ticket. Gives the comments that were taken.
async fn play(who: Client, is_staff: bool, number: usize, tickets: Vec<TicketId>) -> Vec<String> {
    let mut dice =
        Dice(0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1).wrapping_mul(0xff51_afd7_ed55_8ccd));
    let mut said = Vec::new();
    for step in 0..STEPS {
        let ticket = json!({ "ticketId": global(tickets[dice.roll(TICKETS)]) });
        let body = format!("{number}.{step}");
        let (name, more) = match (dice.roll(14), is_staff) {
            (0..=1, true) => (
                "mergeTicket",
                json!({ "intoId": global(tickets[dice.roll(TICKETS)]) }),
            ),
            (2, true) => ("unmergeTicket", json!({})),
            (3, true) => ("claimTicket", json!({})),
            (4, true) => ("closeTicket", json!({})),
            (7, true) => (
                "linkTickets",
                json!({ "otherId": global(tickets[dice.roll(TICKETS)]), "kind": "RELATES_TO" }),
            ),
            (8, true) => ("assignTicket", json!({ "assigneeId": who.id() })),
            (9, true) => ("assignTicket", json!({ "assigneeId": null })),
            (10, true) => {
                let comment = newest_comment(&who, &ticket["ticketId"]).await;
                let moves = dice.roll(2) == 0;
                (
                    "splitTicket",
                    json!({ "commentId": comment, "movesLater": moves }),
                )
            }
            (11, true) => (
                "addComment",
                json!({ "body": body, "visibility": "INTERNAL" }),
            ),
            (5, _) => ("solveTicket", json!({})),
            (6, _) => ("reopenTicket", json!({})),
            _ => ("addComment", json!({ "body": body })),
        };
        let mut input = ticket;
        for (key, value) in more.as_object().unwrap() {
            input[key] = value.clone();
        }
        let answer = mutate(&who, name, "ticket { id }", input.clone()).await;
        let outcome = outcome(&answer);
        assert!(
            EXPECTED.contains(&outcome.as_str()),
            "{name} {input}: {answer}"
        );
        if name == "addComment" && outcome == "ok" {
            said.push(input["body"].as_str().unwrap().to_owned());
        }
    }
    said
}

/// The id of a comment that the ticket shows; of none where it shows none.
async fn newest_comment(who: &Client, ticket: &Value) -> Value {
    let document =
        "query($id: ID!) { ticket(by: { id: $id }) { comments(last: 1) { nodes { id } } } }";
    let answer = who.run(document, json!({ "id": ticket })).await;
    let id = answer.pointer("/data/ticket/comments/nodes/0/id");
    id.cloned().unwrap_or_else(|| json!("com_none"))
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_are_neither_lost_nor_doubled() {
    let server = TestServer::start().await;
    // SQLite serves one process.
    let beside = match server.app().store.backend() {
        DbBackend::Postgres => Some(server.beside().await),
        _ => None,
    };
    let mut tickets = Vec::new();
    for _ in 0..TICKETS {
        tickets.push(server.ticket().create().await.id);
    }
    let games = (0..CLIENTS).map(|number| {
        let at = beside
            .as_ref()
            .filter(|_| number % 2 == 1)
            .unwrap_or(&server);
        let (who, is_staff) = match number % 3 {
            0 => (at.requester(), false),
            1 => (at.agent(), true),
            _ => (at.lead(), true),
        };
        tokio::spawn(play(who, is_staff, number, tickets.clone()))
    });
    let mut said: Vec<String> = Vec::new();
    for game in join_all(games).await {
        said.extend(game.unwrap());
    }
    assert!(said.len() > CLIENTS, "{said:?}");
    said.sort();

    let desk = Desk::read(&server).await;
    let mut stored: Vec<_> = desk
        .comments
        .iter()
        .map(|comment| comment.body.clone())
        .collect();
    stored.sort();
    assert_eq!(stored, said, "each comment that was taken is there once");
    desk.check();
    let merges = desk.merges.len();
    let all = desk.log.values().flatten().count();
    assert!(merges > 0 && all > STEPS, "{merges} merges at the end");
    shown_once(&server, &desk).await;

    // Undone from their ends, all merges leave each ticket with its own.
    let agent = server.agent();
    for _ in 0..TICKETS {
        for ticket in desk.tickets.values() {
            unmerge(&agent, ticket).await;
        }
    }
    let desk = Desk::read(&server).await;
    desk.check();
    for merge in &desk.merges {
        let into = &desk.tickets[&merge.into_id];
        assert_eq!(into.status, Status::Closed, "else it could be undone");
    }
}

/// Those that go on as no other show every comment once.
async fn shown_once(server: &TestServer, desk: &Desk) {
    let agent = server.agent();
    let mut shown: Vec<String> = Vec::new();
    for ticket in desk.tickets.values() {
        if ticket.merged_into_id.is_none() {
            shown.extend(bodies(&agent, ticket).await);
        }
    }
    shown.sort();
    let mut stored: Vec<_> = desk
        .comments
        .iter()
        .map(|comment| comment.body.clone())
        .collect();
    stored.sort();
    assert_eq!(shown, stored);
}

/// What stands on all pages of a ticket's comments.
async fn bodies(who: &Client, ticket: &ticket::Model) -> Vec<String> {
    let mut bodies = Vec::new();
    let mut after = String::new();
    loop {
        let fields = format!(
            "commentCount comments(first: 50{after}) {{ totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ body }} }}"
        );
        let seen = see(who, ticket, &fields).await;
        let nodes = seen["comments"]["nodes"].as_array().unwrap();
        let page = nodes.iter().map(|node| node["body"].as_str().unwrap());
        bodies.extend(page.map(str::to_owned));
        let info = &seen["comments"]["pageInfo"];
        if info["hasNextPage"] == false {
            assert_eq!(seen["commentCount"], bodies.len());
            assert_eq!(seen["comments"]["totalCount"], bodies.len());
            return bodies;
        }
        after = format!(", after: {}", info["endCursor"]);
    }
}

/// All that is stored of what was played.
struct Desk {
    tickets: BTreeMap<TicketId, ticket::Model>,
    comments: Vec<comment::Model>,
    merges: Vec<ticket_merge::Model>,
    /// The versions that each ticket had, as the log tells.
    log: HashMap<TicketId, Vec<i64>>,
    /// Who held each ticket before and after each change of that, as the log tells.
    held: HashMap<TicketId, Vec<(Assignment, Assignment)>>,
}

impl Desk {
    async fn read(server: &TestServer) -> Self {
        let db = &server.app().store.read;
        let tickets = ticket::Entity::find().all(db).await.unwrap();
        let comments = comment::Entity::find()
            .order_by_asc(comment::Column::CreatedAt)
            .order_by_asc(comment::Column::Id)
            .all(db)
            .await
            .unwrap();
        let events = event::Entity::find().order_by_asc(event::Column::Id);
        let mut log: HashMap<TicketId, Vec<i64>> = HashMap::new();
        let mut held: HashMap<TicketId, Vec<_>> = HashMap::new();
        for row in events.all(db).await.unwrap() {
            if let Event::TicketAssigned {
                ticket_id,
                from,
                to,
            }
            | Event::TicketClaimed {
                ticket_id,
                from,
                to,
            } = log::entry(&row).unwrap().event
            {
                held.entry(ticket_id).or_default().push((from, to));
            }
            if let (Some(id), Some(facts)) = (row.ticket_id, &row.facts) {
                log.entry(id)
                    .or_default()
                    .push(facts["version"].as_i64().unwrap());
            }
        }
        Self {
            tickets: tickets
                .into_iter()
                .map(|ticket| (ticket.id, ticket))
                .collect(),
            comments,
            merges: ticket_merge::Entity::find().all(db).await.unwrap(),
            log,
            held,
        }
    }

    fn check(&self) {
        for (id, ticket) in &self.tickets {
            let versions = &self.log[id];
            assert_eq!(versions.first(), Some(&1));
            assert_eq!(versions.last(), Some(&i64::from(ticket.version)));
            let is_dense = |pair: &[i64]| pair[1] == pair[0] || pair[1] == pair[0] + 1;
            assert!(versions.windows(2).all(is_dense), "{versions:?}");

            self.check_held(ticket);
            let own: Vec<_> = self.of(*id, Visibility::Public).collect();
            assert_eq!(
                own.len(),
                usize::try_from(ticket.public_comment_count).unwrap()
            );
            let internal = self.of(*id, Visibility::Internal).count();
            assert_eq!(
                internal,
                usize::try_from(ticket.internal_comment_count).unwrap()
            );
            // Clocks that stand still make many of one time, whose order is that of two servers' ids.
            let newest = ticket.last_public_comment.as_ref();
            let newest = newest.map(|digest| digest.created_at);
            assert_eq!(newest, own.last().map(|comment| comment.created_at));

            let merge = self.merges.iter().find(|merge| merge.ticket_id == *id);
            assert_eq!(merge.map(|merge| merge.into_id), ticket.merged_into_id);
            assert!(ticket.merged_into_id.is_none() || ticket.status == Status::Closed);
            self.check_no_circle(ticket);
            let mut shown: Vec<_> = ticket
                .merged_tickets
                .iter()
                .flat_map(|merged| merged.0.clone())
                .collect();
            shown.sort_by_key(|merged| merged.id);
            let mut expected = self.below(*id);
            expected.sort_by_key(|merged| merged.id);
            assert_eq!(shown, expected);
        }
    }

    fn of(&self, id: TicketId, visibility: Visibility) -> impl Iterator<Item = &comment::Model> {
        let of_ticket = self
            .comments
            .iter()
            .filter(move |comment| comment.ticket_id == id);
        of_ticket.filter(move |comment| comment.visibility == visibility)
    }

    /// Nobody took a ticket from another than who had it.
    fn check_held(&self, ticket: &ticket::Model) {
        let held = self.held.get(&ticket.id).into_iter().flatten();
        let mut holder = None;
        for (from, to) in held {
            assert!(holder.is_none_or(|holder| holder == *from), "{from:?}");
            holder = Some(*to);
        }
        let last = holder.map(|holder: Assignment| holder.assignee_id);
        assert!(last.is_none_or(|last| last == ticket.assignee_id));
    }

    fn check_no_circle(&self, ticket: &ticket::Model) {
        let mut seen = HashSet::from([ticket.id]);
        let mut next = ticket.merged_into_id;
        while let Some(id) = next {
            assert!(seen.insert(id), "{seen:?}");
            next = self.tickets[&id].merged_into_id;
        }
    }

    /// All that were merged into it, or into one of these.
    fn below(&self, id: TicketId) -> Vec<MergedTicket> {
        let merged = self.tickets.values();
        let merged = merged.filter(|ticket| ticket.merged_into_id == Some(id));
        let each = merged.flat_map(|ticket| {
            let mut below = self.below(ticket.id);
            below.push(MergedTicket {
                id: ticket.id,
                requester_id: ticket.requester_id,
                organization_id: ticket.organization_id,
                team_id: ticket.team_id,
                public_comment_count: ticket.public_comment_count,
                internal_comment_count: ticket.internal_comment_count,
                last_public_comment: ticket.last_public_comment.clone(),
                last_internal_comment: ticket.last_internal_comment.clone(),
            });
            below
        });
        each.collect()
    }
}
