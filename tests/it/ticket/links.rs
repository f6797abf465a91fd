//! Links between tickets.

use entity::{
    ids::TicketLinkId,
    ticket,
    ticket_link::{self, Kind},
};
use harness::{TestServer, global};
use insta::assert_snapshot;
use serde_json::json;

use super::change::change;
use crate::{ask::Answers, rows};

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_linked() {
    let server = TestServer::start().await;
    let (agent, external) = (server.agent(), server.external_agent());
    let routed = server
        .ticket()
        .subject("Routed")
        .team(server.external_team());
    let routed = routed.create().await;
    let other = server.ticket().subject("Other").create().await;
    let shown = "ticket { version links { kind isOutward ticket { subject } } }";
    let mut answers = Answers::default();
    for (name, client, id, kind) in [
        ("cause", &agent, global(other.id), "CAUSED_BY"),
        ("again", &agent, global(other.id), "CAUSED_BY"),
        ("twin", &agent, global(other.id), "DUPLICATE_OF"),
        ("itself", &agent, global(routed.id), "RELATES_TO"),
        ("missing", &agent, "tic_x".to_owned(), "RELATES_TO"),
        ("hidden", &external, global(other.id), "RELATES_TO"),
        (
            "not the requester's to do",
            &server.requester(),
            global(other.id),
            "RELATES_TO",
        ),
    ] {
        let input = json!({ "otherId": id, "kind": kind });
        answers.add(
            name,
            &change(client, "linkTickets", &routed, shown, input).await,
        );
    }
    let document = "query($id: ID!) { ticket(by: { id: $id }) { links { kind isOutward ticket { subject } } } }";
    let other = json!({ "id": global(other.id) });
    answers.add("seen from there", &agent.run(document, other).await);
    let routed = json!({ "id": global(routed.id) });
    answers.add("seen from outside", &external.run(document, routed).await);
    assert_snapshot!(answers, @r#"
    cause: {"data":{"linkTickets":{"ticket":{"links":[{"isOutward":true,"kind":"CAUSED_BY","ticket":{"subject":"Other"}}],"version":2},"userErrors":[]}}}
    again: {"data":{"linkTickets":{"ticket":{"links":[{"isOutward":true,"kind":"CAUSED_BY","ticket":{"subject":"Other"}}],"version":2},"userErrors":[]}}}
    twin: {"data":{"linkTickets":{"ticket":{"links":[{"isOutward":true,"kind":"CAUSED_BY","ticket":{"subject":"Other"}},{"isOutward":true,"kind":"DUPLICATE_OF","ticket":{"subject":"Other"}}],"version":2},"userErrors":[]}}}
    itself: {"data":{"linkTickets":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["otherId"],"message":"It must be another ticket."}]}}}
    missing: {"data":{"linkTickets":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["otherId"],"message":"There is no such thing, or not for you."}]}}}
    hidden: {"data":{"linkTickets":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["otherId"],"message":"There is no such thing, or not for you."}]}}}
    not the requester's to do: {"data":{"linkTickets":{"ticket":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":null,"message":"You may not do this."}]}}}
    seen from there: {"data":{"ticket":{"links":[{"isOutward":false,"kind":"DUPLICATE_OF","ticket":{"subject":"Routed"}}]}}}
    seen from outside: {"data":{"ticket":{"links":[]}}}
    "#);
}

/// Of each other kind 100 from a ticket and 100 towards it; what a problem caused has pages of its own.
#[tokio::test(flavor = "multi_thread")]
async fn links_towards_a_ticket_have_a_bound() {
    const MAX: usize = 100;
    let server = TestServer::start().await;
    let agent = server.agent();
    let problem = server.ticket().create().await;
    let others = (0..MAX).map(|_| rows::ticket(&server)).collect::<Vec<_>>();
    let link = |ticket: &ticket::Model, kind| ticket_link::Model {
        id: TicketLinkId(server.app().clock.new_id()),
        from_id: ticket.id,
        to_id: problem.id,
        kind,
        added_by_id: None,
        created_at: server.now(),
    };
    rows::commit(&server, async |tx| {
        for ticket in &others {
            rows::insert_ticket(tx, ticket.clone()).await;
            rows::insert(tx, link(ticket, Kind::RelatesTo)).await;
            rows::insert(tx, link(ticket, Kind::CausedBy)).await;
        }
    })
    .await;
    let one_more = server.ticket().create().await;
    let shown = "ticket { links { kind } }";
    let mut answers = Answers::default();
    for kind in ["RELATES_TO", "DUPLICATE_OF", "CAUSED_BY"] {
        let input = json!({ "otherId": global(problem.id), "kind": kind });
        answers.add(
            kind,
            &change(&agent, "linkTickets", &one_more, shown, input).await,
        );
    }
    let comment = server.comment(&problem).create().await;
    let input = json!({ "commentId": global(comment.id) });
    let split = change(&agent, "splitTicket", &problem, "ticket { id }", input).await;
    answers.add("split", &split);
    assert_snapshot!(answers, @r#"
    RELATES_TO: {"data":{"linkTickets":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["otherId"],"message":"As many tickets as possible are linked to it already: 100."}]}}}
    DUPLICATE_OF: {"data":{"linkTickets":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["otherId"],"message":"As many tickets as possible are linked to it already: 100."}]}}}
    CAUSED_BY: {"data":{"linkTickets":{"ticket":{"links":[{"kind":"CAUSED_BY"}]},"userErrors":[]}}}
    split: {"data":{"splitTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["ticketId"],"message":"As many tickets as possible are linked to it already: 100."}]}}}
    "#);
    let document = "query($id: ID!) { ticket(by: { id: $id }) { links { kind isOutward } incidents { totalCount } } }";
    let seen = agent
        .run(document, json!({ "id": global(problem.id) }))
        .await;
    let seen = &seen["data"]["ticket"];
    let links = seen["links"].as_array().unwrap();
    assert_eq!(links.len(), MAX);
    let related = json!({ "kind": "RELATES_TO", "isOutward": false });
    assert!(links.iter().all(|link| *link == related), "{links:?}");
    assert_eq!(seen["incidents"]["totalCount"], MAX + 1);
}
