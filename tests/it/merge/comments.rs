//! Whose comments a ticket shows, and where a comment on a merged ticket is written.

use chrono::TimeDelta;
use harness::{TestServer, global};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use super::{merged, see, unmerged, with_comments};
use crate::ask::{mutate, outcome};

const SHOWN: &str = "commentCount lastComment { body } comments { totalCount nodes { body } }";

fn bodies(ticket: &Value) -> Vec<&str> {
    let nodes = ticket["comments"]["nodes"].as_array().unwrap().iter();
    nodes.map(|node| node["body"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_of_merged_tickets_stand_among_the_others_in_the_order_of_time() {
    let server = TestServer::start().await;
    let (requester, agent) = (server.requester(), server.agent());
    let [first, second, third] = [
        with_comments(&server, &requester, &[]).await,
        with_comments(&server, &requester, &[]).await,
        with_comments(&server, &requester, &[]).await,
    ];
    for (ticket, body) in [
        (&first, "one"),
        (&second, "two"),
        (&third, "three"),
        (&first, "four"),
        (&second, "five"),
        (&third, "six"),
    ] {
        server.advance(TimeDelta::minutes(1));
        server.comment(ticket).body(body).create().await;
    }
    server
        .comment(&first)
        .body("among us")
        .internal()
        .create()
        .await;

    merged(&agent, &first, &second).await;
    let shown = see(&agent, &second, SHOWN).await;
    assert_eq!(bodies(&shown), ["one", "two", "four", "five", "among us"]);
    assert_eq!(shown["commentCount"], 5);
    assert_eq!(shown["comments"]["totalCount"], 5);
    merged(&agent, &second, &third).await;
    let shown = see(&agent, &third, SHOWN).await;
    let all = ["one", "two", "three", "four", "five", "six", "among us"];
    assert_eq!(bodies(&shown), all);
    assert_eq!(shown["commentCount"], 7);
    assert_eq!(shown["lastComment"]["body"], "among us");
    // To its requester, all but what is internal.
    let shown = see(&requester, &third, SHOWN).await;
    assert_eq!(
        bodies(&shown),
        ["one", "two", "three", "four", "five", "six"]
    );
    assert_eq!(shown["commentCount"], 6);

    // The same on pages, both ways, of one ticket and of several at once, some of which show the same.
    let page = "query($after: String, $before: String) { tickets(orderBy: { field: NUMBER }) { nodes {
        forth: comments(first: 2, after: $after) { nodes { body } pageInfo { hasNextPage endCursor } }
        back: comments(last: 2, before: $before) { nodes { body } pageInfo { hasPreviousPage startCursor } } } } }";
    let answer = agent.run(page, json!({})).await;
    assert_json_snapshot!(texts(&answer), @r#"
    [
      [
        "one",
        "four",
        "four",
        "among us"
      ],
      [
        "one",
        "two",
        "five",
        "among us"
      ],
      [
        "one",
        "two",
        "six",
        "among us"
      ]
    ]
    "#);
    let third_of = |answer: &Value, list: &str, cursor: &str| {
        answer["data"]["tickets"]["nodes"][2][list]["pageInfo"][cursor].clone()
    };
    let next = json!({ "after": third_of(&answer, "forth", "endCursor"),
        "before": third_of(&answer, "back", "startCursor") });
    let answer = agent.run(page, next).await;
    assert_json_snapshot!(texts(&answer)[2], @r#"
    [
      "three",
      "four",
      "four",
      "five"
    ]
    "#);

    // Undone one after the other, each has its own again.
    unmerged(&agent, &second).await;
    assert_eq!(bodies(&see(&agent, &third, SHOWN).await), ["three", "six"]);
    unmerged(&agent, &first).await;
    let shown = see(&agent, &second, SHOWN).await;
    assert_eq!(bodies(&shown), ["two", "five"]);
    assert_eq!(shown["commentCount"], 2);
    let shown = see(&agent, &first, SHOWN).await;
    assert_eq!(bodies(&shown), ["one", "four", "among us"]);
}

/// The bodies of both pages of each ticket.
fn texts(answer: &Value) -> Vec<Vec<&str>> {
    let tickets = answer["data"]["tickets"]["nodes"].as_array();
    let tickets = tickets.unwrap_or_else(|| panic!("{answer}"));
    let bodies = tickets.iter().map(|ticket| {
        let lists = ["forth", "back"].into_iter();
        let nodes = lists.flat_map(|list| ticket[list]["nodes"].as_array().unwrap());
        nodes.map(|node| node["body"].as_str().unwrap()).collect()
    });
    bodies.collect()
}

/// What its requester says on a merged ticket is said where it goes on, if they may read that.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_on_a_merged_ticket_is_asked_where_it_goes_on() {
    let server = TestServer::start().await;
    let (rosa, colin, stella) = (server.requester(), server.colleague(), server.stranger());
    let agent = server.agent();
    let ask = async |who: &harness::Client, ticket: &entity::ticket::Model| {
        let input = json!({ "ticketId": global(ticket.id), "body": "Still there?" });
        let shown =
            "comment { ticket { reference } } ticket { reference status followUpOf { reference } }";
        let answer = mutate(who, "addComment", shown, input).await;
        assert_eq!(outcome(&answer), "ok", "{answer}");
        let added = &answer["data"]["addComment"];
        assert_eq!(
            added["comment"]["ticket"]["reference"],
            added["ticket"]["reference"]
        );
        added["ticket"].clone()
    };
    let target = server.ticket().by(&rosa).waiting().create().await;
    let own = server.ticket().by(&rosa).create().await;
    let colleagues = server.ticket().by(&colin).create().await;
    let strangers = server.ticket().by(&stella).create().await;
    for ticket in [&own, &colleagues, &strangers] {
        merged(&agent, ticket, &target).await;
    }
    assert_json_snapshot!(ask(&rosa, &own).await, @r#"
    {
      "followUpOf": null,
      "reference": "GU-1001",
      "status": "OPEN"
    }
    "#);
    // Colin reads Rosa's tickets.
    assert_json_snapshot!(ask(&colin, &colleagues).await, @r#"
    {
      "followUpOf": null,
      "reference": "GU-1001",
      "status": "OPEN"
    }
    "#);
    // Stella does not, and learns nothing of it.
    assert_json_snapshot!(ask(&stella, &strangers).await, @r#"
    {
      "followUpOf": {
        "reference": "GU-1004"
      },
      "reference": "GU-1005",
      "status": "NEW"
    }
    "#);
    // Once that one is merged, it goes on farther; once it is closed, in a follow-up of it.
    let last = server.ticket().by(&rosa).create().await;
    merged(&agent, &target, &last).await;
    assert_eq!(ask(&rosa, &own).await["reference"], "GU-1006");
    for (name, shown) in [("solveTicket", "SOLVED"), ("closeTicket", "CLOSED")] {
        let input = json!({ "ticketId": global(last.id) });
        let answer = mutate(&agent, name, "ticket { status }", input).await;
        assert_eq!(answer["data"][name]["ticket"]["status"], shown, "{answer}");
    }
    assert_json_snapshot!(ask(&rosa, &own).await, @r#"
    {
      "followUpOf": {
        "reference": "GU-1006"
      },
      "reference": "GU-1007",
      "status": "NEW"
    }
    "#);
    // Staff write on the ticket that is open.
    let input = json!({ "ticketId": global(own.id), "body": "Yes." });
    let answer = mutate(&agent, "addComment", "ticket { id }", input).await;
    assert_eq!(outcome(&answer), "ILLEGAL_TRANSITION");
}
