//! Documents that the operator lists, and desks on which nothing else runs.

use std::path::PathBuf;

use harness::TestServer;
use serde_json::{Value, json};

use super::{HASH, NAME, ask, ask_by_hash, code, hash_of, named};

/// A manifest in a file of its own, which goes with it.
struct Manifest(PathBuf);

impl Manifest {
    fn write(name: &str, content: &Value) -> Self {
        let file = format!("guichet_manifest_{}_{name}.json", std::process::id());
        let path = std::env::temp_dir().join(file);
        std::fs::write(&path, content.to_string()).expect("writes");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for Manifest {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).expect("it is there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn listed_documents_are_known_to_strangers_too() {
    let manifest = Manifest::write("listed", &json!({ "name-1": NAME }));
    let settings = [("GUICHET_TRUSTED_DOCUMENTS", manifest.path())];
    let server = TestServer::start_with(&settings).await;
    let by_id = json!({ "extensions": named("name-1") });
    let nobody = ask(&server.visitor(), by_id.clone()).await;
    assert_eq!(nobody, json!({ "data": { "viewer": null } }));
    assert_eq!(code(&ask(&server.agent(), by_id).await), "ok");
    let both = json!({ "query": NAME, "extensions": named("name-1") });
    assert_eq!(code(&ask(&server.agent(), both).await), "ok");
    let other = json!({ "query": "{ __typename }", "extensions": named("name-1") });
    assert_eq!(
        code(&ask(&server.agent(), other).await),
        "PERSISTED_QUERY_MISMATCH"
    );
    assert_eq!(
        code(&ask(&server.agent(), json!({ "query": "{ __typename }" })).await),
        "ok"
    );
    assert_eq!(super::count(&server).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_listed_documents_run_nothing_else_does() {
    let apollo = json!({
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{ "id": HASH, "name": "Name", "type": "query", "body": NAME }],
    });
    let manifest = Manifest::write("only", &apollo);
    let settings = [
        ("GUICHET_TRUSTED_DOCUMENTS", manifest.path()),
        ("GUICHET_ONLY_TRUSTED_DOCUMENTS", "true"),
    ];
    let server = TestServer::start_with(&settings).await;
    let agent = server.agent();
    assert_eq!(code(&ask_by_hash(&agent).await), "ok");
    assert_eq!(code(&ask(&agent, json!({ "query": NAME })).await), "ok");
    let other = hash_of("{ __typename }");
    for body in [
        json!({ "query": "{ __typename }" }),
        json!({ "query": format!("{NAME} ") }),
        json!({ "query": "{ __schema { queryType { name } } }" }),
        json!({ "query": "{ __typename }", "extensions": named(&other) }),
        json!({ "extensions": named(&other) }),
    ] {
        assert_eq!(
            code(&ask(&agent, body.clone()).await),
            "DOCUMENT_NOT_TRUSTED",
            "{body}"
        );
    }
    let mut socket = agent.open_socket().await;
    socket
        .subscribe("1", "subscription { notifications { cursor } }", json!({}))
        .await;
    let refused = socket.next().await;
    assert_eq!(
        refused["payload"][0]["extensions"]["code"],
        "DOCUMENT_NOT_TRUSTED"
    );
    assert_eq!(super::count(&server).await, 0);
}
