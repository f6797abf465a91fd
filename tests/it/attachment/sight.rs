//! A file is as private as what it is on, by every way to it: lists, ids, links, links of others, old links, guesses.

use chrono::TimeDelta;
use guichet::session::keys;
use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use super::{Beside, FILES, attached, comment, files_in, path_of, status, uploaded};
use crate::{
    ask::{mutate, outcome},
    token::token,
};

const SECRET: &[u8] = b"axolotl-bytes";

/// An internal file on Rosa's ticket; the ticket, and the file as Agnes sees it.
async fn internal_file(server: &TestServer) -> (String, Value) {
    let agent = server.agent();
    let ticket = global(server.ticket().create().await.id);
    let id = uploaded(server, &agent, "axolotl.txt", "text/plain", SECRET).await;
    let file = attached(&agent, &ticket, "INTERNAL", &[&id])
        .await
        .remove(0);
    (ticket, file)
}

fn outsiders(server: &TestServer) -> [(&'static str, Client); 4] {
    [
        ("requester", server.requester()),
        ("colleague", server.colleague()),
        ("stranger", server.stranger()),
        ("external agent", server.external_agent()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requester_never_meets_an_internal_file() {
    let server = TestServer::start().await;
    let (ticket, file) = internal_file(&server).await;
    let document = format!("query($ticket: ID!, $file: ID!) {{
      node(id: $file) {{ id ... on Attachment {{ name url }} }} nodes(ids: [$file]) {{ id }}
      ticket(by: {{ id: $ticket }}) {{ commentCount {FILES} comments {{ totalCount nodes {{ {FILES} }} }}
        timeline {{ totalCount nodes {{ ... on CommentEntry {{ comment {{ {FILES} }} }} }} }} lastComment {{ {FILES} }} }} }}");
    let asked = json!({ "ticket": ticket, "file": file["id"] });
    for (name, who) in outsiders(&server) {
        let seen = who.run(&document, asked.clone()).await;
        assert!(seen["errors"].is_null(), "{seen}");
        assert!(!seen.to_string().contains("axolotl"), "{name}: {seen}");
        assert_eq!(seen["data"]["node"], json!(null), "{name}");
        if name == "requester" {
            let ticket = &seen["data"]["ticket"];
            assert_eq!(
                (&ticket["commentCount"], &ticket["comments"]["totalCount"]),
                (&json!(0), &json!(0))
            );
        }
    }
    let seen = server.agent().run(&document, asked).await;
    assert_eq!(seen.to_string().matches("axolotl.txt").count(), 4, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_link_leads_to_an_internal_file_but_staffs_own() {
    let server = TestServer::start().await;
    let (ticket, file) = internal_file(&server).await;
    let (rosa, agent) = (server.requester(), server.agent());
    let staffs = path_of(&file["url"]);
    let own = uploaded(&server, &rosa, "own.txt", "text/plain", b"own").await;
    let own = attached(&rosa, &ticket, "PUBLIC", &[&own]).await.remove(0);
    let own_path = path_of(&own["url"]);
    let (secret_id, own_id) = (file["id"].as_str().unwrap(), own["id"].as_str().unwrap());
    let (bare, _) = staffs.split_once('?').unwrap();
    let (_, own_link) = own_path.split_once("link=").unwrap();
    let (_, staffs_link) = staffs.split_once("link=").unwrap();
    let mut forged = staffs_link.to_owned();
    let at = forged.len() - 3;
    let other = if forged.as_bytes()[at] == b'A' {
        "B"
    } else {
        "A"
    };
    forged.replace_range(at..=at, other);
    for (what, path) in [
        ("no link", bare.to_owned()),
        ("an empty link", format!("{bare}?link=")),
        ("a forged link", format!("{bare}?link={forged}")),
        ("a cut link", format!("{bare}?link={}", &staffs_link[..80])),
        (
            "the link to another file",
            format!("{bare}?link={own_link}"),
        ),
        (
            "the same the other way round",
            own_path.replace(own_link, staffs_link),
        ),
        ("a guess", own_path.replace(&own_id[4..], &secret_id[4..])),
        (
            "a made-up file",
            format!("/attachments/ffffffffffff7fff8fffffffffffffff?link={own_link}"),
        ),
    ] {
        for who in [&rosa, &server.visitor(), &agent] {
            assert_eq!(status(who, &path).await, 404, "{what}");
        }
    }
    // Staff's own link, by anybody who says that they are somebody else.
    for (name, who) in outsiders(&server) {
        assert_eq!(status(&who, &staffs).await, 404, "{name}");
    }
    assert_eq!(status(&server.admin(), &staffs).await, 404);
    assert_eq!(status(&agent, &staffs).await, 200);
    assert_eq!(status(&rosa, &own_path).await, 200);
    // And the link is soon over, for everybody.
    server.advance(TimeDelta::seconds(299));
    assert_eq!(status(&server.visitor(), &staffs).await, 200);
    server.advance(TimeDelta::seconds(1));
    for who in [&rosa, &server.visitor(), &agent] {
        assert_eq!(status(who, &staffs).await, 410);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_with_the_rights_of_its_viewer() {
    let server = TestServer::start().await;
    let (rosa, colleague, admin) = (server.requester(), server.colleague(), server.admin());
    let ticket = global(server.ticket().create().await.id);
    let id = uploaded(&server, &rosa, "a.txt", "text/plain", b"x").await;
    comment(&rosa, &ticket, "PUBLIC", &[&id]).await;
    let document = format!(
        "query($id: ID!) {{ ticket(by: {{ id: $id }}) {{ comments {{ nodes {{ {FILES} }} }} }} }}"
    );
    let asked = json!({ "id": ticket });
    let link = async |who: &Client| {
        let seen = who.run(&document, asked.clone()).await;
        let files = files_in(&seen["data"]["ticket"]["comments"]["nodes"][0]);
        path_of(&files[0]["url"])
    };
    let visitor = server.visitor();
    let (shared, kept) = (link(&colleague).await, link(&rosa).await);
    assert_eq!(
        (
            status(&visitor, &shared).await,
            status(&visitor, &kept).await
        ),
        (200, 200)
    );
    let organization = rosa
        .run("{ viewer { organization { id } } }", json!({}))
        .await;
    let alone = json!({ "organizationId": organization["data"]["viewer"]["organization"]["id"], "sharesTickets": false });
    let edited = mutate(&admin, "editOrganization", "organization { id }", alone).await;
    assert_eq!(outcome(&edited), "ok", "{edited}");
    assert_eq!(
        (
            status(&visitor, &shared).await,
            status(&visitor, &kept).await
        ),
        (404, 200)
    );

    // Where she has signed out.
    let elsewhere = rosa.on_another_device();
    let left = link(&elsewhere).await;
    assert_eq!(status(&visitor, &left).await, 200);
    let out = mutate(&elsewhere, "signOut", "endedSessions", json!({})).await;
    assert_eq!(outcome(&out), "ok", "{out}");
    assert_eq!(
        (status(&visitor, &left).await, status(&visitor, &kept).await),
        (404, 200)
    );
    // Where she is kept out.
    let disable = json!({ "userId": rosa.id() });
    assert_eq!(
        outcome(&mutate(&admin, "disableUser", "user { id }", disable).await),
        "ok"
    );
    assert_eq!(status(&visitor, &kept).await, 404);
}

/// A link that was asked for with a token of the API shows what the token shows, as long as it is good.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_with_the_token_it_was_asked_for_with() {
    let server = TestServer::start().await;
    let (agent, visitor) = (server.agent(), server.visitor());
    let (_, file) = internal_file(&server).await;
    let scopes = ["COMMENTS_INTERNAL_READ"];
    let (narrowed, first) = token(&agent, None, &scopes).await;
    let (revoked, second) = token(&agent, None, &scopes).await;
    let (_, without) = token(&agent, None, &["TICKETS_WRITE", "COMMENTS_WRITE"]).await;
    let link = async |script: &Client| {
        let asked = json!({ "file": file["id"] });
        let document = "query($file: ID!) { node(id: $file) { ... on Attachment { url } } }";
        script.run(document, asked).await["data"]["node"]["url"].take()
    };
    assert_eq!(link(&without).await, Value::Null);
    let links = [path_of(&link(&first).await), path_of(&link(&second).await)];
    for link in &links {
        assert_eq!(status(&visitor, link).await, 200);
    }
    let narrow = json!({ "tokenId": narrowed, "scopes": ["TICKETS_READ"] });
    let edited = mutate(&agent, "editApiToken", "apiToken { id }", narrow).await;
    assert_eq!(outcome(&edited), "ok", "{edited}");
    assert_eq!(status(&visitor, &links[0]).await, 404);
    assert_eq!(status(&visitor, &links[1]).await, 200);
    let revoke = json!({ "tokenId": revoked });
    let edited = mutate(&agent, "revokeApiToken", "apiToken { id }", revoke).await;
    assert_eq!(outcome(&edited), "ok", "{edited}");
    assert_eq!(status(&visitor, &links[1]).await, 404);
    // Her own sign-in has no part in it.
    assert_eq!(status(&visitor, &path_of(&file["url"])).await, 200);
}

/// Links made before are good until they end, and those of other servers from the start.
#[tokio::test(flavor = "multi_thread")]
async fn links_outlive_the_keys_that_made_them() {
    let server = TestServer::start().await;
    let beside = Beside::of(&server).await;
    let beside = beside.server();
    let (_, file) = internal_file(&server).await;
    let old = path_of(&file["url"]);
    assert_eq!(status(&beside.visitor(), &old).await, 200);
    keys::rotate_keys(server.app()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    let seen = server
        .agent()
        .run(
            "query($id: ID!) { node(id: $id) { ... on Attachment { url } } }",
            json!({ "id": file["id"] }),
        )
        .await;
    let new = path_of(&seen["data"]["node"]["url"]);
    assert_ne!(old, new);
    for there in [&server, beside] {
        assert_eq!(status(&there.visitor(), &old).await, 200);
        assert_eq!(status(&there.visitor(), &new).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_articles_are_as_public_as_these() {
    let server = TestServer::start().await;
    let (agent, lead, rosa) = (server.agent(), server.lead(), server.requester());
    let id = uploaded(&server, &agent, "a.txt", "text/plain", b"x").await;
    let new = json!({ "title": "T", "body": "b", "locale": "en", "uploadIds": [id] });
    let created = mutate(
        &agent,
        "createArticle",
        &format!("article {{ id {FILES} }}"),
        new,
    )
    .await;
    let article = created["data"]["createArticle"]["article"].clone();
    let file = files_in(&article).remove(0);
    let node = async |who: &Client| {
        let document = "query($id: ID!) { node(id: $id) { ... on Attachment { url } } }";
        who.run(document, json!({ "id": file["id"] })).await["data"]["node"]["url"].clone()
    };
    assert_eq!(node(&rosa).await, json!(null));
    let id = json!({ "articleId": article["id"] });
    let published = mutate(&lead, "publishArticle", "article { id }", id.clone()).await;
    assert_eq!(outcome(&published), "ok");
    let path = path_of(&node(&rosa).await);
    assert_eq!(status(&rosa, &path).await, 200);
    let archived = mutate(&lead, "archiveArticle", "article { id }", id).await;
    assert_eq!(outcome(&archived), "ok");
    assert_eq!(status(&rosa, &path).await, 404);
    assert_eq!(node(&rosa).await, json!(null));
}
