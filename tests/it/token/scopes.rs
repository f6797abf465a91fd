//! What each scope opens, field by field of the schema's roots: a field that nobody has decided on fails here.

use std::collections::BTreeMap;

use async_graphql::parser::{
    parse_schema,
    types::{TypeKind, TypeSystemDefinition},
};
use entity::api_token::{ApiScope, ApiScopes};
use guichet::{
    error::scope_name,
    policy::{self, Need},
};
use harness::{Client, TestServer};
use serde_json::{Value, json};

use super::{code, machine, token};
use crate::ask::{mutate, outcome};

/// The operation that begins a document, and a field there.
type Root = (&'static str, String);

fn roots() -> Vec<Root> {
    let mut roots = Vec::new();
    for definition in parse_schema(guichet::schema::sdl()).unwrap().definitions {
        let TypeSystemDefinition::Type(ty) = definition else {
            continue;
        };
        let operation = match ty.node.name.node.as_str() {
            "Query" => "query",
            "Mutation" => "mutation",
            "Subscription" => "subscription",
            _ => continue,
        };
        let TypeKind::Object(object) = ty.node.kind else {
            panic!("{operation} is an object");
        };
        let fields = object.fields.into_iter();
        roots.extend(fields.map(|field| (operation, field.node.name.node.to_string())));
    }
    assert!(roots.len() > 100, "{}", roots.len());
    roots
}

#[test]
fn every_root_field_says_what_a_token_needs() {
    let undecided: Vec<_> = roots()
        .into_iter()
        .filter(|(_, field)| policy::root_need(field).is_none())
        .collect();
    assert!(
        undecided.is_empty(),
        "name the scope of {undecided:?} in policy/scopes.rs"
    );
}

/// The review of what tokens may: its diff is a change of what a scope means.
#[test]
fn what_each_scope_opens() {
    let mut opened: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (_, field) in roots() {
        let needed = match policy::root_need(&field).expect("decided") {
            Need::Nothing => "nothing".to_owned(),
            Need::SignIn => "no token".to_owned(),
            Need::Scope(scope) => scope_name(scope[0]).to_owned(),
            Need::Either(scopes) => {
                let names: Vec<_> = scopes.iter().copied().map(scope_name).collect();
                names.join(" or ")
            }
        };
        opened.entry(needed).or_default().push(field);
    }
    let lines = opened.into_iter().map(|(needed, mut fields)| {
        fields.sort_unstable();
        format!("{needed}: {}", fields.join(" "))
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    ADMINISTRATION_READ: apiTokens applications calendars machines serviceLevelPolicies
    ADMINISTRATION_WRITE: createCalendar createCustomField createLevel createServiceLevelPolicy deleteCalendar deleteServiceLevelPolicy editCalendar editCustomField editLevel editServiceLevelPolicy importHolidays setLevelEscalation
    ARTICLES_PUBLISH: archiveArticle createArticleCategory deleteArticleCategory editArticleCategory publishArticle scheduleArticle
    ARTICLES_READ: article articleCategories articles helpSuggestions staleArticles
    ARTICLES_WRITE: attachToArticle createArticle detachFromArticle draftArticleFromTicket editArticle giveArticleFeedback restoreArticleRevision reviewArticle translateArticle upsertArticle
    AUDIT_READ: auditLog
    COMMENTS_WRITE or COMMENTS_INTERNAL_WRITE: addComment editComment
    METRICS_READ: helpMetrics knowledgeGaps metrics
    PEOPLE_READ: organization organizations teams user users
    PEOPLE_WRITE: addTeamMember createOrganization createTeam createUser disableUser editOrganization editTeam editUser enableUser removeTeamMember setAvailability setCapacity setTeamAssignment upsertOrganization upsertUser
    QUEUES_WRITE: createMacro createQueue deleteMacro deleteQueue editMacro editQueue
    TICKETS_READ: bulkJob bulkJobChanges customFields levels macros notifications presence queue queueChanges queues ticket ticketChanges tickets
    TICKETS_READ or ARTICLES_READ or PEOPLE_READ: changes search
    TICKETS_WRITE: assignTicket bulkChangeTickets bulkCreateTickets cancelBulkJob changeTicketLevel claimTicket closeTicket createTicket editTicket followTicket linkKnowledge linkTickets mergeTicket nextTicket previewMacro rateTicket recordHelpOutcome reopenTicket runMacro setPresence setTicketPriority solveIncidents solveTicket splitTicket tagTicket unmergeTicket waitTicket
    TICKETS_WRITE or COMMENTS_WRITE or COMMENTS_INTERNAL_WRITE or ARTICLES_WRITE: createUpload
    WEBHOOKS_READ: webhookEndpoint webhookEndpoints
    WEBHOOKS_WRITE: createWebhookEndpoint deleteWebhookEndpoint disableWebhookEndpoint editWebhookEndpoint enableWebhookEndpoint pingWebhookEndpoint replayWebhookDelivery replayWebhookEvents rotateWebhookSecret
    no token: addApplicationKey changePassword confirmTotp createApiToken createApplication createMachine deleteApplication disableTotp editApiToken editApplication editMachine editProfile regenerateRecoveryCodes resetTotp revokeApiToken revokeApplicationKey rotateApiToken setPassword signOut startTotpEnrollment totp
    nothing: completeSignIn node nodes refreshSession signIn signInProviders signInWithApplication viewer
    "#);
}

/// One client for each set of scopes.
struct Tokens {
    who: Client,
    machine: String,
    clients: BTreeMap<Vec<&'static str>, Client>,
}

impl Tokens {
    async fn with(&mut self, scopes: Vec<&'static str>) -> Client {
        if let Some(client) = self.clients.get(&scopes) {
            return client.clone();
        }
        let (_, client) = token(&self.who, Some(&self.machine), &scopes).await;
        self.clients.insert(scopes, client.clone());
        client
    }
}

/// All scopes that do not bring any of these along.
fn without(needed: &[ApiScope]) -> Vec<&'static str> {
    let harmless = |scope: &ApiScope| {
        let all = policy::with_implied([*scope]);
        !needed.iter().any(|needed| all.contains(*needed))
    };
    ApiScope::all().filter(harmless).map(scope_name).collect()
}

/// Of a document that is nothing but the name of a field: with the scope it is wrong as a document, or runs; without it,
/// nobody looks.
#[tokio::test(flavor = "multi_thread")]
async fn each_root_field_is_closed_without_its_scope_and_open_with_it() {
    let server = TestServer::start().await;
    let mut tokens = Tokens {
        who: server.admin(),
        machine: machine(&server, "Script", "ADMIN").await,
        clients: BTreeMap::new(),
    };
    for (operation, field) in roots() {
        let document = format!("{operation} {{ {field} }}");
        let need = policy::root_need(&field).unwrap();
        let needed: &[ApiScope] = match need {
            Need::Nothing | Need::SignIn => &[],
            Need::Scope(scope) => scope,
            Need::Either(scopes) => scopes,
        };
        let others = tokens.with(without(needed)).await;
        let is_open = need == Need::Nothing;
        let mut documents = vec![document.clone()];
        if operation != "subscription" {
            let root = if operation == "query" {
                "Query"
            } else {
                "Mutation"
            };
            documents.push(format!(
                "{operation} {{ ... {{ ...F }} }} fragment F on {root} {{ a: {field} }}"
            ));
        }
        for document in &documents {
            let refused = ask(&others, operation, document).await;
            assert_eq!(
                code(&refused) != "FORBIDDEN",
                is_open,
                "{document}: {refused}"
            );
            let names: Vec<_> = needed.iter().copied().map(scope_name).collect();
            let told = &refused["errors"][0]["extensions"]["missingScopes"];
            assert_eq!(
                told.as_array().map_or(0, Vec::len),
                names.len(),
                "{refused}"
            );
            for (told, name) in told.as_array().into_iter().flatten().zip(names) {
                assert_eq!(told, name, "{document}");
            }
        }
        for scope in needed {
            let open = tokens.with(vec![scope_name(*scope)]).await;
            let answer = ask(&open, operation, &document).await;
            assert_ne!(
                code(&answer),
                "FORBIDDEN",
                "{document} with {scope:?}: {answer}"
            );
        }
    }
}

/// Over HTTP, as events where it is a subscription: then the first that says anything.
async fn ask(client: &Client, operation: &str, document: &str) -> Value {
    if operation != "subscription" {
        return client.run(document, json!({})).await;
    }
    let request = client.raw().await.header("accept", "text/event-stream");
    let request = request.json(&json!({ "query": document }));
    let mut response = request.send().await.unwrap();
    let mut text = String::new();
    loop {
        let chunk = response.chunk().await.unwrap().expect("an event");
        text.push_str(std::str::from_utf8(&chunk).unwrap());
        let data = text.lines().find_map(|line| line.strip_prefix("data: "));
        if let Some(answer) = data.and_then(|data| serde_json::from_str(data).ok()) {
            return answer;
        }
    }
}

#[test]
fn scopes_bring_along_what_they_are_no_good_without() {
    let of = |scope| -> Vec<_> {
        policy::with_implied([scope])
            .iter()
            .map(scope_name)
            .collect()
    };
    assert_eq!(of(ApiScope::TicketsRead), ["TICKETS_READ"]);
    assert_eq!(
        of(ApiScope::CommentsInternalWrite),
        [
            "TICKETS_READ",
            "COMMENTS_INTERNAL_READ",
            "COMMENTS_INTERNAL_WRITE"
        ]
    );
    assert_eq!(
        of(ApiScope::ArticlesPublish),
        ["ARTICLES_READ", "ARTICLES_WRITE", "ARTICLES_PUBLISH"]
    );
    assert_eq!(policy::with_implied([]), ApiScopes::default());
}

/// Below the roots: what is done by fields of an input, and to which comment.
#[tokio::test(flavor = "multi_thread")]
async fn comments_are_written_by_scope() {
    let server = TestServer::start().await;
    let machine = machine(&server, "Script", "AGENT").await;
    let ticket = server.ticket().create().await;
    let ticket = harness::global(ticket.id);
    let comment =
        |visibility: &str| json!({ "ticketId": ticket, "body": "b", "visibility": visibility });
    let mut outcomes = Vec::new();
    for scopes in [
        ["COMMENTS_WRITE"],
        ["COMMENTS_INTERNAL_WRITE"],
        ["TICKETS_WRITE"],
    ] {
        let (_, script) = token(&server.admin(), Some(&machine), &scopes).await;
        for visibility in ["PUBLIC", "INTERNAL"] {
            let answer = mutate(&script, "addComment", "comment { id }", comment(visibility)).await;
            outcomes.push(format!("{} {visibility} {}", scopes[0], outcome(&answer)));
        }
        let solve = json!({ "ticketId": ticket, "comment": "c" });
        let answer = mutate(&script, "solveTicket", "ticket { id }", solve).await;
        outcomes.push(format!(
            "{} solve with a comment {}",
            scopes[0],
            outcome(&answer)
        ));
    }
    insta::assert_snapshot!(outcomes.join("\n"), @r#"
    COMMENTS_WRITE PUBLIC ok
    COMMENTS_WRITE INTERNAL FORBIDDEN
    COMMENTS_WRITE solve with a comment FORBIDDEN
    COMMENTS_INTERNAL_WRITE PUBLIC FORBIDDEN
    COMMENTS_INTERNAL_WRITE INTERNAL ok
    COMMENTS_INTERNAL_WRITE solve with a comment FORBIDDEN
    TICKETS_WRITE PUBLIC FORBIDDEN
    TICKETS_WRITE INTERNAL FORBIDDEN
    TICKETS_WRITE solve with a comment FORBIDDEN
    "#);
}

/// What goes over the owner's rights, or over the scopes, is not there.
#[tokio::test(flavor = "multi_thread")]
async fn a_personal_token_does_what_its_owner_may_within_its_scopes() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = harness::global(server.ticket().create().await.id);
    let (_, script) = token(
        &agent,
        None,
        &["TICKETS_WRITE", "ARTICLES_PUBLISH", "PEOPLE_WRITE"],
    )
    .await;
    let tag = json!({ "ticketId": ticket, "add": ["by-script"] });
    let tagged = mutate(&script, "tagTicket", "ticket { tags }", tag).await;
    assert_eq!(outcome(&tagged), "ok", "{tagged}");
    // Agents publish nothing and administer nobody, whatever the scopes.
    let new = json!({ "name": "New", "email": "new@desk.test" });
    let refused = mutate(&script, "createUser", "user { id }", new).await;
    assert_eq!(
        refused["data"]["createUser"]["userErrors"][0]["code"],
        "FORBIDDEN"
    );
    let viewer = script.run("{ viewer { name } }", json!({})).await;
    assert_eq!(viewer["data"]["viewer"]["name"], "Agnes Agent");
    // What the ticket says of itself is what the token may do with it.
    let can = "query($id: ID!) { ticket(by: { id: $id }) { viewerCan { tag comment commentInternally } } }";
    let can = script.run(can, json!({ "id": ticket })).await;
    insta::assert_json_snapshot!(can, @r#"
    {
      "data": {
        "ticket": {
          "viewerCan": {
            "comment": false,
            "commentInternally": false,
            "tag": true
          }
        }
      }
    }
    "#);
}

/// A token that made passwords, admins or tokens would go as far as these.
#[tokio::test(flavor = "multi_thread")]
async fn no_token_makes_another_way_in() {
    let server = TestServer::start().await;
    let everything: Vec<_> = ApiScope::all().map(scope_name).collect();
    let script = super::token_of_machine(&server, &everything).await;
    let new = |more: Value| {
        let mut new = json!({ "name": "New", "email": "new@desk.test" });
        new.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        new
    };
    let agent = server.agent().id();
    for (mutation, input) in [
        ("createUser", new(json!({ "password": "a long password" }))),
        ("createUser", new(json!({ "role": "ADMIN" }))),
        ("editUser", json!({ "userId": agent, "role": "ADMIN" })),
        (
            "setPassword",
            json!({ "userId": agent, "password": "a long password" }),
        ),
        (
            "createApiToken",
            json!({ "name": "n", "scopes": ["TICKETS_READ"] }),
        ),
        ("createMachine", json!({ "name": "n" })),
        ("signOut", json!({ "everywhere": true })),
    ] {
        let answer = mutate(&script, mutation, "__typename", input).await;
        assert_eq!(code(&answer), "FORBIDDEN", "{mutation}: {answer}");
    }
    let made = mutate(
        &script,
        "createUser",
        "user { id }",
        new(json!({ "role": "LEAD" })),
    )
    .await;
    assert_eq!(outcome(&made), "ok", "{made}");
}
