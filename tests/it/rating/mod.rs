//! Ratings: by a link, once it is solved, and by nobody else.

use chrono::TimeDelta;
use entity::ticket;
use harness::{Client, TestServer, global};
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::ask::{Answers, mutate, outcome};

const KEPT: &str = "satisfaction { score comment ratedAt }";

async fn see(who: &Client, ticket: &ticket::Model, fields: &str) -> Value {
    let document = format!("query($id: ID!) {{ ticket(by: {{ id: $id }}) {{ {fields} }} }}");
    let answer = who.run(&document, json!({ "id": global(ticket.id) })).await;
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"]["ticket"].clone()
}

async fn token(who: &Client, ticket: &ticket::Model) -> Option<String> {
    let seen = see(who, ticket, "ratingLink { token expiresAt }").await;
    seen["ratingLink"]["token"].as_str().map(str::to_owned)
}

async fn rate(who: &Client, token: &str, score: i32, comment: Option<&str>) -> Value {
    let input = json!({ "token": token, "score": score, "comment": comment });
    mutate(who, "rateTicket", KEPT, input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_link_rates_and_changes_their_mind() {
    let server = TestServer::start().await;
    let (rosa, agent, visitor) = (server.requester(), server.agent(), server.visitor());
    let ticket = server.ticket().assigned_to(&agent).solved().create().await;
    let token = token(&rosa, &ticket).await.unwrap();
    assert!(
        token.len() <= 128
            && token
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    );
    server.advance(TimeDelta::hours(1));
    let mut told = agent
        .subscribe(
            "subscription { notifications { kind entry { ... on RatingEntry { score } } } }",
            json!({}),
        )
        .await;
    let mut answers = Answers::default();
    answers.add("first", &rate(&visitor, &token, 2, Some("Slow")).await);
    server.advance(TimeDelta::hours(1));
    answers.add("the same", &rate(&visitor, &token, 2, Some("Slow")).await);
    answers.add("another", &rate(&visitor, &token, 5, None).await);
    assert_snapshot!(answers, @r#"
    first: {"data":{"rateTicket":{"satisfaction":{"comment":"Slow","ratedAt":"2026-11-23T10:00:00+00:00","score":2},"userErrors":[]}}}
    the same: {"data":{"rateTicket":{"satisfaction":{"comment":"Slow","ratedAt":"2026-11-23T10:00:00+00:00","score":2},"userErrors":[]}}}
    another: {"data":{"rateTicket":{"satisfaction":{"comment":null,"ratedAt":"2026-11-23T11:00:00+00:00","score":5},"userErrors":[]}}}
    "#);
    let fields = "version satisfaction { score comment } timeline { nodes { __typename actor { ... on User { name } } ... on RatingEntry { score isChanged } } }";
    assert_json_snapshot!(see(&agent, &ticket, fields).await, @r#"
    {
      "satisfaction": {
        "comment": null,
        "score": 5
      },
      "timeline": {
        "nodes": [
          {
            "__typename": "TicketOpenedEntry",
            "actor": {
              "name": "Rosa Requester"
            }
          },
          {
            "__typename": "AssignmentEntry",
            "actor": {
              "name": "Agnes Agent"
            }
          },
          {
            "__typename": "StatusEntry",
            "actor": {
              "name": "Agnes Agent"
            }
          },
          {
            "__typename": "StatusEntry",
            "actor": {
              "name": "Agnes Agent"
            }
          },
          {
            "__typename": "RatingEntry",
            "actor": {
              "name": "Rosa Requester"
            },
            "isChanged": false,
            "score": 2
          },
          {
            "__typename": "RatingEntry",
            "actor": {
              "name": "Rosa Requester"
            },
            "isChanged": true,
            "score": 5
          }
        ]
      },
      "version": 5
    }
    "#);
    assert_json_snapshot!(told.next().await["data"]["notifications"], @r#"
    {
      "entry": {
        "score": 2
      },
      "kind": "RATED"
    }
    "#);
    // On a closed ticket as well, until the link ends.
    let close = json!({ "ticketId": global(ticket.id) });
    assert_eq!(
        outcome(&mutate(&agent, "closeTicket", "ticket { id }", close).await),
        "ok"
    );
    assert_eq!(outcome(&rate(&visitor, &token, 4, None).await), "ok");
    server.advance(TimeDelta::days(13) + TimeDelta::hours(22));
    assert_eq!(outcome(&rate(&visitor, &token, 1, None).await), "TOO_LATE");
    assert_eq!(self::token(&rosa, &ticket).await, None);
    assert_eq!(
        see(&agent, &ticket, "satisfaction { score }").await["satisfaction"]["score"],
        4
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_requester_has_the_link() {
    let server = TestServer::start().await;
    let (rosa, colin) = (server.requester(), server.colleague());
    let ticket = server.ticket().solved().create().await;
    for who in [colin, server.agent(), server.lead(), server.admin()] {
        assert_eq!(token(&who, &ticket).await, None);
    }
    for fresh in [
        server.ticket(),
        server.ticket().open(),
        server.ticket().waiting(),
    ] {
        assert_eq!(token(&rosa, &fresh.create().await).await, None);
    }
    // A requester among staff has it, and who shares their stream has not.
    let agent = server.agent();
    let own = server.ticket().by(&agent).create().await;
    let stream = "subscription($id: ID!) { ticketChanges(ticketId: $id) { ticket { ratingLink { token } } } }";
    let id = json!({ "id": global(own.id) });
    let mut agents = agent.subscribe(stream, id.clone()).await;
    let mut leads = server.lead().subscribe(stream, id).await;
    let solve = json!({ "ticketId": global(own.id) });
    mutate(&agent, "solveTicket", "ticket { id }", solve).await;
    let link = "/data/ticketChanges/ticket/ratingLink";
    assert!(agents.next().await.pointer(link).unwrap()["token"].is_string());
    assert_eq!(leads.next().await.pointer(link), Some(&Value::Null));
    // It comes with the notification that the ticket is solved.
    let mut told = rosa
        .subscribe(
            "subscription { notifications { kind ticket { ratingLink { token } } } }",
            json!({}),
        )
        .await;
    let ticket = server.ticket().solved().create().await;
    let notification = told.next().await;
    let told = notification.pointer("/data/notifications/ticket/ratingLink/token");
    assert_eq!(
        told.and_then(Value::as_str),
        token(&rosa, &ticket).await.as_deref(),
        "{notification}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_tokens_rate_nothing_and_tell_nothing() {
    let server = TestServer::start().await;
    let (rosa, agent, visitor) = (server.requester(), server.agent(), server.visitor());
    let ticket = server.ticket().solved().create().await;
    let good = token(&rosa, &ticket).await.unwrap();
    let other = server.ticket().solved().create().await;
    let of_other = token(&rosa, &other).await.unwrap();
    // One's name, the other's tag.
    let mixed = format!("{}{}", &good[..32], &of_other[32..]);
    let mut last = good.clone().into_bytes();
    *last.last_mut().unwrap() = if last.ends_with(b"A") { b"E" } else { b"A" }[0];
    let last = String::from_utf8(last).unwrap();
    let long = "A".repeat(100_000);
    let session = rosa.token().await.unwrap();
    let refused = rate(&visitor, "", 5, None).await;
    for token in [
        &mixed,
        &last,
        &long,
        &session,
        &global(ticket.id),
        &format!("{good}="),
        &format!(" {good}"),
    ] {
        assert_eq!(rate(&visitor, token, 5, None).await, refused, "{token}");
    }
    let mut answers = Answers::default();
    answers.add("no token", &refused);
    answers.add("no score", &rate(&visitor, &good, 0, None).await);
    answers.add("too good", &rate(&visitor, &good, 6, None).await);
    answers.add(
        "too long",
        &rate(&visitor, &good, 5, Some(&"b".repeat(2_001))).await,
    );
    answers.add("NUL", &rate(&visitor, &good, 5, Some("a\u{0}")).await);
    let french = visitor.with_header("accept-language", "fr");
    answers.add("in French", &rate(&french, "x", 5, None).await);
    let reopen = json!({ "ticketId": global(ticket.id) });
    mutate(&agent, "reopenTicket", "ticket { id }", reopen.clone()).await;
    answers.add("reopened", &rate(&visitor, &good, 5, None).await);
    server.advance(TimeDelta::minutes(1));
    mutate(&agent, "solveTicket", "ticket { id }", reopen).await;
    answers.add("solved again", &rate(&visitor, &good, 5, None).await);
    assert_snapshot!(answers, @r#"
    no token: {"data":{"rateTicket":{"satisfaction":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["token"],"message":"This is not a rating link."}]}}}
    no score: {"data":{"rateTicket":{"satisfaction":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["score"],"message":"From 1 to 5."}]}}}
    too good: {"data":{"rateTicket":{"satisfaction":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["score"],"message":"From 1 to 5."}]}}}
    too long: {"data":{"rateTicket":{"satisfaction":null,"userErrors":[{"allowed":null,"code":"TOO_LONG","field":["comment"],"message":"At most 2000 characters."}]}}}
    NUL: {"data":{"rateTicket":{"satisfaction":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["comment"],"message":"It contains a character that is not allowed."}]}}}
    in French: {"data":{"rateTicket":{"satisfaction":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["token"],"message":"Ce n’est pas un lien d’évaluation."}]}}}
    reopened: {"data":{"rateTicket":{"satisfaction":null,"userErrors":[{"allowed":null,"code":"TOO_LATE","field":["token"],"message":"This link is no longer good."}]}}}
    solved again: {"data":{"rateTicket":{"satisfaction":null,"userErrors":[{"allowed":null,"code":"TOO_LATE","field":["token"],"message":"This link is no longer good."}]}}}
    "#);
    assert_eq!(
        see(&agent, &ticket, "satisfaction { score }").await["satisfaction"],
        Value::Null
    );
    let again = token(&rosa, &ticket).await.unwrap();
    assert_eq!(outcome(&rate(&visitor, &again, 5, None).await), "ok");
}

/// A holder cannot fill the timeline.
#[tokio::test(flavor = "multi_thread")]
async fn ratings_are_limited() {
    let server = TestServer::start().await;
    let (rosa, visitor) = (server.requester(), server.visitor());
    let ticket = server.ticket().solved().create().await;
    let token = token(&rosa, &ticket).await.unwrap();
    for number in 0..20 {
        let comment = number.to_string();
        assert_eq!(
            outcome(&rate(&visitor, &token, 3, Some(&comment)).await),
            "ok"
        );
    }
    assert_eq!(
        outcome(&rate(&visitor, &token, 3, None).await),
        "RATE_LIMITED"
    );
    server.advance(TimeDelta::hours(1));
    assert_eq!(outcome(&rate(&visitor, &token, 3, None).await), "ok");
}
