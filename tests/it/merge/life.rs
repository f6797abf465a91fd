//! What a merge does to both tickets, what undoing it brings back, and what is refused.

use chrono::TimeDelta;
use entity::{follower, ids::TicketId, ticket::Status};
use harness::{TestServer, global};
use insta::{assert_json_snapshot, assert_snapshot};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{BOTH, merge, merged, see, unmerge, unmerged};
use crate::ask::{Answers, mutate, outcome};

const WHOLE: &str =
    "status waitingReason waitingUntil assignee { name } solvedAt closedAt reopenCount
  mergedInto { reference } commentCount isFollowing tags
  serviceLevel { state firstReply { state elapsed remaining } resolution { state elapsed remaining } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_ticket_is_closed_and_says_so_on_both() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let into = server.ticket().open().create().await;
    let ticket = server.ticket().assigned_to(&agent).create().await;
    server.comment(&ticket).create().await;
    server.advance(TimeDelta::minutes(3));
    assert_json_snapshot!(merged(&agent, &ticket, &into).await["data"], @r#"
    {
      "mergeTicket": {
        "into": {
          "commentCount": 1,
          "mergedTickets": [
            {
              "reference": "GU-1002"
            }
          ],
          "reference": "GU-1001",
          "status": "OPEN",
          "version": 3
        },
        "ticket": {
          "mergedInto": {
            "reference": "GU-1001"
          },
          "reference": "GU-1002",
          "status": "CLOSED",
          "version": 4
        },
        "userErrors": []
      }
    }
    "#);
    let entries = "timeline(last: 1) { nodes { __typename actor { ... on User { name } }
        ... on MergeEntry { ticket { reference } isInward isUndone from to } } }";
    let states = "closedAt serviceLevel { state resolution { state } }";
    let fields = format!("{states} {entries}");
    let requester = server.requester();
    assert_json_snapshot!(see(&requester, &ticket, &fields).await, @r#"
    {
      "closedAt": "2026-11-23T09:03:00+00:00",
      "serviceLevel": {
        "resolution": {
          "state": "CANCELLED"
        },
        "state": "CANCELLED"
      },
      "timeline": {
        "nodes": [
          {
            "__typename": "MergeEntry",
            "actor": {
              "name": "Agnes Agent"
            },
            "from": "OPEN",
            "isInward": false,
            "isUndone": false,
            "ticket": {
              "reference": "GU-1001"
            },
            "to": "CLOSED"
          }
        ]
      }
    }
    "#);
    assert_json_snapshot!(see(&requester, &into, entries).await, @r#"
    {
      "timeline": {
        "nodes": [
          {
            "__typename": "MergeEntry",
            "actor": {
              "name": "Agnes Agent"
            },
            "from": null,
            "isInward": true,
            "isUndone": false,
            "ticket": {
              "reference": "GU-1002"
            },
            "to": null
          }
        ]
      }
    }
    "#);
}

/// Whatever it was, and however long it was merged.
#[tokio::test(flavor = "multi_thread")]
async fn undoing_a_merge_brings_back_what_was() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let scheduled = async |id: TicketId| {
        let until = server.now() + TimeDelta::days(3);
        let input = json!({ "ticketId": global(id), "reason": "SCHEDULED", "until": until });
        let answer = mutate(&agent, "waitTicket", "ticket { id }", input).await;
        assert_eq!(outcome(&answer), "ok");
    };
    for status in [
        Status::New,
        Status::Open,
        Status::Waiting,
        Status::Closed,
        Status::Solved,
    ] {
        let into = server.ticket().create().await;
        // Instead of CLOSED, which cannot be merged: a wait for a date.
        let is_scheduled = status == Status::Closed;
        let start = if is_scheduled { Status::Open } else { status };
        let ticket = server.ticket().tag("fire").create().await;
        let id = ticket.id;
        server.advance(TimeDelta::minutes(50));
        let ticket = match start {
            Status::New => ticket,
            _ => {
                server
                    .ticket()
                    .assigned_to(&agent)
                    .moved_to(start)
                    .create()
                    .await
            }
        };
        if is_scheduled {
            scheduled(ticket.id).await;
        }
        server.advance(TimeDelta::minutes(40));
        let before = see(&agent, &ticket, WHOLE).await;
        merged(&agent, &ticket, &into).await;
        assert_eq!(see(&agent, &ticket, "status").await["status"], "CLOSED");
        server.advance(TimeDelta::days(2));
        unmerged(&agent, &ticket).await;
        assert_eq!(
            see(&agent, &ticket, WHOLE).await,
            before,
            "{status:?} {id:?}"
        );
        // Time goes on from there, where it did before.
        server.advance(TimeDelta::minutes(5));
        let after = see(&agent, &ticket, WHOLE).await;
        let elapsed = "/serviceLevel/resolution/elapsed";
        let runs = matches!(start, Status::New | Status::Open);
        assert_eq!(
            after.pointer(elapsed) != before.pointer(elapsed),
            runs,
            "{after}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_go_along_and_come_back() {
    let server = TestServer::start().await;
    let (agent, lead, admin) = (server.agent(), server.lead(), server.admin());
    let (rosa, colin) = (server.requester(), server.colleague());
    let into = server.ticket().by(&rosa).create().await;
    let ticket = server.ticket().by(&colin).create().await;
    for (who, ticket) in [
        (&lead, &into),
        (&lead, &ticket),
        (&admin, &ticket),
        (&rosa, &ticket),
    ] {
        let input = json!({ "ticketId": global(ticket.id) });
        let answer = mutate(who, "followTicket", "ticket { id }", input).await;
        assert_eq!(outcome(&answer), "ok");
    }
    let followers = async |id: TicketId| {
        let rows = follower::Entity::find().filter(follower::Column::TicketId.eq(id));
        let rows = rows.all(&server.app().store.read).await.unwrap();
        let mut ids: Vec<_> = rows.into_iter().map(|row| row.user_id).collect();
        ids.sort_unstable();
        ids
    };
    let sorted = |mut ids: Vec<_>| {
        ids.sort_unstable();
        ids
    };
    let before = followers(ticket.id).await;
    merged(&agent, &ticket, &into).await;
    let [lead, admin, colin] = [lead.user_id(), admin.user_id(), colin.user_id()];
    assert_eq!(followers(into.id).await, sorted(vec![lead, admin, colin]));
    assert_eq!(followers(ticket.id).await, before);
    unmerged(&agent, &ticket).await;
    assert_eq!(followers(into.id).await, [lead]);
    assert_eq!(followers(ticket.id).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_merged_or_undone() {
    let server = TestServer::start().await;
    let (agent, requester) = (server.agent(), server.requester());
    let (external, stranger) = (server.external_agent(), server.stranger());
    let into = server.ticket().create().await;
    let open = server.ticket().create().await;
    let closed = server.ticket().closed().create().await;
    let gone = server.ticket().create().await;
    merged(&agent, &gone, &into).await;
    let routed = server.ticket().team(server.external_team()).create().await;

    let mut answers = Answers::default();
    for (name, who, ticket, other) in [
        ("itself", &agent, &open, &open),
        ("closed", &agent, &closed, &into),
        ("into closed", &agent, &open, &closed),
        ("merged", &agent, &gone, &open),
        ("into merged", &agent, &open, &gone),
        ("not the requester's to do", &requester, &open, &into),
        ("hidden", &stranger, &open, &into),
        ("half hidden", &external, &routed, &into),
        ("the other half", &external, &into, &routed),
    ] {
        let answer = merge(who, ticket, other).await;
        answers.add(name, &answer["data"]["mergeTicket"]["userErrors"]);
    }
    let input =
        json!({ "ticketId": global(open.id), "intoId": global(into.id), "expectedVersion": 7 });
    let answer = mutate(&agent, "mergeTicket", BOTH, input).await;
    answers.add(
        "another version",
        &answer["data"]["mergeTicket"]["userErrors"],
    );
    for (name, who, ticket) in [
        ("not merged", &agent, &open),
        ("not merged, closed", &agent, &closed),
        ("not the requester's to undo", &requester, &gone),
        ("hidden to undo", &stranger, &gone),
    ] {
        let answer = unmerge(who, ticket).await;
        answers.add(name, &answer["data"]["unmergeTicket"]["userErrors"]);
    }
    // A chain is undone from its end.
    merged(&agent, &into, &open).await;
    let answer = unmerge(&agent, &gone).await;
    answers.add("too late", &answer["data"]["unmergeTicket"]["userErrors"]);
    unmerged(&agent, &into).await;
    unmerged(&agent, &gone).await;
    assert_snapshot!(answers, @r#"
    itself: [{"allowed":null,"code":"INVALID","field":["intoId"],"message":"It must be another ticket."}]
    closed: [{"allowed":[],"code":"ILLEGAL_TRANSITION","field":null,"message":"A ticket that is closed does not allow this."}]
    into closed: [{"allowed":null,"code":"INVALID","field":["intoId"],"message":"This ticket is closed."}]
    merged: [{"allowed":[],"code":"ILLEGAL_TRANSITION","field":null,"message":"A ticket that is closed does not allow this."}]
    into merged: [{"allowed":null,"code":"INVALID","field":["intoId"],"message":"This ticket is closed."}]
    not the requester's to do: [{"allowed":null,"code":"FORBIDDEN","field":null,"message":"You may not do this."}]
    hidden: [{"allowed":null,"code":"NOT_FOUND","field":["ticketId"],"message":"There is no such thing, or not for you."}]
    half hidden: [{"allowed":null,"code":"NOT_FOUND","field":["intoId"],"message":"There is no such thing, or not for you."}]
    the other half: [{"allowed":null,"code":"NOT_FOUND","field":["ticketId"],"message":"There is no such thing, or not for you."}]
    another version: [{"allowed":null,"code":"CONFLICT","field":["expectedVersion"],"message":"Somebody changed it first: it is at version 1 now."}]
    not merged: [{"allowed":null,"code":"INVALID","field":["ticketId"],"message":"This ticket is not merged into another."}]
    not merged, closed: [{"allowed":null,"code":"INVALID","field":["ticketId"],"message":"This ticket is not merged into another."}]
    not the requester's to undo: [{"allowed":null,"code":"FORBIDDEN","field":null,"message":"You may not do this."}]
    hidden to undo: [{"allowed":null,"code":"NOT_FOUND","field":["ticketId"],"message":"There is no such thing, or not for you."}]
    too late: [{"allowed":null,"code":"TOO_LATE","field":["ticketId"],"message":"The ticket that it was merged into is closed."}]
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_ticket_holds_so_many() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let into = server.ticket().create().await;
    for _ in 0..50 {
        let ticket = server.ticket().create().await;
        merged(&agent, &ticket, &into).await;
    }
    let ticket = server.ticket().create().await;
    let answer = merge(&agent, &ticket, &into).await;
    assert_eq!(outcome(&answer), "INVALID");
    // With what it holds itself it is too much for another, too.
    let with_one = server.ticket().create().await;
    merged(&agent, &ticket, &with_one).await;
    let answer = merge(&agent, &into, &with_one).await;
    assert_json_snapshot!(answer["data"]["mergeTicket"]["userErrors"], @r#"
    [
      {
        "allowed": null,
        "code": "INVALID",
        "field": [
          "intoId"
        ],
        "message": "One ticket can hold 50 merged ones at most."
      }
    ]
    "#);
    let shown = see(&agent, &into, "mergedTickets { id }").await;
    assert_eq!(shown["mergedTickets"].as_array().map(Vec::len), Some(50));
}

/// A merge and its end come to who looks at either ticket.
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_is_seen_live() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let into = server.ticket().create().await;
    let ticket = server.ticket().create().await;
    let stream = "subscription($id: ID!) { ticketChanges(ticketId: $id) { ticket { status commentCount } entry { __typename } } }";
    let queue =
        "subscription { queueChanges(filter: { not: { status: { eq: CLOSED } } }) { kind count } }";
    let mut changes = agent
        .subscribe(stream, json!({ "id": global(into.id) }))
        .await;
    let mut left = agent.subscribe(queue, json!({})).await;
    server.comment(&ticket).body("Hm").create().await;
    merged(&agent, &ticket, &into).await;
    let entry: Value = changes.next().await;
    assert_json_snapshot!(entry, @r#"
    {
      "data": {
        "ticketChanges": {
          "entry": {
            "__typename": "MergeEntry"
          },
          "ticket": {
            "commentCount": 1,
            "status": "NEW"
          }
        }
      }
    }
    "#);
    let mut kinds = Vec::new();
    while kinds.last() != Some(&json!("LEFT")) {
        let change = left.next().await;
        kinds.push(change["data"]["queueChanges"]["kind"].clone());
    }
}
