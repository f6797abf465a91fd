//! What is answered under a key is what is answered without one: of what was just changed, too.

use harness::TestServer;
use serde_json::json;

use super::send;

/// Mutations that change what a server remembers for a moment, or make what their payload shows. `#` is a word and `@` a
/// number, others each time.
const MUTATIONS: [&str; 9] = [
    "createTicket(input: { subject: \"A\", description: \"B\", requesterEmail: \"new#@desk.test\", tags: [\"x\"] }) {
       ticket { subject requester { name organization { name } } level { name } tags commentCount
         timeline(first: 3) { nodes { __typename } } viewerCan { comment } } userErrors { code } }",
    "createTeam(input: { name: \"Team #\", kind: INTERNAL }) { team { name kind members(first: 1) { totalCount } } userErrors { code } }",
    "createOrganization(input: { name: \"House #\", sharesTickets: true }) { organization { name sharesTickets } userErrors { code } }",
    "createUser(input: { name: \"Person #\", email: \"person-#@desk.test\", role: AGENT }) {
       user { name role teams { name } } userErrors { code } }",
    "createArticleCategory(input: { nameEn: \"Category #\", nameFr: \"Catégorie #\" }) {
       category { name parent { name } articleCount } userErrors { code } }",
    "createArticle(input: { title: \"Article #\", body: \"Text\", locale: \"en\", tags: [\"a\"] }) {
       article { title bodyHtml status tags } userErrors { code } }",
    "createLevel(input: { rank: @, nameEn: \"Level #\", nameFr: \"Niveau #\", descriptionEn: \"d\", descriptionFr: \"d\" }) {
       level { name defaultTeam { name } } userErrors { code } }",
    "createMachine(input: { name: \"Robot #\", role: AGENT }) { machine { name role } userErrors { code } }",
    "createQueue(input: { name: \"Queue #\", filter: { status: { eq: NEW } } }) {
       queue { name count tickets(first: 1) { nodes { subject } } } userErrors { code } }",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_under_a_key_shows_what_it_did() {
    let server = TestServer::start().await;
    let ada = server.admin();
    for mutation in MUTATIONS {
        let document = |word: &str, number: &str| {
            let mutation = mutation
                .replace('@', number)
                .replace(&format!("{number}desk"), "@desk");
            format!("mutation {{ {} }}", mutation.replace('#', word))
        };
        let name = mutation.split('(').next().unwrap();
        let plain = ada.run(&document("plain", "4"), json!({})).await;
        let keyed = send(&ada, name, &document("keyed", "5"), json!({})).await;
        assert_eq!(plain["data"][name]["userErrors"], json!([]), "{plain}");
        let plain = plain.to_string().replace("plain", "keyed");
        assert_eq!(plain, keyed.body.to_string());
        let again = send(&ada, name, &document("keyed", "5"), json!({})).await;
        assert_eq!(again.body, keyed.body);
        assert!(again.is_replayed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_is_forgotten_when_it_is_committed() {
    let server = TestServer::start().await;
    let (ada, rosa) = (server.admin(), server.requester());
    let who = "{ viewer { name organization { name } } }";
    assert!(rosa.run(who, json!({})).await["errors"].is_null());
    let organizations = ada
        .run(
            "{ organizations(first: 5) { nodes { id name } } }",
            json!({}),
        )
        .await;
    let all = organizations["data"]["organizations"]["nodes"]
        .as_array()
        .unwrap();
    let harbour = all.iter().find(|one| one["name"] == "Harbour").unwrap();
    let rename = "mutation($id: ID!) { editOrganization(input: { organizationId: $id, name: \"Port\" }) { organization { name } userErrors { code } } }";
    let renamed = send(&ada, "k-1", rename, json!({ "id": harbour["id"] })).await;
    assert_eq!(
        renamed.body["data"]["editOrganization"]["organization"]["name"],
        "Port"
    );
    let seen = rosa.run(who, json!({})).await;
    assert_eq!(seen["data"]["viewer"]["organization"]["name"], "Port");

    let disable = "mutation($id: ID!) { disableUser(input: { userId: $id }) { user { name } userErrors { code } } }";
    let disabled = send(&ada, "k-2", disable, json!({ "id": rosa.id() })).await;
    assert_eq!(disabled.code(), "ok", "{disabled:?}");
    let refused = rosa.run(who, json!({})).await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_macro_under_a_key_is_one_change() {
    let server = TestServer::start().await;
    let agnes = server.agent();
    let ticket = server.ticket().create().await;
    let document = "mutation($input: CreateMacroInput!) { createMacro(input: $input) { macro { id } userErrors { code } } }";
    let steps = json!([{ "tag": { "add": ["late"] } }, { "setPriority": "HIGH" }]);
    let made = send(
        &agnes,
        "k-1",
        document,
        json!({ "input": { "name": "Late", "steps": steps } }),
    )
    .await;
    let id = &made.body["data"]["createMacro"]["macro"]["id"];
    let run = "mutation($input: RunMacroInput!) { runMacro(input: $input) { ticket { tags priority version } userErrors { code } } }";
    let input = json!({ "input": { "macroId": id, "ticketId": harness::global(ticket.id) } });
    let first = send(&agnes, "k-2", run, input.clone()).await;
    let run_once = json!({ "tags": ["late"], "priority": "HIGH", "version": 3 });
    assert_eq!(
        first.body["data"]["runMacro"]["ticket"], run_once,
        "{first:?}"
    );
    assert_eq!(send(&agnes, "k-2", run, input).await.body, first.body);
}
