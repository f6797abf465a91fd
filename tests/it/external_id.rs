//! Things by the keys that other systems have for them: looked up, and made or changed by them.

use futures_util::future::join_all;
use harness::{Client, TestServer};
use serde_json::{Value, json};

use crate::{
    ask::{Answers, mutate, outcome},
    token::token_of_machine,
};

const ORGANIZATION: &str = "created organization { id name externalId sharesTickets }";
const USER: &str = "created user { id name email role locale externalId organization { name } }";
const ARTICLE: &str = "created article { id slug title summary body url status visibility tags category externalId version }";

async fn organization(who: &Client, input: Value) -> Value {
    mutate(who, "upsertOrganization", ORGANIZATION, input).await
}

async fn user(who: &Client, input: Value) -> Value {
    mutate(who, "upsertUser", USER, input).await
}

async fn article(who: &Client, input: Value) -> Value {
    mutate(who, "upsertArticle", ARTICLE, input).await
}

/// Without ids, which say nothing.
fn shown(mut answer: Value) -> Value {
    for payload in answer["data"]
        .as_object_mut()
        .into_iter()
        .flat_map(|data| data.values_mut())
    {
        for thing in ["organization", "user", "article"] {
            if let Some(thing) = payload.get_mut(thing).and_then(Value::as_object_mut) {
                thing.remove("id");
            }
        }
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_is_there_is_given_with_taken() {
    let server = TestServer::start().await;
    let script = token_of_machine(&server, &["TICKETS_WRITE"]).await;
    let other = token_of_machine(&server, &["TICKETS_WRITE"]).await;
    let input = || json!({ "subject": "No paper", "description": "d", "externalId": "A-1" });
    let shown = "ticket { number externalId }";
    let first = mutate(&script, "createTicket", shown, input()).await;
    assert_eq!(outcome(&first), "ok");
    let again = mutate(&script, "createTicket", shown, input()).await;
    assert_eq!(outcome(&again), "TAKEN");
    assert_eq!(
        again["data"]["createTicket"]["ticket"],
        first["data"]["createTicket"]["ticket"]
    );
    // However it is spelled.
    let mut spelled = input();
    spelled["externalId"] = json!(" A-1 ");
    let again = mutate(&script, "createTicket", shown, spelled).await;
    assert_eq!(
        again["data"]["createTicket"]["ticket"],
        first["data"]["createTicket"]["ticket"]
    );
    // Another integration's keys are its own.
    assert_eq!(
        outcome(&mutate(&other, "createTicket", shown, input()).await),
        "ok"
    );

    // What is not theirs to see is not shown: routed away from a vendor's team, whose own key it is.
    let vendor = server.external_agent();
    let routed = mutate(&vendor, "createTicket", "ticket { id number }", input()).await;
    let ticket = &routed["data"]["createTicket"]["ticket"]["id"];
    let away = json!({ "ticketId": ticket, "teamId": harness::global(server.team()) });
    assert_eq!(
        outcome(&mutate(&server.lead(), "assignTicket", "ticket { id }", away).await),
        "ok"
    );
    let hidden = mutate(&vendor, "createTicket", shown, input()).await;
    assert_eq!(outcome(&hidden), "TAKEN");
    assert!(hidden["data"]["createTicket"]["ticket"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_is_made_and_then_changed() {
    let server = TestServer::start().await;
    let ada = server.admin();
    let mut answers = Answers::default();
    for (name, input) in [
        ("no name", json!({ "externalId": "o-1" })),
        ("made", json!({ "externalId": "o-1", "name": "Port" })),
        ("same", json!({ "externalId": "o-1", "name": "Port" })),
        (
            "named",
            json!({ "externalId": " o-1 ", "name": "Harbour 2" }),
        ),
        (
            "shared",
            json!({ "externalId": "o-1", "sharesTickets": true }),
        ),
        ("no key", json!({ "externalId": " ", "name": "A" })),
    ] {
        answers.add(name, &shown(organization(&ada, input).await));
    }
    insta::assert_snapshot!(answers, @r#"
    no name: {"data":{"upsertOrganization":{"created":false,"organization":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["name"],"message":"This is required."}]}}}
    made: {"data":{"upsertOrganization":{"created":true,"organization":{"externalId":"o-1","name":"Port","sharesTickets":false},"userErrors":[]}}}
    same: {"data":{"upsertOrganization":{"created":false,"organization":{"externalId":"o-1","name":"Port","sharesTickets":false},"userErrors":[]}}}
    named: {"data":{"upsertOrganization":{"created":false,"organization":{"externalId":"o-1","name":"Harbour 2","sharesTickets":false},"userErrors":[]}}}
    shared: {"data":{"upsertOrganization":{"created":false,"organization":{"externalId":"o-1","name":"Harbour 2","sharesTickets":true},"userErrors":[]}}}
    no key: {"data":{"upsertOrganization":{"created":false,"organization":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["externalId"],"message":"This is required."}]}}}
    "#);
    for who in [
        server.lead(),
        server.agent(),
        server.requester(),
        server.visitor(),
    ] {
        let refused = organization(&who, json!({ "externalId": "o-1", "name": "B" })).await;
        assert_ne!(outcome(&refused), "ok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_made_and_then_changed() {
    let server = TestServer::start().await;
    let ada = server.admin();
    let port = organization(&ada, json!({ "externalId": "o-1", "name": "Port" })).await;
    let port = &port["data"]["upsertOrganization"]["organization"]["id"];
    let mut answers = Answers::default();
    for (name, input) in [
        ("no name", json!({ "externalId": "p-1" })),
        (
            "address taken",
            json!({ "externalId": "p-1", "name": "P", "email": "rosa@desk.test" }),
        ),
        (
            "made",
            json!({ "externalId": "p-1", "name": "Pia", "email": "pia@desk.test", "organizationId": port }),
        ),
        (
            "same",
            json!({ "externalId": "p-1", "name": "Pia", "email": "PIA@desk.test" }),
        ),
        (
            "named",
            json!({ "externalId": "p-1", "name": "Pia P.", "locale": "fr" }),
        ),
        (
            "nowhere",
            json!({ "externalId": "p-1", "organizationId": null }),
        ),
        (
            "another address",
            json!({ "externalId": "p-1", "email": "p@desk.test" }),
        ),
        (
            "unknown organization",
            json!({ "externalId": "p-1", "organizationId": "org_1" }),
        ),
    ] {
        answers.add(name, &shown(user(&ada, input).await));
    }
    insta::assert_snapshot!(answers, @r#"
    no name: {"data":{"upsertUser":{"created":false,"user":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["name"],"message":"This is required."},{"allowed":null,"code":"REQUIRED","field":["email"],"message":"This is required."}]}}}
    address taken: {"data":{"upsertUser":{"created":false,"user":null,"userErrors":[{"allowed":null,"code":"TAKEN","field":["email"],"message":"This is in use already."}]}}}
    made: {"data":{"upsertUser":{"created":true,"user":{"email":"pia@desk.test","externalId":"p-1","locale":"en","name":"Pia","organization":{"name":"Port"},"role":"REQUESTER"},"userErrors":[]}}}
    same: {"data":{"upsertUser":{"created":false,"user":{"email":"pia@desk.test","externalId":"p-1","locale":"en","name":"Pia","organization":{"name":"Port"},"role":"REQUESTER"},"userErrors":[]}}}
    named: {"data":{"upsertUser":{"created":false,"user":{"email":"pia@desk.test","externalId":"p-1","locale":"fr","name":"Pia P.","organization":{"name":"Port"},"role":"REQUESTER"},"userErrors":[]}}}
    nowhere: {"data":{"upsertUser":{"created":false,"user":{"email":"pia@desk.test","externalId":"p-1","locale":"fr","name":"Pia P.","organization":null,"role":"REQUESTER"},"userErrors":[]}}}
    another address: {"data":{"upsertUser":{"created":false,"user":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":["email"],"message":"You may not do this."}]}}}
    unknown organization: {"data":{"upsertUser":{"created":false,"user":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["organizationId"],"message":"There is no such thing, or not for you."}]}}}
    "#);
    for who in [
        server.lead(),
        server.agent(),
        server.requester(),
        server.visitor(),
    ] {
        let refused = user(&who, json!({ "externalId": "p-1", "name": "B" })).await;
        assert_ne!(outcome(&refused), "ok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_is_made_and_then_changed() {
    let server = TestServer::start().await;
    let lead = server.lead();
    let mut answers = Answers::default();
    for (name, input) in [
        ("no title", json!({ "externalId": "a-1", "locale": "en" })),
        (
            "made",
            json!({ "externalId": "a-1", "locale": "en", "title": "VPN", "body": "Use it.", "tags": ["net"], "category": "Network" }),
        ),
        (
            "same",
            json!({ "externalId": "a-1", "locale": "en", "title": "VPN", "body": "Use it." }),
        ),
        (
            "text",
            json!({ "externalId": "a-1", "locale": "en", "body": "Use it well.", "summary": null }),
        ),
        (
            "emptied",
            json!({ "externalId": "a-1", "locale": "en", "category": null, "tags": [] }),
        ),
        (
            "whole or not",
            json!({ "externalId": "a-1", "locale": "en", "tags": ["x"], "title": "" }),
        ),
        (
            "a link now",
            json!({ "externalId": "a-1", "locale": "en", "url": "https://desk.test/" }),
        ),
        (
            "other language",
            json!({ "externalId": "a-1", "locale": "fr", "title": "Le VPN", "body": "Servez-vous-en." }),
        ),
        (
            "bad language",
            json!({ "externalId": "a-1", "locale": "xx", "title": "V" }),
        ),
    ] {
        answers.add(name, &shown(article(&lead, input).await));
    }
    insta::assert_snapshot!(answers, @r#"
    no title: {"data":{"upsertArticle":{"article":null,"created":false,"userErrors":[{"allowed":null,"code":"INVALID","field":["body"],"message":"An article has either a body or a url."},{"allowed":null,"code":"REQUIRED","field":["title"],"message":"This is required."}]}}}
    made: {"data":{"upsertArticle":{"article":{"body":"Use it.","category":"Network","externalId":"a-1","slug":"vpn","status":"DRAFT","summary":"Use it.","tags":["net"],"title":"VPN","url":null,"version":1,"visibility":"PUBLIC"},"created":true,"userErrors":[]}}}
    same: {"data":{"upsertArticle":{"article":{"body":"Use it.","category":"Network","externalId":"a-1","slug":"vpn","status":"DRAFT","summary":"Use it.","tags":["net"],"title":"VPN","url":null,"version":1,"visibility":"PUBLIC"},"created":false,"userErrors":[]}}}
    text: {"data":{"upsertArticle":{"article":{"body":"Use it well.","category":"Network","externalId":"a-1","slug":"vpn","status":"DRAFT","summary":"Use it well.","tags":["net"],"title":"VPN","url":null,"version":2,"visibility":"PUBLIC"},"created":false,"userErrors":[]}}}
    emptied: {"data":{"upsertArticle":{"article":{"body":"Use it well.","category":null,"externalId":"a-1","slug":"vpn","status":"DRAFT","summary":"Use it well.","tags":[],"title":"VPN","url":null,"version":3,"visibility":"PUBLIC"},"created":false,"userErrors":[]}}}
    whole or not: {"data":{"upsertArticle":{"article":null,"created":false,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["title"],"message":"This is required."}]}}}
    a link now: {"data":{"upsertArticle":{"article":null,"created":false,"userErrors":[{"allowed":null,"code":"INVALID","field":["url"],"message":"An article has either a body or a url."}]}}}
    other language: {"data":{"upsertArticle":{"article":{"body":"Use it well.","category":null,"externalId":"a-1","slug":"vpn","status":"DRAFT","summary":"Use it well.","tags":[],"title":"VPN","url":null,"version":4,"visibility":"PUBLIC"},"created":false,"userErrors":[]}}}
    bad language: {"data":{"upsertArticle":{"article":null,"created":false,"userErrors":[{"allowed":null,"code":"INVALID","field":["locale"],"message":"Only fr and en."}]}}}
    "#);
    let refused = article(
        &server.requester(),
        json!({ "externalId": "a-1", "locale": "en" }),
    )
    .await;
    assert_ne!(outcome(&refused), "ok");
    // What is published is not for agents to edit.
    let id = "query { article(by: { externalId: \"a-1\" }) { id } }";
    let id = lead.run(id, json!({})).await["data"]["article"]["id"].clone();
    mutate(
        &lead,
        "publishArticle",
        "article { id }",
        json!({ "articleId": id }),
    )
    .await;
    let input = json!({ "externalId": "a-1", "locale": "en", "title": "VPN 2" });
    assert_eq!(outcome(&article(&server.agent(), input).await), "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_makes_it() {
    let server = TestServer::start().await;
    let ada = server.admin();
    ada.token().await;
    let made = |answers: &[Value], field: &str| {
        assert!(
            answers.iter().all(|answer| outcome(answer) == "ok"),
            "{answers:?}"
        );
        let created = answers
            .iter()
            .filter(|answer| answer["data"][field]["created"] == true);
        created.count()
    };
    let all =
        (0..8).map(|n| organization(&ada, json!({ "externalId": "o", "name": format!("O {n}") })));
    assert_eq!(made(&join_all(all).await, "upsertOrganization"), 1);
    let all = (0..8).map(|n| {
        user(
            &ada,
            json!({ "externalId": "p", "name": format!("P {n}"), "email": "p@desk.test" }),
        )
    });
    assert_eq!(made(&join_all(all).await, "upsertUser"), 1);
    let all = (0..8).map(|n| {
        article(
            &ada,
            json!({ "externalId": "a", "locale": "en", "title": format!("A {n}"), "body": "b" }),
        )
    });
    assert_eq!(made(&join_all(all).await, "upsertArticle"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_find_what_the_viewer_sees() {
    let server = TestServer::start().await;
    let ada = server.admin();
    organization(&ada, json!({ "externalId": "o-1", "name": "Port" })).await;
    user(
        &ada,
        json!({ "externalId": "p-1", "name": "Pia", "email": "pia@desk.test" }),
    )
    .await;
    article(
        &ada,
        json!({ "externalId": "a-1", "locale": "en", "title": "VPN", "body": "b" }),
    )
    .await;
    let document = "{ user(by: { externalId: \"p-1\" }) { name externalId }
      organization(by: { externalId: \"o-1\" }) { name externalId }
      article(by: { externalId: \"a-1\" }) { title externalId }
      none: user(by: { externalId: \"p-2\" }) { name }
      odd: organization(by: { externalId: \"\\u0000\" }) { name } }";
    let mut answers = Answers::default();
    for (name, who) in [
        ("admin", ada.clone()),
        ("agent", server.agent()),
        ("external agent", server.external_agent()),
        ("requester", server.requester()),
    ] {
        answers.add(name, &who.run(document, json!({})).await);
    }
    insta::assert_snapshot!(answers, @r#"
    admin: {"data":{"article":{"externalId":"a-1","title":"VPN"},"none":null,"odd":null,"organization":{"externalId":"o-1","name":"Port"},"user":{"externalId":"p-1","name":"Pia"}}}
    agent: {"data":{"article":{"externalId":"a-1","title":"VPN"},"none":null,"odd":null,"organization":{"externalId":"o-1","name":"Port"},"user":{"externalId":"p-1","name":"Pia"}}}
    external agent: {"data":{"article":{"externalId":"a-1","title":"VPN"},"none":null,"odd":null,"organization":null,"user":null}}
    requester: {"data":{"article":null,"none":null,"odd":null,"organization":null,"user":null}}
    "#);
    let by_id = "query($id: ID!) { user(by: { id: $id }) { name } }";
    let rosa = server.requester();
    let own = rosa.run(by_id, json!({ "id": rosa.id() })).await;
    assert_eq!(own["data"]["user"]["name"], "Rosa Requester");
    let hidden = rosa
        .run(by_id, json!({ "id": server.stranger().id() }))
        .await;
    assert!(hidden["data"]["user"].is_null());
}
