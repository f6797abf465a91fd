//! What is searched is what is stored, from the commit on.

use entity::index_fill::Kind;
use harness::{TestServer, global};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait};
use serde_json::json;

use super::{find, strings};
use crate::{ask::mutate, rows};

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_found_and_what_was_there_before_is_not() {
    let server = TestServer::start().await;
    let requester = server.requester();
    let ticket = server.ticket().subject("Ancien sujet").create().await;
    let id = global(ticket.id);
    let edit =
        json!({ "ticketId": id, "subject": "Nouveau titre", "description": "Badgeuse Garonne" });
    mutate(&requester, "editTicket", "ticket { id }", edit).await;
    for (text, found) in [
        ("ancien", 0),
        ("fire", 0),
        ("titre", 1),
        ("badgeuse garonne", 1),
        ("GU-1001", 1),
    ] {
        assert_eq!(
            find(&requester, "TICKET", text).await.len(),
            found,
            "{text}"
        );
    }
    let comment = server.comment(&ticket).body("premier jet").create().await;
    let edit = json!({ "commentId": global(comment.id), "body": "version finale" });
    mutate(&server.agent(), "editComment", "comment { id }", edit).await;
    assert_eq!(find(&requester, "COMMENT", "premier").await, [""; 0]);
    assert_eq!(
        find(&requester, "COMMENT", "finales").await,
        ["version finale"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_is_found_by_requesters_while_it_is_published() {
    let server = TestServer::start().await;
    let (requester, lead) = (server.requester(), server.lead());
    let new = json!({ "title": "Badgeuse", "body": "Passez le badge.", "locale": "fr" });
    let made = mutate(&lead, "createArticle", "article { id }", new).await;
    let id = made["data"]["createArticle"]["article"]["id"].clone();
    let article = json!({ "articleId": id });
    assert_eq!(find(&requester, "ARTICLE", "badgeuse").await, [""; 0]);
    mutate(&lead, "publishArticle", "article { id }", article.clone()).await;
    assert_eq!(find(&requester, "ARTICLE", "badgeuse").await, ["Badgeuse"]);
    let text = json!({ "articleId": id, "locale": "fr", "title": "Pointeuse", "body": "Passez." });
    mutate(&lead, "translateArticle", "article { id }", text).await;
    assert_eq!(find(&requester, "ARTICLE", "badgeuse").await, [""; 0]);
    assert_eq!(
        find(&requester, "ARTICLE", "pointeuse").await,
        ["Pointeuse"]
    );
    mutate(&lead, "archiveArticle", "article { id }", article).await;
    assert_eq!(find(&requester, "ARTICLE", "pointeuse").await, [""; 0]);
    assert_eq!(find(&lead, "ARTICLE", "pointeuse").await, ["Pointeuse"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_the_names_that_they_have_now() {
    let server = TestServer::start().await;
    let (requester, agent) = (server.requester(), server.agent());
    let edit = json!({ "name": "Rosalie Dupont" });
    mutate(&requester, "editProfile", "user { id }", edit).await;
    assert_eq!(find(&agent, "USER", "dupont").await, ["Rosalie Dupont"]);
    let ticket =
        json!({ "subject": "s", "description": "d", "requesterEmail": "garonne@mairie.test" });
    mutate(&agent, "createTicket", "ticket { id }", ticket).await;
    assert_eq!(find(&agent, "USER", "garonne").await, ["garonne"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_undone_leaves_no_words() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = json!({ "subject": "Badgeuse", "description": "d", "externalId": "once" });
    mutate(&agent, "createTicket", "ticket { id }", ticket.clone()).await;
    let again = mutate(&agent, "createTicket", "ticket { id }", ticket).await;
    assert_eq!(
        again["data"]["createTicket"]["userErrors"][0]["code"],
        "TAKEN"
    );
    assert_eq!(find(&agent, "TICKET", "badgeuse").await, ["Badgeuse"]);
    assert_eq!(words(&server, Kind::Ticket).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_go_with_their_thing() {
    let server = TestServer::start().await;
    let ticket = server.ticket().create().await;
    server.comment(&ticket).body("badgeuse").create().await;
    assert_eq!(words(&server, Kind::Comment).await, 1);
    rows::commit(&server, async |tx| {
        let gone = entity::comment::Entity::delete_many().exec(&**tx).await;
        gone.unwrap();
    })
    .await;
    assert_eq!(words(&server, Kind::Comment).await, 0);
    assert_eq!(
        find(&server.agent(), "COMMENT", "badgeuse").await,
        strings(&[])
    );
}

/// How many things of a kind have words.
async fn words(server: &TestServer, kind: Kind) -> i64 {
    let table = match kind {
        Kind::Ticket => "ticket_words",
        Kind::Comment => "comment_words",
        Kind::Article => "article_words",
        Kind::User => "user_words",
    };
    let db = &server.app().store.read;
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => format!("SELECT count(*) FROM {table}"),
        _ => format!("SELECT count(*) FROM {table} JOIN {table}_ids ON key = {table}.rowid"),
    };
    let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}
