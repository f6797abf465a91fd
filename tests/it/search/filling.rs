//! Filling the index with what is there already.

use std::io::Cursor;

use entity::{index_fill, user::Role};
use guichet::{
    import::{
        Options, import,
        reader::{Format, Rows},
        report::Report,
    },
    search::filling,
};
use harness::{TestServer, newcomer};
use sea_orm::{ConnectionTrait, EntityTrait, Set, sea_query::Expr};

use super::find;
use crate::{ask::mutate, rows};

#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_indexed_again() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server.ticket().subject("Badgeuse").create().await;
    server.comment(&ticket).body("la badgeuse").create().await;
    let article = serde_json::json!({ "title": "Badgeuse", "body": "b", "locale": "fr" });
    mutate(&agent, "createArticle", "article { id }", article).await;
    server
        .add_person(newcomer("Badgeuse", Role::Requester))
        .await;
    forget(&server).await;
    let kinds = ["TICKET", "COMMENT", "ARTICLE", "USER"];
    for kind in kinds {
        assert_eq!(find(&agent, kind, "badgeuse").await.len(), 0, "{kind}");
    }
    filling::reindex(server.app()).await.unwrap();
    for kind in kinds {
        assert_eq!(find(&agent, kind, "badgeuse").await.len(), 1, "{kind}");
    }
    assert!(is_done(&server).await);
}

/// What a migration leaves to do, or a fill that was cut short, a server does when it starts.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_fills_what_is_missing() {
    let server = TestServer::start().await;
    server.ticket().subject("Badgeuse").create().await;
    forget(&server).await;
    rows::commit(&server, async |tx| {
        let to_do = index_fill::ActiveModel {
            is_done: Set(false),
            version: Set(0),
            ..Default::default()
        };
        index_fill::Entity::update_many()
            .set(to_do)
            .exec(&**tx)
            .await
            .unwrap();
    })
    .await;
    let filler = filling::start(server.app().clone());
    while !is_done(&server).await {
        tokio::task::yield_now().await;
    }
    filler.stop().await;
    assert_eq!(find(&server.agent(), "TICKET", "badgeuse").await.len(), 1);
}

/// Cut short, it goes on where it was: what is before is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn reindexing_goes_on_where_it_was() {
    let server = TestServer::start().await;
    let first = server.ticket().subject("Badgeuse une").create().await;
    server.ticket().subject("Badgeuse deux").create().await;
    forget(&server).await;
    rows::commit(&server, async |tx| {
        index_fill::Entity::update_many()
            .col_expr(index_fill::Column::IsDone, Expr::val(false))
            .col_expr(index_fill::Column::AfterId, Expr::val(first.id.0))
            .exec(&**tx)
            .await
            .unwrap();
    })
    .await;
    filling::reindex(server.app()).await.unwrap();
    assert_eq!(
        find(&server.agent(), "TICKET", "badgeuse").await,
        ["Badgeuse deux"]
    );
    filling::reindex(server.app()).await.unwrap();
    assert_eq!(find(&server.agent(), "TICKET", "badgeuse").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_imported_is_found() {
    const FILE: &str = r#"{"type":"user","email":"lea@mairie.test","name":"Léa Garonne"}
{"type":"article","slug":"badge","title":"Badgeuse","body":"Passez.","locale":"fr"}
{"type":"ticket","externalId":"A-1","subject":"Badgeuse cassée","description":"En panne","requesterEmail":"lea@mairie.test"}
{"type":"comment","externalId":"C-1","ticketExternalId":"A-1","authorEmail":"lea@mairie.test","body":"La badgeuse bipe"}
"#;
    let server = TestServer::start().await;
    let again = FILE
        .replace("adgeuse", "ointeuse")
        .replace("Garonne", "Dordogne");
    let agent = server.agent();
    for (file, count, person) in [(FILE.to_owned(), 1, "garonne"), (again, 0, "dordogne")] {
        let rows = Rows::new(Cursor::new(file.into_bytes()), Format::JsonLines).unwrap();
        let options = Options::default();
        let mut report = Report::default();
        import(server.app(), rows, &options, &mut report, |_| {})
            .await
            .unwrap();
        for kind in ["TICKET", "COMMENT", "ARTICLE"] {
            let found = find(&agent, kind, "badgeuse").await;
            assert_eq!(found.len(), count, "{kind}");
        }
        assert_eq!(find(&agent, "USER", person).await.len(), 1, "{person}");
    }
    assert_eq!(
        find(&agent, "TICKET", "bointeuse").await,
        ["Bointeuse cassée"]
    );
    assert_eq!(
        find(&agent, "COMMENT", "bointeuse").await,
        ["La bointeuse bipe"]
    );
    assert_eq!(find(&agent, "ARTICLE", "bointeuse").await, ["Bointeuse"]);
    assert_eq!(find(&agent, "USER", "garonne").await.len(), 0);
}

/// As if nothing had ever been indexed.
async fn forget(server: &TestServer) {
    rows::commit(server, async |tx| {
        let is_postgres = tx.get_database_backend() == sea_orm::DbBackend::Postgres;
        for table in [
            "ticket_words",
            "comment_words",
            "article_words",
            "user_words",
        ] {
            let table = if is_postgres {
                table.to_owned()
            } else {
                format!("{table}_ids")
            };
            tx.execute_unprepared(&format!("DELETE FROM {table}"))
                .await
                .unwrap();
        }
    })
    .await;
}

async fn is_done(server: &TestServer) -> bool {
    let fills = index_fill::Entity::find()
        .all(&server.app().store.read)
        .await
        .unwrap();
    fills.len() == 4 && fills.iter().all(|fill| fill.is_done && fill.version > 0)
}
