//! Defining fields and changing them.

use entity::user::Role;
use harness::TestServer;
use serde_json::{Value, json};

use super::{define, errors, set};
use crate::ask::{mutate, outcome};

const SHOWN: &str = "customField { id key type label choices { key label isArchived } isRequired audience isArchived }";
const LIST: &str =
    "query($all: Boolean = false) { customFields(includeArchived: $all) { key label } }";

fn site() -> Value {
    json!({ "key": "site", "type": "CHOICE", "labelEn": " Site ", "labelFr": "Lieu", "choices": [
        { "key": "lyon", "labelEn": "Lyon office", "labelFr": "Bureau de Lyon" },
        { "key": "paris", "labelEn": "Paris office", "labelFr": "Bureau de Paris" },
    ] })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_defines_and_changes_fields() {
    let server = TestServer::start().await;
    let admin = server.admin();
    let answer = mutate(&admin, "createCustomField", SHOWN, site()).await;
    let created = &answer["data"]["createCustomField"]["customField"];
    assert_eq!(
        *created,
        json!({ "id": "fld_site", "key": "site", "type": "CHOICE", "label": "Site", "choices": [
            { "key": "lyon", "label": "Lyon office", "isArchived": false },
            { "key": "paris", "label": "Paris office", "isArchived": false },
        ], "isRequired": false, "audience": "AGENTS", "isArchived": false })
    );
    let again = mutate(&admin, "createCustomField", SHOWN, site()).await;
    assert_eq!(errors(&again), ["TAKEN key"]);

    let french = server.add_francophone(Role::Agent).await;
    let seen = french
        .run(
            "{ node(id: \"fld_site\") { ... on CustomField { label choices { label } } } }",
            json!({}),
        )
        .await;
    assert_eq!(seen["data"]["node"]["label"], "Lieu");
    assert_eq!(
        seen["data"]["node"]["choices"][0]["label"],
        "Bureau de Lyon"
    );

    // A choice that is left out is archived: tickets may have it.
    let input = json!({ "key": "site", "labelEn": "Office", "isRequired": true, "audience": "REQUESTERS_SEE",
        "choices": [{ "key": "nice", "labelEn": "Nice", "labelFr": "Nice" },
            { "key": "paris", "labelEn": "Paris", "labelFr": "Paris" }] });
    let answer = mutate(&admin, "editCustomField", SHOWN, input).await;
    let edited = &answer["data"]["editCustomField"]["customField"];
    let keys = edited["choices"].as_array().unwrap().iter();
    let keys: Vec<_> = keys
        .map(|choice| (choice["key"].as_str().unwrap(), &choice["isArchived"]))
        .collect();
    assert_eq!(
        keys,
        [
            ("nice", &json!(false)),
            ("paris", &json!(false)),
            ("lyon", &json!(true))
        ]
    );
    assert_eq!(edited["label"], "Office");
    assert_eq!(edited["isRequired"], true);

    let archive = json!({ "key": "site", "isArchived": true });
    let answer = mutate(&admin, "editCustomField", SHOWN, archive).await;
    assert_eq!(
        answer["data"]["editCustomField"]["customField"]["isArchived"],
        true
    );
    assert_eq!(
        admin.run(LIST, json!({})).await["data"]["customFields"],
        json!([])
    );
    let all = admin.run(LIST, json!({ "all": true })).await;
    assert_eq!(
        all["data"]["customFields"],
        json!([{ "key": "site", "label": "Office" }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_field_is_refused() {
    let server = TestServer::start().await;
    let admin = server.admin();
    let with = |change: Value| {
        let mut input = site();
        input
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        input
    };
    let choice = |key: &str| json!({ "key": key, "labelEn": "x", "labelFr": "x" });
    for (input, expected) in [
        (
            with(json!({ "key": " ", "labelFr": "" })),
            &["REQUIRED key", "REQUIRED labelFr"][..],
        ),
        (with(json!({ "key": "Site" })), &["INVALID key"]),
        (with(json!({ "key": "1site" })), &["INVALID key"]),
        (with(json!({ "key": "a.b" })), &["INVALID key"]),
        (with(json!({ "key": "x".repeat(65) })), &["TOO_LONG key"]),
        (with(json!({ "choices": [] })), &["REQUIRED choices"]),
        (
            with(json!({ "choices": [choice("a"), choice("a")] })),
            &["TAKEN choices"],
        ),
        (
            with(json!({ "choices": vec![choice("a"); 101] })),
            &["INVALID choices"],
        ),
        (with(json!({ "type": "TEXT" })), &["INVALID choices"]),
    ] {
        let answer = mutate(&admin, "createCustomField", SHOWN, input).await;
        assert_eq!(errors(&answer), expected, "{answer}");
    }
    let unknown = json!({ "key": "nothing\u{0}", "labelEn": "x" });
    let answer = mutate(&admin, "editCustomField", SHOWN, unknown).await;
    assert_eq!(errors(&answer), ["NOT_FOUND key"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_the_admins_to_define() {
    let server = TestServer::start().await;
    define(&server, site()).await;
    for who in [
        server.requester(),
        server.agent(),
        server.lead(),
        server.external_agent(),
    ] {
        let answer = mutate(&who, "createCustomField", SHOWN, site()).await;
        assert_eq!(outcome(&answer), "FORBIDDEN");
        let input = json!({ "key": "site", "isArchived": true });
        assert_eq!(
            outcome(&mutate(&who, "editCustomField", SHOWN, input).await),
            "FORBIDDEN"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_archived_stays_and_is_filled_no_more() {
    let server = TestServer::start().await;
    let (admin, agent) = (server.admin(), server.agent());
    define(&server, site()).await;
    let (held, other) = (
        server.ticket().create().await,
        server.ticket().create().await,
    );
    assert_eq!(
        outcome(&set(&agent, &held, &[("site", json!("lyon"))]).await),
        "ok"
    );
    let input =
        json!({ "key": "site", "choices": [{ "key": "paris", "labelEn": "P", "labelFr": "P" }] });
    mutate(&admin, "editCustomField", SHOWN, input).await;
    let again = set(&agent, &held, &[("site", json!("lyon"))]).await;
    assert_eq!(outcome(&again), "ok");
    assert_eq!(
        again["data"]["editTicket"]["ticket"]["customFields"][0]["choice"]["key"],
        "lyon"
    );
    let new = set(&agent, &other, &[("site", json!("lyon"))]).await;
    assert_eq!(errors(&new), ["INVALID customFields.0.value"]);

    mutate(
        &admin,
        "editCustomField",
        SHOWN,
        json!({ "key": "site", "isArchived": true }),
    )
    .await;
    let new = set(&agent, &other, &[("site", json!("paris"))]).await;
    assert_eq!(errors(&new), ["INVALID customFields.0.key"]);
    let gone = set(&agent, &held, &[("site", Value::Null)]).await;
    assert_eq!(
        gone["data"]["editTicket"]["ticket"]["customFields"],
        json!([])
    );
}
